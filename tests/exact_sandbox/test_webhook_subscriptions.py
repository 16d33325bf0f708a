"""Webhook subscriptions and the empty call that tries a new callback.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
"""

from __future__ import annotations

import hashlib
import hmac

import pytest

from exact_sandbox.options import DEFAULT_CLIENT_ID
from exact_sandbox.webhooks.sending import is_callback
from tests.exact_sandbox.exact_client import ANNA, BRAM, DE, NL
from tests.exact_sandbox.webhook_steps import (
    RAW,
    SUBSCRIPTIONS,
    deliver,
    deliveries,
    new_account,
    subscribe,
    uri,
)

# Subscriptions.


def test_a_subscription_shows_whose_it_is(manual, receiver):
    subscription = subscribe(manual, receiver, "accounts")

    assert subscription["Topic"] == "Accounts"
    assert subscription["ClientID"] == DEFAULT_CLIENT_ID
    assert subscription["Description"] == "Sandbox application"
    assert subscription["Division"] == NL
    assert subscription["UserID"] == subscription["Creator"]
    assert subscription["IsInstant"] is False


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Topic": ""}, "Mandatory: Topic"),
        ({"CallbackURL": None}, "Mandatory: Callback URL"),
        ({"Topic": "PaymentTerms"}, "Invalid: Topic"),
        ({"CallbackURL": "ftp://a.example/"}, "Invalid: Callback URL"),
        ({"CallbackURL": "http://a.example/"}, "Invalid: Callback URL"),
        ({"IsInstant": True}, "Invalid: IsInstant"),
    ],
)
def test_subscriptions_that_are_refused(manual, values, text):
    body = {"CallbackURL": "https://a.example/", "Topic": "Accounts", **values}

    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, text)


def test_one_subscription_for_each_topic_and_division(manual, receiver, log_on):
    subscribe(manual, receiver, "Accounts")

    body = {"CallbackURL": receiver.url, "Topic": "Accounts"}
    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, "Data already exists.")
    assert log_on(BRAM).error("POST", SUBSCRIPTIONS, body) == (500, "Gegeven bestaat reeds.")
    subscribe(manual, receiver, "Contacts")
    subscribe(log_on(division=DE), receiver, "Accounts")


def test_each_application_has_its_own_subscriptions_and_secret(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    other = {"client_id": "22222222-2222-2222-2222-222222222222", "webhook_secret": "other"}
    manual.control("POST", "/_sandbox/applications", {"name": "Other", **other})
    body = {"username": ANNA, "client_id": other["client_id"]}
    manual.use(manual.control("POST", "/_sandbox/tokens", body).json()["access_token"])

    assert manual.rows(SUBSCRIPTIONS) == []
    assert manual.call("GET", uri(subscription)).status_code == 404
    assert manual.call("DELETE", uri(subscription)).status_code == 404
    subscribe(manual, receiver, "Accounts")
    new_account(manual)

    deliver(manual)
    signed = {
        match[3].decode(): (match[1], match[8].decode())
        for match in map(RAW.fullmatch, receiver.bodies)
        if match
    }
    assert set(signed) == {DEFAULT_CLIENT_ID, other["client_id"]}
    raw, signature = signed[other["client_id"]]
    assert hmac.new(b"other", raw, hashlib.sha256).hexdigest().upper() == signature


def test_only_deliveries_of_goods_come_at_once(manual, receiver):
    subscription = subscribe(manual, receiver, "GoodsDeliveries", IsInstant=True)

    assert subscription["IsInstant"] is True


@pytest.mark.parametrize(
    ("url", "rule", "accepted"),
    [
        ("https://a.example/hook", "https", True),
        ("http://localhost:8000/hook", "https", False),
        ("http://localhost:8000/hook", "https_or_local", True),
        ("http://[::1]:8000/hook", "https_or_local", True),
        ("http://a.example/hook", "https_or_local", False),
        ("http://a.example/hook", "any", True),
        ("file:///etc/passwd", "any", False),
        ("https://", "any", False),
        ("https://a.example:port/", "any", False),
        ("https://a.example/a b", "any", False),
        ("https://[bad/", "any", False),
    ],
)
def test_which_addresses_may_be_subscribed(url, rule, accepted):
    assert is_callback(url, rule) is accepted


def test_the_switch_decides_about_callbacks(manual, receiver):
    body = {"CallbackURL": receiver.url, "Topic": "Accounts"}
    manual.switch(webhook_callback="https")

    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, "Invalid: Callback URL")


def test_a_put_moves_a_subscription(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    deliver(manual)

    changes = {"CallbackURL": f"{receiver.url}/moved", "Topic": "Contacts"}
    assert manual.call("PUT", uri(subscription), changes).status_code == 204

    assert manual.get(uri(subscription))["Topic"] == "Contacts"
    deliver(manual)
    assert [(path, body) for path, _, body in receiver.calls] == [
        ("/hook?a=1", b""),
        ("/moved", b""),
    ]


def test_a_put_that_changes_nothing_is_fine(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")

    for body in ({}, {"Description": "mine"}):
        assert manual.call("PUT", uri(subscription), body).status_code == 204

    assert manual.get(uri(subscription))["CallbackURL"] == subscription["CallbackURL"]


def test_a_put_keeps_to_the_rules(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    subscribe(manual, receiver, "Contacts")

    assert (
        manual.error("PUT", uri(subscription), {"Topic": "Contacts"})[1] == "Data already exists."
    )
    assert manual.error("PUT", uri(subscription), {"Topic": None})[1] == "Mandatory: Topic"
    assert manual.error("PUT", uri(subscription), {"Topic": "x"})[1] == "Invalid: Topic"


def test_a_put_is_refused_where_the_switch_says_so(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    manual.switch(webhook_put="refused")

    assert manual.call("PUT", uri(subscription), {"Topic": "Contacts"}).status_code == 405
    assert manual.get(uri(subscription))["Topic"] == "Accounts"


def test_a_deleted_subscription_is_told_nothing_more(manual, receiver):
    subscription = subscribe(manual, receiver, "Accounts")
    new_account(manual)
    assert manual.call("DELETE", uri(subscription)).status_code == 204
    new_account(manual)

    assert deliver(manual) == []
    assert receiver.calls == []
    assert manual.rows(SUBSCRIPTIONS) == []
    subscribe(manual, receiver, "Accounts")


# The empty call.


def test_a_new_callback_gets_an_empty_call_a_second_later(exact, receiver):
    exact.control("POST", "/_sandbox/clock", {"frozen": True})
    subscribe(exact, receiver, "Accounts")
    exact.advance(0.9)
    assert [each["status"] for each in deliveries(exact)] == ["waiting"]

    exact.advance(0.1)
    with receiver.arrived:
        assert receiver.arrived.wait_for(lambda: receiver.calls, timeout=5)

    path, headers, body = receiver.calls[0]
    assert (path, headers["Content-Length"], body) == ("/hook?a=1", "0", b"")


def test_an_empty_call_that_fails_leaves_the_subscription(manual, receiver):
    manual.switch(webhook_tries=1)
    receiver.answers = [500]
    subscription = subscribe(manual, receiver, "Accounts")

    assert [each["status"] for each in deliver(manual)] == ["failed"]

    assert manual.call("GET", uri(subscription)).status_code == 200


def test_an_empty_call_that_fails_removes_it_where_the_switch_says_so(manual, receiver):
    manual.switch(webhook_tries=1, webhook_failed_validation="removed")
    receiver.answers = [500]
    subscription = subscribe(manual, receiver, "Accounts")

    deliver(manual)

    assert manual.call("GET", uri(subscription)).status_code == 404


def test_a_callback_is_tried_before_the_answer_where_the_switch_says_so(manual, receiver):
    manual.switch(webhook_validation="synchronous")

    subscription = subscribe(manual, receiver, "Accounts")

    assert [body for _, _, body in receiver.calls] == [b""]
    assert deliver(manual) == []
    receiver.answers = [404]
    changes = {"CallbackURL": f"{receiver.url}/moved"}
    assert manual.error("PUT", uri(subscription), changes) == (
        500,
        "Invalid: Post to callback URL endpoint returns 404 Not Found",
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (500, "Invalid: Post to callback URL endpoint returns 500 Internal Server Error"),
        (302, "Invalid: Post to callback URL endpoint returns 302 Found"),
    ],
)
def test_a_callback_that_fails_at_once_refuses_the_subscription(manual, receiver, answer, text):
    manual.switch(webhook_validation="synchronous")
    receiver.answers = [answer]

    body = {"CallbackURL": receiver.url, "Topic": "Accounts"}
    assert manual.error("POST", SUBSCRIPTIONS, body) == (500, text)
    assert manual.rows(SUBSCRIPTIONS) == []
    assert len(receiver.calls) == 1


def test_a_callback_that_nobody_answers_refuses_the_subscription(manual, log_on):
    manual.switch(webhook_validation="synchronous")

    body = {"CallbackURL": "http://127.0.0.1:9/", "Topic": "Accounts"}
    text = "Post to callback URL endpoint returns 500 An error occurred while sending the request."
    assert log_on(BRAM).error("POST", SUBSCRIPTIONS, body) == (500, f"Ongeldig: {text}")
