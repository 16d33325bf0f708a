"""VAT and due dates, by tables and by random amounts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from exact_sandbox.books.amounts import (
    LineAmounts,
    VATMismatchError,
    in_division_currency,
    line_amounts,
    rounded,
    with_header_vat,
)
from exact_sandbox.books.due_dates import due_date
from exact_sandbox.books.numbers import number_range
from exact_sandbox.values import from_payload, from_store, stored_to_json, to_store

AMOUNTS = st.decimals(-10_000_000, 10_000_000, places=2)
FRACTIONS = st.sampled_from(
    [Decimal(text) for text in ("0", "0.06", "0.09", "0.19", "0.205", "0.21")]
)


@pytest.mark.parametrize(
    ("amount", "kind", "fraction", "decimals", "net", "vat"),
    [
        ("100", "E", "0.21", 2, "100", "21.00"),
        ("0.05", "E", "0.10", 2, "0.05", "0.01"),  # half a cent goes up
        ("-0.05", "E", "0.10", 2, "-0.05", "-0.01"),  # and away from zero
        ("33.33", "E", "0.09", 2, "33.33", "3.00"),
        ("121", "I", "0.21", 2, "100.00", "21.00"),
        ("100", "I", "0.21", 2, "82.64", "17.36"),
        ("100", "B", "0.21", 2, "100", "0"),
        ("100", "N", "0.21", 2, "100", "0"),
        ("1005", "E", "0.21", 0, "1005", "211"),
        ("1.2345", "E", "0.21", 3, "1.235", "0.259"),
    ],
)
def test_line_amounts(amount, kind, fraction, decimals, net, vat):
    found = line_amounts(Decimal(amount), kind=kind, fraction=Decimal(fraction), decimals=decimals)

    assert found == LineAmounts(Decimal(net), Decimal(vat))


@given(AMOUNTS, FRACTIONS)
def test_vat_excluded_is_within_half_a_cent(amount, fraction):
    found = line_amounts(amount, kind="E", fraction=fraction, decimals=2)

    assert found.net == amount
    assert abs(found.vat - amount * fraction) <= Decimal("0.005")


@given(AMOUNTS, FRACTIONS)
def test_vat_included_keeps_the_amount(amount, fraction):
    found = line_amounts(amount, kind="I", fraction=fraction, decimals=2)

    assert found.net + found.vat == amount
    assert abs(found.vat - found.net * fraction) <= Decimal("0.012")


@given(AMOUNTS, FRACTIONS)
def test_a_credit_line_mirrors_its_invoice_line(amount, fraction):
    for kind in "EIBN":
        line = line_amounts(amount, kind=kind, fraction=fraction, decimals=2)
        mirrored = line_amounts(-amount, kind=kind, fraction=fraction, decimals=2)
        assert (mirrored.net, mirrored.vat) == (-line.net, -line.vat)


@given(st.lists(AMOUNTS, min_size=1, max_size=5), st.decimals(-50, 50, places=2))
def test_a_header_total_is_reached_to_the_cent(amounts, difference):
    lines = [
        line_amounts(amount, kind="E", fraction=Decimal("0.21"), decimals=2) for amount in amounts
    ]
    total = sum((line.vat for line in lines), Decimal(0)) + difference
    if difference and not any(line.vat for line in lines):
        with pytest.raises(VATMismatchError):
            with_header_vat(lines, ["E"] * len(lines), total)
        return

    spread = with_header_vat(lines, ["E"] * len(lines), total)

    assert sum((line.vat for line in spread), Decimal(0)) == total
    assert [line.net for line in spread] == [line.net for line in lines]


def test_vat_that_cannot_be_is_refused():
    for kind, sent in (("B", "1"), ("N", "1"), ("I", "21")):
        with pytest.raises(VATMismatchError):
            line_amounts(
                Decimal(100),
                kind=kind,
                fraction=Decimal("0.21"),
                decimals=2,
                vat_sent=Decimal(sent),
            )


@pytest.mark.parametrize(
    ("date", "days", "months", "expected"),
    [
        ("2026-01-17", 15, 2, "2026-04-15"),  # the example of Exact's reference
        ("2026-01-17", 0, 2, "2026-03-31"),
        ("2026-01-31", 30, 0, "2026-03-02"),
        ("2026-12-05", 0, 1, "2027-01-31"),
        ("2028-01-10", 0, 1, "2028-02-29"),
        ("2026-05-05", 0, 0, "2026-05-05"),
        ("9999-12-31", 30, 0, "9999-12-31"),
        ("2026-01-17", 2**31 - 1, 0, "9999-12-31"),
        ("2026-01-17", 1, 2**31 - 1, "9999-12-31"),
    ],
)
def test_due_dates(date, days, months, expected):
    found = due_date(datetime.fromisoformat(date), days=days, end_of_months=months)

    assert found.date().isoformat() == expected


def test_number_ranges_do_not_meet():
    assert number_range("70", 2026) == (26700001, 26709999)
    assert number_range("700", 2026) == (26700001, 26700999)
    assert number_range("70", 2027)[0] > number_range("70", 2026)[1]
    assert number_range("7²", 2026) == number_range("7", 2026)


def test_division_currency_is_rounded_to_cents():
    assert in_division_currency(Decimal("10.05"), Decimal("0.9")) == Decimal("9.05")
    assert rounded(Decimal("2.5"), 0) == Decimal(3)


@given(st.decimals(-1_000_000, 1_000_000, places=6))
def test_doubles_survive_the_store_exactly(amount):
    stored = to_store("Double", amount)

    assert from_store("Double", stored) == amount
    assert Decimal(str(stored_to_json("Double", stored))) == amount


@given(st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2200-01-01")))
def test_moments_survive_store_and_json_to_the_millisecond(moment):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    written = stored_to_json("DateTime", to_store("DateTime", moment))

    assert from_payload("Created", "DateTime", written) == moment
    assert from_payload("Created", "DateTime", moment.isoformat()) == moment
