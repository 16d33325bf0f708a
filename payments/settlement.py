"""Decides from a document's payment terms how far it is paid: a pure rule that can always be computed again.

Before: `payments.mirror` stores the terms as Exact has them. After: `payments.settling` writes what this says.

Sources disagree on the sign of a term's amount and on whether it becomes 0 once the term is settled, so only absolute
amounts and the status count. What is open is always shown as an amount; what is paid is the rest of the document.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoices.models import PaymentStatus

SELECTED = 30
SETTLED = 50
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a document, in the document's currency.

    ``amount`` is absolute, and 0 when Exact no longer says it. ``document_amount`` is the whole document's as Exact
    gave it with this term. ``known_amount`` is what an earlier reading made of this settled part, if there was one, and
    ``has_changed`` whether Exact has changed the term since.
    """

    key: int
    timestamp: int
    status: int
    amount: Decimal
    document_amount: Decimal | None = None
    settled_date: date | None = None
    reference: str = ""
    known_amount: Decimal | None = None
    has_changed: bool = True


@dataclass(frozen=True, slots=True)
class SettledPart:
    """What a person calls a payment. ``amount`` is None when Exact only tells the sum of several parts."""

    key: int
    amount: Decimal | None
    paid_date: date | None
    reference: str


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


def settle(terms: Sequence[Term], *, gross_amount: Decimal) -> Settlement | None:
    """This function will return how far the document is paid, or None when Exact shows no terms: that is not "paid".

    ``gross_amount`` is what was booked, for documents whose terms do not tell it.
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
    status = _status(settled, paid=paid, gross=gross, collecting=collecting)
    dates = [term.settled_date for term in settled if term.settled_date]
    return Settlement(
        status=status,
        paid_amount=paid,
        open_amount=gross - paid,
        collecting_amount=min(collecting, gross - paid),
        paid_date=max(dates, default=None) if status is PaymentStatus.PAID else None,
        parts=_parts(settled, paid) if paid else (),
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
    settled: Sequence[Term], *, paid: Decimal, gross: Decimal, collecting: Decimal
) -> PaymentStatus:
    if settled and paid >= gross:
        return PaymentStatus.PAID
    if paid:
        return PaymentStatus.PARTLY_PAID
    return PaymentStatus.IN_COLLECTION if collecting else PaymentStatus.OPEN


def _parts(settled: Sequence[Term], paid: Decimal) -> tuple[SettledPart, ...]:
    amounts = _amounts_of_parts(settled, paid)
    return tuple(
        SettledPart(term.key, amounts[term.key], term.settled_date, term.reference)
        for term in sorted(settled, key=lambda one: (one.settled_date or date.min, one.key))
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
