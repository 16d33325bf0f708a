"""Long lists of receivables: all of them for a first reading, the open ones once a week to find what the feeds missed.

Each page is stored with the address of the next one. An answer that took Exact too long (408) is asked for in parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from connector.crash_points import crash_point
from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from integrations import history
from integrations.exact import errors, receivables
from integrations.exact.receivables import Receivable
from integrations.exact.rows import Page
from integrations.models import ExactConnection
from payments import mirror_listed
from payments.models import Stage, SyncCursor
from payments.reading import starting
from payments.reading.run import Run, logger, report, stored

# Before any invoice in Exact, and a date that its database holds.
FIRST_DAY = date(1900, 1, 1)
_TOOK_TOO_LONG = 408
_LOOKED_AT_AGAIN = timedelta(days=1)
# Of so many terms, one by one, it is not asked what became of them: reading everything again costs less.
_ASKED_AT_MOST = 20 * receivables.IDS_A_CALL


def read_list(run: Run) -> bool:
    """This function will read the list to its end; False when that takes another step."""
    try:
        return _ask_about_unseen(run) if run.cursor.stage == Stage.ASK else _read_pages(run)
    except errors.ExactError as error:
        if error.status == _TOOK_TOO_LONG and _narrow(run):
            return False
        if not _can_do_without(run, error):
            raise
        logger.warning("Exact does not give a list of receivables", extra=run.ids, exc_info=error)
        _do_without(run)
        return True


def _can_do_without(run: Run, error: errors.ExactError) -> bool:
    """Whether the feeds are read instead. No comparison keeps them from that; a first reading needs its list, if it comes."""
    if isinstance(error, errors.Refused):
        return True
    if run.cursor.stage == Stage.LOAD:
        return False
    if isinstance(error, errors.HeldBack):
        return bool(error.endpoint)
    return isinstance(error, errors.Unavailable | errors.UnexpectedAnswer)


def _read_pages(run: Run) -> bool:
    stage = run.cursor.stage
    while run.pages_left > 0 and run.cursor.stage == stage:
        for page in _pages(run):
            run.pages_left -= 1
            _store(run, page)
            if run.pages_left <= 0:
                break
    return run.cursor.stage != stage


def _do_without(run: Run) -> None:
    """Without the list the feed of changes tells the same from its beginning; what it missed is looked for tomorrow.

    Exact may have forgotten the address of a page, or not let the app read the list; the feeds have a scope of their own.
    """
    now = run.job.now()
    with stored(run) as (_, cursor):
        if cursor.stage == Stage.LOAD:
            cursor.terms_timestamp, cursor.covers_from = 0, None
        cursor.compare_started_at = None
        cursor.compare_due_at = now + _LOOKED_AT_AGAIN
        cursor.stage, cursor.next_page = Stage.FEEDS, ""
        cursor.window_from = cursor.window_days = None
        cursor.next_at = now


def _pages(run: Run) -> Iterator[Page[Receivable]]:
    cursor, client = run.cursor, run.job.client
    before = _end_of_window(cursor)
    if cursor.stage == Stage.COMPARE:
        return receivables.list_open(
            client, first=cursor.window_from, before=before, start=cursor.next_page
        )
    return receivables.list_since(
        client, _first_of_window(cursor), before=before, start=cursor.next_page
    )


def _store(run: Run, page: Page[Receivable]) -> None:
    now = run.job.now()
    with stored(run) as (connection, cursor):
        about = f"{connection.pk}-{cursor.stage}-{cursor.window_from}-{cursor.next_page}"
        unfit = mirror_listed.store_listed(
            connection=connection,
            rows=page.rows,
            repairs=cursor.stage == Stage.COMPARE,
            now=now,
        )
        report(run, cursor, page.quarantined, unfit, now)
        cursor.next_page = page.next or ""
        if page.next is None:
            _leave_window(cursor, now.date())
        cursor.next_at = now
        crash_point("mid_page_commit", about)


# --- Windows: parts of a list, by invoice date -----------------------------------------------------------------------


def _first_of_window(cursor: SyncCursor) -> date:
    return cursor.window_from or cursor.covers_from or FIRST_DAY


def _end_of_window(cursor: SyncCursor) -> date | None:
    if cursor.window_days is None:
        return None
    return _first_of_window(cursor) + timedelta(days=cursor.window_days)


def _narrow(run: Run) -> bool:
    """Ask for half of the days from now on; False when it is a single one already (RELIABILITY G14)."""
    if run.cursor.stage == Stage.ASK:
        return False
    now = run.job.now()
    with stored(run) as (_, cursor):
        days = cursor.window_days or (now.date() - _first_of_window(cursor)).days
        if days <= 1:
            return False
        cursor.window_from = _first_of_window(cursor)
        cursor.window_days = days // 2
        cursor.next_page = ""
        cursor.next_at = now
    return True


def _leave_window(cursor: SyncCursor, today: date) -> None:
    """Go on to the next part, twice as long; the part that holds today has no end. After it comes the next stage."""
    end = _end_of_window(cursor)
    if end is not None:
        days = 2 * (cursor.window_days or 1)
        cursor.window_from = end
        cursor.window_days = days if end + timedelta(days=days) <= today else None
        return
    cursor.window_from = cursor.window_days = None
    cursor.stage = Stage.ASK if cursor.stage == Stage.COMPARE else Stage.FEEDS


# --- What became of the others ---------------------------------------------------------------------------------------


def _ask_about_unseen(run: Run) -> bool:
    """Ask about each term that is open here and was not listed; False when that takes another step."""
    while run.pages_left > 0:
        with tenant_transaction(run.job.organization_id):
            connection = ExactConnection.objects.get(pk=run.job.connection_id)
            unseen = mirror_listed.list_unseen_open(
                connection=connection,
                since=run.cursor.compare_started_at or run.started_at,
                limit=_ASKED_AT_MOST + 1,
            )
        if len(unseen) > _ASKED_AT_MOST or not unseen:
            _leave_asking(run, is_too_much=bool(unseen))
            return True
        asked = unseen[: receivables.IDS_A_CALL]
        page = receivables.list_by_id(run.job.client, asked)
        run.pages_left -= 1
        _store_answer(run, page, asked=asked)
    return False


def _store_answer(run: Run, page: Page[Receivable], *, asked: Sequence[UUID]) -> None:
    now = run.job.now()
    with stored(run) as (connection, cursor):
        unfit = mirror_listed.store_listed(
            connection=connection, rows=page.rows, repairs=True, now=now
        )
        report(run, cursor, page.quarantined, unfit, now)
        mirror_listed.note_seen(connection=connection, ids=asked, now=now)
        if not page.quarantined and not unfit:
            # With a row that cannot be read it is not certain which one is missing.
            gone = set(asked) - {row.exact_id for row in page.rows}
            mirror_listed.mark_gone(connection=connection, ids=gone, now=now)
        cursor.next_at = now
        crash_point("mid_page_commit", f"{connection.pk}-{cursor.stage}-{asked[0]}")


def _leave_asking(run: Run, *, is_too_much: bool) -> None:
    now = run.job.now()
    with stored(run) as (connection, cursor):
        cursor.next_at = now
        if is_too_much:
            starting.start_over(cursor, connection, now=now)
            history.note(
                connection=connection,
                kind="payments_start_over",
                sentence=sentence(
                    "Comparing with Exact found very many differences, so all payments are read again."
                ),
                now=now,
            )
        else:
            cursor.stage = Stage.FEEDS
