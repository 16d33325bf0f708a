"""Computes what a sales invoice line costs and how a discount on the whole invoice is spread.

Pure, in Decimals, without a store.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoiceLines
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from exact_sandbox.books.amounts import LineAmounts, rounded

PRICE_DECIMALS = 6
NO_DISCOUNT = Decimal(0)
# DiscountType: which of the three the user gave.
BY_PERCENTAGE, BY_AMOUNT_EXCLUDING_VAT, BY_AMOUNT_INCLUDING_VAT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class LinePrice:
    """What one line costs; `discount` is a fraction of the unit price."""

    unit_price: Decimal
    net_price: Decimal
    discount: Decimal
    amount: Decimal


def line_price(
    *,
    quantity: Decimal,
    unit_price: Decimal,
    net_price: Decimal | None = None,
    discount: Decimal | None = None,
    amount: Decimal | None = None,
) -> LinePrice:
    """Return the price of a line from what was given: an amount, a net price or a discount.

    The first that is given in that order decides, the others follow from it; with none of them
    the unit price is paid in full. An item without a price takes the net price as its own.
    """
    if amount is not None and quantity:
        net_price = rounded(amount / quantity, PRICE_DECIMALS)
    elif net_price is None:
        net_price = rounded(unit_price * (1 - (discount or NO_DISCOUNT)), PRICE_DECIMALS)
    unit_price = unit_price or net_price
    given = (unit_price - net_price) / unit_price if unit_price else NO_DISCOUNT
    return LinePrice(
        unit_price,
        net_price,
        rounded(given, PRICE_DECIMALS),
        net_price * quantity if amount is None else amount,
    )


@dataclass(frozen=True, slots=True)
class InvoiceDiscount:
    """A discount on the whole invoice: without VAT, the VAT on it, and as a fraction."""

    net: Decimal
    vat: Decimal
    fraction: Decimal


def invoice_discount(
    lines: Sequence[LineAmounts],
    kind: int,
    value: Decimal,
    decimals: int,
) -> InvoiceDiscount:
    """Return a discount given as a fraction or an amount (`kind` is a DiscountType).

    Raises ValueError when it is more than the invoice or there is nothing to give it on.
    """
    net = sum((line.net for line in lines), Decimal(0))
    vat = sum((line.vat for line in lines), Decimal(0))
    if kind != BY_PERCENTAGE:
        value = rounded(value, decimals)
    if not value:
        return InvoiceDiscount(Decimal(0), Decimal(0), NO_DISCOUNT)
    whole = {
        BY_PERCENTAGE: Decimal(1),
        BY_AMOUNT_EXCLUDING_VAT: net,
        BY_AMOUNT_INCLUDING_VAT: net + vat,
    }[kind]
    if not whole or not 0 <= value / whole <= 1:
        raise ValueError(value)
    fraction = value / whole
    vat_part = rounded(vat * fraction, decimals)
    if kind == BY_AMOUNT_INCLUDING_VAT:
        net_part = value - vat_part
    else:
        net_part = value if kind == BY_AMOUNT_EXCLUDING_VAT else rounded(net * fraction, decimals)
    return InvoiceDiscount(net_part, vat_part, rounded(fraction, PRICE_DECIMALS))


def discounted(
    lines: Sequence[LineAmounts],
    discount: InvoiceDiscount,
    decimals: int,
) -> list[LineAmounts]:
    """Return what the lines come to after the discount, to the cent: it is spread over them."""
    net = shares(discount.net, [line.net for line in lines], decimals)
    vat = shares(discount.vat, [line.vat for line in lines], decimals)
    return [
        LineAmounts(line.net - less_net, line.vat - less_vat)
        for line, less_net, less_vat in zip(lines, net, vat, strict=True)
    ]


def shares(total: Decimal, weights: Sequence[Decimal], decimals: int) -> list[Decimal]:
    """Split a total by weights; the heaviest takes what rounding leaves."""
    whole = sum(weights, Decimal(0))
    if not total or not whole:
        return [Decimal(0)] * len(weights)
    parts = [rounded(total * weight / whole, decimals) for weight in weights]
    heaviest = max(range(len(parts)), key=lambda index: abs(weights[index]))
    parts[heaviest] += total - sum(parts, Decimal(0))
    return parts
