"""What the books of the sandbox say of a document: read from its sets of matched terms, which no client ever sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from exact_sandbox.books import matching, receipts, terms
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

DIFFERENCE = 83
_NAMES = {40: "payment", DIFFERENCE: "write_off", 90: "journal"}
Totals = dict[str, Decimal]


@dataclass(frozen=True)
class Booking:
    """What a document was matched with, and how many documents of the document's sign that settled in all."""

    entry_id: str
    your_ref: str
    documents: int


@dataclass
class Standing:
    """How a document stands: amounts are absolute, `settled` by what settled it, `bookings` by their ledger line."""

    open: Decimal = Decimal(0)
    is_collecting: bool = False
    settled: Totals = field(default_factory=lambda: defaultdict(Decimal))
    has_difference: bool = False
    excess: Decimal = Decimal(0)
    bookings: dict[str, Booking] = field(default_factory=dict)

    @property
    def paid(self) -> Decimal:
        """What is settled, however it was."""
        return sum(self.settled.values(), Decimal(0))

    @property
    def status(self) -> str:
        """A bookkeeper's word for it."""
        kinds = {kind for kind, amount in self.settled.items() if amount}
        if self.open:
            if kinds:
                return "partly_paid"
            return "in_collection" if self.is_collecting else "open"
        for kind, word in (
            ("unknown", "settled"),
            ("journal", "settled"),
            ("write_off", "written_off"),
        ):
            if kind in kinds:
                return word
        if "credit_note" in kinds and "payment" not in kinds:
            return "credited"
        if self.excess:
            return "overpaid"
        if "discount" in kinds:
            return "discount_taken"
        return "currency_difference" if self.has_difference else "paid"


def standing_of(context: Context, entry_id: str) -> Standing:
    """Read how a document stands."""
    standing = Standing()
    seen = set()
    for term in terms.terms_of(context, entry_id):
        if term["Status"] < terms.MATCHED:
            standing.open += abs(term["AmountFC"])
            standing.is_collecting |= term["Status"] > terms.OPEN
            continue
        row = _set_of(context, term)
        if row["set_id"] not in seen:
            seen.add(row["set_id"])
            members = matching.members_of(context, row["set_id"])
            _add_set(context, standing, entry_id, members, kind=row["kind"])
    return standing


def _set_of(context: Context, term: Record) -> Record:
    [row] = context.sandbox.database.execute(
        "SELECT m.set_id, s.kind FROM match_terms m JOIN match_sets s ON s.id = m.set_id "
        "WHERE m.term_id = ?",
        [term["ID"]],
    )
    return dict(row)


def _add_set(
    context: Context, standing: Standing, entry_id: str, members: Sequence[Record], *, kind: str
) -> None:
    own = [term for term in members if term["TransactionEntryID"] == entry_id]
    amount = sum((abs(term["AmountFC"]) for term in own), Decimal(0))
    is_positive = own[0]["AmountFC"] > 0
    documents = {
        term["TransactionEntryID"] for term in members if term["TransactionType"] in terms.INVOICES
    }
    standing.bookings |= {
        term["TransactionID"]: _booking(context, term, is_positive=is_positive)
        for term in members
        if term["TransactionEntryID"] != entry_id
    }
    against = [
        term for term in members if term["AmountFC"] and (term["AmountFC"] > 0) != is_positive
    ]
    if kind == matching.RECEIPT:
        # A receipt's lines say what each document was paid; what lacks is the discount that it took.
        against = [term for term in against if term["TransactionType"] != DIFFERENCE]
        taken = _discount_taken(context, entry_id, members, amount)
        standing.settled["discount"] += taken
        amount -= taken
    names = {_name(term, is_positive=is_positive) for term in against}
    if sum((abs(term["AmountFC"]) for term in against), Decimal(0)) == amount:
        for term in against:
            standing.settled[_name(term, is_positive=is_positive)] += abs(term["AmountFC"])
    elif len(names) == 1:
        standing.settled[names.pop()] += amount
    else:
        # Which of several bookings settled which of several documents: no book says it.
        standing.settled["unknown"] += amount
    if len(documents) == 1:
        standing.has_difference |= any(term["TransactionType"] == 82 for term in members)
        standing.excess += sum((_excess(context, term) for term in against), Decimal(0))


def _booking(context: Context, term: Record, *, is_positive: bool) -> Booking:
    lines = {
        one["TransactionID"]
        for own in terms.terms_of(context, term["TransactionEntryID"])
        if own["TransactionID"] == term["TransactionID"] and own["Status"] == terms.MATCHED
        for one in matching.members_of(context, _set_of(context, own)["set_id"])
        if one["TransactionType"] in terms.INVOICES and (one["AmountFC"] > 0) == is_positive
    }
    return Booking(term["TransactionEntryID"], term["YourRef"] or "", len(lines))


def _discount_taken(
    context: Context, entry_id: str, members: Sequence[Record], amount: Decimal
) -> Decimal:
    """What a receipt closed of a document beyond what its line says was paid, where it booked differences."""
    if not any(term["TransactionType"] == DIFFERENCE for term in members):
        return Decimal(0)
    [own] = [term for term in members if term["TransactionType"] == terms.CASH_FLOW]
    said = dict(receipts.remembered_items(context, own["TransactionID"]))
    return max(amount - abs(said[entry_id]), Decimal(0))


def _name(term: Record, *, is_positive: bool) -> str:
    if term["TransactionType"] in terms.INVOICES:
        return "credit_note" if is_positive else "invoice"
    return _NAMES[term["TransactionType"]]


def _excess(context: Context, receipt: Record) -> Decimal:
    """What is open on a receipt that paid nothing else."""
    if receipt["TransactionType"] != terms.CASH_FLOW:
        return Decimal(0)
    others = [
        term
        for term in terms.terms_of(context, receipt["TransactionEntryID"])
        if term["TransactionID"] == receipt["TransactionID"] and term["ID"] != receipt["ID"]
    ]
    if any(term["Status"] == terms.MATCHED for term in others):
        return Decimal(0)
    return sum((abs(term["AmountFC"]) for term in others), Decimal(0))
