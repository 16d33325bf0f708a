"""Shares of a closing for table tests, and what is told of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from payments.closings import explain
from payments.shares import Settler, Share

DAY = date(2026, 11, 3)
LATER = date(2026, 11, 9)


def invoice(number: int, amount: str | None, *, paid: date | None = DAY, **fields: Any) -> Share:
    """An invoice of which so much was settled; `paid` is the day on which money came in."""
    return Share(
        line=UUID(int=number),
        entry=UUID(int=1000 + number),
        type=20,
        is_negative=False,
        amount=None if amount is None else Decimal(amount),
        your_ref=f"2700000{number}",
        paid_days=frozenset([paid]) if paid else frozenset(),
        line_amount=None if amount is None else Decimal(amount),
        term_amounts=() if amount is None else (Decimal(amount),),
        **fields,
    )


def credit_note(number: int, amount: str) -> Share:
    """A credit note of which so much was set off."""
    return replace(invoice(number, amount, paid=None), type=21, is_negative=True)


def booking(number: int, type_: int, amount: str | None, ref: str = "", **fields: Any) -> Share:
    """A receipt (40), difference (82, 83) or memorial (90)."""
    values: dict[str, Any] = {
        "line": UUID(int=number),
        "entry": UUID(int=1000 + number),
        "type": type_,
        "is_negative": True,
        "amount": None if amount is None else Decimal(amount),
        "day": DAY,
        "your_ref": ref,
        "term_amounts": () if amount is None else (Decimal(amount),),
    }
    return Share(**values | fields)


def told(shares: Sequence[Share], offsets: Mapping[UUID, UUID | None]) -> dict[UUID, list[Settler]]:
    """What settled each document, by its line."""
    settled: dict[UUID, list[Settler]] = defaultdict(list)
    for (line, _), settlers in explain(shares, offsets).settlers.items():
        settled[line] += settlers
    return settled


def found(settlers: Sequence[Settler]) -> list[tuple[str, str | None, int | None]]:
    """Kind, amount and number of documents of each."""
    return sorted(
        (one.kind.value, None if one.amount is None else str(one.amount), one.count)
        for one in settlers
    )
