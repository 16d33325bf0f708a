"""The two feeds of changes: what was deleted, and which terms are new or different, from the cursor on.

Deletions come first: a term that was deleted and made anew is then never missing, and a term that is deleted between the
two calls is open a little longer instead of making its invoice look paid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from connector.crash_points import crash_point
from integrations.exact import deleted, errors, payment_terms
from integrations.exact.deleted import DeletedRow
from integrations.exact.payment_terms import PaymentTerm
from integrations.exact.rows import Page
from integrations.models import ExactConnection
from payments import mirror
from payments.mirror import Unfit
from payments.reading.run import Run, report, stored
from payments.settling import note_deleted_invoices

_ROW_VERSION = re.compile(r"[0-9]{1,19}")
_DELETED, _TERMS = "deleted_timestamp", "terms_timestamp"


class _Stamped(Protocol):
    @property
    def timestamp(self) -> int: ...


PageRow = TypeVar("PageRow", bound=_Stamped)


def read_feeds(run: Run) -> bool:
    """This function will read both feeds to their end; False when that takes another step."""
    return _read_deletions(run) and _read_terms(run)


def _read_deletions(run: Run) -> bool:
    def store(
        connection: ExactConnection, rows: Sequence[DeletedRow], now: datetime
    ) -> list[Unfit]:
        mirror.mark_deleted(connection=connection, rows=rows, now=now)
        note_deleted_invoices(connection=connection, rows=rows, now=now)
        return []

    pages = deleted.sync(run.job.client, run.cursor.deleted_timestamp)
    return _read(run, pages, column=_DELETED, store=store)


def _read_terms(run: Run) -> bool:
    def store(
        connection: ExactConnection, rows: Sequence[PaymentTerm], now: datetime
    ) -> list[Unfit]:
        return mirror.store_terms(connection=connection, rows=rows, now=now)

    pages = payment_terms.sync(run.job.client, run.cursor.terms_timestamp)
    return _read(run, pages, column=_TERMS, store=store)


def _read(
    run: Run,
    pages: Iterator[Page[PageRow]],
    *,
    column: str,
    store: Callable[[ExactConnection, Sequence[PageRow], datetime], list[Unfit]],
) -> bool:
    if run.pages_left <= 0:
        return False
    for page in pages:
        run.pages_left -= 1
        position: int = getattr(run.cursor, column)
        newest = max([position, *_timestamps(page)])
        if page.next is not None and newest == position:
            raise errors.UnexpectedAnswer("A page without a newer timestamp is not the last one")
        now = run.job.now()
        with stored(run) as (connection, cursor):
            unfit = store(connection, page.rows, now)
            report(run, cursor, page.quarantined, unfit, now)
            setattr(cursor, column, newest)
            cursor.next_at = now  # until the run is complete there is more to do
            crash_point("mid_page_commit", f"{connection.pk}-{column}-{newest}")
        if run.pages_left <= 0:
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
