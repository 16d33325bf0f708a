"""Finds whose payment discount a difference was that came with money for several documents at once: a pure rule.

Before: `payments.closings` has taken out the bookings that name their document. After: it gives each document what is
found here.
Exact books the discount of each document by itself, but names the document only where the money was for that one alone.
So it is told where one document alone can have taken it: money came in for it on that day, in time, and what it was
granted and has not taken yet is just that much. Another that was granted more could have taken a part of its own.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from payments.models import PaymentKind
from payments.shares import PAYMENT_DIFFERENCE, Key, Settler, Share, may_be_discount

_NOTHING = Decimal(0)
_Alike = dict[tuple[Decimal, date | None, bool], list[Share]]


def find_discounts(
    bookings: Sequence[Share], documents: Sequence[Share], found: Mapping[Key, Sequence[Settler]]
) -> Iterator[tuple[Share, Share, Settler]]:
    """This function will return each discount that was surely taken: the booking, its document and what it settled.

    ``bookings`` are those that name no document, ``found`` is what settled the documents besides. Of discounts that are
    alike it is only certain that each document took one, not which; they are told without their booking.
    """
    alike = _group(bookings)
    left = {one.key: one.discount - _taken(found[one.key]) for one in documents if one.discount}
    able = [one for one in documents if left.get(one.key)]
    is_new = bool(alike)
    while is_new:
        is_new = False
        # The largest first: fewest documents were granted so much, and these leave the others to the rest.
        for key in sorted(alike, key=lambda one: -one[0]):
            shares = alike[key]
            takers = [
                one for one in able if left[one.key] >= key[0] and _can_be_taken_by(shares[0], one)
            ]
            if len(takers) != len(shares) or any(left[one.key] != key[0] for one in takers):
                continue
            for share, taker in zip(shares, takers, strict=True):
                left[taker.key] = _NOTHING
                yield share, taker, _settler(share, is_alone=len(shares) == 1)
            del alike[key]
            is_new = True


def _group(bookings: Sequence[Share]) -> _Alike:
    """Payment differences by what makes one as good as the other."""
    alike: _Alike = defaultdict(list)
    for share in bookings:
        if share.type == PAYMENT_DIFFERENCE and share.amount:
            alike[share.amount, share.day, share.is_negative].append(share)
    return alike


def _taken(settlers: Sequence[Settler]) -> Decimal:
    """What a document took of its discount already."""
    discounts = (one.amount for one in settlers if one.kind == PaymentKind.DISCOUNT)
    return sum((amount for amount in discounts if amount is not None), _NOTHING)


def _can_be_taken_by(share: Share, document: Share) -> bool:
    return share.is_negative != document.is_negative and may_be_discount(share, document)


def _settler(share: Share, *, is_alone: bool) -> Settler:
    if not is_alone:
        return Settler(PaymentKind.DISCOUNT, share.amount)
    count = 1 if share.is_whole else None
    return Settler(PaymentKind.DISCOUNT, share.amount, share, is_alone=True, count=count)
