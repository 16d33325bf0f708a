"""Whose payment discount a difference was, when money came in for several documents at once (RELIABILITY G7, G8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from payments.shares import Share
from tests.payments.closing_shares import DAY, LATER, booking, credit_note, found, invoice, told

Settled = list[tuple[str, str | None, int | None]]
PAID: Settled = [("payment", "118.58", 2)]
TOOK: Settled = [("discount", "2.42", 1), *PAID]
ONE_OF_TWO: Settled = [("discount", "2.42", None), *PAID]
UNTOLD: Settled = [("unknown", "121", None)]


def granted(number: int, amount: str, discount: str, **fields: Any) -> Share:
    """An invoice that was paid in time for a payment discount of so much."""
    values: dict[str, Any] = {"discount": Decimal(discount), "discount_due_date": DAY}
    return invoice(number, amount, **values | fields)


FIRST = granted(1, "121", "2.42")
LARGER = granted(2, "242", "4.84")
# What settled the first invoice, which was granted 2.42 on 121.
CASES: dict[str, tuple[list[Share], Settled]] = {
    "the other was granted less": (
        [FIRST, granted(2, "50", "1.00"), booking(8, 40, "168.58"), booking(9, 83, "2.42")],
        TOOK,
    ),
    "the other was granted more, and can have taken a part of it": (
        [FIRST, LARGER, booking(8, 40, "360.58"), booking(9, 83, "2.42")],
        UNTOLD,
    ),
    "the other was granted more, but paid too late for it": (
        [
            FIRST,
            replace(LARGER, discount_due_date=DAY.replace(day=1)),
            booking(8, 40, "360.58"),
            booking(9, 83, "2.42"),
        ],
        TOOK,
    ),
    "the other was granted more, but money came in for it on another day": (
        [
            FIRST,
            granted(2, "242", "4.84", paid=LATER),
            invoice(3, "30"),
            booking(7, 40, "242", "27000002", day=LATER),
            booking(8, 40, "148.58"),
            booking(9, 83, "2.42"),
        ],
        TOOK,
    ),
    "the other was granted more, and took all of it": (
        [
            FIRST,
            LARGER,
            booking(7, 40, "355.74"),
            booking(8, 83, "4.84"),
            booking(9, 83, "2.42"),
        ],
        TOOK,
    ),
    "the other was granted more, and took all of it with money of its own": (
        [
            FIRST,
            LARGER,
            invoice(3, "30"),
            booking(5, 40, "237.16", "27000002"),
            booking(6, 83, "4.84", "27000002"),
            booking(7, 40, "148.58"),
            booking(9, 83, "2.42"),
        ],
        TOOK,
    ),
    "the other was granted more, and took a part of it with money of its own": (
        [
            FIRST,
            LARGER,
            booking(6, 83, "1.00", "27000002"),
            booking(7, 40, "359.58"),
            booking(9, 83, "2.42"),
        ],
        UNTOLD,
    ),
    "the other was granted as much, and took it too": (
        [
            FIRST,
            granted(2, "121", "2.42"),
            booking(7, 40, "237.16"),
            booking(8, 83, "2.42"),
            booking(9, 83, "2.42"),
        ],
        ONE_OF_TWO,
    ),
    "the other was granted as much, and one of them took it": (
        [FIRST, granted(2, "121", "2.42"), booking(8, 40, "239.58"), booking(9, 83, "2.42")],
        UNTOLD,
    ),
    "both were granted as much, the other for money of two days, and took it on the later": (
        [
            FIRST,
            replace(
                granted(2, "121", "2.42", discount_due_date=LATER),
                paid_days=frozenset([DAY, LATER]),
            ),
            booking(7, 40, "237.16"),
            booking(8, 83, "2.42"),
            booking(9, 83, "2.42", day=LATER),
        ],
        TOOK,
    ),
    "a credit note took as much": (
        [
            FIRST,
            invoice(2, "50"),
            replace(granted(3, "121", "2.42"), type=21, is_negative=True),
            booking(7, 40, "50"),
            booking(8, 83, "2.42"),
            booking(9, 83, "2.42", is_negative=False),
        ],
        [("discount", "2.42", 1), ("unknown", "118.58", None)],
    ),
    "a part of it was paid with money of its own": (
        [
            FIRST,
            invoice(2, "50"),
            booking(7, 40, "10", "27000001"),
            booking(8, 40, "158.58"),
            booking(9, 83, "2.42"),
        ],
        [("discount", "2.42", 1), ("payment", "10", 1), ("payment", "108.58", 2)],
    ),
    "a receipt of as much as the discount": (
        [FIRST, invoice(2, "50"), booking(8, 40, "168.58"), booking(9, 40, "2.42")],
        [("payment", "121", None)],
    ),
    "a difference of which another day closed a part": (
        [FIRST, invoice(2, "50"), booking(8, 40, "168.58"), booking(9, 83, "2.42", is_whole=False)],
        [("discount", "2.42", None), *PAID],
    ),
    "a difference of less than it was granted": (
        [FIRST, invoice(2, "50"), booking(8, 40, "169"), booking(9, 83, "2.00")],
        UNTOLD,
    ),
    "a difference that was booked on another day": (
        [FIRST, invoice(2, "50"), booking(8, 40, "168.58"), booking(9, 83, "2.42", day=LATER)],
        UNTOLD,
    ),
    "a difference in our customer's disfavor": (
        [
            FIRST,
            invoice(2, "50"),
            booking(8, 40, "173.42"),
            booking(9, 83, "2.42", is_negative=False),
        ],
        [("payment", "121", None)],
    ),
    "a difference of which Exact no longer says the amount": (
        [FIRST, invoice(2, "50"), booking(8, 40, "168.58"), booking(9, 83, None)],
        UNTOLD,
    ),
}


@pytest.mark.parametrize(("shares", "expected"), CASES.values(), ids=CASES.keys())
def test_g7_g8_a_discount_is_told_only_where_one_document_can_have_taken_it(shares, expected):
    orders = list(permutations(shares)) if len(shares) < 6 else [shares, shares[::-1]]

    for order in orders:
        assert found(told(order, {})[UUID(int=1)]) == sorted(expected, key=str)


def test_g8_all_of_a_discount_is_told_of_each_of_many_alike_and_of_each_of_many_others():
    alike = [granted(number, "100", "2.00") for number in range(1, 101)]
    others = [granted(number, "500", f"{number}.00") for number in range(101, 201)]
    differences = [booking(1000 + one.line.int, 83, str(one.discount)) for one in (*alike, *others)]
    money = sum((one.amount or 0) - one.discount for one in (*alike, *others))

    settled = told([*alike, *others, *differences, booking(5000, 40, str(money))], {})

    assert {found(settled[one.line])[0] for one in alike} == {("discount", "2.00", None)}
    for one in others:
        assert found(settled[one.line])[0] == ("discount", str(one.discount), 1)


def test_g8_a_credit_note_takes_off_its_discount_as_an_invoice_does():
    note = replace(
        credit_note(1, "121"),
        paid_days=frozenset([DAY]),
        discount=Decimal("2.42"),
        discount_due_date=DAY,
    )
    other = replace(credit_note(2, "50"), paid_days=frozenset([DAY]))
    back = [
        booking(8, 40, "168.58", is_negative=False),
        booking(9, 83, "2.42", is_negative=False),
    ]

    assert found(told([note, other, *back], {})[note.line]) == TOOK
