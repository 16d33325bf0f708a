"""The currencies of every division, with their decimals and the sandbox's rate of the day."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency; `rate` is what one unit is worth in euros."""

    name: str
    decimals: int
    rate: Decimal


CURRENCIES: dict[str, Currency] = {
    "EUR": Currency("Euro", 2, Decimal(1)),
    "USD": Currency("US dollar", 2, Decimal("0.92")),
    "GBP": Currency("Pound sterling", 2, Decimal("1.17")),
    "CHF": Currency("Swiss franc", 2, Decimal("1.05")),
    "SEK": Currency("Swedish krona", 2, Decimal("0.088")),
    "DKK": Currency("Danish krone", 2, Decimal("0.134")),
    "NOK": Currency("Norwegian krone", 2, Decimal("0.086")),
    "PLN": Currency("Polish zloty", 2, Decimal("0.234")),
    "JPY": Currency("Japanese yen", 0, Decimal("0.0061")),
    "KWD": Currency("Kuwaiti dinar", 3, Decimal("3.01")),
}
