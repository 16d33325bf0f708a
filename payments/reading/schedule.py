"""When payments are read next: within minutes while something is open and Exact's calls allow it, hourly when nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings

from integrations import lanes
from integrations.exact import receivables
from integrations.lanes import CallsLeft
from integrations.models import ExactConnection
from invoices.models import SETTLED_STATUSES, PostedDocument, PostedDocumentState
from payments import mirror_listed
from payments.models import SyncCursor

_DAY = timedelta(days=1)
CALLS_A_RUN = 2
# Of the calls that are left for what is kept fresh by itself, so that lists and checks have theirs.
_OURS = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds: while something is open, and when nothing is."""

    usual: int
    idle: int


def next_run_at(connection: ExactConnection, cursor: SyncCursor, *, now: datetime) -> datetime:
    """This function will return when to read after a run that ended now; a person or a webhook can bring it forward."""
    usual = settings.PAYMENTS_SYNC_SECONDS
    if _is_near_a_comparison(cursor, now):
        usual = stretched(usual, by=_more_pages_of_a_comparison(connection))
    pace = Pace(usual, settings.PAYMENTS_IDLE_SECONDS)
    left = lanes.background_calls_left(connection, now=now)
    return now + wait_for(pace, is_open=_has_open(connection), left=left)


def wait_for(pace: Pace, *, is_open: bool, left: CallsLeft | None) -> timedelta:
    """This function will return how long to wait: the calls that are left of the day last until its end.

    Nothing that is kept fresh by itself waits longer than ``idle`` for a look at the limits.
    """
    idle = max(pace.usual, pace.idle)
    if not is_open:
        return timedelta(seconds=idle)
    if left is None:
        return timedelta(seconds=pace.usual)
    runs = left.calls * _OURS / left.shared_by / CALLS_A_RUN
    affordable = left.until_end.total_seconds() / runs if runs >= 1 else idle
    return timedelta(seconds=min(max(pace.usual, affordable), idle))


def stretched(seconds: int, *, by: int) -> int:
    """This function will return how many seconds to leave between runs on a day that has ``by`` other calls.

    Such a day costs as many calls as any other one, as long as half of them are left for runs.
    """
    calls = _DAY.total_seconds() / max(seconds, 1) * CALLS_A_RUN
    return ceil(seconds * calls / max(calls - by, calls / 2))


def _is_near_a_comparison(cursor: SyncCursor, now: datetime) -> bool:
    """Whether a day, wherever it begins, can hold both a run that ends now and the comparison of all that is open."""
    moments = (cursor.compared_at, cursor.compare_due_at)
    return any(moment is not None and abs(now - moment) < _DAY for moment in moments)


def _more_pages_of_a_comparison(connection: ExactConnection) -> int:
    """After the first page, for which every day has room."""
    return mirror_listed.count_open(connection=connection) // receivables.ROWS_A_CALL


def due_at(connection: ExactConnection, cursor: SyncCursor, *, now: datetime) -> datetime:
    """This function will return when the next run is due: sooner when something was copied since nothing was open."""
    next_at = cursor.next_at or now
    if next_at <= now or cursor.read_at is None or cursor.refused_at is not None:
        return next_at
    copied = PostedDocument.objects.filter(connection=connection, created_at__gt=cursor.read_at)
    if not copied.exists():
        return next_at
    return min(next_at, cursor.read_at + timedelta(seconds=settings.PAYMENTS_SYNC_SECONDS))


def _has_open(connection: ExactConnection) -> bool:
    documents = PostedDocument.objects.filter(
        connection=connection, state=PostedDocumentState.CURRENT
    )
    return documents.exclude(invoice__exact_payment_status__in=SETTLED_STATUSES).exists()
