"""By which booking a document was settled, whether it is sure, and what more Exact is asked for (RELIABILITY G7, G8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from payments.closings import explain
from payments.models import PaymentKind
from payments.shares import Settler, Share, join_parts
from tests.payments.closing_shares import DAY, booking, credit_note, found, invoice, told

REF = "27000001"
FIRST = UUID(int=1)


def settlers(*shares: Share) -> list[Settler]:
    """What settled the first invoice."""
    return told(shares, {})[FIRST]


def payment(amount: str, receipt: Share, **fields: Any) -> Settler:
    values: dict[str, Any] = {"is_alone": True, "count": 1}
    return Settler(PaymentKind.PAYMENT, Decimal(amount), receipt, **values | fields)


def test_a_receipt_that_carries_the_invoices_number_is_shown_as_its_own():
    receipt = booking(9, 40, "121", REF)

    assert settlers(invoice(1, "121"), receipt) == [payment("121", receipt, is_named=True)]


@pytest.mark.parametrize("amount", ["121", "0.50"])
@pytest.mark.parametrize("ref", ["", "of another"])
def test_a_receipt_without_the_invoices_number_is_its_own_when_it_is_the_only_one(amount, ref):
    receipt = booking(9, 40, amount, ref)

    assert settlers(invoice(1, amount), receipt) == [payment(amount, receipt)]


def test_of_a_receipt_that_settled_more_at_other_times_nobody_says_for_how_many():
    receipt = booking(9, 40, "121", REF, is_whole=False)

    assert settlers(invoice(1, "121"), receipt) == [
        payment("121", receipt, is_named=True, count=None)
    ]


def test_a_credit_note_for_two_invoices_is_not_that_of_one_alone():
    note = credit_note(3, "50")

    assert settlers(invoice(1, "30", paid=None), invoice(2, "20", paid=None), note) == [
        Settler(PaymentKind.CREDIT_NOTE, Decimal(30), note, is_alone=False, count=2)
    ]


def test_a_discount_that_only_this_invoice_can_have_taken_is_shown_with_its_booking():
    first = invoice(1, "121", discount=Decimal("2.42"), discount_due_date=DAY)
    difference = booking(9, 83, "2.42")

    told_first = settlers(first, invoice(2, "50"), booking(8, 40, "168.58"), difference)

    assert Settler(PaymentKind.DISCOUNT, Decimal("2.42"), difference, is_alone=True, count=1) in (
        told_first
    )


def test_what_was_paid_back_is_taken_off_what_was_paid():
    received, returned = (
        booking(8, 40, "142", REF),
        booking(9, 40, "21", REF, is_negative=False),
    )

    assert found(settlers(invoice(1, "121"), received, returned)) == [
        ("payment", "-21", 1),
        ("payment", "142", 1),
    ]


def test_one_receipt_for_all_of_an_invoice_leaves_no_part_without_its_money():
    """Exact can call a part of an invoice matched without money that the same receipt paid."""
    whole = Decimal(121)
    with_money = replace(invoice(1, "100"), line_amount=whole)
    without = replace(invoice(1, "21", paid=None), line_amount=whole)

    assert found(settlers(with_money, without, booking(9, 40, "121", REF))) == [
        ("payment", "121", 1)
    ]


def test_a_number_is_enough_for_an_invoice_that_has_another_number_in_exact():
    receipt = booking(9, 40, "121", REF)
    numbered = replace(invoice(1, "121"), invoice_number=7)

    assert settlers(numbered, receipt) == [payment("121", receipt, is_named=True)]


def test_a_number_of_two_invoices_names_neither():
    alike = replace(invoice(2, "121"), your_ref=REF)

    explained = told([invoice(1, "121"), alike, booking(9, 40, "121", REF)], {})

    assert not any(one.is_named for found_ in explained.values() for one in found_)


def test_g7_exact_is_asked_for_nothing_more_when_all_is_explained():
    clear = [invoice(1, "121"), booking(9, 40, "121", REF)]

    assert explain(clear, {}).in_question == frozenset()


def test_g7_exact_is_asked_for_the_lines_that_leave_two_answers_and_not_for_those_of_nothing():
    shares = [
        invoice(1, "121"),
        invoice(2, "50"),
        invoice(3, "30"),
        booking(7, 82, "0"),
        booking(8, 40, "171"),
        booking(9, 40, "30"),
    ]

    assert explain(shares, {}).in_question == {UUID(int=line) for line in (1, 2, 3, 8, 9)}


THIRD, LATER_RECEIPT, ELSE = UUID(int=3), UUID(int=9), UUID(int=70)
TWO_RECEIPTS = [
    invoice(1, "121"),
    invoice(2, "50"),
    invoice(3, "30"),
    booking(8, 40, "171"),
    booking(9, 40, "30"),
]


@pytest.mark.parametrize(
    "offsets",
    [
        {LATER_RECEIPT: THIRD},
        {THIRD: LATER_RECEIPT},
        {THIRD: ELSE, LATER_RECEIPT: ELSE},
    ],
    ids=["the receipt names the invoice", "the invoice names the receipt", "both name a third"],
)
def test_g8_ledger_lines_that_name_each_other_decide_which_receipt_it_was(offsets):
    explained = told(TWO_RECEIPTS, offsets)

    assert [one.booking and one.booking.line for one in explained[THIRD]] == [LATER_RECEIPT]
    # What is left then fits the others.
    for line in (FIRST, UUID(int=2)):
        assert [one.booking and one.booking.line for one in explained[line]] == [UUID(int=8)]
    assert explain(TWO_RECEIPTS, offsets).in_question == frozenset()


@pytest.mark.parametrize(
    "offsets",
    [{}, {THIRD: None, LATER_RECEIPT: None}, {THIRD: ELSE}, {LATER_RECEIPT: ELSE}],
)
def test_g8_lines_that_name_nothing_of_each_other_leave_it_open(offsets):
    assert [one.booking for one in told(TWO_RECEIPTS, offsets)[THIRD]] == [None]


def test_g7_what_settles_no_document_is_no_question_once_the_documents_are_explained():
    shares = [invoice(1, "121"), booking(8, 40, "121", REF), booking(9, 90, "5")]

    assert explain(shares, {}).in_question == frozenset()


# --- One receipt in several parts -------------------------------------------------------------------------------------


def part(number: int, amount: str, **fields: Any) -> Settler:
    return payment(amount, booking(number, 40, amount, REF), is_named=True, **fields)


def test_a_receipt_that_settled_a_document_in_one_part_is_shown_as_it_is():
    single, other = part(8, "100", count=2), part(9, "21")

    assert join_parts([single, other]) == [single, other]


def test_parts_of_one_receipt_are_shown_once_and_only_as_sure_as_each_of_them():
    owed = part(9, "100")
    rest = replace(part(9, "21"), is_alone=False, is_named=False)

    joined = replace(owed, amount=Decimal(121), is_alone=False, is_named=False, count=None)
    assert join_parts([owed, rest]) == [joined]
