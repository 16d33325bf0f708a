"""The number that Exact gave an invoice, beside the one it had in the PSA."""

from __future__ import annotations

import pytest
from django.urls import reverse

from connector.tenancy.scope import tenant_transaction
from invoices import adopting, views
from invoices.copy_queries import read_panel
from invoices.models import Invoice, InvoiceState
from tests.invoices.test_copy_dialog import text
from tests.invoices.test_delivery_panel import NUMBER, SENT, exact_desk, written

pytestmark = pytest.mark.django_db
OLD_NUMBER = "ZUID-2026-0043"


def test_h40_an_invoice_is_still_found_by_the_number_it_had_in_the_psa():
    desk = exact_desk()
    written(desk, **SENT)
    with tenant_transaction(desk.organization.pk):
        Invoice.objects.filter(pk=desk.invoice.pk).update(number=OLD_NUMBER)
        adopting.finalize(Invoice.objects.get(pk=desk.invoice.pk), NUMBER, by_exact=True)

    page = text(desk.get(""))
    found = desk.browser.get(reverse("invoice_list"), {"q": "zuid-2026"})
    other = desk.browser.get(reverse("invoice_list"), {"q": "zuid-2027"})

    assert f"Number in the PSA {OLD_NUMBER}" in page
    assert str(NUMBER) in text(found)
    assert str(NUMBER) not in text(other)


def test_h40_a_page_that_is_read_while_the_copy_ends_does_not_say_sent_and_draft(monkeypatch):
    desk = exact_desk()
    written(desk, **SENT)
    with tenant_transaction(desk.organization.pk):
        Invoice.objects.filter(pk=desk.invoice.pk).update(
            number=OLD_NUMBER, state=InvoiceState.DRAFT
        )

    def ending_meanwhile(**options):
        Invoice.objects.filter(pk=desk.invoice.pk).update(
            number=str(NUMBER), state=InvoiceState.FINALIZED
        )
        return read_panel(**options)

    monkeypatch.setattr(views, "read_panel", ending_meanwhile)

    page = text(desk.get(""))

    assert f"Sent · Exact {NUMBER}" in page
    assert "Finalized" in page
    assert "Draft" not in page
