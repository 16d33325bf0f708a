"""What copying an invoice would book: decided in one place for the copy dialog, the copy itself, and many before a bulk copy.

The dialog shows it, `drafting.py` freezes it, `preflight` looks at many; so what a person saw is what is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy

from connector.money import fits
from connector.sentences import Money, sentence, together
from integrations.mappings.costs import ClientCosts
from integrations.mappings.facts import ConnectionFacts, CustomerFacts
from integrations.mappings.reading import find_customer_facts, read_facts
from integrations.mappings.resolve import Gap, MappedLine, Resolution, resolve
from integrations.models import ExactConnection, Route, Sending
from invoices.client_costs import reading as client_costs
from invoices.contents import read_content
from invoices.copy_choices import CopyChoices
from invoices.document_plan import (
    DocumentPlan,
    InvoiceContent,
    LineContent,
    PlanTerms,
    Records,
    check_invoice_vat,
)
from invoices.document_texts import clean
from invoices.doubts import find_doubts, find_notes
from invoices.models import Invoice
from invoices.recipients import Recipient, find_recipient
from invoices.routes import DocumentRoute, route_of
from invoices.vat_check import VatCheck

_IN_THE_PSA = gettext_lazy("Correct the invoice in the PSA and import it again.")


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
    customer = (
        find_customer_facts(connection, choices.customer_exact_id)
        if choices.customer_exact_id
        else None
    )
    return decide(
        content=content,
        facts=facts,
        customer=customer,
        costs=client_costs.read(facts, connection, invoice),
        recipient=find_recipient(
            invoice, customer, is_new_customer=choices.customer_exact_id is None
        ),
        way=way,
        choices=choices,
    )


def decide(
    *,
    content: InvoiceContent,
    facts: ConnectionFacts,
    customer: CustomerFacts | None,
    costs: ClientCosts,
    recipient: Recipient,
    way: DocumentRoute,
    choices: CopyChoices,
) -> Proposal:
    """This function will decide what is booked from what was read: the one rule for the dialog, the copy and many at once.

    Pure: it reads nothing. `customer` is the chosen account as mirrored, `costs` the client's rule for cost centers.
    """
    facts = replace(facts, route=Route(way.key))
    resolution = resolve(
        facts=facts,
        chosen=choices,
        lines=[_mapped(line) for line in content.lines],
        currency=content.currency,
        customer=customer,
        day=content.invoice_date,
        buyer=content.buyer(facts.country),
        client=costs,
    )
    check = check_invoice_vat(
        invoice=content, resolution=resolution, exact_computes=way.exact_computes_vat
    )
    sending = (choices.sending or facts.sending) if way.is_sent_by_exact else ""
    doubts = tuple(find_doubts(content, check, is_sent_by_exact=way.is_sent_by_exact))
    gaps = (
        *_content_gaps(content, psa_numbers=facts.psa_numbers),
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
        yield Gap("no_lines", sentence("The invoice has no lines."), together(_IN_THE_PSA))
        return
    if psa_numbers and not clean(content.number):
        yield Gap(
            "number_missing",
            sentence("The invoice has no number, and the PSA is the one to number invoices."),
            sentence(
                "Give the invoice a number in the PSA, or let Exact number invoices in the connection's settings."
            ),
        )
    for line in content.lines:
        if not fits(line.net, content.currency):
            yield Gap(
                "amount_does_not_fit",
                sentence(
                    "Line %(line)s: %(amount)s has more decimals than the currency.",
                    line=line.position,
                    amount=Money(line.net, content.currency),
                ),
                together(_IN_THE_PSA),
                line.line_id,
            )
    net = sum(line.net for line in content.lines)
    if net != content.net or content.net + content.vat != content.gross:
        yield Gap(
            "totals_differ",
            sentence(
                "The lines add up to %(lines)s including VAT, the invoice says %(total)s.",
                lines=Money(net + content.vat, content.currency),
                total=Money(content.gross, content.currency),
            ),
            together(_IN_THE_PSA),
        )


def _sending_gaps(sending: str, recipient: Recipient) -> Iterator[Gap]:
    if sending == Sending.EMAIL and recipient.is_missing:
        yield Gap(
            "email_missing",
            sentence("Exact is to e-mail the invoice, and no e-mail address is known."),
            sentence(
                "Give the contact an e-mail address in the PSA, or choose another way to send."
            ),
        )
