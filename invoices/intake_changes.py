"""What of a stored invoice the incoming one would change, for comparison and for taking it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.money import format_money
from integrations.models import TaxRate
from integrations.psa.source import SourceInvoice, SourceLine
from invoices.intake_references import Resolved
from invoices.models import Invoice, InvoiceLine, InvoiceState

# Columns whose change needs nothing in Exact.
LIGHT = ("state", "psa_paid_date", "source_url")
_MONEY = {"net_amount", "vat_amount", "gross_amount"}
_HEADER = {
    "kind": "kind",
    "number": "number",
    "subject": "subject",
    "reference": "reference",
    "note": "note",
    "invoice_date": "invoice_date",
    "due_date": "due_date",
    "delivery_date": "delivery_date",
    "psa_paid_date": "paid_on",
    "currency": "currency",
    "exchange_rate": "exchange_rate",
    "net_amount": "net_amount",
    "vat_amount": "vat_amount",
    "gross_amount": "gross_amount",
    "original_number": "original_number",
    "original_source_id": "original_id",
    "source_url": "source_url",
    "state": "state",
}
_LINE = {
    "source_id": "source_id",
    "description": "description",
    "notes": "notes",
    "quantity": "quantity",
    "unit": "unit",
    "unit_price": "unit_price",
    "discount_percentage": "discount_percentage",
    "net_amount": "net_amount",
    "vat_amount": "vat_amount",
    "period_from_date": "period_from",
    "period_to_date": "period_to",
    "cost_center": "cost_center",
    "cost_unit": "cost_unit",
    "item_code": "item_code",
    "vat_code": "vat_code",
}
_ALWAYS_COMPARED = {"kind", "net_amount", "vat_amount", "gross_amount"}
# An empty value says nothing about these: the number may have come from Exact.
_EMPTY_SAYS_NOTHING = {"number", "original_number", "original_source_id"}


@dataclass(frozen=True)
class Change:
    """One difference, as people read it. `column` is empty for a line that is new or gone."""

    field: str
    label: str
    ours: str
    theirs: str

    def as_json(self) -> dict[str, str]:
        """This function will return the change for storage in an event or a conflict."""
        return {"field": self.field, "label": self.label, "ours": self.ours, "theirs": self.theirs}

    @property
    def is_light(self) -> bool:
        """Whether Exact is not concerned."""
        return self.field in LIGHT


def header_values(
    incoming: SourceInvoice,
    resolved: Resolved,
    *,
    stored: Invoice | None = None,
    only_given: bool = False,
) -> dict[str, Any]:
    """This function will return the columns of Invoice that the incoming invoice fills.

    `only_given` leaves out what the source did not mention: a file has fewer columns than an API. Another client than
    the `stored` invoice's brings its own contact or none: the earlier one's must not receive the invoice.
    """
    values = {
        column: getattr(incoming, name)
        for column, name in _HEADER.items()
        if not only_given or column in _ALWAYS_COMPARED or name in incoming.model_fields_set
    }
    moved = stored is not None and not _same(stored.client, resolved.client)
    if not only_given or moved or "contact" in incoming.model_fields_set:
        values["contact"] = resolved.contact
    return values | {"client": resolved.client, "subsidiary": resolved.subsidiary}


def line_values(
    line: SourceLine, resolved: Resolved, index: int, *, only_given: bool = False
) -> dict[str, Any]:
    """This function will return the columns of InvoiceLine that an incoming line fills."""
    values = {
        column: getattr(line, name)
        for column, name in _LINE.items()
        if not only_given or name in line.model_fields_set
    }
    if not only_given or "service_type" in line.model_fields_set:
        values["service_type"] = resolved.service_types[index]
    if not only_given or "tax_rate" in line.model_fields_set:
        values["tax_rate"] = resolved.tax_rates[index]
    return values


def list_changes(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    incoming: SourceInvoice,
    resolved: Resolved,
    *,
    only_given: bool = False,
) -> list[Change]:
    """This function will compare column by column and return the differences, the header's first."""
    changes = []
    for column, value in header_values(
        incoming, resolved, stored=invoice, only_given=only_given
    ).items():
        ours = getattr(invoice, column)
        if _says_nothing(column, invoice, value) or _same(ours, value):
            continue
        currency = (invoice.currency, incoming.currency) if column in _MONEY else ("", "")
        changes.append(
            Change(column, _label(column), _text(ours, currency[0]), _text(value, currency[1]))
        )
    for index in range(max(len(lines), len(incoming.lines))):
        changes += _line_changes(
            index, lines, incoming, resolved, only_given=only_given, currency=invoice.currency
        )
    return changes


def _says_nothing(column: str, invoice: Invoice, value: Any) -> bool:
    if column == "state":
        return bool(invoice.state == InvoiceState.FINALIZED)
    if column == "number" and value == invoice.psa_number:
        # The PSA does not know yet, or will never know, that Exact gave it another.
        return True
    return column in _EMPTY_SAYS_NOTHING and not value


def _line_changes(
    index: int,
    lines: Sequence[InvoiceLine],
    incoming: SourceInvoice,
    resolved: Resolved,
    *,
    only_given: bool,
    currency: str,
) -> list[Change]:
    place, label = f"lines.{index}", f"Line {index + 1}"
    if index >= len(lines):
        return [Change(place, label, "", _line_text(incoming.lines[index], incoming.currency))]
    if index >= len(incoming.lines):
        return [Change(place, label, _line_text(lines[index], currency), "")]
    values = line_values(incoming.lines[index], resolved, index, only_given=only_given)
    return [
        Change(
            f"{place}.{column}",
            f"{label}: {_label(column, within=True)}",
            _text(getattr(lines[index], column), currency if column in _MONEY else ""),
            _text(value, incoming.currency if column in _MONEY else ""),
        )
        for column, value in values.items()
        if not _same(getattr(lines[index], column), value)
        and not (
            only_given and column == "tax_rate" and _same_percentage(lines[index].tax_rate, value)
        )
    ]


def _line_text(line: InvoiceLine | SourceLine, currency: str) -> str:
    return f"{line.description[:80]} {format_money(line.net_amount, currency)}".strip()


def _same(ours: Any, theirs: Any) -> bool:
    if hasattr(ours, "pk") and hasattr(theirs, "pk"):
        return bool(theirs.pk is not None and ours.pk == theirs.pk)
    return bool(ours == theirs)


def _same_percentage(ours: TaxRate | None, theirs: TaxRate | None) -> bool:
    # A file names a rate by its percentage, another source by an id of its own.
    return bool(ours and theirs and ours.percentage == theirs.percentage)


_LABELS = {
    "psa_paid_date": "Paid in the PSA on",
    "original_source_id": "Credited invoice",
    "original_number": "Number of the credited invoice",
    "period_from_date": "Period from",
    "period_to_date": "Period to",
    "source_url": "Link",
    "net_amount": "Net amount",
    "vat_amount": "VAT",
    "gross_amount": "Total",
    "source_id": "Id in the PSA",
    "vat_code": "VAT code",
}


def _label(column: str, *, within: bool = False) -> str:
    """What people call the column; `within` a sentence it begins with a small letter, unless it is an abbreviation."""
    label = _LABELS.get(column) or column.replace("_", " ").capitalize()
    return label if not within or label[1:2].isupper() else label[0].lower() + label[1:]


def _text(value: Any, currency: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format_money(value, currency) if currency else plain(value)
    return f"{value:%-d %b %Y}" if isinstance(value, date) else str(value)


def plain(number: Decimal) -> str:
    """This function will write a number without the zeros behind it: 21.5000 becomes 21.5."""
    return f"{number.normalize():f}" if number else "0"
