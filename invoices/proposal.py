"""What copying an invoice would book: read once from our own rows, for the copy dialog and for the copy itself.

The dialog shows it, `drafting.py` freezes it; so what a person saw is what is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Sum

from connector.money import fits, format_money, quantize
from integrations.mappings.facts import ConnectionFacts, CustomerFacts
from integrations.mappings.lines import Period
from integrations.mappings.reading import find_customer_facts, read_facts
from integrations.mappings.resolve import Gap, MappedLine, Resolution, resolve
from integrations.models import ExactConnection, Numbering, Route, Sending
from invoices.client_costs import reading as client_costs
from invoices.copy_choices import CopyChoices
from invoices.document_plan import (
    Credited,
    DocumentPlan,
    InvoiceContent,
    LineContent,
    PlanTerms,
    Records,
    check_invoice_vat,
)
from invoices.document_texts import clean
from invoices.doubts import find_doubts, find_notes
from invoices.models import Invoice, InvoiceKind, InvoiceLine
from invoices.psa_numbers import psa_number_of
from invoices.recipients import Recipient, find_recipient
from invoices.routes import DocumentRoute, route_of
from invoices.vat_check import VatCheck

_IN_THE_PSA = "Correct the invoice in the PSA and import it again."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be booked, and every gap that stands in the way. `check` is None while a line has no VAT code.

    `doubts` are all that a person has to confirm; those that were not are among the gaps. `sending` and `recipient` say
    how Exact sends the invoice where it is Exact that does.
    """

    route: DocumentRoute
    content: InvoiceContent
    facts: ConnectionFacts
    customer: CustomerFacts | None
    resolution: Resolution
    check: VatCheck | None
    gaps: tuple[Gap, ...]
    doubts: tuple[Gap, ...]
    notes: tuple[str, ...]
    sending: str
    recipient: Recipient

    def plan(self, *, records: Records, terms: PlanTerms) -> DocumentPlan:
        """This function will build the document. Raises NotDecided."""
        return self.route.plan(
            invoice=self.content, resolution=self.resolution, records=records, terms=terms
        )


def propose(
    *,
    invoice: Invoice,
    connection: ExactConnection,
    choices: CopyChoices,
    route: Route | str = "",
) -> Proposal:
    """This function will work out what the choices come to, and name everything that is missing at once.

    `route` is the one that a document was made by; by default it is the connection's.
    """
    way = route_of(route or connection.route)
    content = read_content(invoice)
    facts = read_facts(
        connection,
        item_ids=choices.item_ids,
        item_codes={line.item_code for line in content.lines},
    )
    facts = replace(facts, route=Route(way.key))
    customer = (
        find_customer_facts(connection, choices.customer_exact_id)
        if choices.customer_exact_id
        else None
    )
    resolution = resolve(
        facts=facts,
        chosen=choices,
        lines=[_mapped(line) for line in content.lines],
        currency=content.currency,
        customer=customer,
        day=content.invoice_date,
        buyer=content.buyer(facts.country),
        client=client_costs.read(facts, connection, invoice),
    )
    check = check_invoice_vat(
        invoice=content, resolution=resolution, exact_computes=way.exact_computes_vat
    )
    sending = (choices.sending or facts.sending) if way.is_sent_by_exact else ""
    recipient = find_recipient(invoice, customer, is_new_customer=choices.customer_exact_id is None)
    doubts = tuple(find_doubts(content, check, is_sent_by_exact=way.is_sent_by_exact))
    gaps = (
        *_content_gaps(content, psa_numbers=connection.numbering == Numbering.PSA),
        *resolution.gaps,
        *_sending_gaps(sending, recipient),
        *(() if choices.accept_difference else doubts),
    )
    return Proposal(
        route=way,
        content=content,
        facts=facts,
        customer=customer,
        resolution=resolution,
        check=check,
        gaps=gaps,
        doubts=doubts,
        notes=tuple(find_notes(content, check)) if way.is_sent_by_exact else (),
        sending=sending,
        recipient=recipient,
    )


def read_content(invoice: Invoice) -> InvoiceContent:
    """This function will read an invoice with its lines; of a credit note also what it credits."""
    lines = (
        InvoiceLine.objects.filter(invoice=invoice)
        .select_related("tax_rate", "service_type")
        .order_by("position", "id")
    )
    return InvoiceContent(
        # What the PSA calls it, also after Exact has numbered an earlier copy.
        number=psa_number_of(invoice),
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
        lines=tuple(_line(line, invoice.currency) for line in lines),
        credited=_credited(invoice),
        client_country=invoice.client.country,
        client_vat_number=invoice.client.vat_number,
    )


def _credited(invoice: Invoice) -> Credited | None:
    original = invoice.original if invoice.kind == InvoiceKind.CREDIT_NOTE else None
    if original is None or original.currency != invoice.currency:
        return None
    others = Invoice.objects.filter(
        original=original, kind=InvoiceKind.CREDIT_NOTE, currency=invoice.currency
    ).exclude(pk=invoice.pk)
    return Credited(
        str(original),
        original.gross_amount,
        others.aggregate(sum=Sum("gross_amount"))["sum"] or Decimal(0),
    )


def _line(line: InvoiceLine, currency: str) -> LineContent:
    return LineContent(
        line_id=line.pk,
        position=line.position,
        net=_fitted(line.net_amount, currency),
        description=line.description,
        notes=line.notes,
        percentage=line.tax_rate.percentage if line.tax_rate else None,
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
        service_type_name=line.service_type.name if line.service_type else "",
        tax_rate_id=line.tax_rate_id,
        tax_rate_name=line.tax_rate.name if line.tax_rate else "",
        item_code=line.item_code.strip(),
        vat_code=line.vat_code.strip(),
    )


def _fitted(amount: Decimal, currency: str) -> Decimal:
    """The amount with the currency's decimals; as it is when it has more, which is then named as a gap."""
    return quantize(amount, currency) if fits(amount, currency) else amount


def _mapped(line: LineContent) -> MappedLine:
    return MappedLine(
        line_id=line.line_id,
        position=line.position,
        description=line.description,
        service_type_id=line.service_type_id,
        service_type_name=line.service_type_name,
        tax_rate_id=line.tax_rate_id,
        tax_rate_name=line.tax_rate_name,
        percentage=line.percentage,
        cost_center=line.cost_center,
        cost_unit=line.cost_unit,
        period=line.period,
        item_code=line.item_code,
        vat_code=line.vat_code,
    )


def _content_gaps(content: InvoiceContent, *, psa_numbers: bool) -> Iterator[Gap]:
    if not content.lines:
        yield Gap("no_lines", "The invoice has no lines.", _IN_THE_PSA)
        return
    if psa_numbers and not clean(content.number):
        yield Gap(
            "number_missing",
            "The invoice has no number, and the PSA is the one to number invoices.",
            "Give the invoice a number in the PSA, or let Exact number invoices in the connection's settings.",
        )
    for line in content.lines:
        if not fits(line.net, content.currency):
            yield Gap(
                "amount_does_not_fit",
                f"Line {line.position}: {format_money(line.net, content.currency)} has more decimals than the currency.",
                _IN_THE_PSA,
                line.line_id,
            )
    net = sum(line.net for line in content.lines)
    if net != content.net or content.net + content.vat != content.gross:
        yield Gap(
            "totals_differ",
            f"The lines add up to {format_money(net + content.vat, content.currency)} including VAT, "
            f"the invoice says {format_money(content.gross, content.currency)}.",
            _IN_THE_PSA,
        )


def _sending_gaps(sending: str, recipient: Recipient) -> Iterator[Gap]:
    if sending == Sending.EMAIL and recipient.is_missing:
        yield Gap(
            "email_missing",
            "Exact is to e-mail the invoice, and no e-mail address is known.",
            "Give the contact an e-mail address in the PSA, or choose another way to send.",
        )
