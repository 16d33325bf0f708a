"""Amounts: decimals per currency, rounding, writing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import numbers
from django.utils import translation
from hypothesis import given, strategies as st

from connector import money
from connector.templatetags import formats


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "EUR", "0.01"),
        ("-0.005", "EUR", "-0.01"),
        ("2.675", "EUR", "2.68"),
        ("1234.5", "JPY", "1235"),
        ("1.2345", "KWD", "1.235"),
        ("10", "EUR", "10.00"),
    ],
)
def test_amounts_are_rounded_half_away_from_zero_to_the_currency(amount, currency, rounded):
    assert str(money.quantize(Decimal(amount), currency)) == rounded


@given(st.decimals(-(10**12), 10**12, places=6), st.sampled_from(["EUR", "JPY", "KWD", "USD"]))
def test_rounding_moves_an_amount_by_half_a_unit_at_most(amount, currency):
    rounded = money.quantize(amount, currency)

    assert abs(rounded - amount) <= money.smallest_unit(currency) / 2
    assert money.fits(rounded, currency)


@pytest.mark.parametrize(
    ("currency", "unit"), [("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("CLF", "0.0001")]
)
def test_the_smallest_amount_is_one_of_the_last_decimal(currency, unit):
    assert str(money.smallest_unit(currency)) == unit


@pytest.mark.parametrize("code", ["eur", "EURO", "ABC", "", "XXX", "XAU", "12A"])
def test_what_is_no_currency_is_refused(code):
    assert not money.is_currency(code)
    with pytest.raises(money.UnknownCurrency, match=f"^“{code}” is not a currency.$"):
        money.minor_digits(code)


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1234.5", "EUR", "1,234.50 EUR"),
        ("1234.5000", "EUR", "1,234.50 EUR"),
        ("-12", "USD", "-12.00 USD"),
        ("1234", "JPY", "1,234 JPY"),
        ("0.1234", "EUR", "0.1234 EUR"),
        ("1234567.891", "KWD", "1,234,567.891 KWD"),
        ("1", "CLF", "1.0000 CLF"),
        ("0.123456789", "EUR", "0.123456789 EUR"),
        ("2.5", "JPY", "2.5 JPY"),
    ],
)
def test_amounts_are_written_with_their_currency_and_nothing_is_rounded_away(
    amount, currency, written
):
    assert money.format_money(Decimal(amount), currency) == written
    assert formats.money(Decimal(amount), currency) == written


def test_amounts_are_written_alike_whatever_language_the_server_speaks(monkeypatch):
    monkeypatch.setattr(numbers, "LC_NUMERIC", "nl_NL")

    assert money.format_amount(Decimal("1234.5"), "EUR") == "1,234.50"


def test_an_amount_that_is_not_there_is_written_as_nothing():
    assert formats.money(None, "EUR") == ""
    assert formats.amount(None, "EUR") == ""
    assert formats.plain(None) == ""
    assert formats.percent(None) == ""


@pytest.mark.parametrize(
    ("number", "english", "dutch", "german", "french"),
    [
        ("0.9234", "0.9234", "0,9234", "0,9234", "0,9234"),
        ("21.500000", "21.5", "21,5", "21,5", "21,5"),
        ("1234.5", "1,234.5", "1.234,5", "1.234,5", "1\u202f234,5"),
        ("-0.000001", "-0.000001", "-0,000001", "-0,000001", "-0,000001"),
        ("200.00", "200", "200", "200", "200"),
        ("0.0000", "0", "0", "0", "0"),
    ],
)
def test_h36_quantities_and_rates_are_written_as_the_reader_writes_numbers(
    number, english, dutch, german, french
):
    for language, written in (("en", english), ("nl", dutch), ("de", german), ("fr", french)):
        with translation.override(language):
            assert money.format_number(Decimal(number)) == written
            assert formats.plain(Decimal(number)) == written


@pytest.mark.parametrize(
    ("percentage", "english", "dutch", "german", "french"),
    [
        ("5.5000", "5.5%", "5,5%", "5,5\xa0%", "5,5\xa0%"),
        ("21", "21%", "21%", "21\xa0%", "21\xa0%"),
        ("10.8333", "10.8333%", "10,8333%", "10,8333\xa0%", "10,8333\xa0%"),
        ("0", "0%", "0%", "0\xa0%", "0\xa0%"),
    ],
)
def test_i2_percentages_are_written_as_the_reader_writes_them(
    percentage, english, dutch, german, french
):
    for language, written in (("en", english), ("nl", dutch), ("de", german), ("fr", french)):
        with translation.override(language):
            assert money.format_percent(Decimal(percentage)) == written
            assert formats.percent(Decimal(percentage)) == written


@pytest.mark.parametrize(
    ("amount", "currency", "trimmed"),
    [
        ("1234.5000", "EUR", "1234.50"),
        ("1234", "EUR", "1234.00"),
        ("-12.0", "JPY", "-12"),
        ("1.5", "KWD", "1.500"),
        # More decimals than the currency has are a person's to see, without zeros at the end.
        ("0.12340", "EUR", "0.1234"),
        ("12.5000", "JPY", "12.5"),
    ],
)
def test_an_amount_is_trimmed_to_its_currencys_decimals(amount, currency, trimmed):
    assert str(money.trim(Decimal(amount), currency)) == trimmed
