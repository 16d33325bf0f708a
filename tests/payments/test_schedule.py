"""When payments are read next: often while something is open and Exact's calls allow it, hourly when nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.exact import receivables
from integrations.lanes import CallsLeft
from integrations.models import DivisionLane, ExactConnection
from invoices.models import Invoice
from payments.asking_lines import ASKED_EVERY
from payments.models import ReceivableTerm, SyncCursor, TermStatus
from payments.reading import schedule
from payments.reading.schedule import CALLS_A_RUN, Pace
from payments.sync import work
from tests import factories

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
PACE = Pace(usual=300, idle=3600)


def left(calls: int, hours: float, shared_by: int = 1) -> CallsLeft:
    return CallsLeft(calls=calls, until_end=timedelta(hours=hours), shared_by=shared_by)


@pytest.mark.parametrize(
    ("is_open", "calls", "seconds"),
    [
        pytest.param(True, None, 300, id="limits not known"),
        pytest.param(True, left(4_800, 24), 300, id="a fresh day"),
        pytest.param(True, left(4_800, 24, shared_by=4), 300, id="four organizations"),
        pytest.param(True, left(4_800, 24, shared_by=12), 864, id="twelve organizations"),
        pytest.param(True, left(480, 12), 360, id="half a day on few calls"),
        pytest.param(True, left(40, 12), 3600, id="very few"),
        pytest.param(True, left(0, 12), 3600, id="none"),
        pytest.param(True, left(40, 0.1), 300, id="the day is nearly over"),
        pytest.param(False, left(4_800, 24), 3600, id="nothing is open"),
        pytest.param(False, None, 3600, id="nothing is open, limits not known"),
    ],
)
def test_the_calls_that_are_left_last_until_the_end_of_the_day(is_open, calls, seconds):
    wait = schedule.wait_for(PACE, is_open=is_open, left=calls)

    assert round(wait.total_seconds()) == seconds


def test_a_day_of_runs_every_five_minutes_costs_at_most_600_calls():
    day = timedelta(days=1)
    runs = day / schedule.wait_for(PACE, is_open=True, left=left(4_800, 24))
    moves, comparing, lines = 1, 2 + CALLS_A_RUN, day / ASKED_EVERY

    assert runs * CALLS_A_RUN + moves + comparing + lines <= 600


@pytest.mark.parametrize(
    ("pages", "seconds"),
    [
        pytest.param(0, 300, id="no more than the page that every day has room for"),
        pytest.param(46, 327, id="47,000 open"),
        pytest.param(200, 460, id="200,000 open"),
        pytest.param(5_000, 600, id="never less than half of the runs"),
    ],
)
def test_b7_a_day_with_a_long_comparison_has_fewer_runs_and_costs_no_more(pages, seconds):
    assert schedule.stretched(300, by=pages) == seconds
    calls = 86_400 / seconds * CALLS_A_RUN + pages
    assert calls <= 86_400 / 300 * CALLS_A_RUN or seconds == 600


@pytest.mark.parametrize(
    ("compared", "due", "seconds"),
    [
        pytest.param(-23, 145, 301, id="compared within a day"),
        pytest.param(-145, 23, 301, id="compared within the day to come"),
        pytest.param(-73, 95, 300, id="in the middle of the week"),
        pytest.param(None, None, 300, id="never yet"),
    ],
)
def test_b7_runs_are_farther_apart_near_a_long_comparison_only(
    connection, settings, monkeypatch, compared, due, seconds
):
    settings.PAYMENTS_SYNC_SECONDS = 300
    monkeypatch.setattr(receivables, "ROWS_A_CALL", 1)
    invoice(connection, exact_payment_status="open")
    with tenant_transaction(connection.organization_id):
        ReceivableTerm.objects.create(
            connection=connection, exact_id=uuid4(), timestamp=1, status=TermStatus.OPEN, amount=121
        )

    assert next_in(connection, compared_at=hours(compared), compare_due_at=hours(due)) == (
        timedelta(seconds=seconds)
    )


def hours(count: int | None) -> datetime | None:
    return None if count is None else NOW + timedelta(hours=count)


@pytest.fixture
def connection(db):
    organization = factories.make_organization()
    made = factories.make_connection(organization=organization, sync_payments=True, lists=False)
    made.organization = organization
    with tenant_transaction(organization.pk):
        lanes.seat(made)
    return made


def invoice(connection: ExactConnection, **fields: Any) -> Invoice:
    made = factories.make_invoice(
        organization=connection.organization, subsidiary=connection.subsidiary, **fields
    )
    factories.make_posted_document(invoice=made, connection=connection, created_at=NOW)
    return made


def next_in(connection: ExactConnection, **cursor: datetime | None) -> timedelta:
    with tenant_transaction(connection.organization_id):
        where = SyncCursor(connection=connection, **cursor)
        return schedule.next_run_at(connection, where, now=NOW) - NOW


def test_minutes_while_an_invoice_is_open_and_hourly_once_all_are_settled(connection, settings):
    settings.PAYMENTS_SYNC_SECONDS, settings.PAYMENTS_IDLE_SECONDS = 300, 3600
    assert next_in(connection) == timedelta(hours=1)
    invoice(connection, exact_payment_status="written_off")
    assert next_in(connection) == timedelta(hours=1)
    invoice(connection, exact_payment_status="partly_paid")

    assert next_in(connection) == timedelta(minutes=5)

    DivisionLane.objects.update(
        day_limit=5000, day_remaining=420, day_reset_at=NOW + timedelta(hours=2)
    )
    assert next_in(connection) == timedelta(seconds=640)


def test_what_is_copied_while_nothing_was_open_is_looked_at_within_minutes(connection, settings):
    settings.PAYMENTS_SYNC_SECONDS = 300
    now = timezone.now()
    with tenant_transaction(connection.organization_id):
        SyncCursor.objects.create(
            connection=connection,
            read_at=NOW - timedelta(minutes=1),
            next_at=NOW + timedelta(minutes=59),
        )
        assert work.next_due_at(connection, now=NOW) == NOW + timedelta(minutes=59)
    invoice(connection)

    with tenant_transaction(connection.organization_id):
        assert work.next_due_at(connection, now=NOW) == NOW + timedelta(minutes=4)
        SyncCursor.objects.update(refused_at=NOW)
        assert work.next_due_at(connection, now=NOW) == NOW + timedelta(minutes=59)
        connection.payments_sync_requested_at = now
        assert work.next_due_at(connection, now=NOW) == NOW
