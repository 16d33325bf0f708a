"""Builds the sales entry that Exact gets from an invoice whose ledger accounts and VAT codes are decided.

Pure functions: the builder of the route "Booking". Before: `integrations.mappings.resolve`. After: `posting.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connector.sentences import sentence
from integrations.exact.sales_entries import INT32_MAX, SalesEntryDraft, SalesEntryLineDraft
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
from invoices.document_texts import marked, one_line, reference, split_text
from invoices.vat_check import LineVat


def plan_entry(
    *, invoice: InvoiceContent, resolution: Resolution, records: Records, terms: PlanTerms
) -> DocumentPlan:
    """This function will build the sales entry of an invoice. Raises NotDecided when the resolution has gaps.

    Without numbers of the PSA the marker is the reference, so that the entry is found by it.
    """
    check = decided(invoice=invoice, resolution=resolution)
    placed = {line.line.line_id: line for line in resolution.lines}
    vats = {line.line_id: line for line in check.lines}
    lines = [
        _line_draft(line, placed[line.line_id], vats[line.line_id], invoice.sign)
        for line in invoice.lines
    ]
    draft = _draft(invoice, resolution, records, terms, lines)
    planned = tuple(
        PlannedLine(
            line.line_id,
            signed(line.net, invoice.sign),
            signed(vats[line.line_id].amount, invoice.sign),
        )
        for line in invoice.lines
    )
    return DocumentPlan(draft, planned, check)


def numeric_number(number: str) -> int | None:
    """This function will return an invoice number as Exact can take it (Int32, above 0), or None."""
    if not (number.isascii() and number.isdigit()):
        return None
    value = int(number)
    return value if 0 < value <= INT32_MAX else None


def _draft(
    invoice: InvoiceContent,
    resolution: Resolution,
    records: Records,
    terms: PlanTerms,
    lines: Sequence[SalesEntryLineDraft],
) -> SalesEntryDraft:
    # A second document cannot have the number of the first: Exact refuses a number that is in use.
    number = numeric_number(invoice.number) if terms.psa_numbers and terms.use_guard else None
    return SalesEntryDraft(
        customer_id=records.customer_id,
        journal=resolution.journal.code if resolution.journal else "",
        entry_date=invoice.invoice_date,
        due_date=invoice.due_date,
        lines=tuple(lines),
        invoice_number=number,
        entry_number=number,
        your_ref=(reference(invoice.number) if terms.psa_numbers else "") or terms.marker,
        description=marked(one_line(invoice.subject) or invoice.client_name, terms.marker),
        currency=invoice.currency,
        rate=None if invoice.exchange_rate is None else plain(invoice.exchange_rate),
        payment_condition=terms.payment_condition or None,
        document_id=records.document_id,
    )


def _line_draft(
    line: LineContent, placed: ResolvedLine, vat: LineVat, sign: int
) -> SalesEntryLineDraft:
    ledger, period = placed.ledger, placed.period
    if ledger is None:
        raise NotDecided(sentence("Line %(line)s has no ledger account.", line=line.position))
    description, notes = split_text(line.description, line.notes)
    amount: Decimal = line.net + vat.amount if vat.vat.includes_vat else line.net
    return SalesEntryLineDraft(
        amount_fc=signed(amount, sign),
        gl_account_id=ledger.exact_id,
        vat_code=vat.vat.code,
        # Exact computes per line; the amount that was spread over the lines makes the totals agree.
        vat_amount_fc=signed(vat.amount, sign) if vat.vat.charged_fraction else None,
        description=description or None,
        notes=notes or None,
        quantity=None if line.quantity is None else signed(plain(line.quantity), sign),
        from_date=period.first if period else None,
        to_date=period.last if period else None,
        cost_center=placed.cost_center.code or None,
        cost_unit=placed.cost_unit.code or None,
    )
