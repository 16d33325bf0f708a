"""Finds the document whose YourRef a booking carries: a pure rule.

Before: `payments.closing_terms` has read a closing. After: `payments.closings` finds what settled the rest.
Exact fills a booking's YourRef when it is matched with one invoice, and takes it away when that is undone.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from payments.models import PaymentKind
from payments.shares import CASH_FLOW, EXCHANGE_DIFFERENCE, Share, kind_of


def find_named(shares: Sequence[Share]) -> Iterator[tuple[Share, Share | None]]:
    """This function will return each booking of a closing with the document that it names, None for one that names none.

    Of the two shares of a document it is the one that the booking goes with best.
    """
    documents = [share for share in shares if share.is_document]
    by_reference: dict[str, list[Share]] = defaultdict(list)
    for document in documents:
        by_reference[document.your_ref].append(document)
    days = {day for document in documents for day in document.paid_days}
    unused = {document.key: list(document.term_amounts) for document in documents}
    bookings = [share for share in shares if not share.is_document]
    # Those of days without money first: they did not come with money, so they leave less to choose for the others.
    for booking in sorted(bookings, key=lambda one: one.day in days):
        named = _of_one_document(booking, by_reference.get(booking.your_ref, []))
        if not named:
            yield booking, None
            continue
        document = max(named, key=lambda one: _fitness(booking, one, unused[one.key]))
        if booking.amount in unused[document.key]:
            unused[document.key].remove(booking.amount)
        yield booking, document


def _of_one_document(booking: Share, named: Sequence[Share]) -> Sequence[Share]:
    """Those whose YourRef it carries, when they are of one document."""
    if not booking.your_ref:
        return ()
    if len({one.line for one in named}) > 1:
        named = [one for one in named if one.invoice_number == booking.invoice_number]
    return named if len({one.line for one in named}) == 1 else ()


def _fitness(
    booking: Share, document: Share, amounts: Sequence[Decimal]
) -> tuple[bool, bool, bool]:
    """How well a booking goes with one of a document's shares: money with what money settled, else the same amount.

    ``amounts`` are those of its terms that no other booking goes with; they are nothing where Exact shows none of what
    is settled. Then only a discount surely came with money.
    """
    if booking.type in (CASH_FLOW, EXCHANGE_DIFFERENCE):
        return bool(document.paid_days), False, False
    is_discount = kind_of(booking, document) == PaymentKind.DISCOUNT
    return booking.amount in amounts, is_discount, not document.paid_days
