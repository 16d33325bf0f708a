"""What is odd about an invoice: named for a person to confirm, or told as a note. Pure values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from invoices.document_plan import Credited, InvoiceContent, LineContent
from invoices.doubts import find_doubts, find_notes


def content(*, gross="121.00", sign=1, lines=(), credited=None):
    """An invoice in EUR; VAT does not matter here."""
    return InvoiceContent(
        number="27001",
        subject="Website",
        client_name="Bakker Media B.V.",
        sign=sign,
        invoice_date=date(2026, 11, 20),
        due_date=None,
        currency="EUR",
        exchange_rate=None,
        net=Decimal(gross),
        vat=Decimal(0),
        gross=Decimal(gross),
        lines=tuple(lines) or (line(),),
        credited=credited,
    )


def line(position=1, net="100.00", quantity=None, price=None):
    return LineContent(
        line_id=position,
        position=position,
        net=Decimal(net),
        quantity=None if quantity is None else Decimal(quantity),
        unit_price=None if price is None else Decimal(price),
    )


@pytest.mark.parametrize(
    ("gross", "original", "others", "sentence"),
    [
        ("121.00", "121.00", "0", ""),
        ("100.00", "121.00", "21.00", ""),
        (
            "121.01",
            "121.00",
            "0",
            "The credit note of 121.01 EUR is larger than invoice 26001, which came to 121.00 EUR.",
        ),
        (
            "100.00",
            "121.00",
            "21.01",
            "With other credit notes 121.01 EUR of invoice 26001 would be credited; it came to 121.00 EUR.",
        ),
    ],
)
@pytest.mark.parametrize("is_sent", [True, False])
def test_a_credit_note_larger_than_its_invoice_is_doubted_on_both_routes(
    gross, original, others, sentence, is_sent
):
    credited = Credited("26001", Decimal(original), Decimal(others))

    found = list(
        find_doubts(
            content(gross=gross, sign=-1, credited=credited), None, is_sent_by_exact=is_sent
        )
    )

    assert [gap.sentence for gap in found] == ([sentence] if sentence else [])


@pytest.mark.parametrize(
    ("gross", "is_sent", "is_doubted"),
    [("0.00", True, True), ("0.00", False, False), ("0.01", True, False), ("-5.00", True, False)],
)
def test_an_invoice_of_nothing_is_doubted_where_exact_would_send_it(gross, is_sent, is_doubted):
    found = list(find_doubts(content(gross=gross), None, is_sent_by_exact=is_sent))

    assert [gap.code for gap in found] == (["total_zero"] if is_doubted else [])


@pytest.mark.parametrize(
    ("quantity", "net", "price", "note"),
    [
        ("0", "50.00", None, "Line 2 has quantity 0: Exact gets 1 piece of 50.00 EUR."),
        ("0", "0.00", None, None),
        ("0", "-50.00", None, "Line 2 has quantity 0: Exact gets 1 piece of -50.00 EUR."),
        (None, "50.00", None, None),
        ("2.50", "50.00", "20.00", None),
        ("3", "100.00", "33.33", None),
        (
            "900000000",
            "1000.00",
            None,
            (
                "Line 2 has quantity 900,000,000, for which no price comes to its amount: "
                "Exact gets 1 piece of 1,000.00 EUR."
            ),
        ),
    ],
)
def test_h36_a_quantity_that_exact_gets_differently_is_told(quantity, net, price, note):
    lines = (line(1, quantity="1"), line(2, net=net, quantity=quantity, price=price))

    assert list(find_notes(content(lines=lines), None)) == ([] if note is None else [note])
