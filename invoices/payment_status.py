"""The only writer of an invoice's payment status, and of what became of its documents in Exact.

Before: `payments.settling` derives the status from Exact's payment terms. After: lists and pages show it.
Nothing here is ever sent to Exact.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from connector.money import format_money
from invoices import history
from invoices.models import (
    Invoice,
    InvoiceKind,
    PaymentStatus,
    PostedDocument,
    PostedDocumentState,
)


def apply(
    *,
    invoice: Invoice,
    paid_amount: Decimal,
    paid_date: date | None,
    status: PaymentStatus,
    now: datetime,
) -> bool:
    """This function will store how far the invoice is paid and note the change; it returns whether anything changed.

    ``paid_amount`` is absolute and in the invoice's currency, also for a credit note. ``now`` becomes the time at which
    the payments were read.
    """
    before = (invoice.payment_status, invoice.paid_amount, invoice.paid_date)
    after = (status, paid_amount, paid_date)
    sentence = _sentence(invoice, status=status, paid_amount=paid_amount, paid_date=paid_date)
    invoice.payment_status, invoice.paid_amount, invoice.paid_date = after
    invoice.payments_read_at = now
    invoice.save(update_fields=["payment_status", "paid_amount", "paid_date", "payments_read_at"])
    if before == after:
        return False
    history.note(
        invoice=invoice,
        kind=f"payment_{status}",
        sentence=sentence,
        now=now,
        details={
            "status_before": before[0],
            "status": status,
            "paid_amount_before": str(before[1]),
            "paid_amount": str(paid_amount),
            "currency": invoice.currency,
            "paid_date": paid_date.isoformat() if paid_date else None,
        },
    )
    return True


def _sentence(
    invoice: Invoice, *, status: PaymentStatus, paid_amount: Decimal, paid_date: date | None
) -> str:
    """What the history says; ``invoice`` still holds what was known before."""
    paid = format_money(paid_amount, invoice.currency)
    before = format_money(invoice.paid_amount, invoice.currency)
    total = format_money(invoice.gross_amount, invoice.currency)
    if status == PaymentStatus.PAID:
        if invoice.payment_status == status and invoice.paid_amount == paid_amount:
            return f"The payment date was changed in Exact{_on(paid_date, word='to')}."
        word = "Settled" if invoice.kind == InvoiceKind.CREDIT_NOTE else "Paid"
        return f"{word}: {paid}{_on(paid_date)}."
    if status == PaymentStatus.PARTLY_PAID:
        if paid_amount < invoice.paid_amount:
            return f"Partly paid: {paid} of {total}. Before it was {before}; a payment was changed or removed in Exact."
        return f"Partly paid: {paid} of {total}."
    if status == PaymentStatus.IN_COLLECTION:
        return f"In collection: {total} is being collected by direct debit. It is not certain yet."
    if invoice.paid_amount:
        return f"Open again: the payment of {before} was removed in Exact."
    return "Open again: it is no longer in collection in Exact."


def _on(day: date | None, *, word: str = "on") -> str:
    return f" {word} {day.day} {day:%b %Y}" if day else ""


def note_deleted_in_exact(*, document: PostedDocument, now: datetime) -> None:
    """This function will mark a document that Exact no longer has. It is never sent again by itself."""
    _move(
        document,
        PostedDocumentState.DELETED_IN_EXACT,
        kind="deleted_in_exact",
        sentence=f"{_name(document)} was deleted in Exact. Use Create new to copy the invoice again.",
        now=now,
    )


def note_back_in_exact(*, document: PostedDocument, now: datetime) -> None:
    """This function will take back that a document was deleted, because Exact shows it again."""
    _move(
        document,
        PostedDocumentState.CURRENT,
        kind="back_in_exact",
        sentence=f"{_name(document)} is in Exact after all.",
        now=now,
    )


def _move(
    document: PostedDocument,
    state: PostedDocumentState,
    *,
    kind: str,
    sentence: str,
    now: datetime,
) -> None:
    document.state = state
    document.updated_at = now
    document.save(update_fields=["state", "updated_at"])
    history.note(
        invoice=document.invoice,
        kind=kind,
        sentence=sentence,
        now=now,
        details={"entry_number": document.entry_number},
    )


def _name(document: PostedDocument) -> str:
    return f"Entry {document.entry_number}" if document.entry_number is not None else "The entry"
