"""Taking back that an invoice was linked to an entry in Exact (B-21): what it gives back, what it keeps, what it refuses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations.models import Numbering
from invoices import checks
from invoices.models import CopyKind, CopyState, Invoice, InvoiceEvent, PostedDocument
from payments.models import Payment, Removal
from tests import factories
from tests.payments.test_linking import (
    NUMBER,
    add,
    agency,
    calls_out,
    document_of,
    in_exact,
    page,
    sure_pair,
)
from tests.payments.test_views import Agency

__all__ = ["agency", "calls_out"]
pytestmark = pytest.mark.django_db
WHY = "It belongs to the invoice of March."


def link(agency, invoice, term):
    agency.browser().post(f"/invoices/{invoice.pk}/link/", {"entry": str(term.entry_exact_id)})


def unlink(agency, invoice, reason=WHY):
    answer = agency.browser().post(
        f"/invoices/{invoice.pk}/unlink/", {"reason": reason}, follow=True
    )
    return answer.status_code, " ".join(unescape(answer.content.decode()).split())


def read(agency, invoice) -> Invoice:
    with tenant_transaction(agency.organization.pk):
        return Invoice.objects.get(pk=invoice.pk)


def test_the_invoice_is_as_before_and_its_history_keeps_both(agency, calls_out):
    invoice, term = sure_pair(agency)
    with tenant_transaction(agency.organization.pk):
        term.status, term.last_payment_date = 50, date(2026, 11, 21)
        term.save()
    link(agency, invoice, term)
    assert read(agency, invoice).payment_status != "open"
    assert "Unlink" in page(agency, f"/invoices/{invoice.pk}/")

    status, text = unlink(agency, invoice)

    assert status == 200
    assert f"no longer linked to entry {NUMBER}. Nothing was changed in Exact." in text
    row = read(agency, invoice)
    assert (row.state, row.payment_status, row.paid_amount) == ("draft", "open", 0)
    assert row.payments_read_at is None
    with tenant_transaction(agency.organization.pk):
        assert not PostedDocument.objects.exists()
        [payment] = Payment.objects.all()
        told = list(InvoiceEvent.objects.filter(invoice=invoice).order_by("id"))
    assert payment.removal == Removal.UNLINKED
    assert "Unlinked here" in text
    assert [event.kind for event in told if event.kind in {"linked", "unlinked"}] == [
        "linked",
        "unlinked",
    ]
    assert any(WHY in event.sentence for event in told)
    assert any("the payment of 121.00 EUR was unlinked here" in event.sentence for event in told)
    assert calls_out == []

    # The entry is nobody's: whoever it belongs to can have it, this invoice too.
    assert "Already in Exact?" in text
    other = add(agency, NUMBER, account=None)
    link(agency, other, term)
    assert document_of(agency, other).exact_id == term.entry_exact_id


def test_exacts_number_is_given_back_with_the_entry():
    agency = Agency(numbering=Numbering.EXACT)
    term = in_exact(agency, 9, your_ref=str(NUMBER))
    invoice = add(agency, account=term.account_exact_id)
    link(agency, invoice, term)
    assert read(agency, invoice).number == "9"

    unlink(agency, invoice)

    row = read(agency, invoice)
    assert (row.number, row.psa_number) == (str(NUMBER), "")


def test_a_reason_is_needed(agency):
    invoice, term = sure_pair(agency)
    link(agency, invoice, term)

    status, text = unlink(agency, invoice, reason=" ")

    assert status == 422
    assert "Write why" in text
    assert document_of(agency, invoice).state == "current"


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (CopyState.QUEUED, "already being copied"),
        (CopyState.COPIED, "was updated from here since"),
        (CopyState.MISMATCH, "was updated from here since"),
    ],
)
def test_what_was_changed_through_the_link_stays(agency, state, word):
    invoice, term = sure_pair(agency)
    link(agency, invoice, term)
    document = document_of(agency, invoice)
    factories.make_copy_request(
        invoice=invoice,
        connection=agency.connection,
        kind=CopyKind.UPDATE,
        state=state,
        choices={"document_exact_id": str(document.exact_id)},
    )

    status, text = unlink(agency, invoice)

    assert status == 422
    assert word in text
    assert document_of(agency, invoice) == document


def test_what_we_made_is_never_unlinked(agency):
    invoice = agency.invoice()

    status, text = unlink(agency, invoice)

    assert status == 422
    assert "is not linked to an entry" in text
    assert "Unlink" not in page(agency, f"/invoices/{invoice.pk}/")
    assert document_of(agency, invoice).state == "current"


def test_an_answer_that_comes_after_it_changes_nothing(agency):
    invoice, term = sure_pair(agency)
    link(agency, invoice, term)
    document = document_of(agency, invoice)
    unlink(agency, invoice)

    with tenant_transaction(agency.organization.pk):
        checks.not_there(document, now=timezone.now() + timedelta(hours=1))

    assert read(agency, invoice).paid_amount == Decimal(0)
    with tenant_transaction(agency.organization.pk):
        assert InvoiceEvent.objects.filter(invoice=invoice).first().kind == "unlinked"
