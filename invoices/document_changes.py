"""What has to be written so that a document in Exact becomes what the invoice says now: only what differs.

A pure comparison of what Exact was just seen to hold with what would be sent today; each route brings the table of its
properties. Lines are matched by their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from uuid import UUID

from integrations.exact.rows import Draft
from invoices.document_plan import DocumentDraft, DocumentPlan, PlannedLine


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

    line: Draft


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """Delete this line; Exact deletes a document with its last line, so removals come last."""

    line_id: UUID


Operation = ChangeHeader | ChangeLine | AddLine | RemoveLine


@dataclass(frozen=True, slots=True)
class Property:
    """One property: Exact's name, our value in the draft, and Exact's value in what was read.

    `filled_by_exact`: Exact gives it a value of its own when none is sent, so an empty one of ours changes nothing.
    """

    name: str
    wanted: Callable[[Any], Any]
    present: Callable[[Any], Any]
    filled_by_exact: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a route's documents are compared.

    `booked_apart` says which properties of a line to write because it books another amount or VAT than planned.
    `not_read_back` (our name → Exact's) is compared with what was sent last.
    """

    header: Sequence[Property]
    line: Sequence[Property]
    booked_apart: Callable[[Any, Any, PlannedLine], Mapping[str, Any]]
    not_read_back: Mapping[str, str] = field(default_factory=dict)


def changes_to(
    comparison: Comparison,
    present: Any,
    plan: DocumentPlan,
    *,
    last_sent: DocumentDraft | None = None,
) -> tuple[Operation, ...]:
    """This function will list what to write so that the document becomes the planned one; nothing if it is.

    `present` must have been read with its lines; raises ValueError otherwise. `last_sent` is the draft that Exact got
    last, for the properties that are not read back.
    """
    if present.lines is None:
        raise ValueError("Read the document with its lines before comparing it.")
    old_lines = sorted(present.lines, key=lambda line: line.line_number or 0)
    wanted = list(zip(plan.draft.lines, plan.lines, strict=True))
    earlier: Sequence[Any] = last_sent.lines if last_sent else ()
    operations: list[Operation] = []
    if header := _differing(comparison.header, plan.draft, present):
        operations.append(ChangeHeader(header))
    shared = min(len(old_lines), len(wanted))
    for old, (new, planned), sent in zip_longest(
        old_lines[:shared], wanted[:shared], earlier[:shared]
    ):
        changes = {
            **comparison.booked_apart(old, new, planned),
            **_differing(comparison.line, new, old),
            **_unread(comparison.not_read_back, new, sent),
        }
        if changes:
            operations.append(ChangeLine(old.exact_id, changes))
    operations += [AddLine(new) for new, _planned in wanted[shared:]]
    operations += [RemoveLine(old.exact_id) for old in old_lines[shared:]]
    return tuple(operations)


def _differing(properties: Sequence[Property], draft: Any, present: Any) -> dict[str, Any]:
    return {
        one.name: one.wanted(draft)
        for one in properties
        if one.wanted(draft) != one.present(present)
        and not (one.wanted(draft) is None and one.filled_by_exact)
    }


def _unread(names: Mapping[str, str], new: Any, sent: Any) -> dict[str, Any]:
    def value(draft: Any, name: str) -> Any:
        return getattr(draft, name) if draft is not None else None

    return {
        exact_name: value(new, name)
        for name, exact_name in names.items()
        if value(new, name) != value(sent, name)
    }
