"""Webhook subscriptions of the library, against the sandbox over HTTP."""

from __future__ import annotations

from uuid import uuid4

import pytest

from integrations.exact import errors, webhook_subscriptions

CALLBACK = "https://connector.example.com/exact/webhook"


def subscribe(exact, topic="Accounts"):
    return webhook_subscriptions.subscribe(exact, topic=topic, callback_url=CALLBACK)


@pytest.fixture(autouse=True)
def none_left(exact):
    yield
    for one in webhook_subscriptions.list_subscriptions(exact).rows:
        webhook_subscriptions.unsubscribe(exact, one.exact_id)


def test_a_subscription_is_listed_until_it_is_ended(exact):
    made = subscribe(exact)
    assert (made.topic, made.callback_url, made.division) == ("Accounts", CALLBACK, exact.division)
    assert webhook_subscriptions.list_subscriptions(exact).rows == [made]

    webhook_subscriptions.unsubscribe(exact, made.exact_id)

    assert webhook_subscriptions.list_subscriptions(exact).rows == []


def test_exact_refuses_a_second_one_for_the_topic(exact):
    subscribe(exact)

    with pytest.raises(errors.ValidationRefused) as refused:
        subscribe(exact)

    assert refused.value.messages == ("Gegeven bestaat reeds.",)
    subscribe(exact, "Items")


def test_a_topic_that_exact_does_not_know_is_refused(exact):
    with pytest.raises(errors.ValidationRefused):
        subscribe(exact, "PaymentTerms")


def test_one_that_is_gone_is_not_found(exact):
    with pytest.raises(errors.NotFound):
        webhook_subscriptions.unsubscribe(exact, uuid4())
