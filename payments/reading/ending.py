"""The end of a reading: settle what changed, in pieces, and say that it is complete; or say what went wrong."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from integrations import history
from integrations.exact import errors
from integrations.models import ExactConnection
from payments import entry_links, mirror, mirror_listed
from payments.asking_lines import ask_for_lines, lines_are_wanted
from payments.models import Stage, SyncCursor
from payments.reading import schedule
from payments.reading.run import Run, stored
from payments.settling import settle_changed
from payments.sync_words import problem_sentence, repaired_sentence, set_aside_sentence

logger = logging.getLogger(__name__)

_COMPARED_EVERY = timedelta(days=7)
# Soon after a full reading it shows whether the feeds go on where that ended.
_FIRST_COMPARED_AFTER = timedelta(days=1)
# Well within a lane's lease, which only calls renew.
_SETTLED_AT_ONCE = timedelta(seconds=15)


def end_feeds(run: Run) -> bool:
    """This function will let what was read be settled, once both feeds were read to their end.

    Only complete readings are settled: between two pages a split term can look like a paid invoice.
    """
    with stored(run) as (connection, cursor):
        now = run.job.now()
        since = cursor.read_at if cursor.full_started_at is None else None
        if cursor.full_started_at is not None:
            _end_full_reading(connection, cursor, now)
        entry_links.link_entries(connection=connection, now=now)
        mirror.mark_unread_documents(connection=connection, since=since)
        cursor.read_at, cursor.stage, cursor.next_at = now, Stage.SETTLE, now
        if cursor.nudged_at is not None and cursor.nudged_at <= run.started_at:
            cursor.nudged_at = None
    return True


def settle(run: Run) -> bool:
    """This function will settle what changed, in pieces, and then say that the run is complete; False when it goes on later.

    A worker that dies meanwhile leaves the rest to the next one, which reads no feed again.
    """
    if _is_settled(run):
        with stored(run) as (connection, cursor):
            _note_complete(run, connection, cursor, run.job.now())
    return False


def tell_by_lines(run: Run) -> bool:
    """This function will ask for the ledger lines in question and settle what they tell of: a run of one call.

    Whatever comes of the call, the next run reads the feeds again. What is raised here is no failed reading: a limit, or a
    token that Exact does not take.
    """
    try:
        ask_for_lines(run)
    except errors.ExactError:
        _go_on_with_feeds(run)
        raise
    if _is_settled(run):
        _go_on_with_feeds(run)
    return False


def _go_on_with_feeds(run: Run) -> None:
    with stored(run) as (connection, cursor):
        cursor.stage = Stage.FEEDS
        cursor.next_at = _next_run_at(connection, cursor, run.job.now())


def _next_run_at(connection: ExactConnection, cursor: SyncCursor, now: datetime) -> datetime:
    """At once where a webhook came too late for the feeds that were read."""
    if cursor.nudged_at is not None and cursor.nudged_at <= now:  # not by a clock that was wrong
        return now
    return schedule.next_run_at(connection, cursor, now=now)


def _is_settled(run: Run) -> bool:
    """Settle in pieces; False when there was no time for all of them."""
    while run.job.now() - run.started_at < _SETTLED_AT_ONCE:
        with stored(run) as (connection, _):
            if not settle_changed(connection=connection, now=run.job.now()):
                return True
    return False


def _end_full_reading(connection: ExactConnection, cursor: SyncCursor, now: datetime) -> None:
    mirror.mark_unseen(
        connection=connection,
        since=cursor.full_started_at or now,
        covers_from=cursor.covers_from,
        now=now,
    )
    cursor.full_started_at = None
    cursor.compared_at, cursor.repaired_count = now, 0
    cursor.compare_due_at = now + _FIRST_COMPARED_AFTER


def _note_complete(
    run: Run, connection: ExactConnection, cursor: SyncCursor, now: datetime
) -> None:
    cursor.stage, cursor.refused_at = Stage.FEEDS, None
    cursor.next_at = _next_run_at(connection, cursor, now)
    if cursor.compare_started_at is not None:
        _end_comparing(connection, cursor, now)
    elif cursor.compare_due_at is None or cursor.compare_due_at <= now:
        cursor.stage, cursor.compare_started_at, cursor.next_at = Stage.COMPARE, now, now
    if cursor.stage == Stage.FEEDS and lines_are_wanted(connection, cursor, now=now):
        cursor.stage, cursor.next_at = Stage.LINES, now
    problem = _say_set_aside(cursor)
    if cursor.stage != Stage.COMPARE:  # which is a part of the same reading
        cursor.set_aside_count, cursor.set_aside_reasons = 0, []
    _store_outcome(
        connection,
        since=min(run.started_at, cursor.read_at or run.started_at),
        payments_synced_at=cursor.read_at,
        payments_sync_problem=problem,
        payments_problem_since=(connection.payments_problem_since or now) if problem else None,
    )


def _say_set_aside(cursor: SyncCursor) -> str:
    if not cursor.set_aside_count:
        return ""
    return set_aside_sentence(cursor.set_aside_reasons, cursor.set_aside_count)


def _end_comparing(connection: ExactConnection, cursor: SyncCursor, now: datetime) -> None:
    """The feeds were read once more after the list, so what they have not brought now, they never would have."""
    since = cursor.compare_started_at or now
    cursor.repaired_count = mirror_listed.count_repaired(connection=connection, since=since)
    cursor.compared_at, cursor.compare_started_at = now, None
    cursor.compare_due_at = now + _COMPARED_EVERY
    if not cursor.repaired_count:
        return
    sentence = repaired_sentence(cursor.repaired_count)
    history.note(connection=connection, kind="payments_repaired", sentence=sentence, now=now)
    if not mirror.has_heard_of_changes(connection=connection):
        # The positions that Exact told are none of these feeds, so both are read from their beginning.
        cursor.terms_timestamp = cursor.deleted_timestamp = 0
        cursor.nudged_at = cursor.next_at = now


def give_up_until_next_run(run: Run, error: errors.ExactError) -> None:
    """This function will say that Exact refuses to show payments; that changes only when somebody acts, so it looks again
    at the usual time. Raises Superseded.
    """
    now = run.job.now()
    sentence = problem_sentence(error)
    with stored(run) as (connection, cursor):
        cursor.next_at = schedule.next_run_at(connection, cursor, now=now)
        cursor.refused_at = now
        if connection.payments_sync_problem != sentence:
            history.note(
                connection=connection, kind="payments_sync_failed", sentence=sentence, now=now
            )
        _store_outcome(
            connection,
            since=run.started_at,
            payments_sync_problem=sentence,
            payments_problem_since=connection.payments_problem_since or now,
        )
    logger.warning("Payments could not be read", extra=run.ids, exc_info=error)


def note_problem(run: Run, error: errors.ExactError) -> None:
    """This function will say on the page that Exact does not answer, and since when; the lane tries again.

    Raises Superseded: what another worker has read meanwhile is no problem since now.
    """
    with stored(run) as (connection, _):
        connection.payments_sync_problem = problem_sentence(error)
        connection.payments_problem_since = connection.payments_problem_since or run.job.now()
        connection.save(update_fields=["payments_sync_problem", "payments_problem_since"])


def _store_outcome(connection: ExactConnection, *, since: datetime, **outcome: object) -> None:
    """Store what came of a reading; a wish that came after `since` asks for a later one."""
    rows = ExactConnection.objects.filter(pk=connection.pk)
    rows.update(**outcome)
    rows.filter(payments_sync_requested_at__lte=since).update(payments_sync_requested_at=None)
