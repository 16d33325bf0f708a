"""Prices and discounts of sales invoices come to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from exact_sandbox.books.amounts import LineAmounts
from exact_sandbox.books.invoice_amounts import (
    BY_AMOUNT_EXCLUDING_VAT,
    BY_AMOUNT_INCLUDING_VAT,
    BY_PERCENTAGE,
    discounted,
    invoice_discount,
    line_price,
    shares,
)

cents = st.decimals("0.01", "9999.99", places=2)
lines = st.lists(
    st.tuples(cents, cents).map(lambda pair: LineAmounts(*pair)), min_size=1, max_size=8
)


def total(amounts: list[LineAmounts]) -> tuple[Decimal, Decimal]:
    zero = Decimal(0)
    return sum((line.net for line in amounts), zero), sum((line.vat for line in amounts), zero)


@given(cents, st.lists(cents, min_size=1, max_size=9))
def test_shares_add_up_to_the_total(amount, weights):
    parts = shares(amount, weights, 2)

    assert sum(parts) == amount
    whole = sum(weights)
    heaviest = weights.index(max(weights))
    for index, (part, weight) in enumerate(zip(parts, weights, strict=True)):
        if index != heaviest:
            assert abs(part - amount * weight / whole) <= Decimal("0.005")


@given(lines, st.decimals("0.01", "1", places=2))
def test_a_percentage_lowers_net_and_vat_alike(amounts, fraction):
    discount = invoice_discount(amounts, BY_PERCENTAGE, fraction, 2)
    net, vat = total(amounts)
    net_after, vat_after = total(discounted(amounts, discount, 2))

    assert net_after == net - discount.net
    assert vat_after == vat - discount.vat
    assert abs(discount.net - net * fraction) <= Decimal("0.005")
    assert abs(discount.vat - vat * fraction) <= Decimal("0.005")


@given(lines, st.data())
def test_an_amount_is_taken_off_exactly(amounts, data):
    net, vat = total(amounts)
    value = data.draw(st.decimals("0.01", net, places=2))

    without_vat = invoice_discount(amounts, BY_AMOUNT_EXCLUDING_VAT, value, 2)
    assert total(discounted(amounts, without_vat, 2))[0] == net - value

    with_vat = invoice_discount(amounts, BY_AMOUNT_INCLUDING_VAT, value, 2)
    assert sum(total(discounted(amounts, with_vat, 2))) == net + vat - value


@pytest.mark.parametrize(
    ("net", "kind", "value"),
    [
        ("100", BY_PERCENTAGE, "1.01"),
        ("100", BY_PERCENTAGE, "-0.1"),
        ("100", BY_AMOUNT_EXCLUDING_VAT, "100.01"),
        ("0", BY_AMOUNT_INCLUDING_VAT, "1"),
        ("-100", BY_AMOUNT_EXCLUDING_VAT, "10"),
    ],
)
def test_more_than_the_invoice_cannot_be_taken_off(net, kind, value):
    amounts = [LineAmounts(Decimal(net), Decimal(0))]

    with pytest.raises(ValueError, match=value):
        invoice_discount(amounts, kind, Decimal(value), 2)


def test_a_credit_note_can_have_a_discount():
    amounts = [LineAmounts(Decimal(-100), Decimal(-21))]

    discount = invoice_discount(amounts, BY_PERCENTAGE, Decimal("0.1"), 2)

    assert discounted(amounts, discount, 2) == [LineAmounts(Decimal(-90), Decimal("-18.9"))]


@given(
    quantity=st.decimals("-100", "100", places=2),
    unit_price=cents,
    discount=st.decimals("0", "1", places=2),
)
def test_a_discount_and_the_net_price_it_gives_are_the_same_thing(quantity, unit_price, discount):
    by_discount = line_price(quantity=quantity, unit_price=unit_price, discount=discount)
    by_price = line_price(quantity=quantity, unit_price=unit_price, net_price=by_discount.net_price)

    assert by_discount == by_price
    assert by_discount.amount == by_discount.net_price * quantity


def test_an_item_without_a_price_takes_the_net_price_as_its_own():
    price = line_price(quantity=Decimal(2), unit_price=Decimal(0), net_price=Decimal(10))

    assert (price.unit_price, price.discount, price.amount) == (
        Decimal(10),
        Decimal(0),
        Decimal(20),
    )


def test_an_amount_decides_over_price_and_discount():
    price = line_price(
        quantity=Decimal(4),
        unit_price=Decimal(50),
        net_price=Decimal(1),
        discount=Decimal("0.9"),
        amount=Decimal(100),
    )

    assert (price.net_price, price.discount, price.amount) == (
        Decimal(25),
        Decimal("0.5"),
        Decimal(100),
    )
