"""What a person reads of each part of a document that was settled: when, how much, by what (RELIABILITY G7, G8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from payments.models import PaymentKind
from payments.settlement import SettledPart, Settlement, Term, settle
from payments.shares import Settler, Share

THIRD, FIFTH = date(2026, 11, 3), date(2026, 11, 5)


def term(key: int, amount: str, *, day: date = FIFTH) -> Term:
    """A part of the document for which money came in on a day."""
    return Term(
        key=key,
        timestamp=key,
        status=50,
        amount=Decimal(amount),
        last_payment_date=day,
        reference=f"Term {key}",
    )


def receipt(number: int, **fields: Any) -> Share:
    values: dict[str, Any] = {"type": 40, "day": THIRD, "reference": f"Bank {number}"}
    return Share(
        line=UUID(int=number), entry=None, is_negative=True, amount=None, **values | fields
    )


def alone(amount: str, booking: Share, kind: PaymentKind = PaymentKind.PAYMENT) -> Settler:
    """Something that settled this document and no other."""
    return Settler(kind, Decimal(amount), booking, is_alone=True, count=1)


def shared(amount: str, booking: Share, kind: PaymentKind = PaymentKind.PAYMENT) -> Settler:
    """Something that settled two documents."""
    return Settler(kind, Decimal(amount), booking, count=2)


def settled(terms: list[Term], *settlers: Settler) -> Settlement:
    gross = sum((one.amount for one in terms), Decimal(0))
    found = settle(terms, gross_amount=gross, settlers={(None, True): settlers})
    assert found is not None
    return found


def told(terms: list[Term], *settlers: Settler) -> list[tuple[int, str, str, str]]:
    """Term, kind, amount and reference of each part."""
    return sorted(
        (part.key, part.kind.value, str(part.amount), part.reference)
        for part in settled(terms, *settlers).parts
    )


def test_a_receipt_is_told_with_its_own_day_reference_and_number_of_documents():
    booking = receipt(1)

    assert settled([term(1, "121")], alone("121", booking)).parts == (
        SettledPart(1, PaymentKind.PAYMENT, Decimal(121), THIRD, "Bank 1", booking, 1),
    )


def test_a_receipt_that_says_no_day_and_no_reference_is_told_with_the_terms():
    booking = receipt(1, day=None, reference="")

    [part] = settled([term(1, "121")], alone("121", booking)).parts

    assert (part.paid_date, part.reference) == (FIFTH, "Term 1")


def test_a_credit_note_settles_on_the_day_it_was_matched_and_not_on_its_own():
    note = alone("121", receipt(1, type=21), PaymentKind.CREDIT_NOTE)

    [part] = settled([term(1, "121")], note).parts

    assert (part.paid_date, part.reference, part.kind) == (
        FIFTH,
        "Bank 1",
        PaymentKind.CREDIT_NOTE,
    )


def test_a_receipt_of_several_documents_settled_each_term_of_this_one():
    booking = receipt(1)

    assert settled([term(1, "100"), term(2, "21")], shared("121", booking)).parts == (
        SettledPart(1, PaymentKind.PAYMENT, Decimal(100), FIFTH, "Bank 1", booking, 2),
        SettledPart(2, PaymentKind.PAYMENT, Decimal(21), FIFTH, "Bank 1", booking, 2),
    )


@pytest.mark.parametrize(
    ("terms", "day"),
    [
        # By its day, or else by its amount.
        ([term(1, "60"), term(2, "60", day=THIRD)], THIRD),
        ([term(1, "36"), term(2, "60")], FIFTH),
    ],
)
def test_a_receipt_is_told_with_the_term_that_it_goes_with_best(terms, day):
    [part] = settled(terms, alone("60", receipt(1, day=day))).parts

    assert part.key == 2


def test_what_is_left_of_the_terms_is_what_the_other_booking_settled():
    terms = [term(1, "21"), term(2, "50"), term(3, "50")]

    assert told(terms, alone("21", receipt(1)), shared("100", receipt(2))) == [
        (1, "payment", "21", "Bank 1"),
        (2, "payment", "50", "Bank 2"),
        (3, "payment", "50", "Bank 2"),
    ]


@pytest.mark.parametrize("amount", ["80", "121"])
def test_a_booking_of_another_amount_than_what_is_left_is_told_once_with_its_own(amount):
    terms = [term(1, "21"), term(2, "50"), term(3, "50")]

    assert told(terms, alone("21", receipt(1)), shared(amount, receipt(2))) == [
        (1, "payment", "21", "Bank 1"),
        (2, "payment", amount, "Bank 2"),
    ]


def test_two_shared_bookings_are_told_once_each():
    difference = shared("0", receipt(2), PaymentKind.CURRENCY_DIFFERENCE)

    assert told([term(1, "60"), term(2, "40")], shared("100", receipt(1)), difference) == [
        (1, "currency_difference", "0", "Bank 2"),
        (1, "payment", "100", "Bank 1"),
    ]


def test_a_booking_for_which_no_term_is_left_is_told_with_the_first():
    assert told([term(1, "121")], alone("100", receipt(1)), shared("21", receipt(2))) == [
        (1, "payment", "100", "Bank 1"),
        (1, "payment", "21", "Bank 2"),
    ]


@pytest.mark.parametrize(
    ("kind", "amount", "status"),
    [
        (PaymentKind.CURRENCY_DIFFERENCE, "0", "currency_difference"),
        (PaymentKind.WRITE_OFF, "0.50", "written_off"),
        # A difference in the customer's favor writes nothing off.
        (PaymentKind.WRITE_OFF, "-0.50", "paid"),
        (PaymentKind.DISCOUNT, "2.42", "discount_taken"),
        (PaymentKind.CREDIT_NOTE, "21", "paid"),
        (PaymentKind.JOURNAL, "0.01", "settled"),
    ],
)
def test_g8_what_went_with_a_payment_decides_what_an_invoice_is_called(kind, amount, status):
    beside = alone(amount, receipt(2), kind)

    assert settled([term(1, "121")], alone("121", receipt(1)), beside).status == status


def test_g8_an_invoice_that_only_a_credit_note_settled_is_credited():
    note = alone("121", receipt(1, type=21), PaymentKind.CREDIT_NOTE)

    assert settled([term(1, "121")], note).status == "credited"
