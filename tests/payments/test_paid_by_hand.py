"""Marks by hand beside payments that are read from Exact: neither removes the other, and undoing restores Exact's facts."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from itertools import product
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from connector.tenancy.models import User
from integrations import connection_lifecycle
from invoices import paid_by_hand
from invoices.models import HandPayment, Invoice
from payments.settling import settle_invoices
from tests import factories
from tests.payments.books import Books
from tests.payments.desk import Desk

ROUNDS = 60


class Person:
    """A finance user of the books' organization, who marks invoices and takes that back."""

    def __init__(self, books: Books, name: str = "Femke Smit") -> None:
        self.books = books
        self.user: User = factories.make_user(organization=books.organization, name=name)

    @property
    def today(self) -> date:
        return timezone.localdate(self.books.now)

    def mark(self, invoice: Invoice, note: str = "") -> HandPayment:
        with self.books.rows():
            return paid_by_hand.mark_paid(
                invoice=invoice, paid_date=self.today, note=note, user=self.user, now=self.books.now
            )

    def undo(self, invoice: Invoice) -> None:
        with self.books.rows():
            mark = paid_by_hand.find_mark(invoice)
            assert mark is not None
            paid_by_hand.undo(mark=mark, user=self.user, now=self.books.now)

    def page(self, invoice: Invoice) -> str:
        answer = factories.sign_in(self.user).get(f"/invoices/{invoice.pk}/")
        return " ".join(answer.content.decode().split())


@pytest.fixture
def femke(books: Books) -> Person:
    return Person(books)


def in_exact(books: Books, invoice: Invoice) -> tuple[str, str]:
    """What is stored of what Exact says."""
    row = books.refreshed(invoice)
    return row.exact_payment_status, f"{row.exact_paid_amount:.2f}"


def counts(books: Books, invoice: Invoice) -> tuple[str, Decimal, Any]:
    """What lists, totals and the API show."""
    row = books.refreshed(invoice)
    return row.payment_status, row.paid_amount, row.paid_date


def test_d12_a_payment_under_a_mark_is_read_and_told_and_the_mark_stays(books, femke):
    invoice = books.invoice()
    books.read()
    femke.mark(invoice, note="Cash")
    day = femke.today
    written = f"{day.day} {day:%b %Y}"

    payment_id = books.pay((invoice, "40.00"))
    books.read()

    assert counts(books, invoice) == ("paid", Decimal(121), day)
    assert in_exact(books, invoice) == ("partly_paid", "40.00")
    assert books.history(invoice)[-1] == (
        f"Exact now shows 40.00 EUR of 121.00 EUR paid; the invoice stays paid because "
        f"Femke Smit marked it so on {written}."
    )
    page = femke.page(invoice)
    assert "Exact shows 40.00 EUR of 121.00 EUR paid; 81.00 EUR is open there" in page
    assert "Still open in Exact" in page

    books.pay((invoice, "81.00"), day="2026-11-04")
    books.read()

    assert counts(books, invoice) == ("paid", Decimal(121), day)
    assert books.history(invoice)[-1] == (
        f"Exact now shows 121.00 EUR paid on 4 Nov 2026, as Femke Smit had marked it on {written}."
    )
    assert "as well: both agree." in femke.page(invoice)

    books.delete(payment_id)
    books.read()

    assert counts(books, invoice) == ("paid", Decimal(121), day)
    assert books.history(invoice)[-1].startswith("Exact now shows 81.00 EUR of 121.00 EUR paid;")

    femke.undo(invoice)

    assert books.status(invoice) == ("partly_paid", "81.00")
    books.read()
    assert books.status(invoice) == ("partly_paid", "81.00")


def test_p56_and_d12_marking_and_taking_back_call_exact_never(books, femke):
    invoice = books.invoice()
    books.read()
    before = books.last_call()

    femke.mark(invoice)
    femke.page(invoice)
    femke.undo(invoice)

    assert books.calls_since(before) == []
    books.read()
    assert books.status(invoice) == ("open", "0.00")


def test_h42_a_mark_works_while_no_payments_are_read_and_stays_when_they_are(division, books):
    off = Books.start(division, sync_payments=False)
    femke = Person(off)
    invoice = off.invoice()
    femke.mark(invoice)
    assert off.status(invoice) == ("paid", "121.00")
    assert "are not synchronized from Exact" in femke.page(invoice)

    with off.rows():
        off.connection.sync_payments = True
        off.connection.save()
    off.pay((invoice, "40.00"))
    off.read()

    assert off.status(invoice) == ("paid", "121.00")
    assert in_exact(off, invoice) == ("partly_paid", "40.00")


def test_d12_a_mark_outlives_the_entry_in_exact_and_a_new_copy(books, femke):
    invoice = books.invoice()
    books.read()
    femke.mark(invoice)

    order = {"delete_entry": books.entry_id(invoice)}
    books.division.control("POST", f"admin/{books.division.code}", order, expect=204)
    books.read()

    assert any("was deleted in Exact" in sentence for sentence in books.history(invoice))
    assert books.status(invoice) == ("paid", "121.00")
    assert "Exact has no document of it any more." in femke.page(invoice)

    books.copy(invoice)
    books.pay((invoice, "40.00"))
    books.read()

    assert books.status(invoice) == ("paid", "121.00")
    femke.undo(invoice)
    assert books.status(invoice) == ("partly_paid", "40.00")


def test_d12_a_mark_outlives_the_connection(books, femke):
    invoice = books.invoice()
    books.pay((invoice, "40.00"))
    books.read()
    femke.mark(invoice)

    with books.rows():
        connection_lifecycle.disconnect(books.connection, user=femke.user, now=books.now)

    assert books.status(invoice) == ("paid", "121.00")
    assert "40.00 EUR of 121.00 EUR paid" in femke.page(invoice)
    femke.undo(invoice)
    assert books.status(invoice) == ("partly_paid", "40.00")


def test_d12_a_collection_under_a_mark_is_told_and_undone_to(books, femke):
    invoice = books.invoice()
    books.read()
    femke.mark(invoice)
    collection = {"entry_id": books.entry_id(invoice), "status": 30}

    books.division.control(
        "POST", "bank/collections", {"division": books.division.code} | collection
    )
    books.read()

    assert books.history(invoice)[-1].startswith(
        "Exact now shows 121.00 EUR in collection by direct debit; the invoice stays paid because"
    )
    femke.undo(invoice)
    assert books.status(invoice) == ("in_collection", "0.00")


def test_d12_a_payments_run_waits_for_a_mark_that_is_being_made(books, femke):
    """Without waiting it would count what Exact says over a mark it did not see yet."""
    invoice = books.invoice()
    books.pay((invoice, "40.00"))
    books.read()

    def settle() -> None:
        with books.rows():
            settle_invoices(connection=books.connection, invoice_ids=[invoice.pk], now=books.now)
        connection.close()

    run = Thread(target=settle)
    with books.rows():
        femke.mark(invoice)
        run.start()
        run.join(timeout=0.5)
        assert run.is_alive()
    run.join(timeout=20)

    assert not run.is_alive()
    assert books.status(invoice) == ("paid", "121.00")


def test_d12_after_any_order_of_payments_marks_and_undoing_what_counts_is_the_rule(books, femke):
    """Pay, correct, remove, mark, take back, in any order: a mark counts in full, else what the books in Exact say."""
    chance = random.Random("by hand")
    invoices = [books.invoice("100.00"), books.invoice("333.33")]
    invoices.append(books.invoice("50.00", kind="credit_note"))
    desk = Desk(books, invoices[:2], chance)
    days: dict[int, date] = {}
    seen = set()
    books.read()

    for _ in range(ROUNDS):
        invoice = chance.choice(invoices)
        action = chance.choice(["desk", "desk", "person", "person", "both"])
        if action != "person":
            desk.act()
        if action != "desk":
            turn(femke, invoice, days)
        if chance.random() < 0.7:
            books.read()
            for one in invoices:
                said = desk.standing(one)
                assert in_exact(books, one) == (said.status, f"{said.paid:.2f}")
        for one in invoices:
            row = books.refreshed(one)
            shown = (row.exact_payment_status, row.exact_paid_amount, row.exact_paid_date)
            marked = ("paid", row.gross_amount, days.get(one.pk))
            assert counts(books, one) == (marked if one.pk in days else shown)
            seen.add((one.pk in days, row.exact_payment_status))

    assert seen >= set(product([True, False], ["open", "partly_paid", "paid"]))


def turn(femke: Person, invoice: Invoice, days: dict[int, date]) -> None:
    """Take the mark back if there is one, else mark; what Exact shows as paid already is refused."""
    if days.pop(invoice.pk, None) is not None:
        femke.undo(invoice)
        return
    try:
        days[invoice.pk] = femke.mark(invoice).paid_date
    except paid_by_hand.MarkRefused:
        assert femke.books.refreshed(invoice).exact_payment_status in ("paid", "overpaid")
