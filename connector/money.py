"""Amounts: how many decimals a currency has, rounding half up, and how amounts and other numbers are written."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.numbers import (
    NumberPattern,
    format_decimal,
    format_percent as write_percent,
    get_currency_precision,
    list_currencies,
    parse_pattern,
)
from django.utils.translation import get_language

# Metals, test codes and "no currency": in ISO 4217, but nobody invoices in them.
_NOT_MONEY = frozenset({"XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XSU", "XUA"})


class UnknownCurrency(ValueError):
    """The text is not the ISO 4217 code of a currency."""


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies()) - _NOT_MONEY


def is_currency(code: str) -> bool:
    """This function will tell whether the text is the three-letter ISO 4217 code of a currency, in capitals."""
    return code in _currencies()


def minor_digits(currency: str) -> int:
    """This function will return how many decimals amounts of the currency have: 2 for EUR, 0 for JPY, 3 for KWD.

    Raises UnknownCurrency.
    """
    if not is_currency(currency):
        raise UnknownCurrency(f"“{currency}” is not a currency.")
    return get_currency_precision(currency)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """This function will round the amount half up (away from zero) to the currency's decimals."""
    return amount.quantize(smallest_unit(currency), rounding=ROUND_HALF_UP)


@cache
def smallest_unit(currency: str) -> Decimal:
    """This function will return the smallest amount of the currency: 0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-minor_digits(currency))


def fits(amount: Decimal, currency: str) -> bool:
    """This function will tell whether the amount has no more decimals than the currency."""
    return amount == quantize(amount, currency)


def format_amount(amount: Decimal, currency: str) -> str:
    """This function will write the amount with at least the currency's decimals, in the language that is active.

    English is 1,234.50, Dutch and German 1.234,50. Further decimals are shown, not rounded away, so that nobody approves
    an amount they did not see.
    """
    pattern = _pattern(currency)
    return format_decimal(amount, format=pattern, locale=_locale(), decimal_quantization=False)


def format_money(amount: Decimal, currency: str) -> str:
    """This function will write the amount and its currency: 1,234.50 EUR."""
    return f"{format_amount(amount, currency)} {currency}"


def format_number(number: Decimal) -> str:
    """This function will write a quantity, price or rate for pages, in the language that is active: 1,234.5 or 1.234,5.

    Zeros behind it are left out and no decimal is rounded away. What is stored, compared or sent is not written with this.
    """
    return format_decimal(number.normalize(), locale=_locale(), decimal_quantization=False)


def format_percent(percentage: Decimal) -> str:
    """This function will write a percentage (21 for 21 %) as `format_number` does: 5.5%, Dutch 5,5%, German 5,5 %."""
    fraction = percentage.normalize() / 100
    return write_percent(fraction, locale=_locale(), decimal_quantization=False)


@cache
def _pattern(currency: str) -> NumberPattern:
    return parse_pattern("#,##0." + "0" * minor_digits(currency))


def _locale() -> str:
    return get_language() or "en"


def trim(amount: Decimal, currency: str) -> Decimal:
    """This function will return the amount with its currency's decimals: 1234.50 for 1234.5000 EUR.

    Further decimals stay when they are not zero, as in `format_amount`.
    """
    rounded = quantize(amount, currency)
    return rounded if rounded == amount else amount.normalize()
