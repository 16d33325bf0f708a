"""What settled an invoice, in words for its history."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext_noop

from connector.sentences import Money, sentence, together
from payments.models import PaymentKind, Removal
from payments.settlement import SettledPart

_WORDS = {
    PaymentKind.PAYMENT: gettext_noop("%(amount)s paid"),
    PaymentKind.DISCOUNT: gettext_noop("%(amount)s discount taken"),
    PaymentKind.CREDIT_NOTE: gettext_noop("%(amount)s by credit note"),
    PaymentKind.INVOICE: gettext_noop("%(amount)s set off against an invoice"),
    PaymentKind.WRITE_OFF: gettext_noop("%(amount)s written off"),
    PaymentKind.JOURNAL: gettext_noop("%(amount)s by journal entry"),
    PaymentKind.UNKNOWN: gettext_noop("%(amount)s settled in another way"),
}
_REMOVALS = {
    Removal.EDITED: gettext_noop("edited in Exact"),
    Removal.DELETED: gettext_noop("deleted in Exact"),
    Removal.UNMATCHED: gettext_noop("unmatched in Exact"),
    Removal.UNLINKED: gettext_noop("unlinked here"),
    Removal.UNKNOWN: gettext_noop("removed in Exact"),
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
    said = (
        sentence(words, amount=Money(totals[kind], currency))
        for kind, words in _WORDS.items()
        if kind in totals
    )
    return together(*said, by=", ")


def say_removal(removal: Removal | None) -> str:
    """This function will say why a payment is gone, inside a sentence: “deleted in Exact”."""
    return "" if removal is None else sentence(_REMOVALS[removal])
