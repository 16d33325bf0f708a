"""Works out what settled each document, from all that was settled on a customer's account up to one day: a pure rule.

Before: `payments.settling` takes the terms of one closing from the mirror. After: `payments.settlement` puts what was
found beside the document's own terms.

Exact shows no link between a term and what it was matched with. What is certain of terms that were matched together is
that they add up to nothing and end on the same day, and that a receipt matched with one invoice carries its YourRef. So
what settled a document is found by its YourRef, else by what alone is left over. Where that leaves two answers, ledger
lines that name each other (OffsetID) decide; where they do not, nothing is said: it is never guessed.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionTransactionLines
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from payments.discounts import find_discounts
from payments.models import PaymentKind
from payments.named import find_named
from payments.shares import CASH_FLOW, Key, Settler, Share, counted, kind_of

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What settled each document's shares in a closing; and the lines that could tell more."""

    settlers: dict[Key, tuple[Settler, ...]]
    in_question: frozenset[UUID]


def explain(shares: Sequence[Share], offsets: Mapping[UUID, UUID | None]) -> Explanation:
    """This function will return what settled each document of a closing.

    ``shares`` are all that the closing settled on one account in one currency. ``offsets`` names for ledger lines the
    one each was matched with, for those that are known.
    """
    closing = _Closing(shares, offsets)
    settlers = {document.key: closing.settlers_of(document) for document in closing.documents}
    is_clear = all(settler.is_explained for found in settlers.values() for settler in found)
    return Explanation(settlers, frozenset() if is_clear else closing.list_left())


class _Closing:
    """What is left over of each document and booking, while one certain answer after the other is taken out."""

    def __init__(self, shares: Sequence[Share], offsets: Mapping[UUID, UUID | None]) -> None:
        self.offsets = offsets
        self.documents = [share for share in shares if share.is_document]
        self.found: dict[Key, list[Settler]] = {document.key: [] for document in self.documents}
        self.rest = {document.key: document.amount for document in self.documents}
        self.pool: list[Share] = []
        self._by_group: dict[tuple[bool, bool], list[Share]] = {}
        self._counts: dict[tuple[UUID, bool], int | None] = {}
        for share, owner in find_named(shares):
            if owner is None:
                self.pool.append(share)
            else:
                self._give(owner, share, counted(share, owner), is_named=True)
        for share, document, settler in list(find_discounts(self.pool, self.documents, self.found)):
            self.pool.remove(share)
            self._note(document, settler)
        for documents in self._by_line().values():
            self._balance(documents)
        while any(self._take_what_fits(document) for document in self.documents):
            pass

    def _by_line(self) -> dict[UUID, list[Share]]:
        found: dict[UUID, list[Share]] = defaultdict(list)
        for document in self.documents:
            found[document.line].append(document)
        return found

    def _balance(self, documents: Sequence[Share]) -> None:
        """Call both shares of a line explained when bookings of that line alone make up all of it."""
        taken = [settler.amount for one in documents for settler in self.found[one.key]]
        known = [amount for amount in taken if amount is not None]
        total = documents[0].line_amount
        if total is not None and len(known) == len(taken) and sum(known, _NOTHING) == total:
            for document in documents:
                self.rest[document.key] = _NOTHING

    def _give(
        self,
        document: Share,
        share: Share,
        amount: Decimal | None,
        *,
        among: int = 1,
        is_named: bool = False,
    ) -> None:
        """Note that a booking settled so much of a document, one of so many that it settled."""
        count = among if share.is_whole else None
        settler = Settler(
            kind_of(share, document),
            amount,
            share,
            is_alone=among == 1,
            is_named=is_named,
            count=count,
        )
        self._note(document, settler)

    def _note(self, document: Share, settler: Settler) -> None:
        self.found[document.key].append(settler)
        rest, amount = self.rest[document.key], settler.amount
        self.rest[document.key] = None if rest is None or amount is None else rest - amount
        self._by_group.clear()

    def _take_what_fits(self, document: Share) -> bool:
        """Give a document all that can have settled it, when that is just what it needs; True when it was so."""
        rest = self.rest[document.key]
        if not rest or rest < 0:
            return False
        candidates = self._candidates(document)
        if self._total(candidates) != rest:
            candidates = [share for share in candidates if self._is_linked(share, document)]
            if self._total(candidates) != rest or _count(self._linked_to(candidates, document)) > 1:
                return False
        if self._lacks_money(document, candidates):
            return False
        among = sum(share.is_document for share in candidates)
        for share in list(candidates):
            left = self._left(share)
            if share.is_document:
                self._give(share, document, left, among=among)
            else:
                self.pool.remove(share)
            self._give(document, share, left)
        return True

    def list_left(self) -> frozenset[UUID]:
        """The lines of what is not explained with certainty."""
        return frozenset(share.line for share in (*self.pool, *self._hungry()) if share.amount != 0)

    def settlers_of(self, document: Share) -> tuple[Settler, ...]:
        """What settled the document, the last of them for what is not certain."""
        found, rest = self.found[document.key], self.rest[document.key]
        if rest is not None and rest < 0:
            return (Settler(PaymentKind.UNKNOWN, document.amount),)
        if rest == 0:
            return tuple(found)
        candidates = self._candidates(document)
        if rest is None and found:
            more = [Settler(PaymentKind.UNKNOWN, None)] if candidates else []
            return (*found, *more)
        return (*found, self._eliminate(document, rest, candidates))

    def _candidates(self, document: Share) -> list[Share]:
        """What can have settled the rest of a document: opposite bookings that are not another's alone."""
        group = (document.is_negative, bool(document.paid_days))
        if group not in self._by_group:
            self._by_group[group] = self._candidates_of_group(*group)
        return self._by_group[group]

    def _candidates_of_group(self, is_negative: bool, has_money: bool) -> list[Share]:
        hungry = self._hungry()
        found = [
            share
            for share in (*self.pool, *hungry)
            if share.is_negative != is_negative and share.amount != 0
        ]
        if is_negative:
            return found
        without_money = [share for share in found if share.type != CASH_FLOW]
        if not has_money:
            # Exact keeps the day of the last payment of an invoice that money settled.
            return without_money
        # Money would have left its day on a document as well, so these were matched without any.
        free = [share for share in without_money if not share.paid_days]
        unpaid = [
            one
            for one in hungry
            if not one.paid_days
            and not one.is_negative
            and (self.rest[one.key] is not None or not self.found[one.key])
        ]
        is_one_term = len(free) == 1 and len(free[0].term_amounts) == 1
        total = self._total(unpaid)
        if unpaid and (is_one_term or (total is not None and total == self._total(free))):
            # Those that no money settled need all of it, and a term is matched only once.
            return [share for share in found if share not in free]
        return found

    def _hungry(self) -> list[Share]:
        return [one for one in self.documents if self.rest[one.key] != 0]

    def _count_beside(self, document: Share, candidates: Sequence[Share]) -> int | None:
        """How many documents the same, single booking can have settled; None unless it is just what they need."""
        if len(candidates) != 1:
            return None
        key = (candidates[0].line, document.is_negative)
        if key not in self._counts:
            beside = [
                one
                for one in self._hungry()
                if one.is_negative == document.is_negative
                and candidates[0] in self._candidates(one)
            ]
            self._counts[key] = self._counted(beside, candidates)
        return self._counts[key]

    def _counted(self, documents: Sequence[Share], settlers: Sequence[Share]) -> int | None:
        """How many documents these settled; None unless what is known of all of them adds up to the same."""
        total = self._total(settlers)
        fits = total is not None and total == self._total(documents)
        return _count(documents) if fits and all(one.is_whole for one in settlers) else None

    def _linked_to(self, shares: Sequence[Share], document: Share) -> list[Share]:
        """The documents that some of these are matched with, on the side of one."""
        return [
            one
            for one in self._hungry()
            if one.is_negative == document.is_negative
            and any(self._is_linked(share, one) for share in shares)
        ]

    def _eliminate(
        self, document: Share, rest: Decimal | None, candidates: Sequence[Share]
    ) -> Settler:
        if self._lacks_money(document, candidates):
            # Exact can leave out imported bank receipts; only with nothing else there it is surely one.
            kind = PaymentKind.UNKNOWN if candidates else PaymentKind.PAYMENT
            return Settler(kind, rest)
        settled = self._settle(document, rest, candidates, self._count_beside(document, candidates))
        if settled.is_explained:
            return settled
        linked = [share for share in candidates if self._is_linked(share, document)]
        beside = self._linked_to(linked, document)
        # A line names its newest match, which need not be the one with money.
        is_other = self._lacks_money(document, linked)
        if not linked or is_other or self._total(linked) != self._total(beside):
            return settled
        narrowed = self._settle(document, rest, linked, self._counted(beside, linked))
        is_better = settled.kind in (PaymentKind.UNKNOWN, narrowed.kind)
        return narrowed if is_better else settled

    def _lacks_money(self, document: Share, shares: Sequence[Share]) -> bool:
        """Whether money came in for a document that neither these brought nor what is found already."""
        found = [one.booking for one in self.found[document.key] if one.booking]
        return bool(document.paid_days) and not any(
            share.type == CASH_FLOW for share in (*shares, *found)
        )

    def _settle(
        self,
        document: Share,
        rest: Decimal | None,
        candidates: Sequence[Share],
        count: int | None,
    ) -> Settler:
        """Say what candidates make of the rest, when only one answer is possible.

        ``count`` is the number of documents that a single one settled.
        """
        kinds = {kind_of(share, document) for share in candidates}
        if len(kinds) != 1:
            return Settler(PaymentKind.UNKNOWN, rest)
        [kind] = kinds
        total = self._total(candidates)
        is_too_little = rest is not None and total is not None and total < rest
        if is_too_little and kind != PaymentKind.PAYMENT:
            return Settler(PaymentKind.UNKNOWN, rest)
        if len(candidates) > 1 or is_too_little:
            return Settler(kind, rest)
        return Settler(kind, rest, candidates[0], count=count)

    def _left(self, share: Share) -> Decimal | None:
        """What of a document or booking is not explained yet."""
        return self.rest[share.key] if share.is_document else share.amount

    def _total(self, shares: Sequence[Share]) -> Decimal | None:
        total = _NOTHING
        for share in shares:
            amount = self._left(share)
            if amount is None:
                return None
            total += amount
        return total

    def _is_linked(self, share: Share, document: Share) -> bool:
        """Whether a line was matched with the other, or both with a third."""
        mine, other = self.offsets.get(document.line), self.offsets.get(share.line)
        return share.line == mine or document.line == other or (mine is not None and mine == other)


def _count(documents: Sequence[Share]) -> int:
    return len({document.line for document in documents})
