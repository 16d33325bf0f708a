"""Keeps what Exact was just seen to have of a document: the columns `seen_*` and `seen`, whatever was expected of it.

Before: `checks.seen` and `adopting.updated` have read the document. After: the invoice's page shows it beside what was sent
(`table.py`), and `payments.drift` compares it with the invoice. What Exact answers to a sending is not kept here: that it made
something is no proof of what its books have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from connector.sentences import english
from invoices import comparing
from invoices.document_plan import MadeDocument
from invoices.document_texts import reference
from invoices.models import Invoice, PostedDocument
from invoices.routes import route_of

# Of no use to anybody who compares.
_NOT_KEPT = {"created_at", "division"}


def as_booked(invoice: Invoice, amount: Decimal) -> Decimal:
    """This function will return the amount as the books have it: a credit note's is negative, whatever sign Exact shows."""
    return abs(amount) * invoice.sign if invoice.sign < 0 else amount


def vat_as_booked(invoice: Invoice, made: MadeDocument) -> Decimal | None:
    """This function will return the VAT as the books have it; None when Exact did not say."""
    return None if made.vat_amount_fc is None else as_booked(invoice, made.vat_amount_fc)


def remember(document: PostedDocument, made: MadeDocument, *, now: datetime) -> None:
    """This function will keep what was just read of a document, with the time; the document's other columns stay as they are."""
    invoice = document.invoice
    columns = {
        "seen_at": now,
        "seen_gross_amount": as_booked(invoice, made.amount_fc),
        "seen_vat_amount": vat_as_booked(invoice, made),
        "seen_currency": made.currency or document.currency,
        "seen_customer_exact_id": made.customer_id,
        "seen_number": number_of(invoice, made),
        "seen_edits": fingerprint(_edits(document, made)),
        "seen": made.model_dump(mode="json", exclude=_NOT_KEPT),
    }
    for name, value in columns.items():
        setattr(document, name, value)
    PostedDocument.objects.filter(pk=document.pk).update(**columns)


def number_of(invoice: Invoice, made: MadeDocument) -> str:
    """This function will return which of Exact's numbers stands for the invoice's own, else the one people know it by.

    An invoice may be Exact's entry or invoice number or, where that has to be a whole number and is none, its reference.
    """
    numbers = [str(one) for one in (made.invoice_number, made.entry_number) if one is not None]
    own = {invoice.number, reference(invoice.number)}
    if invoice.number.isascii() and invoice.number.isdecimal():
        own.add(str(int(invoice.number)))
    if invoice.number and not own.isdisjoint([*numbers, made.your_ref]):
        return str(invoice.number)
    return next(iter([*numbers, made.your_ref]))


def fingerprint(differences: Sequence[str]) -> str:
    """This function will return a short text that is the same for the same differences; empty when there are none."""
    text = "\n".join(map(english, differences))
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def _edits(document: PostedDocument, made: MadeDocument) -> Sequence[str]:
    """What of the document is not as it was sent, besides its totals, customer and number: day, currency and lines."""
    draft = document.payload.get("draft")
    if not draft:
        # Linked: nothing was sent, so nothing can be said to be edited.
        return []
    route = route_of(document.route)
    return comparing.list_edits(
        document.payload, route.draft(draft), made, route=route, currency=document.invoice.currency
    )
