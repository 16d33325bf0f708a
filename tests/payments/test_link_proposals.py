"""Which entries of Exact may be an invoice, and which surely are (B-21): a pure rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from payments.link_proposals import Entry, Wanted, numbers_of, propose

ACCOUNT, OTHER = uuid4(), uuid4()
DAY = date(2026, 11, 20)
WANTED = Wanted(1, ("27000001",), ACCOUNT, Decimal(121), "EUR", DAY, is_credit=False)
ENTRY = Entry(
    UUID(int=1), "70", 27_000_001, None, "", ACCOUNT, Decimal(121), "EUR", DAY, is_credit=False
)


def test_the_same_number_amount_and_customer_is_sure():
    [match] = propose([WANTED], [ENTRY])

    assert (match.invoice_id, match.entry, match.is_sure) == (1, ENTRY, True)


@pytest.mark.parametrize(
    ("wanted", "entry"),
    [
        ({}, {"gross_amount": Decimal("121.01")}),
        ({}, {"account_id": OTHER}),
        ({"account_id": None}, {}),
        ({}, {"entry_number": 27_000_002, "entry_date": DAY + timedelta(days=7)}),
    ],
)
def test_what_is_less_is_proposed_and_not_sure(wanted, entry):
    [match] = propose([replace(WANTED, **wanted)], [replace(ENTRY, **entry)])

    assert not match.is_sure


@pytest.mark.parametrize(
    ("wanted", "entry"),
    [
        ({}, {"currency": "USD"}),
        ({}, {"is_credit": True}),
        ({}, {"gross_amount": Decimal(100), "account_id": OTHER}),
        ({"account_id": None}, {"gross_amount": Decimal(100)}),
        ({"account_id": None}, {"entry_number": 5}),
        ({}, {"entry_number": 5, "entry_date": DAY + timedelta(days=8)}),
        ({}, {"entry_number": 5, "entry_date": None}),
    ],
)
def test_what_is_too_little_is_not_proposed(wanted, entry):
    assert propose([replace(WANTED, **wanted)], [replace(ENTRY, **entry)]) == []


def test_two_entries_or_two_invoices_that_fit_as_well_are_not_sure():
    twice = propose([WANTED], [ENTRY, replace(ENTRY, exact_id=UUID(int=2))])
    claimed = propose([WANTED, replace(WANTED, invoice_id=2)], [ENTRY])

    assert [match.is_sure for match in (*twice, *claimed)] == [False] * 4


def test_what_fits_better_leaves_the_others_out():
    lesser = replace(ENTRY, exact_id=UUID(int=2), gross_amount=Decimal(100))

    [match] = propose([WANTED], [lesser, ENTRY])

    assert match.entry == ENTRY


@pytest.mark.parametrize(
    ("field", "number"),
    [("your_ref", "27000001"), ("invoice_number", 27_000_001), ("entry_number", 27_000_001)],
)
def test_the_number_may_stand_in_any_of_three_places(field, number):
    fields: dict[str, Any] = {"entry_number": 9} | {field: number}

    [match] = propose([WANTED], [replace(ENTRY, **fields)])

    assert match.is_sure


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("2026-001", ""), ("2026-001",)),
        (("007", "7"), ("007", "7")),
        (("  F  12 ",), ("F 12",)),
        (("٣",), ("٣",)),
        ((), ()),
    ],
)
def test_how_numbers_may_be_written(texts, expected):
    assert numbers_of(*texts) == expected


_SMALL = st.integers(1, 3)


@given(
    invoices=st.lists(st.tuples(_SMALL, _SMALL, _SMALL), max_size=4),
    entries=st.lists(st.tuples(_SMALL, _SMALL, _SMALL), max_size=4),
)
def test_what_is_sure_is_one_to_one_and_the_same_in_all(invoices, entries):
    accounts = {number: UUID(int=number) for number in (1, 2, 3)}
    wanted = [
        Wanted(place, (str(number),), accounts[customer], Decimal(amount), "EUR", DAY, False)
        for place, (number, customer, amount) in enumerate(invoices)
    ]
    given_entries = [
        replace(
            ENTRY,
            exact_id=UUID(int=100 + place),
            entry_number=number,
            account_id=accounts[customer],
            gross_amount=Decimal(amount),
        )
        for place, (number, customer, amount) in enumerate(entries)
    ]

    sure = [match for match in propose(wanted, given_entries) if match.is_sure]

    assert len({match.invoice_id for match in sure}) == len(sure)
    assert len({match.entry.exact_id for match in sure}) == len(sure)
    for match in sure:
        number, customer, amount = invoices[match.invoice_id]
        assert entries[match.entry.exact_id.int - 100] == (number, customer, amount)
