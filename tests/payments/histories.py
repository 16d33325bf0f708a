"""Plays histories of payments abreast: each with a customer of its own, all of them in the books of one division.

What is read in one run are so the changes of many customers, as in production, and a history costs a part of a run. What
a bookkeeper does depends on the history alone, in which order it is read on those beside it as well.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from connector import http
from integrations.exact import deleted, payment_terms
from integrations.exact.deleted import DeletedRow
from integrations.exact.payment_terms import PaymentTerm
from invoices.models import Invoice
from payments import mirror
from payments.models import Payment, ReceivableTerm
from payments.settling import settle_changed, settle_invoices
from tests.exact import unlimited_sandbox
from tests.payments.bookkeeper import Bookkeeper
from tests.payments.books import Books, Division
from tests.payments.ledger import Standing, standing_of

ROUNDS = 6
ABREAST = 50
# The sign of what is owed, and whether a term's amount becomes 0 once it is settled: sources disagree on both.
CONVENTIONS = {"negative": False, "positive": True}
UNTOLD = "settled for an unknown reason"


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
        self.reader = Reader(books, abreast=len(numbers))
        self.bookkeepers = {
            number: Bookkeeper(books, random.Random(f"{sign} {number}")) for number in numbers
        }
        self.played = Played()

    def play(self) -> Played:
        for bookkeeper in self.bookkeepers.values():
            bookkeeper.start()
        for _ in range(ROUNDS):
            self.books.division.renew()
            for bookkeeper in self.bookkeepers.values():
                for _ in range(bookkeeper.chance.choice([1, 1, 2, 3])):
                    bookkeeper.act()
            self.reader.read(self.chance)
            self._compare()
        self._rebuild()
        self._compare()
        return self.played

    def _documents(self) -> list[int]:
        return [
            invoice.pk for one in self.bookkeepers.values() for invoice, _entry in one.documents
        ]

    def _compare(self) -> None:
        """Compare every history; one that is not as in the books is noted and left out from then on."""
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
            except AssertionError as wrong:
                self.played.failures.append(f"History {self.sign} {number}\n{wrong}")
                del self.bookkeepers[number]

    def _compare_one(self, row: Invoice, payments: list[Payment], said: Standing, note: str) -> str:
        """Compare what is shown of an invoice with what the books say; return what it is to be counted as."""
        note = f"{row.payment_status} {row.paid_amount}\n{note}"
        _check(row.paid_amount == said.paid, note)
        is_zeroed = CONVENTIONS[self.sign]
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for payment in payments:
            totals[payment.kind] += payment.amount or 0
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


class Reader:
    """Reads what changed as a run does, but hands the rows over shuffled, repeated and mixed with old ones."""

    def __init__(self, books: Books, *, abreast: int) -> None:
        self.books = books
        self.abreast = abreast
        database = books.division.sandbox.sandbox.database
        self.terms_at = self.deleted_at = database.counter("timestamp")
        self.old: list[PaymentTerm] = []

    def read(self, chance: random.Random) -> None:
        """Do a run."""
        client = self.books.division.client
        gone: list[DeletedRow] = [
            row for page in deleted.sync(client, self.deleted_at) for row in page.rows
        ]
        rows: list[PaymentTerm] = [
            row for page in payment_terms.sync(client, self.terms_at) for row in page.rows
        ]
        self.deleted_at = max([self.deleted_at, *(row.timestamp for row in gone)])
        self.terms_at = max([self.terms_at, *(row.timestamp for row in rows)])
        shown = rows + chance.sample(self.old, min(3 * self.abreast, len(self.old)))
        shown += chance.sample(rows, len(rows) // 3)
        self.old += rows
        chance.shuffle(shown)
        chance.shuffle(gone)
        self.books.later(minutes=5)
        now, batch = self.books.now, chance.choice([7 * self.abreast // 2, 500])
        with self.books.rows():
            mirror.mark_deleted(connection=self.books.connection, rows=gone, now=now)
            half = len(shown) // 2
            for page in (shown[:half], shown[half:]):
                refused = mirror.store_terms(connection=self.books.connection, rows=page, now=now)
                assert refused == []
            while settle_changed(connection=self.books.connection, now=now, limit=batch):
                pass


def _check(is_so: bool, note: str) -> None:
    if not is_so:
        raise AssertionError(note)


def _without_nothing(totals: dict[str, Decimal]) -> dict[str, Decimal]:
    return {kind: amount for kind, amount in totals.items() if amount}
