"""A sales invoice that Exact was asked to write: made first, sent next, and what is told of it (RELIABILITY A12, A22)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.exact.sales_invoices import MadeInvoice, SalesInvoiceDraft, SalesInvoiceLineDraft
from integrations.models import ExactConnection, Route
from invoices import adopting, looking_up
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    DeliveryState,
    InvoiceState,
    PostedDocument,
)
from invoices.routes.exact_invoice import ExactInvoiceRoute
from tests import factories
from tests.factories import NOW
from tests.invoices.lost_copies import CUSTOMER, ENTRY, look, make_request, stored

pytestmark = pytest.mark.django_db

ITEM = UUID(int=9)
MINUTE = timedelta(minutes=1)
DRAFT = SalesInvoiceDraft(
    customer_id=CUSTOMER,
    journal="70",
    currency="EUR",
    lines=(SalesInvoiceLineDraft(item_id=ITEM, quantity=Decimal(1), net_price=Decimal(100)),),
)
PAYLOAD = {
    "draft": DRAFT.model_dump(mode="json"),
    "gross": "121.00",
    "vat": "21.00",
    "line_nets": ["100.00"],
}


def request_of_invoice(state: CopyState = CopyState.UNKNOWN, **fields: Any) -> CopyRequest:
    return make_request(state, route=Route.EXACT_INVOICE, payload=PAYLOAD, **fields)


def made(request: CopyRequest, **fields: Any) -> MadeInvoice:
    values: dict[str, Any] = {
        "exact_id": ENTRY,
        "invoice_number": None,
        "amount_fc": Decimal("121.00"),
        "vat_amount_fc": Decimal("21.00"),
        "currency": "EUR",
        "customer_id": CUSTOMER,
        "journal": "71",
        "description": f"Website [{request.marker}]",
    }
    return MadeInvoice.model_construct(**values | fields)


def adopt(request: CopyRequest, booked: MadeInvoice) -> None:
    with tenant_transaction(request.organization_id):
        adopting.adopt(CopyRequest.objects.get(pk=request.pk), booked, DRAFT, now=NOW)


def sendings(request: CopyRequest) -> list[CopyRequest]:
    with tenant_transaction(request.organization_id):
        return list(CopyRequest.objects.filter(invoice=request.invoice_id, kind=CopyKind.SEND))


def test_an_invoice_that_exact_made_is_sent_next():
    request = request_of_invoice()

    adopt(request, made(request))

    after = stored(request)
    # It has no number yet, so it is final only when it was sent.
    assert after.invoice.state == InvoiceState.DRAFT
    [document] = after.documents
    assert (document.route, document.delivery) == (Route.EXACT_INVOICE, DeliveryState.WAITING)
    assert (document.exact_id, document.entry_exact_id, document.journal_code) == (
        ENTRY,
        None,
        "71",
    )
    [sending] = sendings(request)
    assert sending.choices["document_exact_id"] == str(ENTRY)
    assert (sending.state, sending.requested_at) == (CopyState.QUEUED, NOW)
    assert sending.requested_by == request.requested_by
    event = next(one for one in after.events if one.kind == "copy_made")
    assert (event.at, event.user) == (NOW, request.requested_by)
    assert event.sentence == (
        "The invoice was made in Exact, journal 71 of Studio Noord B.V. It is numbered and sent next."
    )
    assert event.details == {"invoice_id": str(ENTRY), "copy_request": request.pk}


def test_a12_an_invoice_that_exact_made_otherwise_is_not_sent_before_a_person_saw_it():
    request = request_of_invoice()

    adopt(request, made(request, amount_fc=Decimal("120.99"), journal=None))

    after = stored(request)
    assert after.request.state == CopyState.MISMATCH
    assert sendings(request) == []
    [event] = after.events
    assert event.kind == "copy_differs"
    assert event.sentence == (
        "The invoice was made in Exact, journal 70 of Studio Noord B.V. "
        "Exact made something else of it: total 120.99 EUR instead of 121.00 EUR. It was not sent."
    )


@pytest.mark.parametrize("amount", ["121.00", "120.99"])
def test_a12_an_updated_invoice_that_waits_is_sent_when_it_is_right(amount):
    request = request_of_invoice(CopyState.SENDING, kind=CopyKind.UPDATE)
    with tenant_transaction(request.organization_id):
        connection = ExactConnection.objects.get(pk=request.connection_id)
    document = factories.make_posted_document(
        invoice=stored(request).invoice,
        connection=connection,
        copy_request=request,
        exact_id=ENTRY,
        entry_number=None,
        invoice_number=None,
        route=Route.EXACT_INVOICE,
        delivery=DeliveryState.WAITING,
    )
    with tenant_transaction(request.organization_id):
        adopting.updated(
            CopyRequest.objects.get(pk=request.pk),
            PostedDocument.objects.get(pk=document.pk),
            made(request, amount_fc=Decimal(amount)),
            DRAFT,
            changed=True,
            now=NOW + MINUTE,
            fence=7,
        )

    events = [str(one.sentence) for one in stored(request).events if one.kind != "send_queued"]
    assert events[0].startswith("The invoice in Exact was updated.")
    queued = sendings(request)
    if amount == "120.99":
        assert queued == []
        return
    [sending] = queued
    assert (sending.requested_at, sending.choices["document_exact_id"]) == (
        NOW + MINUTE,
        str(ENTRY),
    )


def test_an_invoice_is_named_by_its_number_once_it_has_one():
    request = request_of_invoice()
    booking = make_request()

    with tenant_transaction(request.organization_id):
        assert adopting.name_of(request, made(request)) == "the invoice"
        assert adopting.name_of(request, made(request, invoice_number=17)) == "invoice 17"
        assert adopting.name_of(booking, made(request)) == "the entry"
        assert adopting.name_of(booking, made(request, invoice_number=17)) == "entry 17"


def test_a22_an_invoice_that_exact_has_twice_is_told_by_its_numbers(monkeypatch):
    request = request_of_invoice()
    other = UUID(int=77)
    found = [made(request, invoice_number=17), made(request, exact_id=other)]
    monkeypatch.setattr(ExactInvoiceRoute, "find_sent", lambda *_given: found)

    look(request, looking_up.look_up)

    after = stored(request).request
    assert (after.state, after.problem_code) == (CopyState.CONFLICT, "booked_twice")
    assert after.problem_sentence == f"Exact has this invoice 2 times: invoices 17, {other}."


def test_a10_what_a_refusal_means_besides_is_written_down(monkeypatch):
    request = request_of_invoice(problem_code="contact_gone", problem_sentence="No contact.")
    heard: list[Any] = []
    monkeypatch.setattr(ExactInvoiceRoute, "find_sent", lambda *_given: [])
    monkeypatch.setattr(ExactInvoiceRoute, "refused", lambda _route, *given: heard.append(given))

    look(request, looking_up.look_up)

    [(told_of, problem)] = heard
    assert (told_of.pk, problem.code, problem.sentence) == (
        request.pk,
        "contact_gone",
        "No contact.",
    )
    assert stored(request).request.state == CopyState.NEEDS_CHOICE
