"""Any history of payments, whatever order its rows arrive in, ends where the books are (RELIABILITY G4 to G11).

A bookkeeper does what comes to mind in the sandbox; rows are read as a run reads them, then shuffled, repeated and mixed
with older ones. PAYMENT_HISTORIES=10000 plays as many (`make torture` does); the suite plays a few, always the same.
"""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from integrations.exact import deleted, payment_terms
from integrations.exact.deleted import DeletedRow
from integrations.exact.payment_terms import PaymentTerm
from invoices.models import Invoice, PaymentStatus
from payments import mirror
from payments.models import Payment, ReceivableTerm
from payments.settling import settle_changed, settle_invoices
from tests.payments.bookkeeper import Bookkeeper
from tests.payments.books import Books
from tests.payments.ledger import Standing, standing_of

HISTORIES = int(os.environ.get("PAYMENT_HISTORIES", "16"))
STEPS = 6


class Reader:
    """Reads what changed as a run does, but hands the rows over shuffled, repeated and mixed with old ones."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.terms_at = self.deleted_at = 0
        self.old: list[PaymentTerm] = []

    def skip(self) -> None:
        """Begin with what changes from now on."""
        database = self.books.division.sandbox.sandbox.database
        self.terms_at = self.deleted_at = database.counter("timestamp")
        self.old = []

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
        shown = rows + chance.sample(self.old, min(3, len(self.old)))
        shown += chance.sample(rows, len(rows) // 3)
        self.old += rows
        chance.shuffle(shown)
        chance.shuffle(gone)
        self.books.later(minutes=5)
        now, batch = self.books.now, chance.choice([7, 500])
        with self.books.rows():
            mirror.mark_deleted(connection=self.books.connection, rows=gone, now=now)
            half = len(shown) // 2
            for page in (shown[:half], shown[half:]):
                assert (
                    mirror.store_terms(connection=self.books.connection, rows=page, now=now) == []
                )
            while settle_changed(connection=self.books.connection, now=now, limit=batch):
                pass


@pytest.mark.parametrize(
    ("sign", "zeroed"), [("negative", False), ("positive", True)], ids=["kept", "zeroed"]
)
def test_g4_to_g11_every_history_ends_where_the_books_are(books, sign, zeroed):
    """RELIABILITY G4, G5, G6, G7, G8, G9, G11: whatever is booked, in whatever order it is read."""
    books.division.switch(receivable_sign=sign, zero_when_matched=zeroed)
    reader = Reader(books)
    seen: Counter[str] = Counter()
    for number in range(HISTORIES // 2):
        chance = random.Random(f"{sign} {number}")
        books.division.renew()
        reader.skip()
        bookkeeper = Bookkeeper(books, chance)
        bookkeeper.start()
        for _ in range(STEPS):
            for _ in range(chance.choice([1, 1, 2, 3])):
                bookkeeper.act()
            reader.read(chance)
            _compare(books, bookkeeper, seen, zeroed=zeroed)
        _rebuild(books, bookkeeper)
        _compare(books, bookkeeper, seen, zeroed=zeroed)
    assert seen["settled for an unknown reason"] <= seen["documents"] / 20
    assert {"open", "partly_paid", "paid"} <= seen.keys()
    if HISTORIES >= 1000:
        assert set(PaymentStatus.values) <= seen.keys()


def _compare(books: Books, bookkeeper: Bookkeeper, seen: Counter[str], *, zeroed: bool) -> None:
    with books.rows():
        ids = [invoice.pk for invoice, _ in bookkeeper.documents]
        rows = Invoice.objects.in_bulk(ids)
        payments: dict[int, list[Payment]] = defaultdict(list)
        for payment in Payment.objects.filter(invoice__in=ids, removed_at__isnull=True):
            payments[payment.invoice_id].append(payment)
    for invoice, entry in bookkeeper.documents:
        said = standing_of(bookkeeper.context, entry)
        shown = payments[invoice.pk]
        note = "\n".join([*bookkeeper.done, f"{invoice} {entry}", repr(said), *map(repr, shown)])
        seen["documents"] += 1
        seen[_compare_one(rows[invoice.pk], shown, said, note, zeroed=zeroed)] += 1


def _compare_one(
    row: Invoice, payments: list[Payment], said: Standing, note: str, *, zeroed: bool
) -> str:
    """Compare what is shown of an invoice with what the books say; return what it is to be counted as."""
    assert row.paid_amount == said.paid, note
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        totals[payment.kind] += payment.amount or 0
    if any(payment.kind == "unknown" for payment in payments):
        # It is never guessed: what is said besides is true, and the whole is.
        assert row.payment_status in (said.status, "settled"), note
        assert zeroed or sum(totals.values()) == said.paid, note
        return "settled for an unknown reason"
    assert row.payment_status == said.status, note
    if not zeroed:
        _compare_totals(totals, said, note)
    return said.status


def _compare_totals(totals: dict[str, Decimal], said: Standing, note: str) -> None:
    shown = {kind: amount for kind, amount in totals.items() if amount}
    assert shown == {kind: amount for kind, amount in said.settled.items() if amount}, note


def _rebuild(books: Books, bookkeeper: Bookkeeper) -> None:
    """Derive everything again from the mirror alone."""
    ids = [invoice.pk for invoice, _ in bookkeeper.documents]
    with books.rows():
        Payment.objects.filter(invoice__in=ids, removed_at__isnull=True).delete()
        Invoice.objects.filter(pk__in=ids).update(
            exact_payment_status="open", exact_paid_amount=0, exact_paid_date=None
        )
        ReceivableTerm.objects.update(needs_settling=False)
        settle_invoices(connection=books.connection, invoice_ids=ids, now=books.now)
