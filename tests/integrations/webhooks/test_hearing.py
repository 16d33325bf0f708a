"""What one webhook writes: for whom, for when, and which lane is woken. Time stands still."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations import lanes
from integrations.models import LaneMember, SetAsideWebhook, WebhookListener
from integrations.webhooks import set_aside, signature
from integrations.webhooks.receiving import Bell, Taken, receive
from tests import factories
from tests.factories import NOW
from tests.integrations.webhooks.bodies import CLIENT, SECRET, body_of, sign

pytestmark = pytest.mark.django_db

DIVISION = 27000002
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
KEYS = [UUID(int=n) for n in range(1, 60)]


@pytest.fixture(autouse=True)
def _on(settings):
    settings.EXACT_CLIENT_ID = CLIENT
    settings.EXACT_WEBHOOK_SECRETS = [SECRET]
    set_aside.allowance.refill()


def listen(
    *, group: str = "payments", due_at: datetime | None = None, **fields: Any
) -> WebhookListener:
    """A connection that listens; its lane has nothing to do before tomorrow."""
    connection = factories.make_connection(
        organization=factories.make_organization(), lists=False, division=DIVISION
    )
    member = lanes.seat(connection)
    LaneMember.objects.filter(pk=member.pk).update(due_at=NOW + timedelta(days=1))
    return WebhookListener.objects.create(member=member, group=group, due_at=due_at, **fields)


def hear(body: str, *, now: datetime = NOW) -> Taken:
    return receive(body.encode(), now=now)


def genuine(**content: Any) -> str:
    return body_of(division=DIVISION, **content)


def mark(body: str) -> str:
    return signature.split(body.encode()).signature


def set_asides() -> list[tuple[str, int, datetime]]:
    return list(SetAsideWebhook.objects.values_list("reason", "size", "received_at"))


def member_due_at(listener: WebhookListener) -> datetime | None:
    return LaneMember.objects.get(pk=listener.member_id).due_at


def test_a_webhook_is_written_down_and_rings_at_once():
    listener = listen()
    body = genuine(key=KEYS[0])

    taken = hear(body)

    listener.refresh_from_db()
    assert taken == Taken(200, [Bell(listener.member.lane_id, timedelta(0))])
    assert (listener.heard_at, listener.due_at) == (NOW, NOW)
    assert listener.created_keys == [KEYS[0]]
    assert listener.last_signature == mark(body)
    assert member_due_at(listener) == NOW
    assert set_asides() == []


@pytest.mark.parametrize(
    ("group", "topic", "gap"),
    [("payments", "BankEntries", MINUTE), ("customers", "Accounts", 5 * MINUTE)],
)
@pytest.mark.parametrize("ago", [timedelta(0), 30 * SECOND, 4 * MINUTE, 5 * MINUTE, 6 * MINUTE])
def test_reliability_h2_readings_of_a_group_have_a_gap_between_them(group, topic, gap, ago):
    listener = listen(group=group, handled_at=NOW - ago)
    soonest = max(NOW, NOW - ago + gap)

    taken = hear(genuine(topic=topic))

    listener.refresh_from_db()
    assert listener.due_at == soonest
    assert taken.bells == [Bell(listener.member.lane_id, soonest - NOW)]
    assert member_due_at(listener) == soonest


def test_a_lane_that_has_work_sooner_keeps_its_time():
    listener = listen(handled_at=NOW)
    LaneMember.objects.filter(pk=listener.member_id).update(due_at=NOW + 5 * SECOND)

    hear(genuine())

    assert member_due_at(listener) == NOW + 5 * SECOND


def test_reliability_h2_what_is_planned_already_rings_nobody_and_what_was_heard_is_noted():
    listener = listen(due_at=NOW + 9 * SECOND, created_keys=[KEYS[0]])
    body = genuine(key=KEYS[1])

    taken = hear(body)

    listener.refresh_from_db()
    assert taken == Taken(200, [])
    assert (listener.due_at, listener.heard_at) == (NOW + 9 * SECOND, NOW)
    assert listener.created_keys == KEYS[:2]
    assert listener.last_signature == mark(body)
    assert member_due_at(listener) == NOW + timedelta(days=1)


def test_reliability_h2_a_repeated_webhook_changes_nothing_for_who_heard_it():
    body = genuine(key=KEYS[0])
    heard, other = listen(last_signature=mark(body)), listen()

    taken = hear(body)

    heard.refresh_from_db()
    other.refresh_from_db()
    assert taken == Taken(200, [Bell(other.member.lane_id, timedelta(0))])
    assert (heard.due_at, heard.heard_at, heard.created_keys) == (None, None, [])
    assert (other.due_at, other.heard_at) == (NOW, NOW)


def test_a_new_plan_forgets_what_was_created_before_the_last_reading():
    listener = listen(created_keys=KEYS[:3], handled_at=NOW - 9 * MINUTE)

    hear(genuine(key=KEYS[5]))

    listener.refresh_from_db()
    assert listener.created_keys == [KEYS[5]]


@pytest.mark.parametrize(
    ("known", "content", "kept"),
    [
        (KEYS[:49], {"key": KEYS[50]}, [*KEYS[:49], KEYS[50]]),
        (KEYS[:50], {"key": KEYS[50]}, None),
        (None, {"key": KEYS[50]}, None),
        (KEYS[:1], {"key": KEYS[50], "action": "Update"}, None),
        (KEYS[:1], {"key": KEYS[50], "action": "create"}, None),
        (KEYS[:1], {"key": "17"}, None),
    ],
)
def test_records_are_told_only_as_long_as_they_are_all_that_happened(known, content, kept):
    listener = listen(due_at=NOW, created_keys=known)

    hear(genuine(**content))

    listener.refresh_from_db()
    assert listener.created_keys == kept


@pytest.mark.parametrize("body", ["", " \r\n"])
def test_reliability_h4_the_empty_call_of_a_new_address_is_taken(body):
    assert hear(body) == Taken(200, ())
    assert set_asides() == []


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("forged", 401, "form"),
        (sign("{}", "another"), 401, "signature"),
        (sign("{}"), 200, "content"),
        (genuine(client=str(KEYS[0])), 401, "client"),
        (genuine(topic="Quotations"), 200, "nobody"),
        (genuine(topic="Accounts"), 200, "nobody"),
        (genuine(host="https://start.exactonline.be"), 200, "nobody"),
        (body_of(division=DIVISION + 1), 200, "nobody"),
    ],
)
def test_reliability_h1_h5_what_is_not_taken_is_answered_and_counted(body, status, reason):
    listener = listen()

    assert hear(body) == Taken(status, ())

    assert set_asides() == [(reason, len(body), NOW)]
    listener.refresh_from_db()
    assert (listener.due_at, listener.heard_at) == (None, None)


@pytest.mark.parametrize(
    ("body", "status"), [("forged", 429), (sign("{}"), 200), (genuine(topic="Quotations"), 200)]
)
def test_reliability_h6_a_flood_is_told_to_slow_down_but_exact_never(monkeypatch, body, status):
    monkeypatch.setattr(set_aside, "allowance", set_aside.Allowance(burst=0, a_second=0))

    assert hear(body) == Taken(status, ())
    assert set_asides() == []


def test_reliability_f1_webhooks_of_two_topics_lock_the_places_of_a_division_in_one_order():
    """The first connection turned a group on after the second: by the listeners' ids each would hold what the other wants."""
    first, second = listen(group="payments"), listen(group="payments")
    for one in (second, first):
        WebhookListener.objects.create(member=one.member, group="customers")
    orders = []

    for topic in ("BankEntries", "Accounts"):
        with CaptureQueriesContext(database) as statements:
            hear(genuine(topic=topic))
        written = [one["sql"] for one in statements if one["sql"].startswith("UPDATE")]
        orders.append(re.findall(r'"integrations_lanemember"\."id" = (\d+)', " ".join(written)))

    assert orders[0] == orders[1] == [str(first.member_id), str(second.member_id)]
