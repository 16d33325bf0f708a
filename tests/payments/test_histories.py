"""Random days at the bank desk: after every run each invoice shows what the books in Exact say."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from connector.tenancy.scope import tenant_transaction
from invoices.models import Invoice
from payments.models import ReceivableTerm
from payments.settling import settle_invoices
from tests.payments.books import Books
from tests.payments.desk import Desk, expected_status

ROUNDS = 25


@pytest.mark.parametrize(
    ("sign", "zeroed"), [("negative", False), ("positive", True)], ids=["kept", "zeroed"]
)
def test_g6_and_g7_every_history_ends_where_the_books_are(books, sign, zeroed):
    """RELIABILITY G6, G7: payments made, split, spread, edited, deleted and unmatched, in any order."""
    books.division.switch(receivable_sign=sign, zero_when_matched=zeroed)
    invoices = [books.invoice(net) for net in ("100.00", "333.33", "0.10")]
    invoices.append(books.invoice("50.00", kind="credit_note"))
    desk = Desk(books, invoices[:3], random.Random(f"{sign} {zeroed}"))
    seen = set()

    for _ in range(ROUNDS):
        for _ in range(desk.chance.choice([1, 1, 2, 3])):
            desk.act()
        books.read()
        for invoice in invoices:
            paid, left, collecting = desk.truth(invoice)
            status = expected_status(paid, left, collecting=collecting)
            assert books.status(invoice) == (status, f"{paid:.2f}")
            known = [amount for amount in books.amounts(invoice) if amount is not None]
            assert sum(known, Decimal(0)) <= paid
            if not zeroed:
                assert sum(known, Decimal(0)) == paid
            seen.add(status)

    assert {"open", "partly_paid", "paid"} <= seen
    _rebuild(books, invoices)


def _rebuild(books: Books, invoices: list[Invoice]) -> None:
    """Every status can be derived again from the mirror alone."""
    before = [books.status(invoice) for invoice in invoices]
    with tenant_transaction(books.organization.pk):
        Invoice.objects.update(payment_status="open", paid_amount=0, paid_date=None)
        ReceivableTerm.objects.update(needs_settling=False)
        settle_invoices(
            connection=books.connection,
            invoice_ids=[invoice.pk for invoice in invoices],
            now=books.now,
        )
    assert [books.status(invoice) for invoice in invoices] == before
