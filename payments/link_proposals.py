"""Finds invoices that are in Exact already, booked there by hand or before we were connected (B-21).

What was read of payments tells every sales entry of the division: its number, customer and amount. So nothing is asked of
Exact here. A proposal is sure when number, customer and amount are the same and nothing else fits; what is less is shown
with its reasons, and a person chooses. `invoices.linking` carries the choice out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from invoices.document_texts import reference

_LARGEST = 2**31 - 1
# Without the number only an entry of about the same day can be meant: the same amount may be asked every month.
_ABOUT_THE_SAME_DAY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invoice that is in no document of ours. ``account_id`` is its client's account in Exact, where that is sure."""

    invoice_id: int
    numbers: tuple[str, ...]
    account_id: UUID | None
    gross_amount: Decimal
    currency: str
    invoice_date: date
    is_credit: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A sales entry of Exact that no invoice here owns. ``gross_amount`` is absolute."""

    exact_id: UUID
    journal_code: str
    entry_number: int | None
    invoice_number: int | None
    your_ref: str
    account_id: UUID
    gross_amount: Decimal
    currency: str
    entry_date: date | None
    is_credit: bool

    @property
    def numbers(self) -> frozenset[str]:
        """All that it may be called."""
        given = (self.your_ref, self.invoice_number, self.entry_number)
        return frozenset(str(number) for number in given if number)


@dataclass(frozen=True, slots=True)
class Match:
    """An invoice and an entry that may be the same, with what speaks for it."""

    invoice_id: int
    entry: Entry
    same_number: bool
    same_amount: bool
    # None: the client's account in Exact is not known.
    same_customer: bool | None
    # Another entry fits this invoice, or another invoice this entry, just as well.
    has_rival: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether it may be linked without a second look."""
        same = self.same_number and self.same_amount and self.same_customer is True
        return same and not self.has_rival

    @property
    def weight(self) -> int:
        """How much speaks for it; a number counts most."""
        return 4 * self.same_number + 2 * self.same_amount + (self.same_customer is True)


def numbers_of(*texts: str) -> tuple[str, ...]:
    """This function will return how an invoice's numbers may be written in Exact."""
    found = [reference(text) for text in texts if text]
    plain = [str(int(text)) for text in found if text.isascii() and text.isdecimal()]
    return tuple(dict.fromkeys([*found, *plain]))


def as_exact_number(text: str) -> int | None:
    """This function will return the number as Exact's own entry or invoice number; None when it cannot be one."""
    if not (text.isascii() and text.isdecimal()) or int(text) > _LARGEST:
        return None
    return int(text)


def propose(invoices: Iterable[Wanted], entries: Sequence[Entry]) -> list[Match]:
    """This function will return the best matches of each invoice, by invoice in the given order.

    Two of number, amount and customer have to be the same, and currency and kind always; without the number the day has to
    be about the same as well. Two matches that weigh the same are both returned, and neither is sure.
    """
    by_number = _index(entries)
    by_account: dict[tuple[UUID, Decimal], list[Entry]] = {}
    for entry in entries:
        by_account.setdefault((entry.account_id, entry.gross_amount), []).append(entry)
    found: list[Match] = []
    for wanted in invoices:
        near = {
            entry.exact_id: entry for name in wanted.numbers for entry in by_number.get(name, ())
        }
        if wanted.account_id is not None:
            key = (wanted.account_id, wanted.gross_amount)
            near |= {entry.exact_id: entry for entry in by_account.get(key, ())}
        matches = [match for entry in near.values() if (match := _match(wanted, entry))]
        heaviest = max((match.weight for match in matches), default=0)
        found += [match for match in matches if match.weight == heaviest]
    return _with_rivals(found)


def _index(entries: Iterable[Entry]) -> Mapping[str, list[Entry]]:
    index: dict[str, list[Entry]] = {}
    for entry in entries:
        for number in entry.numbers:
            index.setdefault(number, []).append(entry)
    return index


def _match(wanted: Wanted, entry: Entry) -> Match | None:
    if entry.currency != wanted.currency or entry.is_credit != wanted.is_credit:
        return None
    same_number = not entry.numbers.isdisjoint(wanted.numbers)
    same_amount = entry.gross_amount == wanted.gross_amount
    known = wanted.account_id
    same_customer = None if known is None else entry.account_id == known
    if same_number and not (same_amount or same_customer):
        return None
    if not same_number and not (same_amount and same_customer and _same_time(wanted, entry)):
        return None
    return Match(wanted.invoice_id, entry, same_number, same_amount, same_customer)


def _same_time(wanted: Wanted, entry: Entry) -> bool:
    if entry.entry_date is None:
        return False
    return abs(entry.entry_date - wanted.invoice_date) <= _ABOUT_THE_SAME_DAY


def _with_rivals(matches: Sequence[Match]) -> list[Match]:
    per_invoice = Counter(match.invoice_id for match in matches)
    per_entry = Counter(match.entry.exact_id for match in matches)
    return [
        Match(
            match.invoice_id,
            match.entry,
            match.same_number,
            match.same_amount,
            match.same_customer,
            per_invoice[match.invoice_id] > 1 or per_entry[match.entry.exact_id] > 1,
        )
        for match in matches
    ]
