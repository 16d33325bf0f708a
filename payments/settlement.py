"""Decides from a document's payment terms how far it is paid: a pure rule that can always be computed again.

Before: `payments.mirror` stores the terms as Exact has them, `payments.closings` found what settled them. After:
`payments.settling` writes what this says.

Sources disagree on the sign of a term's amount and on whether it becomes 0 once the term is settled, so only absolute
amounts and the status count. What is open is always shown as an amount; what is paid is the rest of the document.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoices.models import PaymentStatus
from payments.models import PaymentKind
from payments.shares import Match, Settler, Share, join_parts

SELECTED = 30
SETTLED = 50
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a document, in the document's currency.

    ``end_date`` is the day up to which all was settled that was matched with it, ``last_payment_date`` the day on which
    money came in for it. ``amount`` is absolute, and 0 when Exact no longer says it. ``document_amount`` is the whole document's as Exact
    gave it with this term. ``known_amount`` is what an earlier reading made of this settled part, if there was one, and
    ``has_changed`` whether Exact has changed the term since.
    """

    key: int
    timestamp: int
    status: int
    amount: Decimal
    document_amount: Decimal | None = None
    end_date: date | None = None
    last_payment_date: date | None = None
    reference: str = ""
    known_amount: Decimal | None = None
    has_changed: bool = True

    @property
    def settled_date(self) -> date | None:
        """Since when it is settled."""
        return self.last_payment_date or self.end_date


@dataclass(frozen=True, slots=True)
class SettledPart:
    """What a person calls a payment, or what else settled a part of a document.

    ``key`` is the document's term. ``amount`` is None when Exact only tells the sum of several parts. ``booking`` is
    what settled it, None when that is not known; ``count`` the number of documents it settled. ``excess`` is what came
    in beyond the document.
    """

    key: int
    kind: PaymentKind
    amount: Decimal | None
    paid_date: date | None
    reference: str
    booking: Share | None = None
    count: int | None = None
    excess: Decimal = _NOTHING


@dataclass(frozen=True, slots=True)
class Settlement:
    """How far a document is paid; amounts are absolute, so a credit note looks like an invoice.

    ``paid_date`` is the day of the last payment, and set only when nothing is open any more. ``collecting_amount`` is
    the part of ``open_amount`` that is on its way by direct debit and not certain yet.
    """

    status: PaymentStatus
    paid_amount: Decimal
    open_amount: Decimal
    collecting_amount: Decimal
    paid_date: date | None
    parts: tuple[SettledPart, ...]


def settle(
    terms: Sequence[Term],
    *,
    gross_amount: Decimal,
    settlers: Mapping[Match, Sequence[Settler]] | None = None,
) -> Settlement | None:
    """This function will return how far the document is paid, or None when Exact shows no terms: that is not "paid".

    ``gross_amount`` is what was booked, for documents whose terms do not tell it. ``settlers`` are what settled the
    document, by the day its terms end and whether money came in for them.
    """
    if not terms:
        return None
    gross = _document_amount(terms, gross_amount)
    settled = [term for term in terms if term.status >= SETTLED]
    unsettled = [term for term in terms if term.status < SETTLED]
    open_by_terms = min(_total(unsettled), gross)
    paid = gross - open_by_terms
    if not _hides_amounts(settled):
        # A part that was not seen counts as open: an invoice is never called paid because a row is missing.
        paid = min(paid, _total(settled))
    collecting = _total([term for term in unsettled if term.status >= SELECTED])
    parts = _parts(settled, paid, settlers or {}) if paid else ()
    status = _status(settled, parts, paid=paid, gross=gross, collecting=collecting)
    dates = [term.settled_date for term in settled if term.settled_date]
    return Settlement(
        status=status,
        paid_amount=paid,
        open_amount=gross - paid,
        collecting_amount=min(collecting, gross - paid),
        paid_date=max(dates, default=None) if status.is_settled else None,
        parts=parts,
    )


def _document_amount(terms: Sequence[Term], booked: Decimal) -> Decimal:
    for term in sorted(terms, key=lambda one: one.timestamp, reverse=True):
        if term.document_amount:
            return abs(term.document_amount)
    return abs(booked) or _total(terms)


def _total(terms: Sequence[Term]) -> Decimal:
    return sum((abs(term.amount) for term in terms), _NOTHING)


def _hides_amounts(settled: Sequence[Term]) -> bool:
    return any(not term.amount for term in settled)


def _status(
    settled: Sequence[Term],
    parts: Sequence[SettledPart],
    *,
    paid: Decimal,
    gross: Decimal,
    collecting: Decimal,
) -> PaymentStatus:
    if settled and paid >= gross:
        return _way_of_settling(parts)
    if paid:
        return PaymentStatus.PARTLY_PAID
    return PaymentStatus.IN_COLLECTION if collecting else PaymentStatus.OPEN


_WORTH_KNOWING = (
    (PaymentKind.UNKNOWN, PaymentStatus.SETTLED),
    (PaymentKind.JOURNAL, PaymentStatus.SETTLED),
    (PaymentKind.WRITE_OFF, PaymentStatus.WRITTEN_OFF),
)


def _way_of_settling(parts: Sequence[SettledPart]) -> PaymentStatus:
    """The status of a document with nothing open: what was neither paid nor owed comes first, however little it is."""
    # A difference in the customer's favor has an amount below zero; it writes nothing off.
    kinds = {part.kind for part in parts if part.amount is None or part.amount >= 0}
    for kind, status in _WORTH_KNOWING:
        if kind in kinds:
            return status
    if PaymentKind.CREDIT_NOTE in kinds and PaymentKind.PAYMENT not in kinds:
        return PaymentStatus.CREDITED
    if any(part.excess for part in parts):
        return PaymentStatus.OVERPAID
    if PaymentKind.DISCOUNT in kinds:
        return PaymentStatus.DISCOUNT_TAKEN
    if PaymentKind.CURRENCY_DIFFERENCE in kinds:
        return PaymentStatus.CURRENCY_DIFFERENCE
    return PaymentStatus.PAID


def _parts(
    settled: Sequence[Term], paid: Decimal, settlers: Mapping[Match, Sequence[Settler]]
) -> tuple[SettledPart, ...]:
    amounts = _amounts_of_parts(settled, paid)
    matched: dict[Match, list[Term]] = defaultdict(list)
    for term in sorted(settled, key=lambda one: one.key):
        matched[term.end_date, term.last_payment_date is not None].append(term)
    parts = [
        part
        for match, terms in matched.items()
        for part in _parts_of_closing(terms, amounts, settlers.get(match) or (_UNKNOWN,))
    ]
    return tuple(sorted(parts, key=lambda one: (one.paid_date or date.min, one.key)))


_UNKNOWN = Settler(PaymentKind.UNKNOWN, None)


def _parts_of_closing(
    terms: Sequence[Term], amounts: Mapping[int, Decimal | None], settlers: Sequence[Settler]
) -> list[SettledPart]:
    """Put what settled a document beside the terms that it settled."""
    settlers = join_parts(settlers)
    alone = [settler for settler in settlers if settler.is_alone]
    # What a payment of several documents is too large by belongs to none of them.
    is_one_document = not any(one.booking and one.booking.is_document for one in settlers)
    parts = []
    taken = set()
    for settler in alone:
        term = _best_term(terms, amounts, settler)
        taken.add(term.key)
        has_excess = is_one_document or settler.is_named
        parts.append(_part_of_booking(term, settler, has_excess=has_excess))
    others = [settler for settler in settlers if not settler.is_alone]
    for settler in others:
        free = [term for term in terms if term.key not in taken]
        known = [amounts[term.key] for term in free]
        total = sum((one for one in known if one is not None), _NOTHING)
        is_for_terms = free and None not in known and total == settler.amount
        if len(settlers) == 1 or (len(others) == 1 and is_for_terms):
            parts += [_part_of_term(term, settler, amounts[term.key]) for term in free]
        else:
            parts.append(_part_of_term((free or terms)[0], settler, settler.amount))
    return parts


def _best_term(
    terms: Sequence[Term], amounts: Mapping[int, Decimal | None], settler: Settler
) -> Term:
    """The term that a booking most probably settled; all of them are the document's, so nothing depends on it."""
    day = settler.booking.day if settler.booking else None
    return max(
        terms,
        key=lambda one: (one.last_payment_date == day, amounts[one.key] == settler.amount),
    )


def _part_of_booking(term: Term, settler: Settler, *, has_excess: bool) -> SettledPart:
    booking = settler.booking
    day = booking.day if booking and not booking.is_document else None
    has_excess = has_excess and settler.kind == PaymentKind.PAYMENT
    return SettledPart(
        key=term.key,
        kind=settler.kind,
        amount=settler.amount,
        paid_date=day or term.settled_date,
        reference=(booking.reference if booking else "") or term.reference,
        booking=booking,
        count=settler.count,
        excess=booking.excess if booking and booking.is_whole and has_excess else _NOTHING,
    )


def _part_of_term(term: Term, settler: Settler, amount: Decimal | None) -> SettledPart:
    booking = settler.booking
    return SettledPart(
        key=term.key,
        kind=settler.kind,
        amount=amount,
        paid_date=term.settled_date,
        reference=(booking.reference if booking else "") or term.reference,
        booking=booking,
        count=settler.count,
    )


def _amounts_of_parts(settled: Sequence[Term], paid: Decimal) -> dict[int, Decimal | None]:
    """What each part amounts to: as Exact says, else as it said before, else the rest of what is paid."""
    amounts = {term.key: abs(term.amount) or None for term in settled}
    hidden = [term for term in settled if not term.amount]
    remembered = {term.key: term.known_amount for term in hidden}
    if None not in remembered.values() and _sum(amounts | remembered) == paid:
        return amounts | remembered
    amounts |= {term.key: term.known_amount for term in hidden if not term.has_changed}
    unknown = [key for key, amount in amounts.items() if amount is None]
    rest = paid - _sum(amounts)
    if len(unknown) == 1 and rest > 0:
        amounts[unknown[0]] = rest
    return amounts


def _sum(amounts: dict[int, Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts.values() if amount is not None), _NOTHING)
