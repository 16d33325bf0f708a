"""Plays histories of payments abreast: each with a customer of its own, all of them in the books of one division.

What is read in one run are so the changes of many customers, as in production, and a history costs a part of a run. What
a bookkeeper does depends on the history alone, in which order it is read on those beside it as well.
Of each history some rounds are read by the lane's own steps, while more is booked, one of them with the weekly comparison or
anew; the others shuffled. At the end ledger lines are asked for until none is in question any more.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from connector import http
from invoices.models import Invoice
from payments.models import LedgerLine, Payment, PaymentKind, ReceivableTerm
from payments.settling import settle_invoices
from tests.exact import unlimited_sandbox
from tests.payments.bookkeeper import Bookkeeper
from tests.payments.books import Books, Division
from tests.payments.history_readers import Lane, Shuffler
from tests.payments.ledger import Standing, standing_of

ROUNDS = 6
ABREAST = 50
# The sign of what is owed, and whether a term's amount becomes 0 once it is settled: sources disagree on both.
CONVENTIONS = {"negative": False, "positive": True}
UNTOLD = "settled for an unknown reason"
# Of how many parts it is told in the end which booking settled them.
WITH_LINES, WITHOUT_LINES = "told with ledger lines", "told without ledger lines"


@dataclass
class Played:
    """What came of some histories.

    `seen` counts the statuses that were compared, all of them as `documents`. `failures` tell of each history that did
    not end where the books are its number and all that was done in it.
    """

    seen: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def play(sign: str, numbers: Sequence[int]) -> Played:
    """This function will play the histories of these numbers; each is compared with the books after every run."""
    with _books(sign) as books:
        return _Abreast(books, sign, numbers).play()


@contextmanager
def _books(sign: str) -> Iterator[Books]:
    # In new books: closing a year touches all that was ever booked in it.
    with unlimited_sandbox() as running, http.session() as transport:
        running.sandbox.switches.set("receivable_sign", sign)
        running.sandbox.switches.set("zero_when_matched", CONVENTIONS[sign])
        yield Books.start(Division.open(running, transport))


class _Abreast:
    def __init__(self, books: Books, sign: str, numbers: Sequence[int]) -> None:
        self.books = books
        self.sign = sign
        self.chance = random.Random(f"{sign} from {numbers[0]}")
        self.shuffler = Shuffler(books, abreast=len(numbers))
        self.lane = Lane(books)
        self.bookkeepers = {
            number: Bookkeeper(books, random.Random(f"{sign} {number}"), is_crowded=number % 4 == 3)
            for number in numbers
        }
        self.played = Played()

    def play(self) -> Played:
        for bookkeeper in self.bookkeepers.values():
            bookkeeper.start()
        # The first is read by the lane: in it much was paid before it was ever seen.
        shuffled = set(self.chance.sample(range(1, ROUNDS), ROUNDS // 2))
        weekly = self.chance.choice([turn for turn in range(1, ROUNDS) if turn not in shuffled])
        for turn in range(ROUNDS):
            self.books.division.renew()
            for bookkeeper in self.bookkeepers.values():
                for _ in range(bookkeeper.chance.choice([1, 1, 2, 3])):
                    bookkeeper.act()
            if turn in shuffled:
                self.shuffler.read(self.chance)
            elif turn == weekly:
                self._read_lists()
            else:
                self.lane.read(meanwhile=self._act_once)
                self.lane.read()
            self._compare()
        self.lane.ask_for_lines()
        self._compare()
        self._rebuild()
        self._compare_without_lines(self._compare())
        return self.played

    def _act_once(self) -> None:
        for bookkeeper in self.bookkeepers.values():
            bookkeeper.act()

    def _read_lists(self) -> None:
        """Compare all that is open, or read everything anew: Exact forgets deletions meanwhile."""
        is_anew = self.chance.random() < 0.3
        self.lane.compare(days=70 if is_anew else 7)
        if is_anew:
            self.shuffler.forget()

    def _compare_without_lines(self, untold: set[int]) -> None:
        """Nothing that is known without ledger lines is unknown with them; what is not told with them is `untold`."""
        told = self._count_told()
        with self.books.rows():
            LedgerLine.objects.all().delete()
        self._rebuild()
        untold_without = self._compare()
        for number, bookkeeper in self.bookkeepers.items():
            ids = {invoice.pk for invoice, _ in bookkeeper.documents}
            if ids & untold - untold_without:
                self._fail(number, "Lines take away what is known", bookkeeper.done)
        self.played.seen.update({WITH_LINES: told, WITHOUT_LINES: self._count_told()})

    def _count_told(self) -> int:
        """Of how many parts it is told which booking settled them."""
        with self.books.rows():
            return Payment.objects.filter(
                removed_at__isnull=True,
                invoice__in=self._documents(),
                counter_line_exact_id__isnull=False,
            ).count()

    def _fail(self, number: int, wrong: object, done: Sequence[str] = ()) -> None:
        note = "\n".join([f"History {self.sign} {number}", str(wrong), *done])
        self.played.failures.append(note)

    def _documents(self) -> list[int]:
        return [
            invoice.pk for one in self.bookkeepers.values() for invoice, _entry in one.documents
        ]

    def _compare(self) -> set[int]:
        """Compare every history; one that is not as in the books is noted and left out from then on.

        Return the invoices of which it is not told what settled them.
        """
        untold = set()
        with self.books.rows():
            ids = self._documents()
            rows = Invoice.objects.in_bulk(ids)
            payments: dict[int, list[Payment]] = defaultdict(list)
            for payment in Payment.objects.filter(invoice__in=ids, removed_at__isnull=True):
                payments[payment.invoice_id].append(payment)
        for number, bookkeeper in list(self.bookkeepers.items()):
            try:
                for invoice, entry in bookkeeper.documents:
                    said = standing_of(bookkeeper.context, entry)
                    shown = payments[invoice.pk]
                    note = [*bookkeeper.done, f"{invoice} {entry}", repr(said), *map(repr, shown)]
                    status = self._compare_one(rows[invoice.pk], shown, said, "\n".join(note))
                    self.played.seen.update([status, "documents"])
                    untold |= {invoice.pk} if status == UNTOLD else set()
            except AssertionError as wrong:
                self._fail(number, wrong)
                del self.bookkeepers[number]
        return untold

    def _compare_one(self, row: Invoice, payments: list[Payment], said: Standing, note: str) -> str:
        """Compare what is shown of an invoice with what the books say; return what it is to be counted as."""
        note = f"{row.payment_status} {row.paid_amount}\n{note}"
        _check(row.paid_amount == said.paid, note)
        is_zeroed = CONVENTIONS[self.sign]
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for payment in payments:
            totals[payment.kind] += payment.amount or 0
            _compare_booking(payment, said, note)
        if any(payment.kind == "unknown" for payment in payments):
            # It is never guessed: what is said besides is true, and the whole is.
            _check(row.payment_status in (said.status, "settled"), note)
            _check(is_zeroed or sum(totals.values()) == said.paid, note)
            return UNTOLD
        _check(row.payment_status == said.status, note)
        _check(is_zeroed or _without_nothing(totals) == _without_nothing(said.settled), note)
        return said.status

    def _rebuild(self) -> None:
        """Derive everything again from the mirror alone."""
        ids = self._documents()
        with self.books.rows():
            Payment.objects.filter(invoice__in=ids, removed_at__isnull=True).delete()
            Invoice.objects.filter(pk__in=ids).update(
                exact_payment_status="open", exact_paid_amount=0, exact_paid_date=None
            )
            ReceivableTerm.objects.update(needs_settling=False)
            settle_invoices(connection=self.books.connection, invoice_ids=ids, now=self.books.now)


def _compare_booking(payment: Payment, said: Standing, note: str) -> None:
    """Compare which booking is told to have settled a part, and how many documents it settled."""
    if payment.counter_line_exact_id is None:
        return
    booking = said.bookings.get(str(payment.counter_line_exact_id))
    note = f"{payment.how} by {payment.counter_line_exact_id}\n{note}"
    _check(booking is not None, f"Matched with no such line: {note}")
    assert booking is not None
    is_document = payment.kind in (PaymentKind.CREDIT_NOTE, PaymentKind.INVOICE)
    _check(payment.counter_document == (booking.your_ref if is_document else ""), note)
    _check(str(payment.counter_entry_exact_id) == booking.entry_id, note)
    if payment.kind == PaymentKind.PAYMENT:
        _check(payment.matched_count in (None, booking.documents), f"{booking}\n{note}")


def _check(is_so: bool, note: str) -> None:
    if not is_so:
        raise AssertionError(note)


def _without_nothing(totals: dict[str, Decimal]) -> dict[str, Decimal]:
    return {kind: amount for kind, amount in totals.items() if amount}
