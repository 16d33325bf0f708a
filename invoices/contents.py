"""Reads invoices as they count for the books, from our own rows: one or many, in the same few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from connector.money import fits, quantize
from integrations.mappings.lines import Period
from invoices.document_plan import Credited, InvoiceContent, LineContent
from invoices.models import Invoice, InvoiceKind, InvoiceLine
from invoices.psa_numbers import psa_numbers_of

_OF_A_LINE = (
    "invoice_id",
    "pk",
    "position",
    "net_amount",
    "description",
    "notes",
    "tax_rate__percentage",
    "vat_amount",
    "quantity",
    "unit",
    "unit_price",
    "period_from_date",
    "period_to_date",
    "cost_center",
    "cost_unit",
    "service_type_id",
    "service_type__name",
    "tax_rate_id",
    "tax_rate__name",
    "item_code",
    "vat_code",
)


def read_content(invoice: Invoice) -> InvoiceContent:
    """This function will read an invoice with its lines; of a credit note also what it credits."""
    return read_contents([invoice])[invoice.pk]


def read_contents(invoices: Sequence[Invoice]) -> dict[int, InvoiceContent]:
    """This function will read invoices with their lines, by id, in a constant number of queries: at most four.

    Their clients are not read here: load the invoices with `select_related("client")`.
    """
    numbers = psa_numbers_of(invoices)
    credited = _credited(invoices)
    lines: dict[int, list[LineContent]] = defaultdict(list)
    currencies = {invoice.pk: invoice.currency for invoice in invoices}
    rows = InvoiceLine.objects.filter(invoice_id__in=currencies).order_by("position", "id")
    # Values, not rows: of ten thousand invoices most of the time would go into making objects.
    for line in rows.values_list(*_OF_A_LINE, named=True):
        lines[line.invoice_id].append(_line(line, currencies[line.invoice_id]))
    return {
        invoice.pk: _content(
            invoice, numbers[invoice.pk], lines[invoice.pk], credited.get(invoice.pk)
        )
        for invoice in invoices
    }


def _content(
    invoice: Invoice, number: str, lines: Iterable[LineContent], credited: Credited | None
) -> InvoiceContent:
    return InvoiceContent(
        # What the PSA calls it, also after Exact has numbered an earlier copy.
        number=number,
        subject=invoice.subject,
        reference=invoice.reference,
        client_name=invoice.client.name,
        sign=invoice.sign,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        exchange_rate=invoice.exchange_rate,
        net=_fitted(invoice.net_amount, invoice.currency),
        vat=_fitted(invoice.vat_amount, invoice.currency),
        gross=_fitted(invoice.gross_amount, invoice.currency),
        lines=tuple(lines),
        credited=credited,
        client_country=invoice.client.country,
        client_vat_number=invoice.client.vat_number,
    )


def _credited(invoices: Sequence[Invoice]) -> dict[int, Credited]:
    """What each credit note credits, and what others take off the same invoice; by the credit note's id."""
    notes = [one for one in invoices if one.kind == InvoiceKind.CREDIT_NOTE and one.original_id]
    if not notes:
        return {}
    originals = Invoice.objects.in_bulk({note.original_id for note in notes})
    others: dict[tuple[int | None, str], dict[int, Decimal]] = defaultdict(dict)
    rows = Invoice.objects.filter(original_id__in=originals, kind=InvoiceKind.CREDIT_NOTE)
    for pk, original_id, currency, gross in rows.order_by().values_list(
        "pk", "original_id", "currency", "gross_amount"
    ):
        others[original_id, currency][pk] = gross
    found = {}
    for note in notes:
        original = originals.get(note.original_id)
        if original is None or original.currency != note.currency:
            continue
        beside = others[original.pk, note.currency]
        by_others = sum((gross for pk, gross in beside.items() if pk != note.pk), Decimal(0))
        found[note.pk] = Credited(str(original), original.gross_amount, by_others)
    return found


def _line(line: Any, currency: str) -> LineContent:
    return LineContent(
        line_id=line.pk,
        position=line.position,
        net=_fitted(line.net_amount, currency),
        description=line.description,
        notes=line.notes,
        percentage=line.tax_rate__percentage,
        own_vat=None if line.vat_amount is None else _fitted(line.vat_amount, currency),
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        # Half a period says nothing that Exact could use.
        period=Period(line.period_from_date, line.period_to_date)
        if line.period_from_date and line.period_to_date
        else None,
        cost_center=line.cost_center,
        cost_unit=line.cost_unit,
        service_type_id=line.service_type_id,
        service_type_name=line.service_type__name or "",
        tax_rate_id=line.tax_rate_id,
        tax_rate_name=line.tax_rate__name or "",
        item_code=line.item_code.strip(),
        vat_code=line.vat_code.strip(),
    )


def _fitted(amount: Decimal, currency: str) -> Decimal:
    """The amount with the currency's decimals; as it is when it has more, which is then named as a gap."""
    return quantize(amount, currency) if fits(amount, currency) else amount
