"""Finds the exchange rate of a day.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialExchangeRates
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import Database
from exact_sandbox.values import to_store


def rate_on(database: Database, division: int, currency: str, date: datetime) -> Decimal:
    """Return what one unit of a currency is worth in the division's own currency on a date.

    Exact keeps it as "1 TARGET CURRENCY = 1/x SOURCE CURRENCY", the target being the division's
    own, so AmountDC = AmountFC * x. A rate holds until the next one starts; before the first one,
    and for a currency without any, Exact's own rate of the day is taken. Raises KeyError for an
    unknown currency.
    """
    rows = database.execute(
        'SELECT "Rate" FROM exchangerates WHERE "Division" = ? AND "SourceCurrency" = ? '
        'AND "StartDate" <= ? ORDER BY "StartDate" DESC LIMIT 1',
        [division, currency, to_store("DateTime", date)],
    )
    if rows:
        return Decimal(rows[0][0]) / 1_000_000
    return CURRENCIES[currency].rate
