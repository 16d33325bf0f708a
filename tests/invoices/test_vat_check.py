"""VAT is spread over the lines so that Exact books the invoice's own total, or the difference is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from connector.money import quantize, smallest_unit
from integrations.mappings.facts import VatFacts
from invoices.vat_check import VatLine, check_vat

HIGH = VatFacts("2", "21 %", Decimal("0.21"))
LOW = VatFacts("1", "9 %", Decimal("0.09"))
HIGH_INCLUDED = VatFacts("4", "21 % included", Decimal("0.21"), type="I")
REVERSED = VatFacts("6", "reversed", Decimal(0), type="B")
NONE = VatFacts("0", "none", Decimal(0), type="N")


def line(position, net, vat=HIGH, percentage="21", own=None):
    return VatLine(
        position,
        position,
        Decimal(net),
        vat,
        None if percentage is None else Decimal(percentage),
        None if own is None else Decimal(own),
    )


def check(lines, total, currency="EUR"):
    return check_vat(lines=lines, total_vat=Decimal(total), currency=currency)


@pytest.mark.parametrize(
    ("nets", "total", "amounts"),
    [
        # Rounded per invoice: 0.0189 in all.
        (["0.03", "0.03", "0.03"], "0.02", ["0.01", "0.01", "0.00"]),
        # The same lines rounded per line.
        (["0.03", "0.03", "0.03"], "0.03", ["0.01", "0.01", "0.01"]),
        (["100.00", "-25.00"], "15.75", ["21.00", "-5.25"]),
        (["10.10", "10.10"], "4.24", ["2.12", "2.12"]),
        (["0.00"], "0.00", ["0.00"]),
    ],
)
def test_the_rounding_is_the_one_that_makes_the_invoices_total(nets, total, amounts):
    checked = check([line(position, net) for position, net in enumerate(nets)], total)

    assert [str(one.amount) for one in checked.lines] == amounts
    assert checked.agrees


def test_vat_that_the_psa_gave_per_line_is_sent_as_it_is():
    checked = check([line(1, "10.02", own="2.11"), line(2, "10.02", own="2.10")], "4.21")

    assert [one.amount for one in checked.lines] == [Decimal("2.11"), Decimal("2.10")]
    assert checked.agrees


def test_i2_a_code_of_another_rate_is_shown_with_the_line_that_causes_it():
    checked = check([line(1, "100.00"), line(2, "50.00", vat=HIGH, percentage="9")], "25.50")

    assert checked.booked == Decimal("31.50")
    assert checked.difference == Decimal("6.00")
    assert checked.causes == (
        "Line 2: the invoice has 4.50 EUR VAT at 9%; VAT code 2 (21%) makes it 10.50 EUR.",
    )
    assert [(code.vat.code, code.difference) for code in checked.codes] == [("2", Decimal("6.00"))]


def test_an_odd_vat_amount_of_a_line_is_shown_although_exact_would_book_it():
    checked = check([line(1, "100.00", own="25.00")], "25.00")

    assert checked.difference == 0
    assert not checked.agrees
    assert checked.causes == ("Line 1: the invoice says 25.00 EUR VAT; 21% would be 21.00 EUR.",)


def test_vat_under_a_code_without_vat_is_a_difference():
    checked = check([line(1, "100.00", vat=REVERSED, percentage="21")], "21.00")

    assert checked.booked == 0
    assert checked.difference == Decimal("-21.00")
    assert len(checked.causes) == 1


def test_a_total_that_no_rounding_makes_is_a_difference_with_its_reason():
    checked = check([line(1, "100.00", percentage=None)], "20.00")

    assert checked.booked == Decimal("21.00")
    assert checked.causes == ("The lines make 21.00 EUR VAT, the invoice says 20.00 EUR.",)


HALF = VatFacts("5", "5.5 %", Decimal("0.055"))


@pytest.mark.parametrize(
    ("lines", "total", "amounts", "agrees"),
    [
        # What is left over goes to the largest remainder, wherever its line stands.
        (
            [line(1, "0.02"), line(2, "0.03"), line(3, "0.04")],
            "0.01",
            ["0.00", "0.00", "0.01"],
            True,
        ),
        # Of equal ones to the first lines of the invoice, in whatever order they come.
        (
            [line(3, "0.03"), line(1, "0.03"), line(2, "0.03")],
            "0.02",
            ["0.00", "0.01", "0.01"],
            True,
        ),
        (
            [line(3, "0.03"), line(1, "0.03"), line(2, "0.03")],
            "0.01",
            ["0.00", "0.01", "0.00"],
            True,
        ),
        (
            [line(1, "0.03"), line(2, "0.03"), line(3, "0.03")],
            "0.00",
            ["0.00", "0.00", "0.00"],
            True,
        ),
        # No rounding of each line makes these: then it is the usual one, and a difference.
        (
            [line(1, "0.03"), line(2, "0.03"), line(3, "0.03")],
            "0.04",
            ["0.01", "0.01", "0.00"],
            False,
        ),
        (
            [line(1, "0.03"), line(2, "0.03"), line(3, "0.03")],
            "-0.01",
            ["0.01", "0.01", "0.00"],
            False,
        ),
        (
            [line(1, "0.03"), line(2, "0.03"), line(3, "0.03")],
            "0.015",
            ["0.01", "0.01", "0.00"],
            False,
        ),
        (
            [line(1, "-0.03"), line(2, "-0.03"), line(3, "-0.03")],
            "-0.02",
            ["0.00", "-0.01", "-0.01"],
            True,
        ),
        # Each rate by itself: 0.0126 and 0.0072.
        (
            [
                line(1, "0.03"),
                line(2, "0.04", LOW, "9"),
                line(3, "0.03"),
                line(4, "0.04", LOW, "9"),
            ],
            "0.02",
            ["0.01", "0.01", "0.00", "0.00"],
            True,
        ),
        # What is given or not charged is no part of what is spread.
        (
            [
                line(1, "0.03"),
                line(2, "1.00", own="0.21"),
                line(3, "9.00", REVERSED, "0"),
                line(4, "0.03"),
            ],
            "0.22",
            ["0.01", "0.21", "0", "0.00"],
            True,
        ),
        # One cent is left for three lines when all that was given is taken off, wherever that stands.
        (
            [
                line(1, "2.00", own="0.42"),
                line(2, "0.03"),
                line(3, "1.00", own="0.21"),
                line(4, "0.03"),
                line(5, "0.03"),
            ],
            "0.64",
            ["0.42", "0.01", "0.21", "0.00", "0.00"],
            True,
        ),
        # A line whose code has another rate takes its own VAT with it; the others keep theirs to the cent.
        (
            [line(1, "10.00", HIGH, "9"), line(2, "0.03"), line(3, "0.03"), line(4, "0.03")],
            "0.91",
            ["2.10", "0.01", "0.00", "0.00"],
            False,
        ),
    ],
)
def test_a_total_is_spread_to_the_cent(lines, total, amounts, agrees):
    checked = check(lines, total)

    assert [str(one.amount) for one in checked.lines] == amounts
    assert checked.agrees is agrees


def test_a_currency_without_cents_is_spread_by_its_own_unit():
    checked = check([line(1, "13"), line(2, "12"), line(3, "12")], "8", currency="JPY")

    assert [str(one.amount) for one in checked.lines] == ["3", "3", "2"]
    assert checked.agrees


def test_where_exact_computes_each_line_is_rounded_by_itself():
    lines = [line(position, "0.03", own="0.02") for position in (1, 2, 3)]

    checked = check_vat(lines=lines, total_vat=Decimal("0.03"), currency="EUR", exact_computes=True)

    assert [one.amount for one in checked.lines] == [Decimal("0.01")] * 3
    assert [one.ours for one in checked.lines] == [Decimal("0.02")] * 3


def test_each_line_says_what_is_sent_computed_and_invoiced():
    lines = [
        line(1, "100.00"),
        line(2, "100.00", HIGH, "9"),
        line(3, "100.00", LOW, None),
        line(4, "100.00", HIGH, "21", own="21.01"),
        line(5, "100.00", HIGH_INCLUDED, "21"),
        line(6, "0.07", HIGH_INCLUDED, "21"),
    ]

    checked = check(lines, "81.02")

    assert [(one.line_id, one.position, one.vat.code, str(one.net)) for one in checked.lines] == [
        (1, 1, "2", "100.00"),
        (2, 2, "2", "100.00"),
        (3, 3, "1", "100.00"),
        (4, 4, "2", "100.00"),
        (5, 5, "4", "100.00"),
        (6, 6, "4", "0.07"),
    ]
    assert [tuple(map(str, (one.amount, one.computed, one.ours))) for one in checked.lines] == [
        ("21.00", "21.00", "21.00"),
        ("21.00", "21.00", "9.00"),
        ("9.00", "9.00", "9.00"),
        ("21.01", "21.00", "21.01"),
        ("21.00", "21.00", "21.00"),
        ("0.01", "0.01", "0.01"),
    ]
    assert (checked.currency, checked.ours, checked.booked) == (
        "EUR",
        Decimal("81.02"),
        Decimal("93.02"),
    )
    assert checked.difference == Decimal("12.00")
    assert [
        (code.vat.code, *map(str, (code.net, code.ours, code.booked, code.computed)))
        for code in checked.codes
    ] == [
        ("2", "300.00", "51.01", "63.01", "63.00"),
        ("1", "100.00", "9.00", "9.00", "9.00"),
        ("4", "100.07", "21.01", "21.01", "21.01"),
    ]


@pytest.mark.parametrize(
    ("given", "total", "causes"),
    [
        # A cent is how a PSA rounds; two are not.
        (line(1, "100.00", own="21.01"), "21.01", ()),
        (line(1, "100.00", own="20.99"), "20.99", ()),
        (
            line(1, "100.00", own="21.02"),
            "21.02",
            ("Line 1: the invoice says 21.02 EUR VAT; 21% would be 21.00 EUR.",),
        ),
        # Without a rate of the PSA nothing vouches for another amount than the code's.
        (line(1, "100.04", percentage=None, own="21.00"), "21.00", ()),
        (
            line(1, "100.00", percentage=None, own="21.01"),
            "21.01",
            ("Line 1: the invoice has 21.01 EUR VAT; VAT code 2 (21%) makes it 21.00 EUR.",),
        ),
        (
            line(2, "100.00", HIGH_INCLUDED, "21", own="21.01"),
            "21.01",
            ("Line 2: the invoice has 21.01 EUR VAT at 21%; VAT code 4 (21%) makes it 21.00 EUR.",),
        ),
        (
            line(3, "100.00", HALF, "9.50"),
            "9.50",
            ("Line 3: the invoice has 9.50 EUR VAT at 9.5%; VAT code 5 (5.5%) makes it 5.50 EUR.",),
        ),
        # Another rate that comes to the same is none.
        (line(1, "0.00", HIGH, "9"), "0.00", ()),
        (line(1, "100.00", NONE, "0", own="0"), "0", ()),
        (
            line(1, "100.00", NONE, None, own="1.00"),
            "1.00",
            ("Line 1: the invoice has 1.00 EUR VAT; VAT code 0 (0%) makes it 0.00 EUR.",),
        ),
        (
            line(1, "100.00"),
            "21.50",
            ("The lines make 21.00 EUR VAT, the invoice says 21.50 EUR.",),
        ),
    ],
)
def test_i2_what_does_not_agree_is_said_in_a_sentence(given, total, causes):
    checked = check([given], total)

    assert checked.causes == causes
    assert checked.agrees is (not causes)


@given(
    st.lists(
        st.tuples(
            st.decimals(-(10**6), 10**6, places=2),
            st.sampled_from([HIGH, LOW, HIGH_INCLUDED, REVERSED, NONE]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_either_way_of_rounding_is_reproduced_to_the_cent(nets, per_line):
    lines = [
        line(position, net, vat, percentage=vat.charged_fraction * 100)
        for position, (net, vat) in enumerate(nets)
    ]
    rounded = sum((quantize(one.exact_vat, "EUR") for one in lines), Decimal(0))
    rates = {one.vat.charged_fraction for one in lines}
    per_rate = sum(
        (
            quantize(
                sum(
                    (one.exact_vat for one in lines if one.vat.charged_fraction == rate), Decimal(0)
                ),
                "EUR",
            )
            for rate in rates
        ),
        Decimal(0),
    )

    checked = check(lines, rounded if per_line else per_rate)

    assert checked.agrees, checked.causes
    for one in checked.lines:
        exact = one.net * one.vat.charged_fraction
        assert abs(one.amount - exact) < smallest_unit("EUR")
