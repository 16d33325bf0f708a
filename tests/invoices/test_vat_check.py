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
