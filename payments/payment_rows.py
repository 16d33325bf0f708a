"""Keeps the payments a person sees in line with the settled parts: edited ones stay the same row, gone ones stay as history.

Before: `payments.settlement` derived the parts. After: the invoice's page shows the rows, those that are gone struck
through with when and why. Only `payments.settling` calls this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import Q

from integrations.models import ExactConnection
from invoices.models import Invoice
from payments.models import Payment, PaymentKind, ReceivableTerm, Removal
from payments.settlement import SETTLED, SettledPart
from payments.shares import DOCUMENTS

_Same = Callable[[Payment, SettledPart], bool]


@dataclass(frozen=True)
class PaymentRows:
    """The payments of an invoice that Exact had so far. ``new`` collects rows that are to be stored when all are known.

    ``because`` is why payments are gone, where that is known without asking what became of their bookings.
    """

    connection: ExactConnection
    payments: Sequence[Payment]
    new: list[Payment]
    now: datetime
    because: Removal | None = None

    def store(
        self, invoice: Invoice, parts: Sequence[SettledPart], *, in_question: Container[int]
    ) -> Removal | None:
        """This function will make the payments equal to the parts and say why the last one that is gone is gone.

        ``in_question`` are the terms of which Exact can tell more. None when no payment is gone.
        """
        pairs = _pair(parts, self.payments)
        kept = {payment.pk for payment, _ in pairs if payment is not None}
        left = [payment for payment in self.payments if payment.pk not in kept]
        removal = _remove(self.connection, left, self.now, self.because) if left else None
        for payment, part in pairs:
            values = _values(part)
            values["is_in_question"] = part.booking is None and part.key in in_question
            if payment is None:
                self.new.append(self._make(invoice, values))
            elif any(getattr(payment, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(payment, name, value)
                payment.changed_at = self.now
                payment.save()
        return removal

    def _make(self, invoice: Invoice, values: dict[str, Any]) -> Payment:
        return Payment(
            organization_id=invoice.organization_id,
            invoice=invoice,
            currency=invoice.currency,
            first_seen_at=self.now,
            changed_at=self.now,
            **values,
        )


def _pair(
    parts: Sequence[SettledPart], payments: Sequence[Payment]
) -> list[tuple[Payment | None, SettledPart]]:
    """Find for each part the row that it was before; the surest likeness first."""
    found: dict[int, Payment] = {}
    left = list(payments)
    for is_same in (
        _is_exactly,
        _has_same_booking,
        _has_same_term,
        _has_same_amount,
        _has_same_day,
    ):
        for number, part in enumerate(parts):
            payment = next((one for one in left if is_same(one, part)), None)
            if number not in found and payment is not None:
                found[number] = payment
                left.remove(payment)
    return [(found.get(number), part) for number, part in enumerate(parts)]


def _is_exactly(payment: Payment, part: SettledPart) -> bool:
    return payment.term_id == part.key and _has_same_booking(payment, part)


def _has_same_booking(payment: Payment, part: SettledPart) -> bool:
    line = part.booking.line if part.booking else None
    return payment.counter_line_exact_id == line and payment.kind == part.kind and line is not None


def _has_same_term(payment: Payment, part: SettledPart) -> bool:
    return payment.term_id == part.key and _can_be(payment, part)


# Matching it anew in Exact can make a new term.
def _has_same_amount(payment: Payment, part: SettledPart) -> bool:
    same_amount = part.amount is not None and payment.amount == part.amount
    return same_amount and _can_be(payment, part)


def _has_same_day(payment: Payment, part: SettledPart) -> bool:
    same_day = part.paid_date is not None and payment.paid_date == part.paid_date
    return same_day and _can_be(payment, part)


def _can_be(payment: Payment, part: SettledPart) -> bool:
    """Whether nothing that is known of both says that they are two."""
    known_kinds = {payment.kind, part.kind} - {PaymentKind.UNKNOWN}
    known_entries = {
        payment.counter_entry_exact_id,
        part.booking.entry if part.booking else None,
    } - {None}
    return len(known_kinds) < 2 and len(known_entries) < 2


def _values(part: SettledPart) -> dict[str, Any]:
    booking = part.booking
    values: dict[str, Any] = {
        "term_id": part.key,
        "kind": part.kind,
        "amount": part.amount,
        "excess_amount": part.excess or None,
        "matched_count": part.count,
        "paid_date": part.paid_date,
        "reference": part.reference,
        "division_amount": None,
        "counter_line_exact_id": None,
        "counter_entry_exact_id": None,
        "counter_journal": "",
        "counter_entry_number": None,
        "counter_document": "",
    }
    if booking is not None:
        values |= {
            "counter_line_exact_id": booking.line,
            "counter_entry_exact_id": booking.entry,
            "counter_journal": booking.journal,
            "counter_entry_number": booking.entry_number,
        }
        if part.kind == PaymentKind.CURRENCY_DIFFERENCE:
            values["division_amount"] = booking.division_amount
        if booking.is_document:
            values["counter_document"] = booking.your_ref or str(booking.invoice_number or "")
    return values


def _remove(
    connection: ExactConnection,
    payments: Sequence[Payment],
    now: datetime,
    because: Removal | None,
) -> Removal:
    """Mark payments that are gone, each with why, and with when and by whom where Exact tells it."""
    if because is None:
        _note_reasons(connection, payments)
    for payment in payments:
        payment.removed_at = now
        payment.removal = because or payment.removal
        payment.save(
            update_fields=["removed_at", "removal", "deleted_in_exact_at", "deleted_by_exact_id"]
        )
    return Removal(payments[-1].removal)


def _note_reasons(connection: ExactConnection, payments: Iterable[Payment]) -> None:
    """Note what became of the bookings: the mirror has their own terms."""
    lines = {one.counter_line_exact_id for one in payments if one.counter_line_exact_id}
    entries = {one.counter_entry_exact_id for one in payments if one.counter_entry_exact_id}
    by_line: dict[object, list[ReceivableTerm]] = defaultdict(list)
    living_entries = set()
    for term in ReceivableTerm.objects.filter(
        Q(line_exact_id__in=lines) | Q(entry_exact_id__in=entries), connection=connection
    ):
        by_line[term.line_exact_id].append(term)
        if term.deleted_at is None:
            living_entries.add(term.entry_exact_id)
    for payment in payments:
        payment.removal = Removal.UNKNOWN
        if not payment.counter_line_exact_id:
            continue
        own = by_line[payment.counter_line_exact_id]
        has_entry = payment.counter_entry_exact_id in living_entries
        payment.removal = _reason(own, has_entry=has_entry)
        if payment.removal == Removal.DELETED:
            _note_deletion(payment, own)


def _note_deletion(payment: Payment, terms: Sequence[ReceivableTerm]) -> None:
    """Exact tells of each term; the last of them ended the booking."""
    told = [(term.deleted_in_exact_at, term) for term in terms if term.deleted_in_exact_at]
    if told:
        payment.deleted_in_exact_at, last = max(told, key=itemgetter(0))
        payment.deleted_by_exact_id = last.deleted_by_exact_id


def _reason(terms: Sequence[ReceivableTerm], *, has_entry: bool) -> Removal:
    """Why a booking no longer settles the invoice. A receipt that is open as a whole was unmatched."""
    there = [term for term in terms if term.deleted_at is None]
    if there and all(term.status < SETTLED for term in there):
        return Removal.UNMATCHED
    if there and there[0].transaction_type in DOCUMENTS:
        return Removal.UNMATCHED
    return Removal.EDITED if has_entry else (Removal.DELETED if terms else Removal.UNKNOWN)
