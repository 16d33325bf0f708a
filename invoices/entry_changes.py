"""What has to be written so that an entry in Exact becomes what the invoice says now: only what differs.

A pure comparison of what Exact was just seen to hold with what would be sent today. Lines are matched by their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any
from uuid import UUID

from integrations.exact.rows import Draft
from integrations.exact.sales_entries import (
    BookedEntry,
    BookedLine,
    SalesEntryDraft,
    SalesEntryLineDraft,
)
from invoices.sales_entry import PlannedLine, SalesEntryPlan


@dataclass(frozen=True, slots=True)
class ChangeHeader:
    """Write these header properties (Exact's names)."""

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """Write these properties (Exact's names) of a line."""

    line_id: UUID
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddLine:
    """Add this line."""

    line: SalesEntryLineDraft


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """Delete this line; Exact deletes an entry with its last line, so removals come last."""

    line_id: UUID


Operation = ChangeHeader | ChangeLine | AddLine | RemoveLine

# Exact's name, our value, Exact's value. Numbers are not compared, since Exact may have given its own (D-5); nor is
# the journal, since an entry does not move to another number range.
_HEADER: tuple[tuple[str, Callable[[SalesEntryDraft], Any], Callable[[BookedEntry], Any]], ...] = (
    ("Customer", lambda draft: draft.customer_id, lambda booked: booked.customer_id),
    ("EntryDate", lambda draft: draft.entry_date, lambda booked: booked.entry_date),
    ("DueDate", lambda draft: draft.due_date, lambda booked: booked.due_date),
    ("Currency", lambda draft: draft.currency, lambda booked: booked.currency),
    ("Rate", lambda draft: draft.rate, lambda booked: booked.rate),
    ("YourRef", lambda draft: draft.your_ref, lambda booked: booked.your_ref),
    ("Description", lambda draft: draft.description, lambda booked: booked.description),
)
_LINE: tuple[tuple[str, Callable[[SalesEntryLineDraft], Any], Callable[[BookedLine], Any]], ...] = (
    ("GLAccount", lambda draft: draft.gl_account_id, lambda booked: booked.gl_account_id),
    ("Description", lambda draft: draft.description, lambda booked: booked.description or None),
    ("Quantity", lambda draft: draft.quantity, lambda booked: booked.quantity),
    ("CostCenter", lambda draft: draft.cost_center, lambda booked: booked.cost_center),
    ("CostUnit", lambda draft: draft.cost_unit, lambda booked: booked.cost_unit),
)
# Exact gives these a value of its own when none is sent.
_FILLED_BY_EXACT = frozenset({"DueDate", "Currency", "Rate", "Quantity"})
# Not part of what is read back; compared with what was sent last.
_NOT_READ_BACK = ("notes", "from_date", "to_date")
_NAMES = {"notes": "Notes", "from_date": "From", "to_date": "To"}


def changes_to(
    booked: BookedEntry, plan: SalesEntryPlan, *, last_sent: SalesEntryDraft | None = None
) -> tuple[Operation, ...]:
    """This function will list what to write so that the booked entry becomes the planned one; nothing if it is.

    `booked` must have been read with its lines; raises ValueError otherwise. `last_sent` is the draft that Exact got
    last, for the properties that are not read back (notes and periods).
    """
    if booked.lines is None:
        raise ValueError("Read the entry with its lines before comparing it.")
    present = sorted(booked.lines, key=lambda line: line.line_number or 0)
    wanted = list(zip(plan.draft.lines, plan.lines, strict=True))
    earlier: Sequence[SalesEntryLineDraft] = last_sent.lines if last_sent else ()
    operations: list[Operation] = []
    if header := _header_changes(booked, plan.draft):
        operations.append(ChangeHeader(header))
    shared = min(len(present), len(wanted))
    for old, (new, planned), sent in zip_longest(
        present[:shared], wanted[:shared], earlier[:shared]
    ):
        if changes := _line_changes(old, new, planned, sent):
            operations.append(ChangeLine(old.exact_id, changes))
    operations += [AddLine(new) for new, _planned in wanted[shared:]]
    operations += [RemoveLine(old.exact_id) for old in present[shared:]]
    return tuple(operations)


def _header_changes(booked: BookedEntry, draft: SalesEntryDraft) -> dict[str, Any]:
    return {
        name: wanted(draft)
        for name, wanted, present in _HEADER
        if wanted(draft) != present(booked)
        and not (wanted(draft) is None and name in _FILLED_BY_EXACT)
    }


def _line_changes(
    old: BookedLine,
    new: SalesEntryLineDraft,
    planned: PlannedLine,
    sent: SalesEntryLineDraft | None,
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if _books_differently(old, new, planned):
        # Exact computes VAT anew from whichever of these is sent, so they go together.
        changes |= {"AmountFC": new.amount_fc, "VATCode": new.vat_code}
        if new.vat_amount_fc is not None:
            changes["VATAmountFC"] = new.vat_amount_fc
    for name, wanted, present in _LINE:
        if wanted(new) != present(old) and not (wanted(new) is None and name in _FILLED_BY_EXACT):
            changes[name] = wanted(new)
    return changes | _unread_changes(new, sent)


def _books_differently(old: BookedLine, new: SalesEntryLineDraft, planned: PlannedLine) -> bool:
    # What was booked is compared without VAT: with codes that include it, what is sent is not what is kept.
    return (old.amount_fc, old.vat_amount_fc or Decimal(0), old.vat_code) != (
        planned.net,
        planned.vat,
        new.vat_code,
    )


def _unread_changes(new: SalesEntryLineDraft, sent: SalesEntryLineDraft | None) -> dict[str, Any]:
    def value(draft: Draft | None, name: str) -> Any:
        return getattr(draft, name) if draft is not None else None

    return {
        _NAMES[name]: value(new, name)
        for name in _NOT_READ_BACK
        if value(new, name) != value(sent, name)
    }
