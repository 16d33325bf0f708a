"""One step of reading: the cursor as this worker left it, and the transaction in which a page and its place are stored."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from connector import tallies
from connector.tenancy.scope import tenant_transaction
from integrations import history
from integrations.exact.rows import Quarantined
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from payments.mirror import Unfit
from payments.models import SyncCursor
from payments.sync_words import SHOWN_REASONS, set_aside_sentence

logger = logging.getLogger(__name__)

# So that a first reading of a large division takes turns with people who copy invoices.
PAGES_PER_STEP = 10
# Where a cursor stands: while one of these is otherwise, another worker was there.
_PLACE = (
    "division",
    "stage",
    "next_page",
    "window_from",
    "window_days",
    "terms_timestamp",
    "deleted_timestamp",
    "full_started_at",
    "compare_started_at",
)


class Superseded(Exception):
    """Another worker has the lane, or the connection changed meanwhile: this one writes nothing more."""


@dataclass
class Run:
    """One step of reading, and where it stands."""

    job: LaneJob
    started_at: datetime
    # As this worker stored it last.
    cursor: SyncCursor
    pages_left: int = field(default_factory=lambda: PAGES_PER_STEP)

    @property
    def ids(self) -> dict[str, int]:
        """For the log."""
        return {
            "organization_id": self.job.organization_id,
            "connection_id": self.job.connection_id,
        }


def is_on(connection: ExactConnection) -> bool:
    """This function will tell whether payments of the connection are read."""
    return connection.sync_payments and connection.is_working and connection.division is not None


@contextmanager
def stored(run: Run) -> Iterator[tuple[ExactConnection, SyncCursor]]:
    """Open the transaction that stores a page and the cursor together. Raises Superseded.

    The cursor's row is locked, and saved as it was left when the block ends.
    """
    with tenant_transaction(run.job.organization_id):
        connection = ExactConnection.objects.get(pk=run.job.connection_id)
        cursor = SyncCursor.objects.select_for_update().get(connection=connection)
        is_where_left = _place(cursor) == _place(run.cursor)
        is_same_division = cursor.division == connection.division
        if not (is_where_left and is_same_division and is_on(connection) and run.job.still_ours()):
            raise Superseded
        yield connection, cursor
        cursor.save()
    run.cursor = cursor


def _place(cursor: SyncCursor) -> tuple[object, ...]:
    return tuple(getattr(cursor, name) for name in _PLACE)


def report(
    run: Run,
    cursor: SyncCursor,
    quarantined: Sequence[Quarantined],
    unfit: Sequence[Unfit],
    now: datetime,
) -> None:
    """This function will write down which rows of a page were set aside; call it in the page's transaction."""
    reasons = [one.reason for one in quarantined] + [one.reason for one in unfit]
    if not reasons:
        return
    cursor.set_aside_count += len(reasons)
    cursor.set_aside_reasons = [*cursor.set_aside_reasons, *reasons][:SHOWN_REASONS]
    tallies.count(tallies.QUARANTINED_ROWS, len(reasons))
    logger.warning("Rows of Exact were set aside", extra=run.ids | {"reasons": reasons[:20]})
    history.note(
        connection=cursor.connection,
        kind="payment_rows_set_aside",
        sentence=set_aside_sentence(reasons, len(reasons)),
        now=now,
        details={"reasons": reasons[:20], "count": len(reasons)},
    )
