"""Reads from the mirror all that was settled together with documents, and what settled them.

Before: `payments.settling` has the documents' own terms. After: it settles them by what is found here.
A closing is all that was settled on one customer's account, in one currency, up to one day: terms that were matched with
each other are in the same one, because Exact gives them the same EndDate.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from integrations.models import ExactConnection
from payments.closings import explain
from payments.models import LedgerLine, ReceivableTerm
from payments.settlement import SETTLED
from payments.shares import DOCUMENTS, SALES_ENTRY, Key, Match, Settler, Share

_NOTHING = Decimal(0)


class Closing(NamedTuple):
    """Names a closing."""

    account: UUID | None
    currency: str
    end_date: date | None


class Closings:
    """The closings that some terms are part of, as the mirror has them: three queries whatever their number."""

    def __init__(
        self,
        connection: ExactConnection,
        own_terms: Iterable[ReceivableTerm],
    ) -> None:
        own = [term for term in own_terms if term.status >= SETTLED and term.deleted_at is None]
        self._own_lines = {line_of(term) for term in own}
        wanted = {closing_of(term) for term in own}
        terms = _find_settled(connection, wanted)
        lines = {term.line_exact_id for term in terms if term.line_exact_id is not None}
        whole = _by_line(living(connection).filter(line_exact_id__in=lines))
        by_closing: dict[Closing, list[ReceivableTerm]] = defaultdict(list)
        for term in terms:
            by_closing[closing_of(term)].append(term)
        self._stamps = {line: _stamp(whole[line]) for line in whole}
        self._offsets = self._known_offsets(connection)
        self._settlers: dict[tuple[Key, date | None], tuple[Settler, ...]] = {}
        self._in_question: dict[Closing, frozenset[UUID]] = {}
        for closing, members in by_closing.items():
            found = explain(self._shares(members, whole), self._offsets)
            # What has no line, or one that was asked, cannot be asked: it would hide what can.
            self._in_question[closing] = (
                found.in_question & self._stamps.keys()
            ) - self._offsets.keys()
            for key, settlers in found.settlers.items():
                self._settlers[key, closing.end_date] = settlers

    def _known_offsets(self, connection: ExactConnection) -> dict[UUID, UUID | None]:
        """What ledger lines say, but for those whose terms have changed since they were asked."""
        lines = LedgerLine.objects.filter(connection=connection, exact_id__in=self._stamps)
        return {
            line.exact_id: line.offset_exact_id
            for line in lines
            if line.terms_timestamp == self._stamps[line.exact_id]
        }

    def list_in_question(self) -> dict[UUID, int]:
        """This function will return the ledger lines that could tell more, each with the timestamp of its terms."""
        lines = {line for lines in self._in_question.values() for line in lines}
        return {line: self._stamps[line] for line in sorted(lines)}

    def is_in_question(self, term: ReceivableTerm) -> bool:
        """This function will tell whether ledger lines could say more about what settled a term."""
        return bool(self._in_question.get(closing_of(term)))

    def settlers_of(self, terms: Sequence[ReceivableTerm]) -> dict[Match, list[Settler]]:
        """This function will return what settled a document, by the day its terms end and whether money came in."""
        found: dict[Match, list[Settler]] = defaultdict(list)
        keys = {
            (line, bool(term.last_payment_date), term.end_date)
            for term in terms
            if term.status >= SETTLED and (line := line_of(term)) is not None
        }
        for line, has_money, end_date in sorted(keys, key=str):
            found[end_date, has_money] += self._settlers.get(((line, has_money), end_date), ())
        return found

    def _shares(
        self, members: Iterable[ReceivableTerm], whole: dict[UUID, list[ReceivableTerm]]
    ) -> list[Share]:
        lines: dict[UUID, list[ReceivableTerm]] = defaultdict(list)
        for term in members:
            line = line_of(term)
            if line is not None:
                lines[line].append(term)
        return [
            _share(line, part, terms, whole.get(line, terms), self._type_of(terms[0]))
            for line, terms in lines.items()
            for part in self._parts(terms)
        ]

    def _parts(self, terms: Iterable[ReceivableTerm]) -> Iterable[list[ReceivableTerm]]:
        """A document's terms by whether money came in; a booking's by whose YourRef they carry, one after the other."""
        parts: dict[object, list[ReceivableTerm]] = defaultdict(list)
        for term in terms:
            is_document = self._type_of(term) in DOCUMENTS
            parts[bool(term.last_payment_date) if is_document else term.your_ref].append(term)
        return parts.values()

    def _type_of(self, term: ReceivableTerm) -> int | None:
        if term.transaction_type is None and line_of(term) in self._own_lines:
            return SALES_ENTRY
        return term.transaction_type


def find_touched_entries(
    *, connection: ExactConnection, changed: Sequence[ReceivableTerm]
) -> set[UUID]:
    """This function will return the entries whose settling may be another one because of changed terms.

    They are those of the terms, and the documents that were settled in the same closing before or are now.
    """
    entries = {term.entry_exact_id for term in changed if term.entry_exact_id is not None}
    lines = {term.line_exact_id for term in changed if term.line_exact_id is not None}
    beside = living(connection).filter(line_exact_id__in=lines, status__gte=SETTLED)
    wanted = {closing_of(term) for term in (*changed, *beside)}
    wanted |= {closing_of(term)._replace(end_date=term.earlier_end_date) for term in changed}
    for term in _find_settled(connection, wanted):
        if term.entry_exact_id is not None:
            entries.add(term.entry_exact_id)
    return entries


def closing_of(term: ReceivableTerm) -> Closing:
    """This function will name the closing of a settled term."""
    return Closing(term.account_exact_id, term.currency, term.end_date)


def line_of(term: ReceivableTerm) -> UUID | None:
    """This function will return the ledger line of a term, or its entry where Exact names no line."""
    return term.line_exact_id or term.entry_exact_id


def living(connection: ExactConnection) -> QuerySet[ReceivableTerm]:
    """This function will return the terms that Exact has, in the order they came."""
    return ReceivableTerm.objects.filter(connection=connection, deleted_at__isnull=True).order_by(
        "id"
    )


def _find_settled(connection: ExactConnection, wanted: set[Closing]) -> list[ReceivableTerm]:
    terms = living(connection).filter(
        account_exact_id__in={closing.account for closing in wanted if closing.account},
        end_date__in={closing.end_date for closing in wanted if closing.end_date},
        status__gte=SETTLED,
    )
    return [term for term in terms if closing_of(term) in wanted]


def _by_line(terms: Iterable[ReceivableTerm]) -> dict[UUID, list[ReceivableTerm]]:
    found: dict[UUID, list[ReceivableTerm]] = defaultdict(list)
    for term in terms:
        if term.line_exact_id is not None:
            found[term.line_exact_id].append(term)
    return found


def _stamp(terms: Iterable[ReceivableTerm]) -> int:
    """By which a change of what a line was matched with shows."""
    return max((term.timestamp for term in terms if term.status >= SETTLED), default=0)


def _share(
    line: UUID,
    terms: Sequence[ReceivableTerm],
    of_line: Sequence[ReceivableTerm],
    whole: Sequence[ReceivableTerm],
    type_: int | None,
) -> Share:
    """``of_line`` are all terms of the line in the closing, ``whole`` those of other closings and open ones as well."""
    newest = max(terms, key=lambda one: one.timestamp)
    is_whole = len(of_line) == sum(term.status >= SETTLED for term in whole)
    still_open = sum((term.amount for term in whole if term.status < SETTLED), _NOTHING)
    line_amount = _amount(of_line, still_open, is_whole=is_whole)
    is_all = len(terms) == len(of_line)
    return Share(
        line=line,
        entry=newest.entry_exact_id,
        type=type_,
        is_negative=newest.is_negative,
        amount=line_amount if is_all else _amount(terms, _NOTHING, is_whole=False),
        line_amount=line_amount,
        term_amounts=tuple(term.amount for term in terms),
        day=newest.invoice_date,
        your_ref=newest.your_ref,
        invoice_number=newest.invoice_number,
        journal=newest.journal_code,
        entry_number=newest.entry_number,
        reference=newest.payment_reference,
        paid_days=frozenset(term.last_payment_date for term in terms if term.last_payment_date),
        discount=sum((term.discount_amount for term in terms), _NOTHING),
        discount_due_date=newest.discount_due_date,
        division_amount=newest.document_amount_dc,
        excess=still_open,
        is_whole=is_whole and (is_all or type_ in DOCUMENTS),
    )


def _amount(
    terms: Sequence[ReceivableTerm], still_open: Decimal, *, is_whole: bool
) -> Decimal | None:
    """What is settled: as the terms say, else all of the booking but for what is open."""
    total = terms[0].document_amount
    if total == 0 or all(term.amount for term in terms):
        return sum((term.amount for term in terms), _NOTHING)
    return total - still_open if is_whole and total is not None else None
