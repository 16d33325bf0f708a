"""Exact tells of a change, and it is read at once: RELIABILITY H1 to H8 and G16, over HTTP both ways."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_WEBHOOK_SECRET
from integrations import lanes
from integrations.models import (
    ExactCustomer,
    ReferenceList,
    WebhookListener,
    WebhookSubscription,
)
from integrations.webhooks import set_aside
from invoices.models import CopyState, Invoice
from payments.models import SyncCursor
from tests.journeys.test_payments import bank, pay
from tests.journeys.told import LIST_TOPICS, PATH, PAYMENT_TOPICS, Told
from tests.journeys.world import DIVISION, World


@pytest.fixture
def told(transactional_db, exact, settings, live_server) -> Told:
    set_aside.allowance.refill()
    return Told.begin(exact, settings, live_server.url)


def genuine(told: Told) -> str:
    """A webhook that Exact would send now, to the byte."""
    deliveries = told.world.control("GET", "webhooks")["deliveries"]
    body: str = [one["body"] for one in deliveries if one["body"]][-1]
    return body


def sign(body: str, secret: str = DEFAULT_WEBHOOK_SECRET) -> str:
    """The body, signed anew."""
    content = body.removeprefix('{"Content":').rpartition(',"HashCode"')[0]
    signature = hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest().upper()
    return f'{{"Content":{content},"HashCode":"{signature}"}}'


def post(live_server: Any, body: str) -> int:
    return requests.post(f"{live_server.url}{PATH}", data=body.encode(), timeout=10).status_code


# --- Subscribing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("validation", ["later", "synchronous"])
def test_reliability_h4_a_connection_subscribes_and_its_address_passes_exacts_empty_call(
    exact, settings, live_server, transactional_db, validation
):
    exact.sandbox.switches.set("webhook_validation", validation)

    told = Told.begin(exact, settings, live_server.url)

    there = told.subscriptions()
    assert there.keys() == PAYMENT_TOPICS | LIST_TOPICS
    assert {one["callback_url"] for one in there.values()} == {f"{live_server.url}{PATH}"}
    assert {row.exact_id is not None for row in told.stored().values()} == {True}
    tries = [
        one["tries"][-1]["answer"]
        for one in told.world.control("GET", "webhooks")["deliveries"]
        if one["kind"] == "validation"
        and one["subscription_id"] in {s["id"] for s in there.values()}
    ]
    assert tries == ([200] * 5 if validation == "later" else [])


def test_topics_follow_what_the_connection_needs(told):
    told.change(sync_payments=False)
    assert told.subscriptions().keys() == LIST_TOPICS
    assert told.stored().keys() == LIST_TOPICS

    told.change(sync_payments=True)
    assert told.subscriptions().keys() == PAYMENT_TOPICS | LIST_TOPICS


def test_without_a_secret_or_an_address_that_exact_can_reach_nothing_is_subscribed(
    exact, settings, live_server, transactional_db
):
    told = Told.begin(exact, settings, "http://connector.example.com")

    assert told.subscriptions() == {}
    assert told.stored() == {}


def test_connections_to_one_division_share_its_subscriptions(told, exact):
    before = told.subscriptions()
    second = World.begin(exact, sync_payments=True)
    made = [one for one in told.log("WebhookSubscriptions") if one["method"] == "POST"]
    assert made == []

    told.change(sync_payments=False)
    assert told.subscriptions() == before

    Told(second).change(sync_payments=False)
    assert told.subscriptions().keys() == LIST_TOPICS


def test_a_subscription_that_is_there_already_is_taken_over(told):
    before = {topic: one["id"] for topic, one in told.subscriptions().items()}
    WebhookSubscription.objects.all().delete()

    told.change()

    assert {topic: one["id"] for topic, one in told.subscriptions().items()} == before
    assert {str(row.exact_id) for row in told.stored().values()} == set(before.values())


def test_one_for_an_address_that_is_no_longer_ours_is_made_anew(told, settings):
    settings.PUBLIC_URL = settings.PUBLIC_URL.replace("localhost", "127.0.0.1")
    WebhookSubscription.objects.update(check_at=timezone.now())

    told.change()

    addresses = {one["callback_url"] for one in told.subscriptions().values()}
    assert addresses == {f"{settings.PUBLIC_URL}{PATH}"}
    assert len(told.subscriptions()) == 5


def test_a_subscription_that_exact_dropped_or_silenced_is_remade_within_a_week(told):
    before = told.subscriptions()
    last_week = timezone.now() - timedelta(days=7)
    exact = told.world.sandbox.sandbox.database
    exact.delete("webhooksubscriptions", ID=before["Accounts"]["id"])
    # Exact still lists it, and sends nothing: the switch for "disabled" is not visible to an app.
    WebhookSubscription.objects.update(check_at=timezone.now(), subscribed_at=last_week)
    WebhookListener.objects.filter(group="ledger_accounts").update(heard_at=timezone.now())

    told.change()

    after = told.subscriptions()
    assert after.keys() == before.keys()
    unchanged = {topic for topic in after if after[topic]["id"] == before[topic]["id"]}
    assert unchanged == {"GLAccounts"}


def test_a_topic_that_exact_refuses_does_not_keep_the_others_away(told, exact):
    told.world.fault("validation_500", path="WebhookSubscriptions")
    told.change(sync_payments=False)
    WebhookSubscription.objects.all().delete()
    for one in told.subscriptions().values():
        exact.sandbox.database.delete("webhooksubscriptions", ID=one["id"])

    told.change()

    assert told.subscriptions().keys() == {"GLAccounts"}
    assert told.stored()["Accounts"].problem
    assert told.stored()["Accounts"].check_at > timezone.now() + timedelta(hours=23)


def test_a_subscription_whose_answer_was_lost_is_found_and_not_made_twice(told, exact):
    told.change(sync_payments=False)
    before = told.subscriptions()
    WebhookSubscription.objects.all().delete()
    exact.sandbox.database.delete("webhooksubscriptions", ID=before["Accounts"]["id"])
    told.world.fault("commit_then_drop", path="WebhookSubscriptions")

    told.change()
    assert told.subscriptions().keys() == LIST_TOPICS
    WebhookSubscription.objects.update(check_at=timezone.now())
    told.change()

    after = told.subscriptions()
    assert {str(row.exact_id) for row in told.stored().values()} == {
        one["id"] for one in after.values()
    }


# --- Telling --------------------------------------------------------------------------------------------------------


@pytest.fixture
def invoice(told) -> Invoice:
    """An invoice that is in Exact, and everything is read that tells of it."""
    copied = told.world.invoice()
    assert told.world.copy(copied).state == CopyState.COPIED
    told.deliver()
    told.rest()
    return copied


def status(told: Told, invoice: Invoice) -> str:
    told.world.work_off()
    return told.world.fresh_invoice(invoice).payment_status


def test_reliability_h3_a_payment_is_read_as_soon_as_exact_tells_of_it(told, invoice):
    pay(told.world, (invoice, "121.00"))
    assert status(told, invoice) == "open"

    assert told.answers() == {200}

    assert told.member.due_at <= timezone.now()
    assert status(told, invoice) == "paid"
    assert told.calls() == 1


def test_reliability_h3_doubled_and_overtaken_webhooks_change_nothing(told, invoice):
    told.switch(webhook_duplicate_percent=100, webhook_reorder_percent=50)
    first = pay(told.world, (invoice, "50.00"))
    pay(told.world, (invoice, "71.00"), day="2026-11-04")
    bank(told.world, "DELETE", f"payments/{first}")

    assert told.answers() == {200}

    assert status(told, invoice) == "partly_paid"
    assert told.calls() == 1


def test_reliability_h3_when_every_webhook_is_lost_the_next_run_is_as_right(told, invoice):
    told.switch(webhook_drop_percent=100)
    pay(told.world, (invoice, "121.00"))
    assert told.deliver() == []
    assert status(told, invoice) == "open"

    with told.world.rows():
        SyncCursor.objects.update(next_at=timezone.now())
        lanes.ring(told.world.connection, at=timezone.now())

    assert status(told, invoice) == "paid"


def test_reliability_h2_a_thousand_copies_of_a_webhook_bring_one_reading(told, invoice, client):
    pay(told.world, (invoice, "121.00"))
    told.deliver()
    body = genuine(told)
    answers = {
        client.post(PATH, body, content_type="application/json").status_code for _ in range(1000)
    }

    assert answers == {200}
    told.world.work_off()
    assert told.calls() == 1
    assert told.listener().due_at is None


def test_reliability_h2_what_is_told_within_a_minute_is_read_once_at_its_end(told, invoice):
    pay(told.world, (invoice, "50.00"))
    told.deliver()
    told.world.work_off()
    for day in ("2026-11-04", "2026-11-05", "2026-11-06"):
        pay(told.world, (invoice, "10.00"), day=day)
        assert told.answers() == {200}
        told.world.work_off()
    assert told.calls() == 1
    due_at, handled_at = told.listener().due_at, told.listener().handled_at
    assert due_at == handled_at + timedelta(minutes=1)
    assert told.member.due_at == due_at

    WebhookListener.objects.update(due_at=timezone.now())
    told.change()

    assert told.calls() == 2
    assert told.listener().due_at is None


def test_reliability_g16_what_we_book_ourselves_brings_no_reading(told):
    told.world.copy(told.world.invoice())

    deliveries = [one for one in told.deliver() if one["kind"] == "event"]
    assert {one["topic"] for one in deliveries} >= {"FinancialTransactions"}
    told.world.work_off()

    assert told.calls() == 0
    assert told.calls("/sync/CRM/Accounts") == 0
    assert told.listener().due_at is None
    assert told.listener().handled_at is None


def test_reliability_g16_what_others_do_to_our_entry_is_read(told, invoice):
    entry = str(told.world.documents(invoice)[0].exact_id)
    told.world.control("POST", f"admin/{DIVISION}", {"delete_entry": entry})
    told.deliver()
    told.world.work_off()

    assert told.calls() == 1


def test_a_customer_made_in_exact_is_found_here_at_once(told):
    with told.world.rows():
        known = ExactCustomer.objects.count()
    told.make_account("Nieuwe klant B.V.")

    assert told.answers() == {200}
    told.world.work_off()

    with told.world.rows():
        assert ExactCustomer.objects.filter(name="Nieuwe klant B.V.").exists()
        assert ExactCustomer.objects.count() == known + 1
    assert told.calls("/sync/CRM/Accounts") == 1


@pytest.mark.parametrize("column", ["payments", "lists"])
def test_a_reading_that_exact_refuses_is_not_hurried(told, invoice, column):
    with told.world.rows():
        SyncCursor.objects.update(refused_at=timezone.now())
        ReferenceList.objects.update(problem_id="ABC")
    if column == "payments":
        pay(told.world, (invoice, "121.00"))
    else:
        told.make_account("Nieuwe klant B.V.")
    told.deliver()
    told.world.work_off()

    assert told.calls() == told.calls("/sync/CRM/Accounts") == 0


# --- Against Exact's own bytes --------------------------------------------------------------------------------------


def test_reliability_h1_only_the_bytes_that_exact_signed_are_taken(told, invoice, live_server):
    pay(told.world, (invoice, "121.00"))
    body = genuine(told)
    content = json.dumps(json.loads(body)["Content"])
    forged = [
        body.replace(":", ": ", 1),
        f'{{"Content":{content},"HashCode":"{body[-66:-2]}"}}',
        body.replace(str(DIVISION), str(DIVISION + 1)),
    ]

    assert [post(live_server, one) for one in forged] == [401] * 3
    assert told.listener().due_at is None
    assert post(live_server, body) == 200
    assert told.listener().due_at is not None


def test_reliability_h8_both_secrets_count_while_exact_has_the_new_one(told, invoice, settings):
    old = settings.EXACT_WEBHOOK_SECRETS[0]
    told.world.control(
        "PATCH", "applications", {"client_id": DEFAULT_CLIENT_ID, "webhook_secret": "the new one"}
    )
    pay(told.world, (invoice, "121.00"))
    assert told.answers() == {401}

    settings.EXACT_WEBHOOK_SECRETS = ["the new one", old]

    assert told.answers() == {200}
    assert status(told, invoice) == "paid"
    told.world.control(
        "PATCH", "applications", {"client_id": DEFAULT_CLIENT_ID, "webhook_secret": old}
    )
