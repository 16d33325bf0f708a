"""Computes VAT and totals the way Exact books them; pure, in Decimals, without a store.

Per line: VAT is the amount times the percentage, rounded to the currency's decimals; for a code of
type I (including) the amount holds the VAT already; types B and N have none.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntryLines
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

DIVISION_DECIMALS = 2  # every seeded division keeps its books in euros


LARGEST = Decimal(10) ** 12  # an amount, price or total stays below


class VATMismatchError(ValueError):
    """A VAT amount was sent that cannot belong to the VAT code."""


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """A line's amount without VAT and its VAT, in the entry's currency."""

    net: Decimal
    vat: Decimal


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """Return an amount rounded half away from zero."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def line_amounts(
    amount: Decimal,
    *,
    kind: str,
    fraction: Decimal,
    decimals: int,
    vat_sent: Decimal | None = None,
) -> LineAmounts:
    """Return what a line books for an amount as posted.

    `kind` is the VAT code's type (E, I, B or N), `fraction` its percentage as 0.21. A VAT amount
    that was sent replaces the computed one. Raises VATMismatchError when it cannot be right.
    """
    amount = rounded(amount, decimals)
    sent = None if vat_sent is None else rounded(vat_sent, decimals)
    if kind == "E":
        return LineAmounts(amount, rounded(amount * fraction, decimals) if sent is None else sent)
    if kind == "I":
        included = rounded(amount - amount / (1 + fraction), decimals)
        if sent is not None and abs(sent - included) > Decimal(1).scaleb(-decimals):
            raise VATMismatchError
        vat = included if sent is None else sent
        return LineAmounts(amount - vat, vat)
    if sent:
        raise VATMismatchError
    return LineAmounts(amount, Decimal(0))


def with_header_vat(
    lines: Sequence[LineAmounts],
    kinds: Sequence[str],
    total_vat: Decimal,
) -> list[LineAmounts]:
    """Return the lines with the VAT total sent in the header: the largest VAT line takes the rest.

    Raises VATMismatchError when no line bears VAT.
    """
    difference = total_vat - sum((line.vat for line in lines), Decimal(0))
    if not difference:
        return list(lines)
    bearing = [index for index, kind in enumerate(kinds) if kind == "E" and lines[index].vat]
    if not bearing:
        raise VATMismatchError
    largest = max(bearing, key=lambda index: abs(lines[index].vat))
    return [
        LineAmounts(line.net, line.vat + difference) if index == largest else line
        for index, line in enumerate(lines)
    ]


def in_division_currency(amount: Decimal, rate: Decimal) -> Decimal:
    """Return an amount in the division's currency: AmountDC = AmountFC * Rate."""
    return rounded(amount * rate, DIVISION_DECIMALS)
