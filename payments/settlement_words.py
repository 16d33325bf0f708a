"""What settled an invoice, in words for its history."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connector.money import format_money
from payments.models import PaymentKind, Removal
from payments.settlement import SettledPart

_WORDS = {
    PaymentKind.PAYMENT: "paid",
    PaymentKind.DISCOUNT: "discount taken",
    PaymentKind.CREDIT_NOTE: "by credit note",
    PaymentKind.INVOICE: "set off against an invoice",
    PaymentKind.WRITE_OFF: "written off",
    PaymentKind.JOURNAL: "by journal entry",
    PaymentKind.UNKNOWN: "settled in another way",
}


def say_parts(parts: Sequence[SettledPart], currency: str) -> str:
    """This function will say what settled an invoice: “118.58 EUR paid, 2.42 EUR discount taken”.

    Empty when one word says it all, or when an amount is not known.
    """
    totals: dict[PaymentKind, Decimal] = {}
    for part in parts:
        if part.amount is None:
            return ""
        if part.kind in _WORDS:
            totals[part.kind] = totals.get(part.kind, Decimal(0)) + part.amount
    if len(totals) < 2:
        return ""
    return ", ".join(
        f"{format_money(totals[kind], currency)} {word}"
        for kind, word in _WORDS.items()
        if kind in totals
    )


def say_removal(removal: Removal | None) -> str:
    """This function will say why a payment is gone, inside a sentence: “deleted in Exact”."""
    return "" if removal is None else f"{removal.label[0].lower()}{removal.label[1:]}"
