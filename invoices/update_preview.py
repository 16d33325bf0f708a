"""What Update existing would change: what was sent last against what would be sent now. Exact is not called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from pydantic import ValidationError

from connector.money import format_money
from integrations.exact.sales_entries import SalesEntryDraft, SalesEntryLineDraft
from integrations.mappings.facts import ConnectionFacts
from invoices.models import PostedDocument
from invoices.sales_entry import SalesEntryPlan

_HEADER = {
    "customer_id": "Customer",
    "entry_date": "Date",
    "due_date": "Due date",
    "your_ref": "Reference",
    "description": "Description",
    "currency": "Currency",
    "rate": "Exchange rate",
}
_LINE = {
    "description": "description",
    "gl_account_id": "ledger account",
    "vat_code": "VAT code",
    "amount_fc": "amount",
    "vat_amount_fc": "VAT",
    "quantity": "quantity",
    "cost_center": "cost center",
    "cost_unit": "cost unit",
    "from_date": "period from",
    "to_date": "period to",
    "notes": "notes",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A field that will be different; empty texts mean that it is added or removed."""

    field: str
    before: str
    after: str


def preview_update(
    document: PostedDocument, plan: SalesEntryPlan, facts: ConnectionFacts
) -> list[Change]:
    """This function will list the differences between what was sent last for the document and the plan."""
    try:
        sent = SalesEntryDraft.model_validate(document.payload["draft"])
    except (KeyError, ValidationError):
        # Adopted from Exact rather than sent by this version; Exact itself is compared when the update runs.
        return []
    currency = plan.draft.currency or document.currency
    return [*_header(sent, plan.draft), *_lines(sent, plan.draft, facts, currency)]


def _header(before: SalesEntryDraft, after: SalesEntryDraft) -> Iterator[Change]:
    for name, label in _HEADER.items():
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name == "customer_id":
            yield Change(label, "the customer it is booked on", "another customer")
        else:
            yield Change(label, _text(old), _text(new))


def _lines(
    before: SalesEntryDraft, after: SalesEntryDraft, facts: ConnectionFacts, currency: str
) -> Iterator[Change]:
    for position, (old, new) in enumerate(zip_longest(before.lines, after.lines), start=1):
        where = f"Line {position}"
        if old is None or new is None:
            whole = _summary(new or old, currency)
            yield Change(where, "" if old is None else whole, "" if new is None else whole)
            continue
        for name, label in _LINE.items():
            was, becomes = getattr(old, name), getattr(new, name)
            if was != becomes:
                yield Change(
                    f"{where}: {label}",
                    _value(name, was, facts, currency),
                    _value(name, becomes, facts, currency),
                )


def _summary(line: SalesEntryLineDraft, currency: str) -> str:
    return f"{line.description or 'Line'}, {format_money(line.amount_fc, currency)}"


def _value(name: str, value: Any, facts: ConnectionFacts, currency: str) -> str:
    if value is None:
        return ""
    if name == "gl_account_id":
        return str(facts.ledgers.get(value, "an account that is gone"))
    return format_money(value, currency) if name in {"amount_fc", "vat_amount_fc"} else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
