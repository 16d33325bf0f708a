"""What of a booking on a customer's account is settled, and what settled a document: the values of the pure rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from payments.models import PaymentKind

# What Exact calls a booking.
SALES_ENTRY, SALES_CREDIT_NOTE = 20, 21
DOCUMENTS = frozenset({SALES_ENTRY, SALES_CREDIT_NOTE})
CASH_FLOW, EXCHANGE_DIFFERENCE, PAYMENT_DIFFERENCE, OTHER = 40, 82, 83, 90
_KINDS = {
    CASH_FLOW: PaymentKind.PAYMENT,
    EXCHANGE_DIFFERENCE: PaymentKind.CURRENCY_DIFFERENCE,
    PAYMENT_DIFFERENCE: PaymentKind.WRITE_OFF,
    OTHER: PaymentKind.JOURNAL,
}
_NOTHING = Decimal(0)
# A document's ledger line, and whether money settled the share.
Key = tuple[UUID, bool]
# When terms were settled, and whether money did it.
Match = tuple[date | None, bool]


@dataclass(frozen=True, slots=True)
class Share:
    """What a closing settled of one ledger line; amounts are absolute and in its currency.

    Of a document, what money settled and what it did not are two shares: a term is matched once, with or without.
    ``amount`` is None when Exact no longer says it, and ``line_amount`` what both shares make together.
    ``term_amounts`` are what it is made of. ``is_whole``: no other closing settled any of the line. ``excess`` is what
    is open on the line. ``paid_days`` are the days on which money came in for it.
    """

    line: UUID
    entry: UUID | None
    type: int | None
    is_negative: bool
    amount: Decimal | None
    day: date | None = None
    your_ref: str = ""
    invoice_number: int | None = None
    journal: str = ""
    entry_number: int | None = None
    reference: str = ""
    paid_days: frozenset[date] = frozenset()
    discount: Decimal = _NOTHING
    discount_due_date: date | None = None
    division_amount: Decimal | None = None
    excess: Decimal = _NOTHING
    is_whole: bool = True
    line_amount: Decimal | None = None
    term_amounts: tuple[Decimal, ...] = ()

    @property
    def key(self) -> Key:
        """By which it is found among the shares of a closing."""
        return self.line, bool(self.paid_days)

    @property
    def is_document(self) -> bool:
        """Whether it is an invoice or a credit note."""
        return self.type in DOCUMENTS


@dataclass(frozen=True, slots=True)
class Settler:
    """What settled a document, or a part of it.

    ``booking`` is None when it is one of several. ``is_alone``: all that the closing settled of the booking is of this
    document; ``is_named``: it carries the document's YourRef, so it was matched with no other. ``count`` is the number
    of documents it was matched with, None when that is not known.
    """

    kind: PaymentKind
    amount: Decimal | None
    booking: Share | None = None
    is_alone: bool = False
    is_named: bool = False
    count: int | None = None

    @property
    def is_explained(self) -> bool:
        """Whether there is nothing left to ask Exact for."""
        return self.booking is not None and self.kind != PaymentKind.UNKNOWN


def kind_of(share: Share, document: Share) -> PaymentKind:
    """This function will say what a booking is to the document that it settled."""
    if share.is_document:
        return PaymentKind.INVOICE if document.is_negative else PaymentKind.CREDIT_NOTE
    if share.type == PAYMENT_DIFFERENCE and may_be_discount(share, document):
        return PaymentKind.DISCOUNT
    return _KINDS.get(share.type or 0, PaymentKind.UNKNOWN)


def may_be_discount(share: Share, document: Share) -> bool:
    """This function will tell whether a payment difference can be the discount that was granted for paying on its day."""
    due = document.discount_due_date
    return (
        share.amount is not None
        and share.amount <= document.discount
        and due is not None
        and share.day is not None
        and share.day <= due
        and share.day in document.paid_days
    )


def counted(share: Share, document: Share) -> Decimal | None:
    """This function will return what a booking takes off a document: less than nothing when it has the document's sign."""
    if share.amount is None:
        return None
    return share.amount if share.is_negative != document.is_negative else -share.amount


def join_parts(settlers: Iterable[Settler]) -> list[Settler]:
    """This function will return what settled a document with each booking once, however many parts of it did.

    A payment too large can be matched with the document twice: what was owed first, what is left of it another time.
    """
    parts: dict[tuple[PaymentKind, UUID | None], list[Settler]] = defaultdict(list)
    for settler in settlers:
        parts[settler.kind, settler.booking.line if settler.booking else None].append(settler)
    return [_join(group) if len(group) > 1 else group[0] for group in parts.values()]


def _join(group: Sequence[Settler]) -> Settler:
    amounts = [one.amount for one in group if one.amount is not None]
    return replace(
        group[0],
        amount=sum(amounts, _NOTHING) if len(amounts) == len(group) else None,
        is_alone=all(one.is_alone for one in group),
        is_named=all(one.is_named for one in group),
        count=None,
    )
