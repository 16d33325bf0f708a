"""Reads from Exact what was paid: the lane's work "payments", two calls a run whatever the number of invoices.

Before: an admin turned the sync on; the lane comes by when a run is due. After: `payments.mirror` holds the terms and
`payments.settling` has derived the statuses. It only reads: nothing is ever written to Exact.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from integrations.exact import errors
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from payments.models import Stage, SyncCursor
from payments.reading import ending, feeds, listing, schedule, starting
from payments.reading.run import Run, Superseded, is_on

__all__ = ["PaymentsWork", "is_on", "work"]

logger = logging.getLogger(__name__)


class PaymentsWork:
    """The kind of work the lane calls for connections whose payments sync is on."""

    name = "payments"
    priority = 20

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the next run is due; None while the sync is off (P-2)."""
        if not is_on(connection):
            return None
        if connection.payments_sync_requested_at is not None:
            return now
        cursor = SyncCursor.objects.filter(connection=connection).first()
        return schedule.due_at(connection, cursor, now=now) if cursor is not None else now

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return None: nothing is sent here whose outcome could be unknown."""
        return None

    def step(self, job: LaneJob) -> None:
        """This function will read what changed since the last run and settle it, or go on where it left off."""
        run = starting.open_run(job)
        if run is None:
            return
        try:
            _read_or_tell(run)
        except Superseded:
            logger.info("Payments are read by another worker", extra=run.ids)


def _read_or_tell(run: Run) -> None:
    try:
        _read(run)
    except (errors.Refused, errors.UnexpectedAnswer) as error:
        ending.give_up_until_next_run(run, error)
    except (errors.NotSent, errors.Unavailable) as error:
        ending.note_problem(run, error)
        raise


def _read(run: Run) -> None:
    if starting.look_for_a_move(run):
        return
    while _READ[Stage(run.cursor.stage)](run):
        pass


def _read_feeds(run: Run) -> bool:
    return feeds.read_feeds(run) and ending.end_feeds(run)


_READ: dict[Stage, Callable[[Run], bool]] = {
    Stage.BEGIN: starting.take_position,
    Stage.LOAD: listing.read_list,
    Stage.FEEDS: _read_feeds,
    Stage.COMPARE: listing.read_list,
    Stage.ASK: listing.read_list,
    Stage.SETTLE: ending.settle,
    Stage.LINES: ending.tell_by_lines,
}
"""What each stage does; True when the next stage goes on in the same step."""


work = PaymentsWork()
