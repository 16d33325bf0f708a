"""Reads histories of payments in two ways: as the lane does, and with the rows in any order."""

from __future__ import annotations

import random
from collections.abc import Callable

from integrations.exact import deleted, payment_terms
from integrations.exact.deleted import DeletedRow
from integrations.exact.payment_terms import PaymentTerm
from payments import mirror
from payments.models import Payment
from payments.settling import settle_changed
from payments.sync import work
from tests.payments.books import LIST, Books

LINES = "GET /financialtransaction/TransactionLines"
# Each call takes 30 lines: what fifty histories leave in question takes a few.
_CALLS_AT_MOST = 50


class Lane:
    """Reads with the product's own steps, as the lane calls them."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def read(self, meanwhile: Callable[[], None] = lambda: None) -> list[str]:
        """Do what is due an hour later, ledger lines as well where they are; return the calls.

        ``meanwhile`` happens after the lane's first turn.
        """
        self.books.later(hours=1)
        before = self.books.last_call()
        work.step(self.books.job())
        meanwhile()
        self.books.runs()
        calls = self.books.calls_since(before)
        due_at = self.books.due_at()
        assert due_at is not None
        assert due_at > self.books.now, "A reading does not come to its end"
        connection = self.books.reload()
        assert not connection.payments_sync_problem, connection.payments_sync_problem
        return calls

    def compare(self, *, days: int) -> None:
        """Do what is due so much later: a list is read as well, and the feeds have told all that is in it."""
        self.books.later(days=days)
        assert LIST in self.read()
        cursor = self.books.cursor()
        assert cursor.compared_at == self.books.now
        assert cursor.repaired_count == 0

    def ask_for_lines(self) -> None:
        """Read on until no ledger line is asked for any more; nothing is in question then."""
        for _ in range(_CALLS_AT_MOST):
            self.books.division.renew()
            self.books.later(hours=1)
            if LINES not in self.read():
                break
        with self.books.rows():
            left = Payment.objects.filter(is_in_question=True, removed_at__isnull=True).count()
        assert not left, f"{left} payments are still in question"


class Shuffler:
    """Reads what changed as a run does, but hands the rows over shuffled, repeated and mixed with old ones."""

    def __init__(self, books: Books, *, abreast: int) -> None:
        self.books = books
        self.abreast = abreast
        database = books.division.sandbox.sandbox.database
        self.terms_at = self.deleted_at = database.counter("timestamp")
        self.old: list[PaymentTerm] = []

    def forget(self) -> None:
        """Hand over nothing that came by before everything was read anew: no feed does either."""
        self.old.clear()

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
