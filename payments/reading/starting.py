"""Where a reading begins: at the cursor, or everything anew when the cursor can no longer be trusted.

A first reading takes the feed's position before it reads the list of receivables, so that whatever changes while the list is
read comes by in the feed afterwards: there is no hole between the two.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Min, QuerySet

from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from integrations import history
from integrations.exact import deleted, divisions, errors, sync_timestamp
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from invoices.models import PostedDocument, PostedDocumentState
from payments import mirror
from payments.models import SHAPE, Stage, SyncCursor
from payments.reading.run import Run, is_on, logger, stored

# Exact asks to look once a day: https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemDivisions
_MOVES_ARE_READ_EVERY = timedelta(days=1)
_AFTER_NO_ANSWER = timedelta(hours=1)
_UNTOLD = (errors.Refused, errors.UnexpectedAnswer, errors.Unavailable, errors.HeldBack)
# An invoice may carry another date in Exact than here: Exact dates those it prints.
_DATES_DIFFER_BY = timedelta(days=31)
# Exact's clock and ours.
_CLOCKS_DIFFER_BY = timedelta(minutes=1)


def open_run(job: LaneJob) -> Run | None:
    """This function will return the step to do, with everything to be read anew if need be; None while the sync is off."""
    now = job.now()
    with tenant_transaction(job.organization_id):
        connection = ExactConnection.objects.filter(pk=job.connection_id).first()
        if connection is None or not is_on(connection):
            return None
        SyncCursor.objects.get_or_create(connection=connection)
        cursor = SyncCursor.objects.select_for_update().get(connection=connection)
        if _must_start_over(cursor, connection, now):
            start_over(cursor, connection, now=now)
            cursor.save()
        return Run(job=job, started_at=now, cursor=cursor)


def _must_start_over(cursor: SyncCursor, connection: ExactConnection, now: datetime) -> bool:
    if cursor.division != connection.division or cursor.shape != SHAPE:
        return True
    if _covers_too_little(cursor, connection):
        return True
    if cursor.full_started_at is not None:
        return False
    # Exact forgets deletions after two months; later than that some would be missed.
    return cursor.read_at is None or now - cursor.read_at > deleted.KEPT_FOR


def _covers_too_little(cursor: SyncCursor, connection: ExactConnection) -> bool:
    """Whether an earlier first day was chosen, or an earlier invoice was copied, than what is here whole."""
    covered, chosen = cursor.covers_from, connection.payments_from
    if covered is None:
        return False
    if chosen is None or chosen < covered:
        return True
    earliest = min(chosen, covered + _DATES_DIFFER_BY)
    return _documents(connection).filter(invoice__invoice_date__lt=earliest).exists()


def _first_day(connection: ExactConnection) -> date | None:
    """From which invoice date on every term is needed: the admin's day, and all invoices that were copied; None: all."""
    chosen = connection.payments_from
    if chosen is None:
        return None
    oldest: date | None = _documents(connection).aggregate(day=Min("invoice__invoice_date"))["day"]
    return chosen if oldest is None or oldest >= chosen else oldest - _DATES_DIFFER_BY


def _documents(connection: ExactConnection) -> QuerySet[PostedDocument]:
    documents = PostedDocument.objects.filter(connection=connection)
    return documents.exclude(state=PostedDocumentState.DELETED_IN_EXACT)


def start_over(cursor: SyncCursor, connection: ExactConnection, *, now: datetime) -> None:
    """This function will let everything be read anew; nothing is shown less until that is complete. Save the cursor."""
    mirror.forget_timestamps(connection=connection)
    if cursor.division != connection.division:
        cursor.division = connection.division
        cursor.division_moved_at = cursor.moves_read_at = cursor.moves_failed_at = None
    cursor.shape = SHAPE
    cursor.stage = Stage.BEGIN
    cursor.next_page = ""
    cursor.window_from = cursor.window_days = None
    cursor.terms_timestamp = cursor.deleted_timestamp = 0
    cursor.covers_from = _first_day(connection)
    cursor.full_started_at = now
    cursor.compare_started_at = None
    cursor.set_aside_count, cursor.set_aside_reasons = 0, []


def look_for_a_move(run: Run) -> bool:
    """This function will ask, once a day, whether the division was moved, and start over if it was.

    Row versions are numbered anew then, so that the cursor means nothing any more. True when that was a run by itself: the
    feeds are read in the lane's next turn, so that none takes more than two calls. A first reading takes many anyway.
    """
    now = run.job.now()
    if not _moves_are_due(run.cursor, now):
        return False
    try:
        moves = divisions.read_moves(run.job.client)
    except _UNTOLD as error:
        if isinstance(error, errors.HeldBack) and not error.endpoint:
            raise  # a limit that counts for the feeds as well
        logger.warning("Whether the division was moved is not known", extra=run.ids, exc_info=True)
        return _note_untold(run, now)
    renumbered_at = moves.renumbered_at if moves is not None else None
    with stored(run) as (connection, cursor):
        was_known, before = cursor.moves_read_at is not None, cursor.division_moved_at
        cursor.moves_read_at, cursor.division_moved_at = now, renumbered_at
        cursor.moves_failed_at, cursor.next_at = None, now
        if was_known and renumbered_at != before:
            start_over(cursor, connection, now=now)
            history.note(
                connection=connection,
                kind="payments_start_over",
                sentence=sentence("Exact has moved the division, so all payments are read again."),
                now=now,
            )
    return was_known or run.cursor.read_at is not None


def _moves_are_due(cursor: SyncCursor, now: datetime) -> bool:
    read_at, failed_at = cursor.moves_read_at, cursor.moves_failed_at
    if failed_at is not None and now - failed_at < _AFTER_NO_ANSWER:
        return False
    return read_at is None or now - read_at >= _MOVES_ARE_READ_EVERY


def _note_untold(run: Run, now: datetime) -> bool:
    """Ask again in an hour: that one answer keeps no payment from being read. What was known before stays known."""
    with stored(run) as (_, cursor):
        cursor.moves_failed_at = cursor.next_at = now
    return run.cursor.read_at is not None


def take_position(run: Run) -> bool:
    """This function will ask where the feeds stand, so that the list of receivables can be read first.

    Deletions count from the first invoice that was copied on: the list does not have the earlier ones. Where Exact does not
    tell, a feed is read from its beginning instead: the same terms, in as many calls and more.
    """
    now = run.job.now()
    position = sync_timestamp.read_position(run.job.client, "PaymentTerms", at=now)
    deletions = None
    if position is not None:
        since = _first_copied_at(run) or now
        deletions = sync_timestamp.read_position(
            run.job.client, "Deleted", at=min(since, now) - _CLOCKS_DIFFER_BY
        )
    with stored(run) as (_, cursor):
        cursor.next_at, cursor.deleted_timestamp = now, deletions or 0
        if position is None:
            cursor.stage, cursor.terms_timestamp, cursor.covers_from = Stage.FEEDS, 0, None
        else:
            cursor.stage, cursor.terms_timestamp = Stage.LOAD, position
    return True


def _first_copied_at(run: Run) -> datetime | None:
    with tenant_transaction(run.job.organization_id):
        documents = PostedDocument.objects.filter(connection_id=run.job.connection_id)
        first: datetime | None = documents.aggregate(at=Min("created_at"))["at"]
    return first
