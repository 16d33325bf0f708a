"""What is kept and told of a document in Exact that was brought up to date: RELIABILITY A12, A17."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.exact.sales_entries import BookedEntry
from invoices import adopting
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
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


def update(
    request: CopyRequest, document: PostedDocument, booked: BookedEntry, **named: Any
) -> None:
    values: dict[str, Any] = {"changed": True, "fence": 7}
    with tenant_transaction(request.organization_id):
        adopting.updated(
            CopyRequest.objects.get(pk=request.pk),
            PostedDocument.objects.get(pk=document.pk),
            booked,
            DRAFT,
            now=NOW + MINUTE,
            **values | named,
        )


@pytest.fixture
def posted():
    """A document in Exact, and the copy that is to bring it up to date."""
    request = make_request(CopyState.SENDING, kind=CopyKind.UPDATE)
    with tenant_transaction(request.organization_id):
        invoice = Invoice.objects.get(pk=request.invoice_id)
    document = factories.make_posted_document(
        invoice=invoice,
        connection=request.connection,
        copy_request=request,
        # All of it was something else before.
        gross_amount="1.00",
        vat_amount="1.00",
        currency="USD",
        your_ref="Before",
        journal_code="69",
    )
    return request, document


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (True, "Entry 27000101 in Exact was updated."),
        (
            False,
            "Entry 27000101 in Exact already says what the invoice says and was not changed.",
        ),
    ],
)
def test_an_updated_document_is_remembered_as_exact_has_it_now(posted, changed, sentence):
    request, document = posted

    update(request, document, made(request), changed=changed)

    after = stored(request)
    [one] = after.documents
    assert (one.gross_amount, one.vat_amount) == (Decimal("121.00"), Decimal("21.00"))
    assert (one.customer_exact_id, one.currency, one.your_ref) == (CUSTOMER, "EUR", "27000101")
    assert (one.entry_number, one.invoice_number, one.journal_code) == (27000101, 27000101, "70")
    assert (one.content_hash, one.payload, one.payload_hash) == ("c" * 64, PAYLOAD, "d" * 64)
    assert (one.updated_at, one.seen_at) == (NOW + MINUTE, NOW + MINUTE)
    assert one.seen_gross_amount == Decimal("121.00")
    assert after.request.state == CopyState.COPIED
    event = after.events[-1]
    assert (event.kind, event.at, event.user) == (
        "copy_updated",
        NOW + MINUTE,
        request.requested_by,
    )
    assert event.sentence == sentence
    assert event.details == {"entry_id": str(ENTRY), "copy_request": request.pk}


def test_a12_an_update_that_exact_made_otherwise_is_told(posted):
    request, document = posted

    update(request, document, made(request, amount_fc=Decimal(1), currency=None, journal=None))

    after = stored(request)
    assert after.request.state == CopyState.MISMATCH
    assert (after.documents[0].currency, after.documents[0].journal_code) == ("EUR", "70")
    assert after.events[-1].kind == "copy_differs"
    assert after.events[-1].sentence == (
        "Entry 27000101 in Exact was updated. "
        "Exact made something else of it: total 1.00 EUR instead of 121.00 EUR."
    )


def test_a17_an_update_that_another_worker_ended_changes_nothing(posted):
    request, document = posted

    update(request, document, made(request), fence=6)

    after = stored(request)
    assert (after.documents[0].updated_at, after.events) == (document.updated_at, [])
