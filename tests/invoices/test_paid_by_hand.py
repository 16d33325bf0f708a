"""Paid by hand: who may, when, what the dialogs say, and that a second click is told who was first. No view calls Exact."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from connector import http
from connector.tenancy.models import Role, User
from connector.tenancy.scope import tenant_transaction
from invoices.models import HandPayment, Invoice, InvoiceEvent, InvoiceState
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


class Agency:
    """An organization with people of each role and one finalized invoice of 121.00 EUR."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.femke = self.person(Role.FINANCE, "Femke Smit")
        self.browser = factories.sign_in(self.femke)
        self.invoice = self.add()

    def person(self, role: Role, name: str) -> User:
        return factories.make_user(organization=self.organization, role=role, name=name)

    def add(self, **fields: Any) -> Invoice:
        """An invoice that is not connected to anything, finalized in the PSA."""
        options = {"state": InvoiceState.FINALIZED} | fields
        return factories.make_invoice(organization=self.organization, **options)

    def partly_paid(self, **fields: Any) -> Invoice:
        """An invoice of which Exact shows 40.00 of 121.00 EUR paid."""
        facts = {"payment_status": "partly_paid", "paid_amount": "40.00"}
        invoice = self.add(payments_read_at=timezone.now(), **facts | fields)
        connection = factories.make_connection(organization=self.organization, lists=False)
        factories.make_posted_document(invoice=invoice, connection=connection)
        return invoice

    def mark(self, invoice: Invoice, browser: Browser | None = None, **values: str) -> Any:
        data = {"paid_date": "2026-11-20", "note": ""} | values
        return (browser or self.browser).post(f"/invoices/{invoice.pk}/paid/", data, follow=True)

    def undo(self, mark: HandPayment, browser: Browser | None = None) -> Any:
        return (browser or self.browser).post(f"/hand-payments/{mark.pk}/undo/", follow=True)

    def get_mark(self, invoice: Invoice) -> HandPayment:
        with tenant_transaction(self.organization.pk):
            return HandPayment.objects.select_related("user").filter(invoice=invoice).latest("id")

    def counts(self, invoice: Invoice) -> tuple[str, str, date | None]:
        """What lists and totals count: status, paid amount and day."""
        with tenant_transaction(self.organization.pk):
            row = Invoice.objects.get(pk=invoice.pk)
            return row.payment_status, f"{row.paid_amount:.2f}", row.paid_date

    def history(self, invoice: Invoice) -> list[tuple[str, str]]:
        with tenant_transaction(self.organization.pk):
            events = InvoiceEvent.objects.filter(invoice=invoice).select_related("user")
            return [(str(event.user), event.sentence) for event in events.order_by("id")]


@pytest.fixture(autouse=True)
def today(monkeypatch) -> date:
    """A fixed morning, so that the days below are in the past."""
    monkeypatch.setattr(timezone, "now", lambda: factories.NOW)
    return factories.NOW.date()


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture(autouse=True)
def calls_out(monkeypatch) -> list[str]:
    """Every attempt to call another system; it must stay empty."""
    calls: list[str] = []
    monkeypatch.setattr(http, "before_send", [lambda: calls.append("call")])
    return calls


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# --- Marking --------------------------------------------------------------------------------------------------------


def test_h42_and_h44_an_invoice_without_any_connection_is_paid_after_proceed(agency, calls_out):
    page = text_of(agency.browser.get(f"/invoices/{agency.invoice.pk}/"))
    assert f'href="/invoices/{agency.invoice.pk}/paid/"' in page

    page = text_of(agency.mark(agency.invoice, note="Cash at the counter"))

    assert agency.counts(agency.invoice) == ("paid", "121.00", date(2026, 11, 20))
    assert "Paid on 20 Nov 2026, by hand." in page
    assert "Cash at the counter" in page
    assert "It is not in Exact." in page
    assert agency.history(agency.invoice) == [
        (
            "Femke Smit",
            "Marked as paid by hand: 121.00 EUR on 20 Nov 2026. Exact is not told. Note: Cash at the counter",
        )
    ]
    assert calls_out == []
