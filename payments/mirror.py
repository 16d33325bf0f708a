"""Keeps our copy of Exact's payment terms: newer rows replace older ones, never the other way round.

Before: `payments.reading` reads pages in the lane. After: `payments.settling` derives statuses from the rows marked here.
Every function runs in the transaction that also moves the cursor, under the lock of the cursor's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q

from integrations.exact.deleted import PAYMENT_TERMS, DeletedRow
from integrations.exact.payment_terms import RECEIPT, PaymentTerm, Term
from integrations.models import ExactConnection
from invoices.models import PostedDocument, PostedDocumentState
from payments.models import LedgerLine, ReceivableTerm, TermStatus

_DECIMALS = Decimal("0.0001")
_TOO_LARGE_A_NUMBER = 2**31
_CLOCKS_DIFFER_BY = timedelta(hours=1)
# What Exact says of a term, and what is kept of the reading.
CONTENT = (
    "entry_exact_id",
    "line_exact_id",
    "transaction_type",
    "entry_number",
    "account_exact_id",
    "your_ref",
    "invoice_number",
    "journal_code",
    "invoice_date",
    "status",
    "amount",
    "discount_amount",
    "document_amount",
    "document_amount_dc",
    "is_negative",
    "currency",
    "due_date",
    "discount_due_date",
    "end_date",
    "last_payment_date",
    "payment_reference",
)
_KEPT = (
    "timestamp",
    "modified_at",
    "deleted_at",
    "deleted_in_exact_at",
    "deleted_by_exact_id",
    "read_at",
    "repaired_at",
    "earlier_end_date",
    "needs_settling",
)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A row that was set aside, with the reason in words; the rest of its page was stored."""

    reason: str


def store_terms(
    *, connection: ExactConnection, rows: Sequence[PaymentTerm], now: datetime
) -> list[Unfit]:
    """This function will store the receivables among the rows and return those that cannot be stored.

    Rows may come twice and in any order. Terms of purchases are left out.
    """
    newest: dict[UUID, PaymentTerm] = {}
    unfit: list[Unfit] = []
    for row in rows:
        if row.line_type != RECEIPT:
            continue
        reason = why_unfit(row)
        if reason:
            unfit.append(Unfit(reason))
        elif row.exact_id not in newest or newest[row.exact_id].timestamp < row.timestamp:
            newest[row.exact_id] = row
    known = dict(
        ReceivableTerm.objects.filter(connection=connection, exact_id__in=newest).values_list(
            "exact_id", "timestamp"
        )
    )
    write(
        mirrored(connection, row, timestamp=row.timestamp, now=now)
        for row in newest.values()
        if row.timestamp > known.get(row.exact_id, -1)
    )
    return unfit


def write(terms: Iterable[ReceivableTerm]) -> None:
    """This function will store whole terms, new ones and those that are known by their id."""
    written = list(terms)
    known = ReceivableTerm.objects.filter(
        connection__in={term.connection_id for term in written},
        exact_id__in=[term.exact_id for term in written],
    ).values_list("exact_id", "earlier_end_date", "end_date")
    # What was settled with a term stays findable until it was derived anew, also when the term is parted from it.
    earlier = {exact_id: first or end_date for exact_id, first, end_date in known}
    for term in written:
        term.earlier_end_date = earlier.get(term.exact_id)
    ReceivableTerm.objects.bulk_create(
        written,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["connection", "exact_id"],
        update_fields=[*CONTENT, *_KEPT],
    )


def why_unfit(row: Term) -> str:
    """This function will say why a row cannot be stored; empty when it can."""
    if row.status not in TermStatus.values:
        return f"Status: {row.status} is not known"
    return ""


def mirrored(
    connection: ExactConnection, row: Term, *, timestamp: int, now: datetime
) -> ReceivableTerm:
    """This function will return the row of Exact as ours, not stored yet."""
    return ReceivableTerm(
        organization_id=connection.organization_id,
        connection=connection,
        exact_id=row.exact_id,
        timestamp=timestamp,
        entry_exact_id=row.transaction_entry_id,
        line_exact_id=row.transaction_id,
        transaction_type=row.transaction_type,
        entry_number=_number(row.entry_number),
        account_exact_id=row.account_id,
        your_ref=_text(row.your_ref, 60),
        invoice_number=_number(row.invoice_number),
        journal_code=_text(row.journal or "", 20),
        invoice_date=row.invoice_date,
        status=row.status,
        amount=_absolute(row.amount_fc),
        discount_amount=_absolute(row.discount_fc or Decimal(0)),
        document_amount=_absolute_or_none(row.transaction_amount_fc),
        document_amount_dc=_absolute_or_none(row.transaction_amount_dc),
        is_negative=(row.transaction_amount_fc or 0) < 0,
        currency=_text(row.currency or "", 3),
        due_date=row.due_date,
        discount_due_date=row.discount_due_date,
        end_date=row.end_date,
        last_payment_date=row.last_payment_date,
        payment_reference=_text(row.payment_reference, 120),
        deleted_at=None,
        modified_at=row.modified_at,
        read_at=now,
        repaired_at=None,
        needs_settling=True,
    )


def _absolute(amount: Decimal) -> Decimal:
    # Exact's amounts are doubles: 36.299999999999997 is 36.30.
    return abs(amount).quantize(_DECIMALS)


def _absolute_or_none(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else _absolute(amount)


def _number(value: int | None) -> int | None:
    # Exact's numbers have 32 bits; what has more is no number that a document of ours can have.
    return value if value is not None and abs(value) < _TOO_LARGE_A_NUMBER else None


def _text(value: str, length: int) -> str:
    # PostgreSQL holds no NUL character.
    return value.replace("\0", "").strip()[:length]


def mark_deleted(
    *, connection: ExactConnection, rows: Iterable[DeletedRow], now: datetime
) -> list[UUID]:
    """This function will mark the terms among the deletions and return the ids that were known here.

    Deletions of anything else (accounts, documents, items, …) are left out.
    """
    deletions = {row.entity_key: row for row in rows if row.entity_type == PAYMENT_TERMS}
    terms = list(
        ReceivableTerm.objects.filter(connection=connection, exact_id__in=deletions)
        .filter(Q(deleted_at__isnull=True) | Q(repaired_at__isnull=False))
        .order_by("id")
    )
    for term in terms:
        # An older page that still holds the term must not bring it back.
        deletion = deletions[term.exact_id]
        term.timestamp = max(term.timestamp, deletion.timestamp)
        term.deleted_at = term.deleted_at or now
        term.deleted_in_exact_at = deletion.deleted_at
        term.deleted_by_exact_id = deletion.deleted_by
        term.repaired_at = None
        term.needs_settling = True
    columns = ("deleted_at", "deleted_in_exact_at", "deleted_by_exact_id", "repaired_at")
    ReceivableTerm.objects.bulk_update(
        terms, ["timestamp", *columns, "needs_settling"], batch_size=500
    )
    return [term.exact_id for term in terms]


def forget_timestamps(*, connection: ExactConnection) -> None:
    """This function will let any row replace what is stored: everything is about to be read again from the start."""
    ReceivableTerm.objects.filter(connection=connection).update(timestamp=0)
    # Without a timestamp it does not show which lines changed since they were asked.
    LedgerLine.objects.filter(connection=connection).delete()


def has_heard_of_changes(*, connection: ExactConnection) -> bool:
    """This function will tell whether a feed has brought any term; what a list brought has no timestamp."""
    return ReceivableTerm.objects.filter(
        connection=connection, timestamp__gt=0, deleted_at__isnull=True
    ).exists()


def mark_unseen(
    *, connection: ExactConnection, since: datetime, covers_from: date | None, now: datetime
) -> int:
    """This function will mark as deleted what a full reading that began at `since` did not bring; it returns how many.

    A full reading brings the invoices dated from `covers_from` on; of earlier ones it says nothing.
    """
    terms = ReceivableTerm.objects.filter(connection=connection, deleted_at__isnull=True)
    if covers_from is not None:
        terms = terms.filter(invoice_date__gte=covers_from)
    return terms.exclude(read_at__gte=since).update(deleted_at=now, needs_settling=True)


def mark_unread_documents(*, connection: ExactConnection, since: datetime | None) -> int:
    """This function will mark the terms of documents that were linked after their terms had come by; it returns how many.

    `since` is when that was last done; None: of all documents, also of those linked while the sync was off.
    That happens when a copy's answer was lost and the document was found in Exact only later, and when Exact's number of
    an invoice that it wrote was read later than its terms.
    """
    unread = (
        PostedDocument.objects.filter(connection=connection)
        .exclude(state=PostedDocumentState.DELETED_IN_EXACT)
        .filter(entry_exact_id__isnull=False)
        .filter(_not_read_since_linked())
    )
    if since is not None:
        unread = unread.filter(updated_at__gte=since - _CLOCKS_DIFFER_BY)
    return ReceivableTerm.objects.filter(
        connection=connection,
        entry_exact_id__in=unread.values("entry_exact_id"),
        needs_settling=False,
    ).update(needs_settling=True)


def _not_read_since_linked() -> Q:
    # Nothing links a document without renewing the time of its last change.
    return Q(invoice__payments_read_at__isnull=True) | Q(
        invoice__payments_read_at__lt=F("updated_at")
    )
