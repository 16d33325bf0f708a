"""What is kept and told of a document that is in Exact: RELIABILITY A12, A17, K3."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.exact.sales_entries import BookedEntry
from integrations.models import ExactConnection, Numbering
from invoices import adopting
from invoices.models import (
    CopyRequest,
    CopyState,
    DeliveryState,
    Invoice,
    InvoiceState,
    PostedDocument,
    PostedDocumentState,
)
from tests import factories
from tests.factories import NOW
from tests.invoices.lost_copies import (
    CUSTOMER,
    DRAFT,
    ENTRY,
    PAYLOAD,
    made,
    make_request,
    stored,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def adopt(request: CopyRequest, booked: BookedEntry, **named: Any) -> PostedDocument | None:
    with tenant_transaction(request.organization_id):
        return adopting.adopt(
            CopyRequest.objects.get(pk=request.pk), booked, DRAFT, now=NOW, **named
        )


def test_a_copy_that_was_made_as_it_was_sent_is_remembered_with_all_that_exact_said(settings):
    settings.COPY_FIRST_READ_BACKS = 1
    request = make_request()

    document = adopt(request, made(request))

    after = stored(request)
    assert after.documents == [document]
    assert after.request.state == CopyState.COPIED
    assert (after.invoice.state, after.invoice.number) == (InvoiceState.FINALIZED, "27000101")
    [one] = after.documents
    assert (one.exact_id, one.entry_exact_id, one.delivery) == (ENTRY, ENTRY, DeliveryState.NOTHING)
    assert (one.entry_number, one.invoice_number, one.journal_code) == (27000101, 27000101, "70")
    assert (one.customer_exact_id, one.your_ref, one.currency) == (CUSTOMER, "27000101", "EUR")
    assert (one.gross_amount, one.vat_amount) == (Decimal("121.00"), Decimal("21.00"))
    assert (one.content_hash, one.payload, one.payload_hash) == ("c" * 64, PAYLOAD, "d" * 64)
    assert (one.sequence, one.route, one.state) == (1, "booking", PostedDocumentState.CURRENT)
    # The first of a connection is read back at once.
    assert (one.check_due_at, one.created_at, one.updated_at) == (NOW, NOW, NOW)
    assert one.copy_request_id == request.pk
    assert one.connection_id == request.connection_id
    event = after.events[-1]
    assert (event.kind, event.at, event.user) == ("copied", NOW, request.requested_by)
    assert event.sentence == ("Copied to Exact: entry 27000101 in journal 70 of Studio Noord B.V.")
    assert event.details == {
        "entry_id": str(ENTRY),
        "entry_number": 27000101,
        "copy_request": request.pk,
    }


def test_what_exact_did_not_say_is_taken_from_what_was_sent():
    bare = {name: value for name, value in PAYLOAD.items() if name != "content_hash"}
    request = make_request(payload=bare)

    adopt(
        request,
        made(request, journal=None, your_ref="", currency=None, vat_amount_fc=None),
    )

    after = stored(request)
    [one] = after.documents
    assert (one.journal_code, one.your_ref, one.currency) == ("70", "27000101", "EUR")
    assert one.vat_amount is None
    assert one.content_hash == after.invoice.content_hash
    assert one.check_due_at is None
    assert "in journal 70 of" in after.events[-1].sentence


def test_a12_a_difference_is_told_with_the_copy():
    request = make_request()

    adopt(request, made(request, amount_fc=Decimal("120.99")))

    after = stored(request)
    assert after.request.state == CopyState.MISMATCH
    event = after.events[-1]
    assert event.kind == "copy_differs"
    assert event.sentence == (
        "Copied to Exact: entry 27000101 in journal 70 of Studio Noord B.V. "
        "Exact made something else of it: total 120.99 EUR instead of 121.00 EUR."
    )


def test_d5_a_number_that_exact_did_not_keep_is_told():
    request = make_request()

    adopt(request, made(request, entry_number=5))

    assert stored(request).events[-1].sentence == (
        "Copied to Exact: entry 5 in journal 70 of Studio Noord B.V. "
        "Exact gave it number 5 although 27000101 was sent."
    )


@pytest.mark.parametrize(
    ("numbers", "number", "psa_number"),
    [
        ({"invoice_number": 269, "entry_number": 268}, "269", "27000101"),
        ({"invoice_number": None, "entry_number": 268}, "268", "27000101"),
        ({}, "27000101", ""),
    ],
)
def test_d4_where_exact_numbers_its_number_becomes_the_invoices(numbers, number, psa_number):
    request = make_request(numbering=Numbering.EXACT)

    adopt(request, made(request, **numbers))

    invoice = stored(request).invoice
    assert (invoice.number, invoice.psa_number) == (number, psa_number)
    assert invoice.state == InvoiceState.FINALIZED


def test_d4_where_the_psa_numbers_its_number_stays():
    request = make_request()

    adopt(request, made(request, invoice_number=5))

    assert stored(request).invoice.number == "27000101"


def test_a_second_copy_takes_the_place_of_the_first():
    request = make_request()
    with tenant_transaction(request.organization_id):
        invoice = Invoice.objects.get(pk=request.invoice_id)
        connection = ExactConnection.objects.get(pk=request.connection_id)
    first = factories.make_posted_document(
        invoice=invoice, connection=connection, copy_request=request
    )
    bystander = factories.make_posted_document(
        invoice=factories.make_invoice(organization=request.organization), connection=connection
    )

    adopt(request, made(request))

    before, after = stored(request).documents
    assert (before.pk, before.state, before.updated_at) == (
        first.pk,
        PostedDocumentState.SUPERSEDED,
        NOW,
    )
    assert (after.sequence, after.state) == (2, PostedDocumentState.CURRENT)
    with tenant_transaction(request.organization_id):
        bystander.refresh_from_db()
    assert bystander.state == PostedDocumentState.CURRENT


@pytest.mark.parametrize("fence", [6, 8])
def test_a17_a_copy_that_another_worker_ended_is_not_adopted_again(fence):
    request = make_request()

    assert adopt(request, made(request), fence=fence) is None

    after = stored(request)
    assert (after.documents, after.events) == ([], [])
    assert after.invoice.state == InvoiceState.DRAFT


def test_k3_another_document_with_the_mark_takes_the_place_of_one_that_was_deleted():
    request = make_request()

    with tenant_transaction(request.organization_id):
        adopting.take_over(request, made(request), now=NOW)

    after = stored(request)
    [one] = after.documents
    assert (one.exact_id, one.check_due_at) == (ENTRY, NOW)
    event = after.events[-1]
    assert (event.kind, event.at) == ("copy_found", NOW)
    assert event.sentence == (
        "Entry 27000101 is in Exact as a copy of this invoice, and counts now: the one that counted before was "
        "deleted there."
    )
    assert event.details == {"entry_id": str(ENTRY), "copy_request": request.pk}


def test_a17_a_late_answer_to_a_copy_that_was_given_up_is_told_once():
    request = make_request()
    # Another document of the connection is no reason to say nothing.
    factories.make_posted_document(
        invoice=factories.make_invoice(organization=request.organization),
        connection=request.connection,
    )
    with tenant_transaction(request.organization_id):
        adopting.note_stray(request, made(request), now=NOW)

    event = stored(request).events[-1]
    assert (event.kind, event.at) == ("copy_stray", NOW)
    assert event.sentence == (
        "Exact answered late: it made entry 27000101 although this copy had been given up. Delete it in Exact if the "
        "invoice is copied again."
    )
    assert event.details == {"entry_id": str(ENTRY), "copy_request": request.pk}

    adopt(request, made(request))
    count = len(stored(request).events)
    with tenant_transaction(request.organization_id):
        adopting.note_stray(request, made(request), now=NOW)
    assert len(stored(request).events) == count


@pytest.mark.parametrize("syncs", [True, False])
def test_the_payments_of_a_new_copy_are_looked_for_at_once(monkeypatch, syncs):
    request = make_request()
    rung: list[tuple[int, Any]] = []
    monkeypatch.setattr(lanes, "ring", lambda one, at: rung.append((one.pk, at)))
    with tenant_transaction(request.organization_id):
        ExactConnection.objects.filter(pk=request.connection_id).update(sync_payments=syncs)

    adopt(request, made(request))

    assert rung == ([(request.connection_id, NOW)] if syncs else [])
