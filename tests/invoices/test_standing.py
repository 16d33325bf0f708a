"""What an invoice's standing with Exact is after wishes that were given up."""

from __future__ import annotations

import pytest
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from invoices import copy_queries
from invoices.models import CopyKind, CopyState, Invoice
from invoices.queries import CopyStanding
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", [CopyKind.UPDATE, CopyKind.CREATE])
def test_reliability_a12_a_difference_is_still_told_when_a_later_wish_was_given_up(kind):
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization)
    invoice = factories.make_invoice(organization=organization, subsidiary=connection.subsidiary)
    factories.make_posted_document(invoice=invoice, connection=connection)
    with tenant_transaction(organization.pk):
        invoice.copy_requests.update(state=CopyState.MISMATCH, problem_sentence="Line 2 is gone.")
    factories.make_copy_request(
        invoice=invoice, connection=connection, kind=kind, state=CopyState.CANCELLED
    )

    with tenant_transaction(organization.pk):
        [row] = Invoice.objects.filter(pk=invoice.pk)
        panel = copy_queries.read_panel(
            invoice=invoice, organization=organization, now=timezone.now()
        )

    assert row.copy_standing == CopyStanding.NEEDS_ATTENTION
    assert panel.differs
    assert panel.request is not None
    assert panel.request.problem_sentence == "Line 2 is gone."
