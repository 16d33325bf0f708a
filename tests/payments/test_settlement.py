"""The pure rule: from payment terms to paid, partly paid, in collection or open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from invoices.models import PaymentStatus
from payments.models import PaymentKind
from payments.settlement import Settlement, Term, settle
from payments.shares import Match, Settler, Share, join_parts

GROSS = Decimal("121.00")
THIRD = date(2026, 11, 3)
FIFTH = date(2026, 11, 5)


def term(
    key: int,
    status: int,
    amount: str,
    *,
    day: date | None = None,
    known: str | None = None,
    changed: bool = True,
    document: str | None = "121.00",
) -> Term:
    return Term(
        key=key,
        timestamp=key,
        status=status,
        amount=Decimal(amount),
        document_amount=None if document is None else Decimal(document),
        last_payment_date=day,
        known_amount=None if known is None else Decimal(known),
        has_changed=changed,
    )


PAYMENTS: dict[Match, list[Settler]] = {
    (None, has_money): [Settler(PaymentKind.PAYMENT, None)] for has_money in (True, False)
}


def settled(*terms: Term) -> Settlement:
    """What the rule makes of terms that nothing but payments settled."""
    settlement = settle(terms, gross_amount=GROSS, settlers=PAYMENTS)
    assert settlement is not None
    return settlement


def test_an_invoice_without_terms_is_unknown_and_never_paid():
    assert settle([], gross_amount=GROSS) is None


CASES = [
    ("open", [term(1, 20, "121")], "open", "0", "121", None),
    ("paid", [term(1, 50, "121", day=THIRD)], "paid", "121", "0", THIRD),
    ("selected for collection", [term(1, 30, "121")], "in_collection", "0", "121", None),
    ("in collection", [term(1, 40, "121")], "in_collection", "0", "121", None),
    (
        "part paid",
        [term(1, 50, "36.30", day=THIRD), term(2, 20, "84.70")],
        "partly_paid",
        "36.30",
        "84.70",
        None,
    ),
    (
        "part paid, the rest in collection",
        [term(1, 50, "36.30", day=THIRD), term(2, 40, "84.70")],
        "partly_paid",
        "36.30",
        "84.70",
        None,
    ),
    (
        "paid in three",
        [
            term(1, 50, "36.30", day=THIRD),
            term(2, 50, "36.30", day=FIFTH),
            term(3, 50, "48.40", day=THIRD),
        ],
        "paid",
        "121",
        "0",
        FIFTH,
    ),
    (
        "several due dates, nothing paid",
        [term(1, 20, "60.50"), term(2, 20, "60.50")],
        "open",
        "0",
        "121",
        None,
    ),
    (
        "a part that was not seen counts as open",
        [term(1, 50, "36.30", day=THIRD)],
        "partly_paid",
        "36.30",
        "84.70",
        None,
    ),
    (
        "a reopened term whose old part was not yet seen to go",
        [term(1, 50, "36.30", day=THIRD), term(2, 20, "121")],
        "open",
        "0",
        "121",
        None,
    ),
    ("terms that do not make the whole", [term(1, 20, "100")], "open", "0", "121", None),
    ("entry of nothing", [term(1, 50, "0", document="0")], "paid", "0", "0", None),
    (
        "rounding of a double",
        [term(1, 50, "120.9999999", day=THIRD), term(2, 20, "0.0000001")],
        "partly_paid",
        "120.9999999",
        "0.0000001",
        None,
    ),
]


@pytest.mark.parametrize(
    ("terms", "status", "paid", "open_", "day"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
@pytest.mark.parametrize("sign", [1, -1], ids=["positive", "negative"])
def test_terms_become_a_status_whatever_their_sign(terms, status, paid, open_, day, sign):
    gross = Decimal(0) if terms[0].document_amount == 0 else GROSS
    shown = [replace(one, amount=one.amount * sign) for one in terms]

    settlement = settle(shown, gross_amount=gross * sign, settlers=PAYMENTS)

    assert settlement is not None
    assert settlement.status == status
    assert settlement.paid_amount == Decimal(paid)
    assert settlement.open_amount == Decimal(open_)
    assert settlement.paid_date == day


@pytest.mark.parametrize(
    ("terms", "status", "paid", "amounts"),
    [
        ([term(1, 50, "0", day=THIRD)], "paid", "121", ["121"]),
        ([term(1, 50, "0"), term(2, 20, "84.70")], "partly_paid", "36.30", ["36.30"]),
        (
            [
                term(1, 50, "0", known="36.30", changed=False),
                term(2, 50, "0"),
                term(3, 20, "48.40"),
            ],
            "partly_paid",
            "72.60",
            ["36.30", "36.30"],
        ),
        # Two parts that were never seen apart: their sum is certain, each of them is not.
        ([term(1, 50, "0"), term(2, 50, "0")], "paid", "121", [None, None]),
        # Everything was read again: what was known before still adds up.
        (
            [term(1, 50, "0", known="36.30"), term(2, 50, "0", known="84.70")],
            "paid",
            "121",
            ["36.30", "84.70"],
        ),
        # The second part was edited: the unchanged one keeps its amount and the other gets the rest.
        (
            [
                term(1, 50, "0", known="36.30", changed=False),
                term(2, 50, "0", known="36.30"),
                term(3, 20, "44.70"),
            ],
            "partly_paid",
            "76.30",
            ["36.30", "40.00"],
        ),
    ],
)
def test_an_amount_that_becomes_zero_when_matched_is_derived(terms, status, paid, amounts):
    settlement = settled(*terms)

    assert settlement.status == status
    assert settlement.paid_amount == Decimal(paid)
    assert [part.amount for part in settlement.parts] == [
        None if amount is None else Decimal(amount) for amount in amounts
    ]


def test_the_document_amount_of_the_newest_term_counts_over_what_was_booked():
    changed_in_exact = term(2, 20, "242", document="242")

    settlement = settled(changed_in_exact)

    assert settlement.open_amount == Decimal(242)


def test_what_is_in_collection_is_told_apart_from_what_is_open():
    settlement = settled(term(1, 40, "100"), term(2, 20, "21"))

    assert settlement.status == "in_collection"
    assert settlement.collecting_amount == Decimal(100)


def test_payments_are_listed_by_date():
    settlement = settled(term(1, 50, "100", day=FIFTH), term(2, 50, "21", day=THIRD))

    assert [(part.key, part.paid_date) for part in settlement.parts] == [(2, THIRD), (1, FIFTH)]


@pytest.mark.parametrize(
    ("terms", "keys"),
    [
        ([term(3, 50, "21", day=THIRD), term(2, 50, "100", day=THIRD)], [2, 3]),
        # A part without a date comes first, whatever its key.
        ([term(1, 50, "21", day=THIRD), term(2, 50, "100")], [2, 1]),
    ],
)
def test_payments_of_one_day_are_listed_as_exact_made_them(terms, keys):
    assert [part.key for part in settled(*terms).parts] == keys


def test_a_part_carries_what_exact_says_of_it():
    paid = replace(term(7, 50, "-121", day=THIRD), reference="Bank 12")

    (part,) = settled(paid).parts

    assert (part.key, part.amount, part.paid_date, part.reference) == (7, GROSS, THIRD, "Bank 12")


@pytest.mark.parametrize(
    ("terms", "gross"),
    [
        ([term(2, 20, "50", document="242"), term(1, 20, "71", document="121")], "242"),
        ([term(1, 20, "71", document="121"), term(2, 20, "50", document="-242")], "242"),
        # The newest term does not say it, so the one before does.
        ([term(1, 20, "71", document="242"), term(2, 20, "50", document=None)], "242"),
        ([term(1, 20, "71", document="242"), term(2, 20, "50", document="0")], "242"),
        ([term(1, 20, "71", document=None)], "121"),
    ],
)
@pytest.mark.parametrize("booked", [GROSS, -GROSS])
def test_the_whole_is_what_exact_said_last_or_what_was_booked(terms, gross, booked):
    settlement = settle(terms, gross_amount=booked)

    assert settlement is not None
    assert settlement.open_amount == Decimal(gross)


def test_the_whole_is_the_sum_of_the_terms_where_nobody_says_it():
    terms = [term(1, 50, "-20", day=THIRD, document=None), term(2, 20, "30", document=None)]

    settlement = settle(terms, gross_amount=Decimal(0))

    assert settlement is not None
    assert (settlement.paid_amount, settlement.open_amount) == (Decimal(20), Decimal(30))


@pytest.mark.parametrize(
    ("terms", "collecting"),
    [
        ([term(1, 30, "21"), term(2, 29, "100")], "21"),
        ([term(1, 49, "121")], "121"),
        # Never more than is open.
        ([term(1, 40, "200")], "121"),
        ([term(1, 50, "100"), term(2, 40, "121")], "121"),
        ([term(1, 50, "121")], "0"),
    ],
)
def test_what_is_in_collection_is_a_part_of_what_is_open(terms, collecting):
    settlement = settled(*terms)

    assert settlement.collecting_amount == Decimal(collecting)
    assert settlement.paid_amount + settlement.open_amount == GROSS


@pytest.mark.parametrize(("status", "is_paid"), [(49, False), (50, True), (51, True), (60, True)])
def test_a_term_is_settled_from_50_on(status, is_paid):
    assert (settled(term(1, status, "121")).status == PaymentStatus.PAID) is is_paid


@pytest.mark.parametrize(
    ("terms", "day"),
    [
        ([term(1, 50, "121")], None),
        ([term(1, 50, "100", day=FIFTH), term(2, 50, "21")], FIFTH),
        ([term(1, 50, "100", day=FIFTH), term(2, 20, "21")], None),
    ],
)
def test_the_day_of_payment_is_the_last_one_known_of_a_document_that_is_paid(terms, day):
    assert settled(*terms).paid_date == day


def test_a_document_of_nothing_has_no_payments():
    settlement = settle(
        [term(1, 50, "0", document="0")], gross_amount=Decimal(0), settlers=PAYMENTS
    )

    assert settlement is not None
    assert (settlement.status, settlement.parts) == (PaymentStatus.PAID, ())


@pytest.mark.parametrize(
    ("terms", "amounts"),
    [
        # Nothing is left for the part that Exact does not tell.
        ([term(1, 50, "121", day=THIRD), term(2, 50, "0", day=FIFTH)], ["121", None]),
        ([term(1, 50, "120.99", day=THIRD), term(2, 50, "0", day=FIFTH)], ["120.99", "0.01"]),
        # What was known before does not add up any more, and both parts have changed.
        (
            [
                term(1, 50, "0", known="36.30", day=THIRD),
                term(2, 50, "0", known="80.00", day=FIFTH),
            ],
            [None, None],
        ),
        # One has changed: it gets what the others leave.
        (
            [
                term(1, 50, "21", day=THIRD),
                term(2, 50, "0", known="36.30", changed=False, day=FIFTH),
                term(3, 50, "0", known="1.00", day=FIFTH),
            ],
            ["21", "36.30", "63.70"],
        ),
        ([term(1, 50, "0", known="121", changed=False)], ["121"]),
    ],
)
def test_what_each_part_amounts_to_is_only_said_when_it_is_certain(terms, amounts):
    assert [part.amount for part in settled(*terms).parts] == [
        None if amount is None else Decimal(amount) for amount in amounts
    ]


cents = st.integers(1, 10_000_000).map(lambda n: Decimal(n).scaleb(-2))


@given(
    amounts=st.lists(st.tuples(cents, st.sampled_from([20, 30, 40, 50])), min_size=1, max_size=8),
    sign=st.sampled_from([1, -1]),
    zeroed=st.booleans(),
    credit=st.booleans(),
    seed=st.randoms(use_true_random=False),
)
def test_any_set_of_terms_gives_the_amounts_a_bookkeeper_would_say(
    amounts, sign, zeroed, credit, seed
):
    gross = sum(amount for amount, _ in amounts)
    paid = sum((amount for amount, status in amounts if status == 50), Decimal(0))
    direction = -sign if credit else sign
    terms = [
        Term(
            key=key,
            timestamp=key,
            status=status,
            amount=Decimal(0) if zeroed and status == 50 else amount * direction,
            document_amount=-gross if credit else gross,
        )
        for key, (amount, status) in enumerate(amounts)
    ]
    seed.shuffle(terms)

    settlement = settled(*terms)

    assert settlement.paid_amount == paid
    assert settlement.open_amount == gross - paid
    assert (settlement.status == PaymentStatus.PAID) == (paid == gross)
    assert (settlement.status == PaymentStatus.PARTLY_PAID) == (0 < paid < gross)
    known = [part.amount for part in settlement.parts if part.amount is not None]
    assert sum(known, Decimal(0)) <= paid
    assert len(settlement.parts) == sum(status == 50 for _, status in amounts)


@pytest.mark.parametrize(
    ("has_document", "is_named", "status"),
    [(False, False, "overpaid"), (True, False, "paid"), (True, True, "overpaid")],
)
def test_g7_only_a_payment_of_the_document_alone_overpays_it(has_document, is_named, status):
    """RELIABILITY G7: what a payment of several documents is too large by belongs to none of them."""
    receipt = Share(UUID(int=1), None, 40, True, Decimal(121), excess=Decimal(9))
    other = Share(UUID(int=2), None, 20, False, Decimal(0))
    settlers = [
        Settler(PaymentKind.PAYMENT, Decimal(121), receipt, is_alone=True, is_named=is_named)
    ]
    if has_document:
        settlers.append(Settler(PaymentKind.INVOICE, Decimal(0), other, is_alone=True))

    settlement = settle(
        [term(1, 50, "121")], gross_amount=GROSS, settlers={(None, False): settlers}
    )

    assert settlement is not None
    assert settlement.status == status


def test_g7_a_booking_that_was_matched_with_a_document_twice_is_one_payment():
    """RELIABILITY G7: with what was owed, and what was left of it once more together with a credit note."""
    receipt = Share(UUID(int=1), None, 40, True, Decimal(418), is_whole=False)
    rest = Share(UUID(int=1), None, 40, True, Decimal(10), is_whole=False)
    note = Share(UUID(int=2), None, 21, True, Decimal(19))
    settlers = [
        Settler(PaymentKind.PAYMENT, Decimal(418), receipt, is_alone=True, is_named=True),
        Settler(PaymentKind.PAYMENT, Decimal(10), rest, is_alone=True),
        Settler(PaymentKind.CREDIT_NOTE, Decimal(19), note, is_alone=True),
    ]

    settlement = settle(
        [term(1, 50, "418"), term(2, 50, "29")],
        gross_amount=Decimal(447),
        settlers={(None, False): settlers},
    )

    assert settlement is not None
    told = [(part.kind.value, part.amount) for part in settlement.parts]
    assert sorted(told) == [("credit_note", Decimal(19)), ("payment", Decimal(428))]


def test_g7_parts_of_a_booking_of_which_one_amount_is_not_known_make_no_amount():
    part = Settler(PaymentKind.PAYMENT, Decimal(1), Share(UUID(int=1), None, 40, True, None))

    assert join_parts([part, replace(part, amount=None)]) == [replace(part, amount=None)]
