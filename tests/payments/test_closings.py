"""What settled a document, from all that was settled on the customer's account up to one day (RELIABILITY G7, G8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from payments.closings import explain
from payments.shares import Share
from tests.payments.closing_shares import DAY, LATER, booking, credit_note, found, invoice, told

EARLIER = DAY.replace(day=1)
DISCOUNTED: dict[str, Any] = {"discount": Decimal("2.42"), "discount_due_date": DAY}
CASES: dict[str, tuple[list[Share], list[tuple[str, str | None, int | None]]]] = {
    "a direct payment": (
        [invoice(1, "121"), booking(9, 40, "121", "27000001")],
        [("payment", "121", 1)],
    ),
    "in two parts on one day": (
        [invoice(1, "121"), booking(8, 40, "21", "27000001"), booking(9, 40, "100", "27000001")],
        [("payment", "100", 1), ("payment", "21", 1)],
    ),
    "one bank line for two invoices": (
        [invoice(1, "121"), invoice(2, "50"), booking(9, 40, "171")],
        [("payment", "121", 2)],
    ),
    "one bank line for two invoices, of which one was also paid directly": (
        [
            invoice(1, "121"),
            invoice(2, "50"),
            booking(8, 40, "21", "27000001"),
            booking(9, 40, "150"),
        ],
        [("payment", "100", 2), ("payment", "21", 1)],
    ),
    "two bank lines for two invoices each": (
        [
            invoice(1, "121"),
            invoice(2, "50"),
            invoice(3, "30"),
            booking(8, 40, "171"),
            booking(9, 40, "30"),
        ],
        [("payment", "121", None)],
    ),
    "a bank receipt that Exact leaves out": ([invoice(1, "121")], [("payment", "121", None)]),
    "a receipt without a reference": (
        [replace(invoice(1, "121"), your_ref=""), booking(9, 40, "121")],
        [("payment", "121", 1)],
    ),
    "a credit note": (
        [invoice(1, "50", paid=None), credit_note(2, "50")],
        [("credit_note", "50", 1)],
    ),
    "one credit note for two invoices": (
        [invoice(1, "30", paid=None), invoice(2, "20", paid=None), credit_note(3, "50")],
        [("credit_note", "30", 2)],
    ),
    "a credit note and the rest paid": (
        [invoice(1, "121"), credit_note(2, "21"), booking(9, 40, "100", "27000001")],
        [("credit_note", "21", 1), ("payment", "100", 1)],
    ),
    "a credit note of one and a bank line of others": (
        [
            invoice(1, "121"),
            invoice(2, "50"),
            invoice(3, "30", paid=None),
            credit_note(4, "30"),
            booking(9, 40, "171"),
        ],
        [("payment", "121", 2)],
    ),
    "written off": (
        [invoice(1, "121", paid=None), booking(9, 83, "121", "27000001")],
        [("write_off", "121", 1)],
    ),
    "paid less the discount": (
        [
            invoice(1, "121", **DISCOUNTED),
            booking(8, 40, "118.58", "27000001"),
            booking(9, 83, "2.42", "27000001"),
        ],
        [("discount", "2.42", 1), ("payment", "118.58", 1)],
    ),
    "a difference after the discount has ended is written off": (
        [
            invoice(1, "121", paid=LATER, **DISCOUNTED),
            booking(8, 40, "118.58", "27000001", day=LATER),
            booking(9, 83, "2.42", "27000001", day=LATER),
        ],
        [("payment", "118.58", 1), ("write_off", "2.42", 1)],
    ),
    "a difference of more than the discount is written off": (
        [
            invoice(1, "121", **DISCOUNTED),
            booking(8, 40, "118", "27000001"),
            booking(9, 83, "3", "27000001"),
        ],
        [("payment", "118", 1), ("write_off", "3", 1)],
    ),
    "one bank line for two, of which one took its discount": (
        [
            invoice(1, "121", **DISCOUNTED),
            invoice(2, "50"),
            booking(8, 40, "168.58"),
            booking(9, 83, "2.42"),
        ],
        [("discount", "2.42", 1), ("payment", "118.58", 2)],
    ),
    "a journal entry": (
        [invoice(1, "121", paid=None), booking(9, 90, "121", "27000001")],
        [("journal", "121", 1)],
    ),
    "an exchange difference settles nothing in the invoice's currency": (
        [invoice(1, "121"), booking(8, 40, "121", "27000001"), booking(9, 82, "0", "27000001")],
        [("currency_difference", "0", 1), ("payment", "121", 1)],
    ),
    "nothing that Exact shows": ([invoice(1, "121", paid=None)], [("unknown", "121", None)]),
    "less than it takes": (
        [invoice(1, "121", paid=None), booking(9, 90, "100")],
        [("unknown", "121", None)],
    ),
    "more than it can be": (
        [invoice(1, "121"), booking(9, 40, "200", "27000001")],
        [("unknown", "121", None)],
    ),
    "one bank line for two, of which one was set off in part as well": (
        [
            invoice(1, "121"),
            invoice(2, "181.50"),
            invoice(2, "60.50", paid=None),
            credit_note(3, "60.50"),
            booking(9, 40, "302.50"),
        ],
        [("payment", "121", 2)],
    ),
    "the same where Exact no longer says the amounts": (
        [
            invoice(1, "121"),
            invoice(2, None),
            invoice(2, None, paid=None),
            credit_note(3, "60.50"),
            booking(9, 40, "302.50"),
        ],
        [("payment", "121", None)],
    ),
    "written off what a payment left, with both of the invoice alone": (
        [
            invoice(1, "100"),
            invoice(1, "21", paid=None),
            booking(8, 40, "100", "27000001"),
            booking(9, 83, "21", "27000001", day=LATER),
        ],
        [("payment", "100", 1), ("write_off", "21", 1)],
    ),
    "written off as much as its discount, before it was paid less that": (
        [
            invoice(1, "0.80", discount=Decimal("0.02"), discount_due_date=DAY),
            invoice(1, "0.02", paid=None),
            booking(7, 83, "0.02", "27000001", day=EARLIER),
            booking(8, 40, "0.78", "27000001"),
            booking(9, 83, "0.02", "27000001"),
        ],
        [("discount", "0.02", 1), ("payment", "0.78", 1), ("write_off", "0.02", 1)],
    ),
    "set off against a credit note whose rest was paid back, beside one of which a part is not known": (
        [
            invoice(1, "217.28"),
            replace(credit_note(2, "338.92"), paid_days=frozenset([DAY])),
            booking(8, 40, "121.64", is_negative=False),
            invoice(3, None, paid=None),
            booking(9, 83, "5.40", "27000003"),
        ],
        [("unknown", "217.28", None)],
    ),
    "a credit note or a bank line, nobody can say": (
        [
            invoice(1, "121"),
            invoice(2, "50"),
            credit_note(3, "40"),
            booking(9, 40, "131"),
        ],
        [("unknown", "121", None)],
    ),
    "a booking of a kind that is not known": (
        [invoice(1, "121", paid=None), booking(9, 10, "121", "27000001")],
        [("unknown", "121", 1)],
    ),
    "written off on the day of a payment, beside another's credit note; Exact no longer says the amounts": (
        [
            invoice(1, None),
            invoice(1, None, paid=None),
            booking(7, 83, "50.82", "27000001"),
            invoice(2, None),
            invoice(2, None, paid=None),
            credit_note(3, "28.04"),
            booking(9, 40, "752.20"),
        ],
        [("payment", None, None), ("unknown", None, None), ("write_off", "50.82", 1)],
    ),
    "amounts that Exact no longer says": (
        [invoice(1, None), booking(9, 40, None, "27000001")],
        [("payment", None, 1)],
    ),
}


@pytest.mark.parametrize(("shares", "expected"), CASES.values(), ids=CASES.keys())
def test_g7_g8_what_settled_an_invoice_is_told_whatever_the_order(shares, expected):
    orders = list(permutations(shares)) if len(shares) < 5 else [shares, shares[::-1]]

    for order in orders:
        assert found(told(order, {})[UUID(int=1)]) == sorted(expected, key=str)


def test_g7_a_credit_note_is_told_what_it_was_set_off_against():
    settled = told([invoice(1, "50", paid=None), credit_note(2, "50")], {})

    [settler] = settled[UUID(int=2)]
    assert (settler.kind, settler.booking and settler.booking.your_ref) == ("invoice", "27000001")


def test_g8_ledger_lines_decide_where_the_terms_leave_two_answers():
    one, other = invoice(1, "50", paid=None), invoice(2, "20", paid=None)
    notes = [credit_note(3, "50"), credit_note(4, "20")]
    offsets = {one.line: notes[0].line, notes[0].line: one.line}

    unsure = told([one, other, *notes], {})
    sure = told([one, other, *notes], offsets)

    assert [settler.booking for settler in unsure[one.line]] == [None]
    assert [settler.booking for settler in sure[one.line]] == [notes[0]]
    assert [settler.booking for settler in sure[other.line]] == [notes[1]]


def test_g8_lines_that_do_not_add_up_decide_nothing():
    one, other = invoice(1, "60", paid=None), invoice(2, "20", paid=None)
    notes = [credit_note(3, "50"), credit_note(4, "30")]
    offsets = {one.line: notes[0].line}

    [settler] = told([one, other, *notes], offsets)[one.line]

    assert (settler.kind, settler.booking) == ("credit_note", None)


def test_g8_a_line_that_names_a_credit_note_does_not_tell_what_money_paid():
    """Where Exact no longer says amounts: a line names its newest match, here not the one with the bank's line."""
    paid, other = invoice(1, None, is_whole=False), invoice(2, "402")
    set_off = replace(paid, paid_days=frozenset())
    receipt = booking(9, 40, "491")
    note = replace(invoice(3, None, paid=None), type=21, is_negative=True, is_whole=False)
    offsets = {paid.line: note.line, other.line: receipt.line, receipt.line: other.line}

    settled = explain([paid, set_off, other, receipt, note], offsets).settlers

    assert found(settled[paid.key]) == [("unknown", None, None)]
    assert found(settled[set_off.key]) == [("credit_note", None, None)]


def test_g8_lines_do_not_tell_how_many_a_payment_settled_whose_amounts_exact_no_longer_says():
    """Its line names the newest of its invoices, and what the other's line names is not known yet."""
    newest, earlier = invoice(1, None, is_whole=False), invoice(2, "182.86")
    note = replace(invoice(3, None), type=21, is_negative=True, is_whole=False)
    receipt = booking(9, 40, None, is_whole=False)
    offsets = {receipt.line: newest.line}

    [settler] = told([newest, earlier, note, receipt], offsets)[newest.line]

    assert (settler.kind, settler.booking, settler.count) == ("payment", receipt, None)


def test_g7_two_documents_of_one_reference_are_told_apart_by_their_number():
    first = invoice(1, "121", invoice_number=1)
    second = replace(invoice(2, "121", invoice_number=2), your_ref=first.your_ref)
    receipt = booking(9, 40, "121", first.your_ref, invoice_number=2)

    settled = told([first, second, receipt, booking(8, 90, "121")], {})

    assert [settler.booking for settler in settled[second.line]] == [receipt]


def test_g7_a_thousand_invoices_of_one_bank_line_are_told_at_once():
    invoices = [invoice(number, "1") for number in range(1, 1001)]
    receipt = booking(5000, 40, "1000")

    settled = told([*invoices, receipt], {})

    assert {found(settlers)[0] for settlers in settled.values()} == {("payment", "1", 1000)}
