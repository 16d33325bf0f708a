"""The invoice's list of payments: what settled each part, by Exact's entry and date, and what is gone with why (P-54)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactDivision
from invoices.models import Invoice, PaymentStatus
from payments.models import Payment, ReceivableTerm
from tests.payments.test_views import Agency, panel

DAY = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("values", "how"),
    [
        ({"kind": "payment", "matched_count": 1}, "Direct payment"),
        ({"kind": "payment", "matched_count": 3}, "Matched with 3 invoices"),
        ({"kind": "payment"}, "Payment"),
        ({"kind": "credit_note", "counter_document": "27000004"}, "Credit note 27000004"),
        ({"kind": "credit_note"}, "Credit note"),
        ({"kind": "invoice", "counter_document": "27000001"}, "Set off against 27000001"),
        ({"kind": "invoice"}, "Set off against an invoice"),
        ({"kind": "discount"}, "Discount taken"),
        ({"kind": "write_off"}, "Written off"),
        ({"kind": "journal"}, "Journal entry"),
        ({"kind": "currency_difference"}, "Currency difference"),
        ({"kind": "unknown"}, "Settled in Exact"),
    ],
)
def test_b1_each_part_says_what_settled_it(values: dict[str, Any], how: str):
    assert Payment(**values).how == how


@pytest.mark.parametrize(
    ("values", "entry"),
    [
        ({"counter_journal": "20", "counter_entry_number": 26200001}, "20 / 26200001"),
        ({"counter_entry_number": 26200001}, "26200001"),
        ({}, ""),
    ],
)
def test_b1_exacts_entry_is_named_as_a_bookkeeper_does(values: dict[str, Any], entry: str):
    assert Payment(**values).exact_entry == entry


@pytest.fixture
def invoice(db: None) -> tuple[Agency, Invoice]:
    """An invoice that was settled in every way, with one payment that is gone."""
    agency = Agency()
    invoice = agency.invoice(
        payments_read_at=timezone.now(), payment_status=PaymentStatus.PARTLY_PAID
    )
    parts: list[tuple[str, dict[str, Any]]] = [
        ("40.00", {"kind": "payment", "matched_count": 3, "counter_journal": "20"}),
        ("21.00", {"kind": "credit_note", "counter_document": "27000004"}),
        ("2.42", {"kind": "discount"}),
        ("0.00", {"kind": "currency_difference", "division_amount": Decimal("1.11")}),
        ("30.00", {"kind": "payment", "removed_at": timezone.now(), "removal": "unmatched"}),
    ]
    for number, (amount, fields) in enumerate(parts):
        agency.paid(
            amount,
            DAY,
            invoice=invoice,
            counter_line_exact_id=UUID(int=number),
            counter_entry_number=26200001,
            **fields,
        )
    with tenant_transaction(agency.organization.pk):
        ReceivableTerm.objects.create(
            connection=agency.connection,
            exact_id=UUID(int=99),
            entry_exact_id=invoice.posted_documents.get().entry_exact_id,
            timestamp=1,
            status=40,
            amount=Decimal("57.58"),
        )
    return agency, invoice


@pytest.mark.parametrize("is_own_log_in", [True, False])
def test_p54_a_deleted_payment_says_when_by_exacts_clock_and_who_where_that_is_known(
    db, is_own_log_in
):
    agency = Agency()
    grant = agency.connection.grant
    agency.paid(
        "30.00",
        removed_at=datetime(2026, 11, 4, 9, 0, tzinfo=UTC),
        removal="deleted",
        deleted_in_exact_at=datetime(2026, 11, 3, 15, 30, tzinfo=UTC),
        # Of anybody else Exact tells an id only.
        deleted_by_exact_id=grant.exact_user_id if is_own_log_in else uuid4(),
    )

    shown = " ".join(agency.browser().get("/payments/").content.decode().split())

    assert "Deleted in Exact" in shown
    assert "3 Nov 2026 16:30" in shown
    assert "seen 4 Nov" not in shown
    assert (f"by {grant.exact_user_name}" in shown) == is_own_log_in


@pytest.mark.parametrize("currency", ["EUR", ""])
def test_p54_the_invoice_page_lists_what_settled_it_and_what_is_gone_with_why(invoice, currency):
    agency, settled = invoice
    with tenant_transaction(agency.organization.pk):
        ExactDivision.objects.create(
            grant=agency.connection.grant,
            code=agency.connection.division,
            name="Noord",
            currency=currency,
        )

    text = panel(agency, settled)

    for words in (
        "Matched with 3 invoices",
        "Entry 20 / 26200001",
        "Credit note 27000004",
        "Discount taken",
        "Currency difference",
        "In collection",
        "57.58 EUR",
        '<del class="quiet">Payment</del>',
        "Unmatched in Exact",
    ):
        assert words in text, words
    # Of a division whose currency is not known, no amount is shown without one.
    assert ("1.11 EUR" in text) == (currency == "EUR")
