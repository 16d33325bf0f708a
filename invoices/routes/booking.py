"""The route "Booking": the PSA sends the invoice, Exact gets it as a sales entry that is booked at once.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from connector.sentences import Sentence, sentence
from integrations.exact import endpoints, sales_entries
from integrations.exact.client import ExactClient
from integrations.exact.rows import Page
from integrations.exact.sales_entries import (
    BookedEntry,
    BookedLine,
    SalesEntryDraft,
    SalesEntryLineDraft,
    SentEntry,
)
from integrations.lanes import LaneJob
from integrations.mappings.resolve import Resolution
from integrations.models import Route
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
from invoices.entry_documents import put_files
from invoices.models import CopyRequest
from invoices.problems import Obstacle
from invoices.routes.base import DocumentRoute, details_apart, vat_code_apart
from invoices.sales_entry import plan_entry


def _booked_apart(
    old: BookedLine, new: SalesEntryLineDraft, planned: PlannedLine
) -> Mapping[str, Any]:
    # What was booked is compared without VAT: with codes that include it, what is sent is not what is kept.
    booked = (old.amount_fc, old.vat_amount_fc or Decimal(0), old.vat_code)
    if booked == (planned.net, planned.vat, new.vat_code):
        return {}
    # Exact computes VAT anew from whichever of these is sent, so they go together.
    changes: dict[str, Any] = {"AmountFC": new.amount_fc, "VATCode": new.vat_code}
    return changes | ({} if new.vat_amount_fc is None else {"VATAmountFC": new.vat_amount_fc})


class BookingRoute(DocumentRoute):
    """Invoices become sales entries."""

    key = Route.BOOKING
    noun = "entry"
    made_at = endpoints.SALES_ENTRIES
    exact_computes_vat = False
    is_sent_by_exact = False
    takes_files = True
    sends_rate = True
    looked_up_together = 15  # an address of about two thousand characters
    comparison = Comparison(
        # Numbers are not compared, since Exact may have given its own (D-5); nor is the journal, since an entry does
        # not move to another number range.
        header=(
            Property("Customer", lambda draft: draft.customer_id, lambda made: made.customer_id),
            Property("EntryDate", lambda draft: draft.entry_date, lambda made: made.entry_date),
            Property("DueDate", lambda draft: draft.due_date, lambda made: made.due_date, True),
            Property("Currency", lambda draft: draft.currency, lambda made: made.currency, True),
            Property("Rate", lambda draft: draft.rate, lambda made: made.rate, True),
            Property("YourRef", lambda draft: draft.your_ref, lambda made: made.your_ref),
            Property("Description", lambda draft: draft.description, lambda made: made.description),
            Property(
                "PaymentCondition",
                lambda draft: draft.payment_condition,
                lambda made: made.payment_condition,
                True,
            ),
        ),
        line=(
            Property(
                "GLAccount", lambda draft: draft.gl_account_id, lambda made: made.gl_account_id
            ),
            Property(
                "Description",
                lambda draft: draft.description,
                lambda made: made.description or None,
            ),
            Property("Quantity", lambda draft: draft.quantity, lambda made: made.quantity, True),
            Property("CostCenter", lambda draft: draft.cost_center, lambda made: made.cost_center),
            Property("CostUnit", lambda draft: draft.cost_unit, lambda made: made.cost_unit),
            Property("From", lambda draft: draft.from_date, lambda made: made.from_date),
            Property("To", lambda draft: draft.to_date, lambda made: made.to_date),
        ),
        booked_apart=_booked_apart,
        not_read_back={"notes": "Notes"},
    )

    def plan(
        self,
        *,
        invoice: InvoiceContent,
        resolution: Resolution,
        records: Records,
        terms: PlanTerms,
    ) -> DocumentPlan:
        """Build the sales entry."""
        return plan_entry(invoice=invoice, resolution=resolution, records=records, terms=terms)

    def draft(self, stored: Mapping[str, Any]) -> SalesEntryDraft:
        """Read the sales entry as it was frozen."""
        return SalesEntryDraft.model_validate(stored)

    def made(self, stored: Mapping[str, Any]) -> BookedEntry:
        """Read a sales entry as it was kept."""
        return BookedEntry.model_validate(stored)

    def records(self, job: LaneJob, request: CopyRequest, obstacle: Obstacle) -> Records | None:
        """The customer, and the document with the invoice's files (B-9)."""
        customer_id = CustomerMaker(job, request, obstacle).ensure()
        if customer_id is None:
            return None
        return put_files(job, request, Records(customer_id), obstacle)

    def create(self, client: ExactClient, draft: DocumentDraft) -> MadeDocument:
        """Post the sales entry; it is booked then."""
        return sales_entries.create(client, _own(draft))

    def find_sent(
        self, client: ExactClient, sent: Sequence[tuple[CopyRequest, DocumentDraft]]
    ) -> Sequence[MadeDocument]:
        """Read what has our references or our numbers in the journal."""
        entries = [(request.your_ref, _own(draft)) for request, draft in sent]
        return sales_entries.find_sent(
            client,
            [SentEntry(ref, entry.journal, entry.entry_number) for ref, entry in entries],
        )

    def find_taken(
        self, draft: DocumentDraft, found: Sequence[MadeDocument]
    ) -> Sequence[MadeDocument]:
        """What holds the number we asked for; numbers begin anew with each year."""
        entry = _own(draft)
        return [
            made
            for made in found
            if isinstance(made, BookedEntry)
            and made.entry_number == entry.entry_number
            and made.journal in {None, entry.journal}
            and (made.entry_date is None or made.entry_date.year == entry.entry_date.year)
        ]

    def get(self, client: ExactClient, exact_id: UUID) -> MadeDocument:
        """Read a sales entry with its lines."""
        return sales_entries.get(client, exact_id)

    def read(self, client: ExactClient, exact_ids: Sequence[UUID]) -> Sequence[MadeDocument]:
        """Read sales entries with their lines."""
        return sales_entries.read(client, exact_ids)

    def changed_since(
        self, client: ExactClient, since: datetime, *, start: str = ""
    ) -> Iterator[Page[Any]]:
        """Read the sales entries that were made or changed."""
        return sales_entries.changed_since(client, since, start=start)

    def line_differences(self, sent: Any, booked: Any) -> Iterator[Sentence]:
        """Compare ledger account, VAT code, period, cost center and cost unit."""
        if booked.gl_account_id is None:
            yield sentence("no ledger account")
        elif booked.gl_account_id != sent.gl_account_id:
            yield sentence("another ledger account")
        if sent.vat_code is not None and booked.vat_code != sent.vat_code:
            yield vat_code_apart(booked.vat_code, sent.vat_code)
        yield from details_apart(sent, booked)

    def write(self, client: ExactClient, exact_id: UUID, change: Operation) -> None:
        """Write one change of a sales entry."""
        match change:
            case ChangeHeader(changes):
                sales_entries.update_header(client, exact_id, changes)
            case ChangeLine(line_id, changes):
                sales_entries.update_line(client, line_id, changes)
            case AddLine(line) if isinstance(line, SalesEntryLineDraft):
                sales_entries.create_line(client, exact_id, line)
            case RemoveLine(line_id):
                sales_entries.delete_line(client, line_id)


def _own(draft: DocumentDraft) -> SalesEntryDraft:
    if not isinstance(draft, SalesEntryDraft):
        raise TypeError(f"Not a sales entry: {type(draft).__name__}")
    return draft
