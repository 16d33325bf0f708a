"""What Update existing would change: what was sent last against what would be sent now. Exact is not called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from pydantic import ValidationError

from connector.money import format_money
from integrations.mappings.facts import ConnectionFacts
from invoices.document_plan import DocumentDraft, DocumentPlan
from invoices.models import AttachmentLink, ExactRecordState, InvoiceFile, PostedDocument
from invoices.routes import route_of

# Properties of the drafts of either route, as a person calls them. The contact is known by its id only, which tells
# nobody anything, and is the same person as long as its e-mail address is.
_HEADER = {
    "customer_id": "Customer",
    "entry_date": "Date",
    "due_date": "Due date",
    "your_ref": "Reference",
    "description": "Description",
    "currency": "Currency",
    "rate": "Exchange rate",
    "payment_condition": "Payment condition",
    "payment_reference": "Payment reference",
}
_LINE = {
    "description": "description",
    "gl_account_id": "ledger account",
    "item_id": "item",
    "vat_code": "VAT code",
    "amount_fc": "amount",
    "vat_amount_fc": "VAT",
    "quantity": "quantity",
    "net_price": "price",
    "cost_center": "cost center",
    "cost_unit": "cost unit",
    "from_date": "period from",
    "to_date": "period to",
    "notes": "notes",
}
_MONEY = frozenset({"amount_fc", "vat_amount_fc"})


@dataclass(frozen=True, slots=True)
class Change:
    """A field that will be different; empty texts mean that it is added or removed."""

    field: str
    before: str
    after: str


def preview_update(
    document: PostedDocument, plan: DocumentPlan, facts: ConnectionFacts
) -> list[Change]:
    """This function will list the differences between what was sent last for the document and the plan."""
    try:
        sent = route_of(document.route).draft(document.payload["draft"])
    except (KeyError, ValidationError):
        # Adopted from Exact rather than sent by this version; Exact itself is compared when the update runs.
        return []
    currency = plan.draft.currency or document.currency
    return [*_header(sent, plan.draft), *_lines(sent, plan, facts, currency)]


def preview_files(document: PostedDocument) -> list[Change]:
    """This function will list the files that an update puts beside the booking, and those that it takes out."""
    held = list(
        AttachmentLink.objects.filter(
            document_link__copy_request=document.copy_request_id, state=ExactRecordState.LINKED
        ).order_by("id")
    )
    by_file = {link.file_id: link for link in held if link.file_id is not None}
    changes = []
    for file in InvoiceFile.objects.filter(invoice=document.invoice_id).defer("content"):
        old = by_file.get(file.pk)
        if old is None or old.sha256 != file.sha256:
            before = f"{old.name}, as it was" if old else ""
            changes.append(Change(file.get_kind_display(), before, file.name))
    return changes + [Change("File", link.name, "") for link in held if link.file_id is None]


def _header(before: DocumentDraft, after: DocumentDraft) -> Iterator[Change]:
    for name, label in _HEADER.items():
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old == new:
            continue
        if name == "customer_id":
            yield Change(label, "the customer it is booked on", "another customer")
        else:
            yield Change(label, _text(old), _text(new))


def _lines(
    before: DocumentDraft, plan: DocumentPlan, facts: ConnectionFacts, currency: str
) -> Iterator[Change]:
    for position, (old, new) in enumerate(zip_longest(before.lines, plan.draft.lines), start=1):
        where = f"Line {position}"
        if old is None or new is None:
            whole = _summary(new or old, currency)
            yield Change(where, "" if old is None else whole, "" if new is None else whole)
            continue
        for name, label in _LINE.items():
            was, becomes = getattr(old, name, None), getattr(new, name, None)
            if was != becomes:
                yield Change(
                    f"{where}: {label}",
                    _value(name, was, facts, currency),
                    _value(name, becomes, facts, currency),
                )


def _summary(line: Any, currency: str) -> str:
    amount = getattr(line, "amount_fc", None)
    if amount is None:
        amount = line.quantity * line.net_price
    return f"{line.description or 'Line'}, {format_money(amount, currency)}"


def _value(name: str, value: Any, facts: ConnectionFacts, currency: str) -> str:
    if value is None:
        return ""
    if name == "gl_account_id":
        return str(facts.ledgers.get(value, "an account that is gone"))
    if name == "item_id":
        return str(facts.items.get(value, "an item that is gone"))
    return format_money(value, currency) if name in _MONEY else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
