"""Writes new and changed invoices with few statements, and ties credit notes to the invoices they credit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from connector.sentences import sentence
from connector.tenancy.models import User
from connector.tenancy.scope import current_organization_id
from integrations.psa.source import SourceInvoice
from invoices import intake_words, paid_by_hand
from invoices.intake_changes import Change, header_values, line_values
from invoices.intake_files import store_files
from invoices.intake_references import Resolved
from invoices.models import (
    Invoice,
    InvoiceEvent,
    InvoiceFile,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
)


@dataclass(frozen=True)
class NewInvoice:
    """An invoice that is not stored yet."""

    incoming: SourceInvoice
    resolved: Resolved
    content_hash: str


@dataclass(frozen=True)
class KnownInvoice:
    """A stored invoice and what came in for it."""

    row: Invoice
    incoming: SourceInvoice
    resolved: Resolved
    content_hash: str
    files: list[InvoiceFile]

    @property
    def is_surely_the_same(self) -> bool:
        """Whether the hash says so and nothing beside the content differs; if not, a closer look is needed."""
        return (
            self.row.content_hash == self.content_hash
            and self.row.source_url == self.incoming.source_url
            and self.row.psa_paid_date == self.incoming.paid_on
            and self.row.state in {self.incoming.state, InvoiceState.FINALIZED}
        )


@dataclass(frozen=True)
class ChangedInvoice:
    """A stored invoice, its lines and files, and what the incoming one changes of them."""

    row: Invoice
    lines: list[InvoiceLine]
    incoming: SourceInvoice
    resolved: Resolved
    content_hash: str
    changes: list[Change]
    only_given: bool = False
    files: Sequence[InvoiceFile] = ()

    @property
    def concerns_exact(self) -> bool:
        """Whether the content changed, and not only what Exact does not know."""
        return any(not change.is_light for change in self.changes)

    @property
    def fields(self) -> set[str]:
        """The names of what changes."""
        return {change.field for change in self.changes}


def store_new(
    *, source: str, invoices: Sequence[NewInvoice], now: datetime, user: User | None, original: str
) -> list[Invoice]:
    """This function will store invoices with their lines and a first event; `original` names where they came from."""
    organization_id = current_organization_id()
    rows = [
        Invoice(
            organization_id=organization_id,
            source=source,
            source_id=new.incoming.source_id,
            content_hash=new.content_hash,
            **header_values(new.incoming, new.resolved),
        )
        for new in invoices
    ]
    Invoice.objects.bulk_create(rows)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            organization_id=organization_id,
            invoice=row,
            position=index + 1,
            **line_values(line, new.resolved, index),
        )
        for row, new in zip(rows, invoices, strict=True)
        for index, line in enumerate(new.incoming.lines)
    )
    store_files([(row, new.incoming, ()) for row, new in zip(rows, invoices, strict=True)])
    _note(
        rows, "taken_in", sentence("Taken in from %(source)s.", source=original), now=now, user=user
    )
    return rows


def store_changes(
    *, invoices: Sequence[ChangedInvoice], now: datetime, user: User | None, original: str
) -> None:
    """This function will take over the changes and note on each invoice what changed; `original` names where from."""
    columns: set[str] = set()
    for changed in invoices:
        columns |= _set_header(changed, now)
    if columns:
        Invoice.objects.bulk_update([changed.row for changed in invoices], sorted(columns))
    _store_lines(invoices)
    store_files([(changed.row, changed.incoming, changed.files) for changed in invoices])
    organization_id = current_organization_id()
    InvoiceEvent.objects.bulk_create(
        InvoiceEvent(
            organization_id=organization_id,
            invoice=changed.row,
            at=now,
            user=user,
            kind="content_changed" if changed.concerns_exact else "details_changed",
            sentence=intake_words.say_changes(
                changed.changes, original, concerns_exact=changed.concerns_exact
            ),
            details={"changes": [change.as_json() for change in changed.changes]},
        )
        for changed in invoices
    )
    paid_by_hand.follow_totals(
        (changed.row for changed in invoices if "gross_amount" in changed.fields), now=now
    )


def named_by(numbers: Collection[str]) -> Q:
    """This function will return what finds invoices by these numbers, Exact's or the PSA's."""
    return Q(number__in=numbers) | Q(psa_number__in=numbers)


def numbers_of(invoice: Invoice) -> set[str]:
    """This function will return the numbers by which a source may name it: Exact may have given it another than the PSA."""
    return {invoice.number, invoice.psa_number} - {""}


def link_credit_notes(rows: Iterable[Invoice]) -> None:
    """This function will tie the credit notes among the rows to their originals, and waiting credit notes to the rows.

    The original is known by the source's own id of it, else by its number in the same subsidiary; either may come first.
    """
    rows = list(rows)
    waiting = list(
        Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE, original=None)
        .filter(
            Q(pk__in=[row.pk for row in rows])
            | Q(original_source_id__in={row.source_id for row in rows})
            | Q(original_number__in={name for row in rows for name in numbers_of(row)})
        )
        .exclude(original_number="", original_source_id="")
        .order_by("id")
    )
    if not waiting:
        return
    numbers = {note.original_number for note in waiting} - {""}
    originals = Invoice.objects.filter(
        Q(source_id__in={note.original_source_id for note in waiting} - {""}) | named_by(numbers)
    ).order_by("id")
    by_id: dict[tuple[str, str], Invoice] = {}
    by_number: dict[tuple[int, str], Invoice] = {}
    for row in originals:
        by_id[row.source, row.source_id] = row
        if row.kind == InvoiceKind.INVOICE:
            for number in numbers_of(row):
                by_number.setdefault((row.subsidiary_id, number), row)
    linked = []
    for note in waiting:
        note.original = by_id.get((note.source, note.original_source_id)) or by_number.get(
            (note.subsidiary_id, note.original_number)
        )
        if note.original and note.original != note:
            linked.append(note)
    Invoice.objects.bulk_update(linked, ["original"])


def _set_header(changed: ChangedInvoice, now: datetime) -> set[str]:
    values = header_values(
        changed.incoming, changed.resolved, stored=changed.row, only_given=changed.only_given
    )
    columns = changed.fields & values.keys()
    for column in columns:
        setattr(changed.row, column, values[column])
    if columns & {"original_number", "original_source_id"}:
        changed.row.original = None
        columns.add("original")
    if changed.concerns_exact:
        changed.row.content_hash = changed.content_hash
        changed.row.content_changed_at = now
        columns |= {"content_hash", "content_changed_at"}
    return columns


def _store_lines(invoices: Sequence[ChangedInvoice]) -> None:
    """Lines keep their rows by position, so that what was chosen for a line stays with it."""
    organization_id = current_organization_id()
    kept: list[InvoiceLine] = []
    new: list[InvoiceLine] = []
    gone: list[int] = []
    columns: set[str] = set()
    for changed in invoices:
        touched = {
            int(change.field.split(".")[1])
            for change in changed.changes
            if change.field.startswith("lines.")
        }
        for index in sorted(touched):
            if index >= len(changed.incoming.lines):
                gone.append(changed.lines[index].pk)
                continue
            line = changed.incoming.lines[index]
            if index < len(changed.lines):
                row = changed.lines[index]
                values = _changed_values(changed, index)
                for column, value in values.items():
                    setattr(row, column, value)
                columns |= values.keys()
                kept.append(row)
            else:
                position = (
                    changed.lines[-1].position + 1 + index - len(changed.lines)
                    if changed.lines
                    else index + 1
                )
                new.append(
                    InvoiceLine(
                        organization_id=organization_id,
                        invoice=changed.row,
                        position=position,
                        **line_values(line, changed.resolved, index),
                    )
                )
    InvoiceLine.objects.filter(pk__in=gone).delete()
    if kept:
        InvoiceLine.objects.bulk_update(kept, sorted(columns), batch_size=500)
    InvoiceLine.objects.bulk_create(new)


def _changed_values(changed: ChangedInvoice, index: int) -> dict[str, Any]:
    """The columns of a kept line that change; quantity and price follow the net amount, which they explain."""
    columns = {
        change.field.split(".")[2]
        for change in changed.changes
        if change.field.startswith(f"lines.{index}.")
    }
    if "net_amount" in columns:
        columns |= {"quantity", "unit", "unit_price", "discount_percentage"}
    values = line_values(changed.incoming.lines[index], changed.resolved, index)
    return {column: value for column, value in values.items() if column in columns}


def _note(
    rows: Sequence[Invoice], kind: str, said: str, *, now: datetime, user: User | None
) -> None:
    organization_id = current_organization_id()
    InvoiceEvent.objects.bulk_create(
        InvoiceEvent(
            organization_id=organization_id,
            invoice=row,
            at=now,
            user=user,
            kind=kind,
            sentence=said,
        )
        for row in rows
    )
