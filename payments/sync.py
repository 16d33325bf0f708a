"""Reads from Exact what was paid: the lane's work "payments", two calls a run whatever the number of invoices.

Before: an admin turned the sync on; the lane comes by when a run is due. After: `payments.mirror` holds the terms and
`payments.settling` has derived the statuses. It only reads: nothing is ever written to Exact.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from django.conf import settings

from connector import tallies
from connector.crash_points import crash_point
from connector.tenancy.scope import tenant_transaction
from integrations import history
from integrations.exact import deleted, errors, payment_terms
from integrations.exact.deleted import DeletedRow
from integrations.exact.payment_terms import PaymentTerm
from integrations.exact.rows import Page
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from payments import entry_links, mirror
from payments.models import SyncCursor
from payments.settling import note_deleted_invoices, settle_changed
from payments.sync_words import problem_sentence, set_aside_sentence

logger = logging.getLogger(__name__)

# So that a first reading of a large division takes turns with people who copy invoices.
PAGES_PER_STEP = 10
_ROW_VERSION = re.compile(r"[0-9]{1,19}")
DELETED, TERMS = "deleted_timestamp", "terms_timestamp"


class _Stamped(Protocol):
    @property
    def timestamp(self) -> int: ...


PageRow = TypeVar("PageRow", bound=_Stamped)


class _Superseded(Exception):
    """Another worker has the lane, or the connection changed meanwhile: this one writes nothing more."""


@dataclass
class _Run:
    """One step of reading: where it stands and what was set aside."""

    job: LaneJob
    started_at: datetime
    # Up to where each feed was read, by the cursor's column.
    position: dict[str, int]
    pages_left: int
    set_aside: list[str] = field(default_factory=list)


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
        next_at = (
            SyncCursor.objects.filter(connection=connection)
            .values_list("next_at", flat=True)
            .first()
        )
        return next_at or now

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return None: nothing is sent here whose outcome could be unknown."""
        return None

    def step(self, job: LaneJob) -> None:
        """This function will read what changed since the last run and settle it, or go on where it left off."""
        run = _begin(job)
        if run is None:
            return
        try:
            if _read_deletions(run) and _read_terms(run):
                _finish(run)
        except _Superseded:
            logger.info("Payments are read by another worker", extra=_ids(job))
        except (errors.Refused, errors.UnexpectedAnswer) as error:
            _give_up_until_next_run(run, error)
        except (errors.NotSent, errors.Unavailable) as error:
            _note_problem(run, error)
            raise


work = PaymentsWork()


def is_on(connection: ExactConnection) -> bool:
    """This function will tell whether payments of the connection are read."""
    return connection.sync_payments and connection.is_working and connection.division is not None


def _ids(job: LaneJob) -> dict[str, int]:
    return {"organization_id": job.organization_id, "connection_id": job.connection_id}


# --- Reading --------------------------------------------------------------------------------------------------------


def _begin(job: LaneJob) -> _Run | None:
    """Fix from where to read. Everything is read again when the cursor can no longer be trusted."""
    now = job.now()
    with tenant_transaction(job.organization_id):
        connection = ExactConnection.objects.filter(pk=job.connection_id).first()
        if connection is None or not is_on(connection):
            return None
        SyncCursor.objects.get_or_create(connection=connection)
        cursor = SyncCursor.objects.select_for_update().get(connection=connection)
        if _must_start_over(cursor, connection, now):
            mirror.forget_timestamps(connection=connection)
            cursor.terms_timestamp = cursor.deleted_timestamp = 0
            cursor.full_started_at = now
            cursor.division = connection.division
            cursor.save()
        return _Run(
            job=job,
            started_at=now,
            position={DELETED: cursor.deleted_timestamp, TERMS: cursor.terms_timestamp},
            pages_left=PAGES_PER_STEP,
        )


def _must_start_over(cursor: SyncCursor, connection: ExactConnection, now: datetime) -> bool:
    if cursor.division != connection.division:
        return True
    if cursor.full_started_at is not None:
        return False
    # Exact forgets deletions after two months; later than that some would be missed.
    return cursor.read_at is None or now - cursor.read_at > deleted.KEPT_FOR


# Deletions come first: a term that was deleted and made anew is then never missing, and a term that is deleted between
# the two calls is open a little longer instead of making its invoice look paid.
def _read_deletions(run: _Run) -> bool:
    """Read deletions to their end; False when that takes another step."""

    def store(connection: ExactConnection, rows: Sequence[DeletedRow], now: datetime) -> list[str]:
        mirror.mark_deleted(connection=connection, rows=rows, now=now)
        note_deleted_invoices(connection=connection, rows=rows, now=now)
        return []

    return _read(
        run,
        deleted.sync(run.job.client, run.position[DELETED]),
        column=DELETED,
        store=store,
    )


def _read_terms(run: _Run) -> bool:
    """Read changed terms to their end; False when that takes another step."""

    def store(connection: ExactConnection, rows: Sequence[PaymentTerm], now: datetime) -> list[str]:
        unfit = mirror.store_terms(connection=connection, rows=rows, now=now)
        return [one.reason for one in unfit]

    return _read(
        run,
        payment_terms.sync(run.job.client, run.position[TERMS]),
        column=TERMS,
        store=store,
    )


def _read(
    run: _Run,
    pages: Iterator[Page[PageRow]],
    *,
    column: str,
    store: Callable[[ExactConnection, Sequence[PageRow], datetime], list[str]],
) -> bool:
    if not run.pages_left:
        return False
    for page in pages:
        run.pages_left -= 1
        newest = max([run.position[column], *_timestamps(page)])
        if page.next is not None and newest == run.position[column]:
            raise errors.UnexpectedAnswer("A page without a newer timestamp is not the last one")
        now = run.job.now()
        with tenant_transaction(run.job.organization_id):
            connection, cursor = _lock(run)
            reasons = [one.reason for one in page.quarantined]
            reasons += store(connection, page.rows, now)
            _report(connection, run, reasons, now)
            setattr(cursor, column, newest)
            cursor.next_at = now  # until the run is complete there is more to do
            cursor.save(update_fields=[column, "next_at"])
            crash_point("mid_page_commit", f"{connection.pk}-{column}-{newest}")
        run.position[column] = newest
        if not run.pages_left:
            return page.next is None
    return True


def _timestamps(page: Page[PageRow]) -> list[int]:
    """The timestamps of all rows, also of those that were set aside: they are reported once, not in every run."""
    stamps = [row.timestamp for row in page.rows]
    for odd in page.quarantined:
        raw = odd.raw.get("Timestamp") if isinstance(odd.raw, dict) else None
        # A row version has 64 bits; one with more is itself what does not fit.
        if isinstance(raw, int | str) and _ROW_VERSION.fullmatch(str(raw)) and int(raw) < 2**63:
            stamps.append(int(raw))
    return stamps


def _lock(run: _Run) -> tuple[ExactConnection, SyncCursor]:
    """Lock the cursor and make sure it stands where this worker left it. Raises _Superseded."""
    connection = ExactConnection.objects.get(pk=run.job.connection_id)
    cursor = SyncCursor.objects.select_for_update().get(connection=connection)
    position = {DELETED: cursor.deleted_timestamp, TERMS: cursor.terms_timestamp}
    is_where_left = position == run.position and cursor.division == connection.division
    if not (is_where_left and is_on(connection) and run.job.still_ours()):
        raise _Superseded
    return connection, cursor


def _report(connection: ExactConnection, run: _Run, reasons: list[str], now: datetime) -> None:
    if not reasons:
        return
    run.set_aside += reasons
    tallies.count(tallies.QUARANTINED_ROWS, len(reasons))
    logger.warning("Rows of Exact were set aside", extra=_ids(run.job) | {"reasons": reasons[:20]})
    history.note(
        connection=connection,
        kind="payment_rows_set_aside",
        sentence=set_aside_sentence(reasons),
        now=now,
        details={"reasons": reasons[:20], "count": len(reasons)},
    )


# --- Ending a run ---------------------------------------------------------------------------------------------------


def _finish(run: _Run) -> None:
    """Settle what changed, in pieces, and say that the run is complete."""
    with tenant_transaction(run.job.organization_id):
        connection, cursor = _lock(run)
        if cursor.full_started_at is not None:
            mirror.mark_unseen(
                connection=connection, since=cursor.full_started_at, now=run.job.now()
            )
            cursor.full_started_at = None
            cursor.save(update_fields=["full_started_at"])
        entry_links.link_entries(connection=connection, now=run.job.now())
        mirror.mark_unread_documents(connection=connection)
    while True:
        with tenant_transaction(run.job.organization_id):
            connection, cursor = _lock(run)
            if not settle_changed(connection=connection, now=run.job.now()):
                _note_complete(run, connection, cursor)
                return


def _note_complete(run: _Run, connection: ExactConnection, cursor: SyncCursor) -> None:
    now = run.job.now()
    cursor.read_at = now
    cursor.next_at = now + timedelta(seconds=settings.PAYMENTS_SYNC_SECONDS)
    cursor.save(update_fields=["read_at", "next_at"])
    problem = set_aside_sentence(run.set_aside) if run.set_aside else ""
    _store_outcome(run, connection, payments_synced_at=now, payments_sync_problem=problem[:400])


def _give_up_until_next_run(run: _Run, error: errors.ExactError) -> None:
    """Exact refuses to show payments; that changes only when somebody acts, so look again at the usual time."""
    now = run.job.now()
    sentence = problem_sentence(error)
    with tenant_transaction(run.job.organization_id):
        connection = ExactConnection.objects.get(pk=run.job.connection_id)
        SyncCursor.objects.filter(connection=connection).update(
            next_at=now + timedelta(seconds=settings.PAYMENTS_SYNC_SECONDS)
        )
        if connection.payments_sync_problem != sentence:
            history.note(
                connection=connection, kind="payments_sync_failed", sentence=sentence, now=now
            )
        _store_outcome(run, connection, payments_sync_problem=sentence)
    logger.warning("Payments could not be read", extra=_ids(run.job), exc_info=error)


def _note_problem(run: _Run, error: errors.ExactError) -> None:
    """Say on the page that Exact does not answer; the lane tries again."""
    with tenant_transaction(run.job.organization_id):
        ExactConnection.objects.filter(pk=run.job.connection_id).update(
            payments_sync_problem=problem_sentence(error)
        )


def _store_outcome(run: _Run, connection: ExactConnection, **outcome: object) -> None:
    rows = ExactConnection.objects.filter(pk=connection.pk)
    rows.update(**outcome)
    # A wish that came while this run was under way asks for a later one.
    rows.filter(payments_sync_requested_at__lte=run.started_at).update(
        payments_sync_requested_at=None
    )
