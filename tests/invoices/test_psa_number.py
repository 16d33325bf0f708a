"""An invoice that Exact numbered is still the one that the PSA, a file or a credit note names by its own number."""

from __future__ import annotations

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.models import Subsidiary
from integrations.psa.source import read_invoice
from invoices.intake import OnChange, take_in
from invoices.intake_results import IntakeStatus
from invoices.models import Invoice
from tests.factories import make_organization
from tests.invoices.test_intake import NOW, plain_invoice, stored, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    return make_organization()


def numbered_by_exact(organization):
    """The invoice at hand, which is 26700001 since Exact numbered it."""
    with tenant_transaction(organization.pk):
        Invoice.objects.update(psa_number="2026-001", number="26700001")


def test_h40_the_number_that_exact_gave_stays_when_the_psa_sends_its_own_again(organization):
    take(organization, plain_invoice())
    numbered_by_exact(organization)

    [same] = take(organization, plain_invoice())
    [changed] = take(organization, plain_invoice(subject="Another subject"))

    assert (same.status, changed.status) == (IntakeStatus.UNCHANGED, IntakeStatus.UPDATED)
    assert (stored(organization).number, stored(organization).subject) == (
        "26700001",
        "Another subject",
    )


@pytest.mark.parametrize("number", ["2026-001", "26700001"])
def test_h40_a_file_and_a_credit_note_find_the_invoice_by_either_number(organization, number):
    [invoice] = take(organization, plain_invoice())
    numbered_by_exact(organization)

    with tenant_transaction(organization.pk):
        [again] = take_in(
            source="csv_file",
            invoices=[read_invoice(plain_invoice(id="row", number=number))],
            now=NOW,
            on_change=OnChange.CONFLICT,
            subsidiary=Subsidiary.objects.get(),
        )
    take(
        organization,
        plain_invoice(id="note", number="N-1", kind="credit_note", original_number=number),
    )

    assert (again.status, again.invoice_id) == (IntakeStatus.UNCHANGED, invoice.invoice_id)
    with tenant_transaction(organization.pk):
        note = Invoice.objects.get(source_id="note")
        assert note.original is not None
        assert note.original.source_id == "inv-1"
