"""Builds the sales invoice that Exact writes, numbers and sends, from an invoice whose items and VAT codes are decided.

Pure functions: the builder of the route "Exact invoice". Before: `integrations.mappings.resolve`. After: `posting.py`.
VAT is left to Exact (H-37), which rounds it per line; what it comes to is expected here and compared afterwards.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
"""

from __future__ import annotations

from decimal import Decimal

from connector.money import quantize
from connector.sentences import sentence
from integrations.exact.sales_invoices import (
    SALES_CREDIT_NOTE,
    SALES_INVOICE,
    SalesInvoiceDraft,
    SalesInvoiceLineDraft,
)
from integrations.mappings.resolve import Resolution, ResolvedLine
from invoices.document_plan import (
    DocumentPlan,
    InvoiceContent,
    LineContent,
    NotDecided,
    PlannedLine,
    PlanTerms,
    Records,
    decided,
    plain,
    signed,
)
from invoices.document_texts import clean, marked, one_line, reference, shorten, split_text
from invoices.vat_check import LineVat

# Exact keeps prices with more decimals than amounts; more than these are rounded there.
_PRICE_DECIMALS = Decimal("0.000001")
_ONE = Decimal(1)
_PAYMENT_REFERENCE_LENGTH = 60


def plan_invoice(
    *, invoice: InvoiceContent, resolution: Resolution, records: Records, terms: PlanTerms
) -> DocumentPlan:
    """This function will build the sales invoice of an invoice. Raises NotDecided when the resolution has gaps."""
    check = decided(invoice=invoice, resolution=resolution, exact_computes=True)
    sign = terms.credit_sign if invoice.sign < 0 else 1
    placed = {line.line.line_id: line for line in resolution.lines}
    vats = {line.line_id: line for line in check.lines}
    lines = tuple(
        _line_draft(line, placed[line.line_id], vats[line.line_id], sign, invoice.currency)
        for line in invoice.lines
    )
    draft = SalesInvoiceDraft(
        customer_id=records.customer_id,
        contact_id=records.contact_id,
        ordered_by_contact_id=records.contact_id,
        journal=resolution.journal.code if resolution.journal else "",
        type=SALES_CREDIT_NOTE if invoice.sign < 0 else SALES_INVOICE,
        lines=lines,
        # With a payment condition of ours Exact works the due date out by it.
        due_date=None if terms.payment_condition else invoice.due_date,
        # The customer's own reference is what Exact prints here; without one it is the PSA's number.
        your_ref=reference(invoice.reference) or reference(invoice.number) or None,
        description=marked(one_line(invoice.subject) or invoice.client_name, terms.marker),
        currency=invoice.currency,
        payment_condition=terms.payment_condition or None,
        payment_reference=payment_reference(invoice) or None,
    )
    planned = tuple(
        PlannedLine(line.line_id, signed(line.net, sign), signed(vats[line.line_id].amount, sign))
        for line in invoice.lines
    )
    return DocumentPlan(draft, planned, check)


def payment_reference(invoice: InvoiceContent) -> str:
    """This function will return "Name - Reference" (H-31), or the one of the two that there is."""
    parts = (one_line(invoice.subject), one_line(invoice.reference))
    return shorten(" - ".join(part for part in parts if part), _PAYMENT_REFERENCE_LENGTH)


def quantity_and_price(
    line: LineContent, amount: Decimal, currency: str
) -> tuple[Decimal, Decimal]:
    """This function will return how many at what net price come to exactly the amount to be invoiced (H-36).

    The PSA's own quantity, as long as a price makes the amount of it; else one piece of the whole amount.
    """
    quantity = plain(line.quantity) if line.quantity else _ONE
    prices = [amount / quantity]
    if line.unit_price is not None:
        prices.insert(0, line.unit_price)
    for price in prices:
        fitted = plain(price.quantize(_PRICE_DECIMALS))
        if quantize(quantity * fitted, currency) == amount:
            return quantity, fitted
    return _ONE, plain(amount)


def _line_draft(
    line: LineContent, placed: ResolvedLine, vat: LineVat, sign: int, currency: str
) -> SalesInvoiceLineDraft:
    item, period = placed.item, placed.period
    if item is None:
        raise NotDecided(sentence("Line %(line)s has no item.", line=line.position))
    amount = line.net + vat.amount if vat.vat.includes_vat else line.net
    quantity, price = quantity_and_price(line, amount, currency)
    # "Line number - Line name"; the whole name goes to the notes when it does not fit.
    numbered = f"{line.position} - {clean(line.description)}" if line.description.strip() else ""
    description, notes = split_text(numbered, line.notes)
    return SalesInvoiceLineDraft(
        item_id=item.exact_id,
        quantity=signed(quantity, sign),
        net_price=price,
        vat_code=vat.vat.code,
        description=description or f"{line.position} - {item.description}"[:60],
        notes=notes or None,
        from_date=period.first if period else None,
        to_date=period.last if period else None,
        cost_center=placed.cost_center.code or None,
        cost_unit=placed.cost_unit.code or None,
    )
