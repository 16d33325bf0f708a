"""Copies that were sent to Exact, and what is found there: rows and documents for table tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from integrations.exact.sales_entries import BookedEntry, SalesEntryDraft, SalesEntryLineDraft
from integrations.lanes import LaneJob
from integrations.models import ExactConnection, Numbering
from invoices.models import (
    CopyRequest,
    CopyState,
    Invoice,
    InvoiceEvent,
    PostedDocument,
)
from tests import factories
from tests.factories import NOW

CUSTOMER, LEDGER, ENTRY = UUID(int=1), UUID(int=3), UUID(int=4)
DRAFT = SalesEntryDraft(
    customer_id=CUSTOMER,
    journal="70",
    entry_date=date(2026, 11, 20),
    entry_number=27_000_101,
    currency="EUR",
    your_ref="27000101",
    lines=(SalesEntryLineDraft(amount_fc=Decimal(100), gl_account_id=LEDGER, vat_code="2"),),
)
PAYLOAD = {
    "draft": DRAFT.model_dump(mode="json"),
    "gross": "121.00",
    "vat": "21.00",
    "line_nets": ["100.00"],
    "content_hash": "c" * 64,
}


def make_request(state: CopyState = CopyState.UNKNOWN, **fields: Any) -> CopyRequest:
    """A copy that was sent, and whose answer was lost."""
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False)
    with tenant_transaction(organization.pk):
        connection.division_name = "Studio Noord B.V."
        connection.numbering = fields.pop("numbering", Numbering.PSA)
        connection.save()
    return make_another(organization, connection, state, **fields)


def another(request: CopyRequest, state: CopyState, **fields: Any) -> CopyRequest:
    """Another copy over the same connection."""
    return make_another(request.organization, request.connection, state, **fields)


def make_another(
    organization: Organization, connection: ExactConnection, state: CopyState, **fields: Any
) -> CopyRequest:
    user = factories.make_user(organization=organization)
    invoice = factories.make_invoice(organization=organization, number="27000101")
    defaults: dict[str, Any] = {
        "payload": PAYLOAD,
        "payload_hash": "d" * 64,
        "requested_by": user,
        "attempt_count": 1,
        "fence": 7,
    }
    request = factories.make_copy_request(
        invoice=invoice, connection=connection, state=state, **defaults | fields
    )
    request.organization = organization
    return request


def made(request: CopyRequest | None = None, **fields: Any) -> BookedEntry:
    """The entry that Exact made of a copy; without one it is somebody else's."""
    values: dict[str, Any] = {
        "entry_id": ENTRY,
        "entry_number": 27_000_101,
        "invoice_number": 27_000_101,
        "amount_fc": Decimal("121.00"),
        "vat_amount_fc": Decimal("21.00"),
        "currency": "EUR",
        "customer_id": CUSTOMER,
        "journal": "70",
        "your_ref": "27000101",
        "description": f"Website [{request.marker}]" if request else "Rent",
        "entry_date": date(2026, 11, 20),
    }
    return BookedEntry.model_construct(**values | fields)


@dataclass
class Stored:
    """What is in our database of a copy."""

    request: CopyRequest
    invoice: Invoice
    documents: list[PostedDocument]
    events: list[InvoiceEvent]


def stored(request: CopyRequest) -> Stored:
    with tenant_transaction(request.organization_id):
        return Stored(
            CopyRequest.objects.get(pk=request.pk),
            Invoice.objects.get(pk=request.invoice_id),
            list(PostedDocument.objects.filter(invoice=request.invoice_id).order_by("sequence")),
            list(InvoiceEvent.objects.filter(invoice=request.invoice_id).order_by("id")),
        )


CLIENT: Any = object()


def look(request: CopyRequest, look_up: Callable[[LaneJob, CopyRequest], None]) -> None:
    """Let the lane's worker look a copy up."""
    job = LaneJob(
        organization_id=request.organization_id,
        connection_id=request.connection_id,
        client=CLIENT,
        fence=7,
        worker="worker-3",
        now=lambda: NOW,
        still_ours=lambda: True,
    )
    with tenant_transaction(request.organization_id):
        fresh = CopyRequest.objects.select_related("invoice", "connection").get(pk=request.pk)
    look_up(job, fresh)
