"""Wherever a person waits for Exact, the page says why and when it goes on, in the person's own time."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.lanes import breaker, pace
from integrations.lanes.breaker import Breaker
from integrations.models import DivisionLane
from tests import background, factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("now", "until", "sentence"),
    [
        ("2026-03-02T12:58", "2026-03-02T13:03", "R, goes on at 14:03"),
        ("2026-03-02T22:58", "2026-03-02T23:03", "R, goes on tomorrow at 00:03"),
        ("2026-03-02T12:58", "2026-03-05T13:03", "R, goes on at 14:03 on 5 March"),
        ("2026-03-02T12:58", None, "R"),
    ],
)
def test_the_time_is_the_readers(now, until, sentence, monkeypatch):
    """UTC here; Amsterdam is an hour ahead in March."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    at = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None

    assert lanes.waiting_sentence("R", at) == sentence


@pytest.fixture
def office():
    background.runs()
    organization = factories.make_organization()
    admin = factories.make_user(organization=organization)
    connection = factories.make_connection(
        organization=organization, sync_payments=True, payments_sync_requested_at=timezone.now()
    )
    with tenant_transaction(organization.pk):
        lanes.seat(connection)
    return organization, connection, factories.sign_in(admin)


def words(browser, address: str) -> str:
    page = html.unescape(browser.get(address).content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def addresses(connection) -> list[str]:
    return [
        reverse("marketplace"),
        reverse("connection_activity", args=[connection.pk]),
        reverse("payment_list"),
    ]


def test_reliability_d1_every_page_says_that_the_minute_is_waited_for(office):
    _, connection, browser = office
    DivisionLane.objects.update(
        resume_at=timezone.now() + timedelta(seconds=50), resume_reason=pace.REASONS["minute"]
    )

    for address in addresses(connection):
        shown = words(browser, address)
        assert re.search(
            r"Waiting for Exact's minute limit, goes on (tomorrow )?at \d\d:\d\d", shown
        )


def test_reliability_d2_what_refreshes_by_itself_says_that_the_days_last_calls_are_kept(office):
    _, connection, browser = office
    DivisionLane.objects.update(
        day_limit=5000, day_remaining=300, day_reset_at=timezone.now() + timedelta(hours=2)
    )
    market, _, payments = addresses(connection)

    assert "its last calls are kept to check what is unsure, goes on" in words(browser, payments)
    assert "its last calls are kept" not in words(browser, market)


def test_reliability_d5_an_endpoint_that_is_left_alone_is_told(office):
    _, connection, browser = office
    now = timezone.now()
    until = now + timedelta(minutes=15)
    path = "/api/v1/{division}/salesentry/SalesEntries"
    DivisionLane.objects.update(
        breakers=breaker.to_stored(
            {
                breaker.key_of(str(connection.grant.exact_user_id), path): Breaker((now,), until),
                breaker.key_of("somebody else", path): Breaker((now,), until),
            }
        )
    )

    for address in addresses(connection)[:2]:
        shown = words(browser, address)
        assert shown.count("Exact refused several calls for sales entries within an hour") == 1


def test_reliability_k6_a_stop_is_told(office):
    _, connection, browser = office
    lanes.stop_all(reason="the wrong journal", who="Ann")

    shown = words(browser, reverse("marketplace"))

    assert "Sending to Exact is stopped: the wrong journal." in shown
    assert lanes.lane_status(connection, purpose=lanes.Purpose.BACKGROUND).sentence == ""
