"""The intake: stored once, the same again changes nothing, and everything wrong is named at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.psa.registry import REST_PUSH
from integrations.psa.source import read_invoice
from invoices.intake import IntakeStatus, take_in
from invoices.models import Client, Invoice, InvoiceEvent, InvoiceLine
from tests.factories import make_organization

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def plain_invoice(**fields: Any) -> dict[str, Any]:
    """An invoice of two lines as a program would send it."""
    return {
        "id": "inv-1",
        "number": "2026-001",
        "invoice_date": "2026-11-01",
        "due_date": "2026-12-01",
        "currency": "EUR",
        "subsidiary": {"id": "nl", "name": "Studio Noord B.V.", "country": "NL"},
        "client": {"id": "c-1", "name": "Bakkerij Jansen", "city": "Utrecht"},
        "lines": [
            {
                "id": "l-1",
                "description": "Design",
                "net_amount": "1000.00",
                "tax_rate": {"id": "nl21", "name": "NL 21%", "percentage": "21"},
                "service_type": {"id": "st-1", "name": "Design"},
            },
            {
                "id": "l-2",
                "description": "Reading material",
                "net_amount": "10.50",
                "tax_rate": {"id": "nl9", "name": "NL 9%", "percentage": "9"},
            },
        ],
    } | fields


@pytest.fixture
def organization():
    return make_organization()


def take(organization, *invoices: dict[str, Any]):
    with tenant_transaction(organization.pk):
        return take_in(
            source=REST_PUSH.name, invoices=[read_invoice(data) for data in invoices], now=NOW
        )


def test_an_invoice_is_stored_with_everything_it_names(organization):
    [result] = take(organization, plain_invoice())

    assert result.status is IntakeStatus.CREATED
    with tenant_transaction(organization.pk):
        invoice = Invoice.objects.select_related("client", "subsidiary").get(pk=result.invoice_id)
        assert (str(invoice.net_amount), str(invoice.vat_amount), str(invoice.gross_amount)) == (
            "1010.5000",
            "210.9500",
            "1221.4500",
        )
        assert (invoice.client.name, invoice.client.city) == ("Bakkerij Jansen", "Utrecht")
        assert invoice.subsidiary.name == "Studio Noord B.V."
        assert [
            (line.position, line.service_type and line.service_type.name, line.tax_rate.name)
            for line in invoice.lines.select_related("service_type", "tax_rate")
        ] == [(1, "Design", "NL 21%"), (2, None, "NL 9%")]
        assert [event.sentence for event in invoice.events.all()] == ["Taken in from the REST API."]


def test_the_same_again_changes_nothing(organization, django_assert_max_num_queries):
    take(organization, plain_invoice())
    with tenant_transaction(organization.pk):
        before = (
            list(Invoice.objects.values()),
            list(InvoiceLine.objects.values()),
            InvoiceEvent.objects.count(),
        )

    [result] = take(organization, plain_invoice())

    assert result.status is IntakeStatus.UNCHANGED
    with tenant_transaction(organization.pk):
        after = (
            list(Invoice.objects.values()),
            list(InvoiceLine.objects.values()),
            InvoiceEvent.objects.count(),
        )
        assert Client.objects.count() == 1
    assert after == before
