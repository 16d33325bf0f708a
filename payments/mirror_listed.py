"""Holds our copy of the terms against Exact's lists, which tell how everything is now, without a row version.

Before: `payments.reading.listing` reads the pages. After: a later row of a feed replaces what is stored here. As in
`payments.mirror`, every function runs in the transaction that also moves the cursor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from integrations.exact.payment_terms import MATCHED
from integrations.exact.receivables import Receivable
from integrations.models import ExactConnection
from payments.mirror import CONTENT, Unfit, mirrored, why_unfit, write
from payments.models import LedgerLine, ReceivableTerm

# Before any row version that a feed has, so that a feed's row always counts.
_NO_TIMESTAMP = 0


def store_listed(
    *, connection: ExactConnection, rows: Sequence[Receivable], repairs: bool, now: datetime
) -> list[Unfit]:
    """This function will store what is new or different and return the rows that cannot be stored.

    ``repairs``: it is compared what the feeds brought before; what was different is marked, and a row that Exact changed
    before what is stored is passed over.
    """
    unfit = [Unfit(reason) for row in rows if (reason := why_unfit(row))]
    fitting = {row.exact_id: row for row in rows if not why_unfit(row)}
    known = {
        term.exact_id: term
        for term in ReceivableTerm.objects.filter(connection=connection, exact_id__in=fitting)
    }
    changed = []
    for row in fitting.values():
        before = known.get(row.exact_id)
        term = mirrored(connection, row, timestamp=_NO_TIMESTAMP, now=now)
        if before is not None:
            if _is_same(term, before) or (repairs and _is_older(term, before)):
                continue
            term.timestamp = before.timestamp
        term.repaired_at = now if repairs else None
        changed.append(term)
    note_seen(connection=connection, ids=known, now=now)
    earlier = [known[term.exact_id] for term in changed if term.exact_id in known]
    _forget_lines(connection, [*changed, *earlier])
    write(changed)
    return unfit


def _is_same(term: ReceivableTerm, before: ReceivableTerm) -> bool:
    return before.deleted_at is None and all(
        getattr(term, name) == getattr(before, name) for name in CONTENT
    )


def _is_older(term: ReceivableTerm, before: ReceivableTerm) -> bool:
    return (
        term.modified_at is not None
        and before.modified_at is not None
        and term.modified_at < before.modified_at
    )


def _forget_lines(connection: ExactConnection, terms: Iterable[ReceivableTerm]) -> None:
    """A list brings no timestamp, so what ledger lines of these terms said would seem to hold still."""
    lines = {term.line_exact_id for term in terms if term.line_exact_id is not None}
    LedgerLine.objects.filter(connection=connection, exact_id__in=lines).delete()


def note_seen(*, connection: ExactConnection, ids: Iterable[UUID], now: datetime) -> None:
    """This function will note that Exact was asked about these terms now."""
    ReceivableTerm.objects.filter(connection=connection, exact_id__in=list(ids)).update(read_at=now)


def count_open(*, connection: ExactConnection) -> int:
    """This function will return how many terms are open here."""
    return _open(connection).count()


def _open(connection: ExactConnection) -> QuerySet[ReceivableTerm]:
    return ReceivableTerm.objects.filter(
        connection=connection, status__lt=MATCHED, deleted_at__isnull=True
    )


def list_unseen_open(*, connection: ExactConnection, since: datetime, limit: int) -> list[UUID]:
    """This function will return terms that are open here and that Exact did not list since then."""
    terms = _open(connection).filter(read_at__lt=since)
    return list(terms.order_by("read_at", "id").values_list("exact_id", flat=True)[:limit])


def mark_gone(*, connection: ExactConnection, ids: Iterable[UUID], now: datetime) -> None:
    """This function will mark terms as deleted that Exact does not have although no feed told so."""
    gone = ReceivableTerm.objects.filter(
        connection=connection, exact_id__in=list(ids), deleted_at__isnull=True
    )
    _forget_lines(connection, gone)
    gone.update(deleted_at=now, repaired_at=now, read_at=now, needs_settling=True)


def count_repaired(*, connection: ExactConnection, since: datetime) -> int:
    """This function will return how many terms were found different since then, and were not brought by a feed either."""
    return ReceivableTerm.objects.filter(connection=connection, repaired_at__gte=since).count()
