"""Finds the entry in the books that printing made of an invoice which Exact writes: payments point to the entry.

Before: `invoices.invoice_numbers` read the number, `payments.mirror` the terms, in whichever order. After:
`payments.settling` settles the invoice by the entry, as it does a booking.

Exact copies the invoice's number to its entry, and so to the entry's terms; numbers begin anew each year and can be used
again once an entry was deleted. What does not point to one entry is left open and logged: it is never guessed.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from integrations.models import ExactConnection
from invoices.models import CopyKind, CopyRequest, PostedDocument
from payments.models import ReceivableTerm

logger = logging.getLogger(__name__)

# An entry dated further from the day we printed the invoice with has its number from another year.
_SAME_YEAR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in the books as its terms tell; ``amount`` is absolute, and None when Exact does not say it."""

    exact_id: UUID
    journal: str
    account_id: UUID | None
    invoice_date: date | None
    reference: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Printed:
    """An invoice that Exact printed; ``amount`` is absolute."""

    journal: str
    account_id: UUID
    invoice_date: date
    reference: str
    amount: Decimal


def link_entries(*, connection: ExactConnection, now: datetime) -> int:
    """This function will link the printed invoices whose entry has come by, and return how many they are.

    It takes five queries whatever the number of invoices.
    """
    documents = list(
        PostedDocument.objects.filter(
            connection=connection,
            entry_exact_id__isnull=True,
            invoice_number__isnull=False,
            sent_at__isnull=False,
        ).order_by("id")
    )
    if not documents:
        return 0
    entries = _entries_by_number(connection, documents)
    days = _days_of_printing(connection, documents)
    chosen: dict[int, UUID] = {}
    for document in documents:
        candidates = entries[document.invoice_number]
        entry = choose(_printed(document, days), candidates)
        if entry is not None:
            chosen[document.pk] = entry.exact_id
        elif candidates:
            _log("No entry surely belongs to a printed invoice", document)
    linked = _without_rivals(documents, chosen)
    for document in linked:
        document.entry_exact_id = chosen[document.pk]
        document.updated_at = now
    PostedDocument.objects.bulk_update(linked, ["entry_exact_id", "updated_at"], batch_size=500)
    return len(linked)


def choose(printed: Printed, entries: Sequence[Entry]) -> Entry | None:
    """This function will return the entry of a printed invoice among those with its number; None when it is not certain.

    Journal, account and year have to be the invoice's. Then one is enough unless it says something else altogether; of
    several it is the one that agrees best with the invoice's reference and amount.
    """
    found = [entry for entry in entries if _can_be(printed, entry)]
    if len(found) == 1:
        return found[0]
    agreement = {entry.exact_id: _agreement(printed, entry) for entry in found}
    best = max(agreement.values(), default=0)
    fitting = [entry for entry in found if agreement[entry.exact_id] == best]
    return fitting[0] if best and len(fitting) == 1 else None


def _can_be(printed: Printed, entry: Entry) -> bool:
    return (
        entry.journal == printed.journal
        and entry.account_id == printed.account_id
        and (
            entry.invoice_date is None
            or abs(entry.invoice_date - printed.invoice_date) <= _SAME_YEAR
        )
        and not _says_something_else(printed, entry)
    )


def _says_something_else(printed: Printed, entry: Entry) -> bool:
    """Whether both differ. One alone may: a person can have changed the invoice in Exact before it was printed."""
    other_reference = bool(printed.reference) and entry.reference != printed.reference
    return other_reference and entry.amount is not None and entry.amount != printed.amount


def _agreement(printed: Printed, entry: Entry) -> int:
    same_reference = bool(printed.reference) and entry.reference == printed.reference
    return same_reference + (entry.amount == printed.amount)


def _entries_by_number(
    connection: ExactConnection, documents: Iterable[PostedDocument]
) -> Mapping[int | None, list[Entry]]:
    """The entries with one of the numbers, but for those that belong to another document."""
    numbers = {document.invoice_number for document in documents}
    terms = ReceivableTerm.objects.filter(
        connection=connection, invoice_number__in=numbers, entry_exact_id__isnull=False
    ).order_by("-timestamp")
    taken = set(
        PostedDocument.objects.filter(
            connection=connection, entry_exact_id__in=terms.order_by().values("entry_exact_id")
        ).values_list("entry_exact_id", flat=True)
    )
    found: dict[int | None, dict[UUID, Entry]] = defaultdict(dict)
    for term in terms:
        entry_id = term.entry_exact_id
        if entry_id is not None and entry_id not in taken:
            found[term.invoice_number].setdefault(entry_id, _entry(entry_id, term))
    return defaultdict(list, {number: list(entries.values()) for number, entries in found.items()})


def _entry(entry_id: UUID, term: ReceivableTerm) -> Entry:
    return Entry(
        exact_id=entry_id,
        journal=term.journal_code,
        account_id=term.account_exact_id,
        invoice_date=term.invoice_date,
        reference=term.your_ref,
        amount=term.document_amount,
    )


def _days_of_printing(
    connection: ExactConnection, documents: Iterable[PostedDocument]
) -> Mapping[str, date]:
    """The invoice date we had each invoice printed with, by the invoice's id in Exact."""
    sent = CopyRequest.objects.filter(
        connection=connection,
        kind=CopyKind.SEND,
        invoice__in={document.invoice_id for document in documents},
        payload__has_key="print",
    )
    asked = sent.values_list("payload__print__invoice_id", "payload__print__invoice_date")
    return {invoice_id: date.fromisoformat(day) for invoice_id, day in asked if day}


def _printed(document: PostedDocument, days: Mapping[str, date]) -> Printed:
    # Without a date of ours Exact printed it with the day itself.
    day_itself = (document.sent_at or document.created_at).date()
    return Printed(
        journal=document.journal_code,
        account_id=document.customer_exact_id,
        invoice_date=days.get(str(document.exact_id), day_itself),
        reference=document.your_ref,
        amount=abs(document.gross_amount),
    )


def _without_rivals(
    documents: Iterable[PostedDocument], chosen: Mapping[int, UUID]
) -> list[PostedDocument]:
    """The documents whose entry no other document wants as well."""
    wanted = Counter(chosen.values())
    linked = []
    for document in documents:
        if document.pk in chosen and wanted[chosen[document.pk]] == 1:
            linked.append(document)
        elif document.pk in chosen:
            _log("Two printed invoices would have the same entry", document)
    return linked


def _log(message: str, document: PostedDocument) -> None:
    logger.warning(
        message,
        extra={
            "organization_id": document.organization_id,
            "connection_id": document.connection_id,
            "document": document.pk,
            "invoice_number": document.invoice_number,
        },
    )
