"""What of a stored invoice the incoming one would change, for comparison and for taking it over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from connector.money import format_money
from connector.sentences import Sentence, Words, beginning, english, sentence, together
from integrations.models import TaxRate
from integrations.psa.source import SourceInvoice, SourceLine
from invoices.intake_references import Resolved
from invoices.models import FileKind, Invoice, InvoiceLine, InvoiceState

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
    ours: str
    theirs: str

    @property
    def label(self) -> Sentence:
        """What people call the field."""
        return label_of(self.field)

    @property
    def subject(self) -> Sentence:
        """The same, but of a field of a line only the line."""
        whole, *_column = self.field.partition(".")[2].split(".")
        return label_of(f"lines.{whole}") if self.field.startswith("lines.") else self.label

    def as_json(self) -> dict[str, str]:
        """This function will return the change for storage in an event or a conflict."""
        return {
            "field": self.field,
            "label": english(self.label),
            "ours": self.ours,
            "theirs": self.theirs,
        }

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
        changes.append(Change(column, _text(ours, currency[0]), _text(value, currency[1])))
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
    place = f"lines.{index}"
    if index >= len(lines):
        return [Change(place, "", _line_text(incoming.lines[index], incoming.currency))]
    if index >= len(incoming.lines):
        return [Change(place, _line_text(lines[index], currency), "")]
    values = line_values(incoming.lines[index], resolved, index, only_given=only_given)
    return [
        Change(
            f"{place}.{column}",
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
    return f"{line.description[:80]} {_money(line.net_amount, currency)}".strip()


def _same(ours: Any, theirs: Any) -> bool:
    if hasattr(ours, "pk") and hasattr(theirs, "pk"):
        return bool(theirs.pk is not None and ours.pk == theirs.pk)
    return bool(ours == theirs)


def _same_percentage(ours: TaxRate | None, theirs: TaxRate | None) -> bool:
    # A file names a rate by its percentage, another source by an id of its own.
    return bool(ours and theirs and ours.percentage == theirs.percentage)


# Within a sentence; by itself a label begins with a capital letter.
_LABELS: Mapping[str, Promise] = {
    "client": gettext_lazy("client"),
    "contact": gettext_lazy("contact"),
    "cost_center": gettext_lazy("cost center"),
    "cost_unit": gettext_lazy("cost unit"),
    "currency": gettext_lazy("currency"),
    "delivery_date": gettext_lazy("delivery date"),
    "description": gettext_lazy("description"),
    "discount_percentage": gettext_lazy("discount percentage"),
    "due_date": gettext_lazy("due date"),
    "exchange_rate": gettext_lazy("exchange rate"),
    "gross_amount": gettext_lazy("total"),
    "invoice_date": gettext_lazy("invoice date"),
    "item_code": gettext_lazy("item code"),
    "kind": gettext_lazy("kind"),
    "net_amount": gettext_lazy("net amount"),
    "note": gettext_lazy("note"),
    "notes": gettext_lazy("notes"),
    "number": gettext_lazy("number"),
    "original_number": gettext_lazy("number of the credited invoice"),
    "original_source_id": gettext_lazy("credited invoice"),
    "period_from_date": gettext_lazy("period from"),
    "period_to_date": gettext_lazy("period to"),
    "psa_paid_date": gettext_lazy("paid in the PSA on"),
    "quantity": gettext_lazy("quantity"),
    "reference": gettext_lazy("reference"),
    "service_type": gettext_lazy("service type"),
    "source_id": gettext_lazy("id in the PSA"),
    "source_url": gettext_lazy("link"),
    "state": gettext_lazy("state"),
    "subject": gettext_lazy("subject"),
    "subsidiary": gettext_lazy("subsidiary"),
    "tax_rate": gettext_lazy("tax rate"),
    "unit": gettext_lazy("unit"),
    "unit_price": gettext_lazy("unit price"),
    "vat_amount": gettext_lazy("VAT"),
    "vat_code": gettext_lazy("VAT code"),
}


def label_of(field: str) -> Sentence:
    """This function will say what people call a field: ``net_amount``, ``lines.0``, ``lines.0.net_amount``, ``files.pdf``."""
    match field.split("."):
        case ["lines", index]:
            return sentence("Line %(n)s", n=int(index) + 1)
        case ["lines", index, column]:
            return sentence("Line %(n)s: %(what)s", n=int(index) + 1, what=_called(column))
        case ["files", kind]:
            return together(FileKind(kind).label)
        case _column:
            return beginning(_called(field))


def _called(column: str) -> Words:
    # A field that is no more is still named by changes of long ago.
    return _LABELS.get(column) or column.replace("_", " ")


def _text(value: Any, currency: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return _money(value, currency) if currency else plain(value)
    return f"{value:%-d %b %Y}" if isinstance(value, date) else str(value)


def plain(number: Decimal) -> str:
    """This function will write a number without the zeros behind it: 21.5000 becomes 21.5."""
    return f"{number.normalize():f}" if number else "0"


def _money(amount: Decimal, currency: str) -> str:
    # Kept as words, also in events: the same for all readers, whoever imported it.
    with translation.override(settings.LANGUAGE_CODE):
        return format_money(amount, currency)
