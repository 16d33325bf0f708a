"""The route "Exact invoice": Exact writes, numbers and sends the invoice; it is booked when it is printed.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from connector.sentences import Sentence, sentence
from integrations.exact import endpoints, sales_invoices
from integrations.exact.client import ExactClient
from integrations.exact.rows import Page
from integrations.exact.sales_invoices import (
    MadeInvoice,
    MadeLine,
    SalesInvoiceDraft,
    SalesInvoiceLineDraft,
)
from integrations.lanes import LaneJob
from integrations.mappings.resolve import Resolution
from integrations.models import Route
from invoices.contacts import ContactMaker
from invoices.customers import CustomerMaker
from invoices.document_changes import (
    AddLine,
    ChangeHeader,
    ChangeLine,
    Comparison,
    Operation,
    Property,
    RemoveLine,
)
from invoices.document_plan import (
    DocumentDraft,
    DocumentPlan,
    InvoiceContent,
    MadeDocument,
    PlannedLine,
    PlanTerms,
    Records,
)
from invoices.document_texts import mark_of
from invoices.models import ContactLink, CopyRequest, ExactRecordState
from invoices.problems import Obstacle, Problem
from invoices.routes.base import CLOCK_MARGIN, DocumentRoute, details_apart, vat_code_apart
from invoices.sales_invoice import plan_invoice


def _booked_apart(
    old: MadeLine, new: SalesInvoiceLineDraft, planned: PlannedLine
) -> Mapping[str, Any]:
    made = (old.amount_fc, old.vat_amount_fc or Decimal(0), old.vat_code, old.quantity, old.item_id)
    if made == (planned.net, planned.vat, new.vat_code, new.quantity, new.item_id):
        return {}
    # Another item brings a price and a VAT code of its own, so they go together.
    return {
        "Item": new.item_id,
        "Quantity": new.quantity,
        "NetPrice": new.net_price,
        "VATCode": new.vat_code,
    }


class ExactInvoiceRoute(DocumentRoute):
    """Invoices become sales invoices of Exact."""

    key = Route.EXACT_INVOICE
    noun = "invoice"
    made_at = endpoints.SALES_INVOICES
    exact_computes_vat = True
    is_sent_by_exact = True
    takes_files = False
    sends_rate = False
    looked_up_together = 1  # each customer's invoices are a list of their own
    comparison = Comparison(
        # Who ordered, who pays and the journal are Exact's for good once the invoice is made.
        header=(
            Property("Type", lambda draft: draft.type, lambda made: made.type),
            Property(
                "InvoiceToContactPerson",
                lambda draft: draft.contact_id,
                lambda made: made.contact_id,
                True,
            ),
            Property("DueDate", lambda draft: draft.due_date, lambda made: made.due_date, True),
            Property("Currency", lambda draft: draft.currency, lambda made: made.currency, True),
            Property("YourRef", lambda draft: draft.your_ref, lambda made: made.your_ref or None),
            Property("Description", lambda draft: draft.description, lambda made: made.description),
            Property(
                "PaymentCondition",
                lambda draft: draft.payment_condition,
                lambda made: made.payment_condition,
                True,
            ),
            Property(
                "PaymentReference",
                lambda draft: draft.payment_reference,
                lambda made: made.payment_reference or None,
            ),
        ),
        line=(
            Property(
                "Description",
                lambda draft: draft.description,
                lambda made: made.description or None,
            ),
            Property("Notes", lambda draft: draft.notes, lambda made: made.notes or None),
            Property("StartTime", lambda draft: draft.from_date, lambda made: made.from_date),
            Property("EndTime", lambda draft: draft.to_date, lambda made: made.to_date),
            Property("CostCenter", lambda draft: draft.cost_center, lambda made: made.cost_center),
            Property("CostUnit", lambda draft: draft.cost_unit, lambda made: made.cost_unit),
        ),
        booked_apart=_booked_apart,
    )

    def plan(
        self,
        *,
        invoice: InvoiceContent,
        resolution: Resolution,
        records: Records,
        terms: PlanTerms,
    ) -> DocumentPlan:
        """Build the sales invoice."""
        return plan_invoice(invoice=invoice, resolution=resolution, records=records, terms=terms)

    def draft(self, stored: Mapping[str, Any]) -> SalesInvoiceDraft:
        """Read the sales invoice as it was frozen."""
        return SalesInvoiceDraft.model_validate(stored)

    def made(self, stored: Mapping[str, Any]) -> MadeInvoice:
        """Read a sales invoice as it was kept."""
        return MadeInvoice.model_validate(stored)

    def records(self, job: LaneJob, request: CopyRequest, obstacle: Obstacle) -> Records | None:
        """The customer, and the person there who receives the invoice (H-30)."""
        customer_id = CustomerMaker(job, request, obstacle).ensure()
        if customer_id is None:
            return None
        contact = request.invoice.contact
        if contact is None or not contact.email:
            return Records(customer_id)
        contact_id = ContactMaker(job, request, customer_id, obstacle).ensure()
        return None if contact_id is None else Records(customer_id, contact_id)

    def create(self, client: ExactClient, draft: DocumentDraft) -> MadeDocument:
        """Make the sales invoice; it is neither numbered nor booked yet."""
        return sales_invoices.create(client, _own(draft))

    def find_sent(
        self, client: ExactClient, sent: Sequence[tuple[CopyRequest, DocumentDraft]]
    ) -> Sequence[MadeDocument]:
        """Read what this customer ordered since the wish was made; there is no number yet to look for."""
        [(request, draft)] = sent
        return sales_invoices.find_made(
            client,
            customer_id=draft.customer_id,
            created_after=request.requested_at - CLOCK_MARGIN,
        )

    def find_taken(
        self, draft: DocumentDraft, found: Sequence[MadeDocument]
    ) -> Sequence[MadeDocument]:
        """What says the same and has no mark of a copy: ours, if a person has changed the description since."""
        invoice = _own(draft)
        total = sum((line.quantity * line.net_price for line in invoice.lines), Decimal(0))
        rounding = Decimal("0.01") * len(invoice.lines)
        return [
            made
            for made in found
            if isinstance(made, MadeInvoice)
            and made.your_ref == (invoice.your_ref or "")
            and not mark_of(made.description)
            # Prices hold the VAT or do not, as the VAT code says.
            and any(
                amount is not None and abs(amount - total) < rounding
                for amount in (made.net_amount_fc, made.amount_fc)
            )
        ]

    def in_the_way(self, request: CopyRequest, taken: Sequence[MadeDocument]) -> Problem:
        """What a person reads of an invoice that may be ours."""
        return Problem(
            "may_be_ours",
            sentence(
                "Exact's answer was lost, and Exact has an invoice made at that time for this customer with the same "
                "reference and amount. It may be this one, but our mark is not in its description."
            ),
            sentence(
                "Look at it in Exact. If it is this invoice, delete it there; then copy again."
            ),
        )

    def refused(self, request: CopyRequest, problem: Problem) -> None:
        """A contact that Exact does not know any more is looked for anew at the next try, whoever shares it."""
        contact_id = (request.payload or {}).get("draft", {}).get("contact_id")
        if problem.code.startswith("contact") and contact_id:
            ContactLink.objects.filter(
                connection=request.connection,
                exact_id=contact_id,
                state=ExactRecordState.LINKED,
            ).update(state=ExactRecordState.REFUSED)

    def get(self, client: ExactClient, exact_id: UUID) -> MadeDocument:
        """Read a sales invoice with its lines."""
        return sales_invoices.get(client, exact_id)

    def read(self, client: ExactClient, exact_ids: Sequence[UUID]) -> Sequence[MadeDocument]:
        """Read sales invoices with their lines."""
        return sales_invoices.read(client, exact_ids)

    def changed_since(
        self, client: ExactClient, since: datetime, *, start: str = ""
    ) -> Iterator[Page[Any]]:
        """Read the sales invoices that were made or changed."""
        return sales_invoices.changed_since(client, since, start=start)

    def line_differences(self, sent: Any, booked: Any) -> Iterator[Sentence]:
        """Compare item, VAT code, period, cost center and cost unit."""
        if booked.item_id != sent.item_id:
            yield sentence("no item") if booked.item_id is None else sentence("another item")
        if sent.vat_code is not None and booked.vat_code != sent.vat_code:
            yield vat_code_apart(booked.vat_code, sent.vat_code)
        yield from details_apart(sent, booked)

    def write(self, client: ExactClient, exact_id: UUID, change: Operation) -> None:
        """Write one change of a sales invoice that is not printed."""
        match change:
            case ChangeHeader(changes):
                sales_invoices.update_header(client, exact_id, changes)
            case ChangeLine(line_id, changes):
                sales_invoices.update_line(client, line_id, changes)
            case AddLine(line) if isinstance(line, SalesInvoiceLineDraft):
                sales_invoices.create_line(client, exact_id, line)
            case RemoveLine(line_id):
                sales_invoices.delete_line(client, line_id)


def _own(draft: DocumentDraft) -> SalesInvoiceDraft:
    if not isinstance(draft, SalesInvoiceDraft):
        raise TypeError(f"Not a sales invoice: {type(draft).__name__}")
    return draft
