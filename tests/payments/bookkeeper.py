"""Somebody who books whatever comes to mind in one customer's books in the sandbox, past HTTP, so that many histories fit."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from connector.money import quantize
from exact_sandbox.books import bank, terms
from exact_sandbox.books.bank_entries import BankError, PaymentLine
from exact_sandbox.books.year_end import close_year, reopen_year
from exact_sandbox.control.routes import division_context
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record
from integrations.exact import sales_entries
from invoices.models import Invoice
from tests import factories
from tests.payments.books import Books

CENT = Decimal("0.01")
VAT = Decimal("0.21")
WITH_DISCOUNT = "KB"
IN_ANY_CURRENCY = "71"


class Bookkeeper:
    """Books documents of a customer of their own and does anything with them.

    ``is_crowded``: all of it within two days, with several credit notes, so that the terms often leave two answers.
    """

    def __init__(self, books: Books, chance: random.Random, *, is_crowded: bool = False) -> None:
        self.books = books
        self.chance = chance
        self.is_crowded = is_crowded
        self.sandbox = books.division.sandbox.sandbox
        self.context: Context = division_context(self.sandbox, books.division.code)
        self.today: datetime = self.sandbox.clock.today()
        self.customer = books.division.new_customer()
        self.client = factories.make_client(organization=books.organization)
        self.documents: list[tuple[Invoice, str]] = []
        self.receipts: list[str] = []
        self.others: list[str] = []
        self.done: list[str] = []

    # --- Documents ---

    def book(self, *, kind: str = "invoice", currency: str = "EUR", condition: str = "") -> None:
        """Copy a document to Exact as the product does."""
        net = Decimal(self.chance.randint(1, 60_000)).scaleb(-2)
        invoice = factories.make_invoice(
            organization=self.books.organization,
            subsidiary=self.books.connection.subsidiary,
            client=self.client,
            lines=[{"net_amount": str(net)}],
            vat_amount=quantize(net * VAT, currency),
            kind=kind,
            currency=currency,
        )
        booked = sales_entries.create(
            self.books.division.client,
            sales_entries.SalesEntryDraft(
                customer_id=self.customer,
                journal="70" if currency == "EUR" else IN_ANY_CURRENCY,
                lines=(
                    sales_entries.SalesEntryLineDraft(
                        amount_fc=net * invoice.sign,
                        gl_account_id=self.books.division.ledger_id,
                        vat_code="2",
                    ),
                ),
                entry_date=self._some_day(20).date(),
                your_ref=invoice.number,
                currency=currency,
                payment_condition=condition or None,
            ),
        )
        factories.make_posted_document(
            invoice=invoice,
            connection=self.books.connection,
            exact_id=booked.entry_id,
            customer_exact_id=self.customer,
            gross_amount=booked.amount_fc,
            created_at=self.books.now,
            updated_at=self.books.now,
        )
        self.documents.append((invoice, str(booked.entry_id)))

    def start(self) -> None:
        """Book what a history is about: invoices, a credit note, one with a discount, some in dollars."""
        currency = self.chance.choice(["EUR", "EUR", "EUR", "USD"])
        for _ in range(self.chance.randint(1, 3)):
            condition = self.chance.choice(["", "", WITH_DISCOUNT])
            self.book(currency=currency, condition=condition)
        if self.chance.random() < 0.6:
            self.book(kind="credit_note", currency=currency)
        if self.is_crowded:
            for kind in ("invoice", "credit_note", "credit_note"):
                self.book(kind=kind, currency=currency)

    # --- What is done with them ---

    def act(self) -> None:
        """Do one thing; what Exact refuses changes nothing."""
        choices: list[Callable[[], None]] = [
            *[self.pay, self.pay, self.pay_several, self.edit, self.delete, self.unmatch],
            *[self.match, self.match, self.write_off, self.memorial, self.collect],
            *[self.pay_with_discount, self.pay_with_discount, self.book_one_more, self.year_end],
            *([self.set_off] * 10 if self.is_crowded else []),
        ]
        self.chance.choice(choices)()

    def _do(self, what: str, step: Callable[[], str | None]) -> str:
        try:
            with self.sandbox.database.transaction():
                made = step() or ""
        except BankError as refused:
            self.done.append(f"{what}: {refused}")
            return ""
        self.done.append(f"{what} {made}")
        return made

    def book_one_more(self) -> None:
        """Another invoice in the same currency."""
        if len(self.documents) < 5:
            self.book(currency=self.documents[0][0].currency)

    def pay(self) -> None:
        """One invoice, by bank or in cash, all of it, a part, or more than is open."""
        entry = self._some_entry()
        left = self._open(entry)
        if left:
            part = Decimal(self.chance.randint(5, 95)) / 100
            much = self.chance.choice([left, left, left * part, left * part, left + 10])
            self._pay([PaymentLine(entry, much.quantize(CENT))])

    def pay_several(self) -> None:
        """Several invoices with one line on the statement."""
        entries = self.chance.sample(self.documents, min(2, len(self.documents)))
        lines = []
        for _, entry in entries:
            left = self._open(entry)
            if left:
                share = self.chance.choice([1, 1, Decimal("0.4")])
                lines.append(PaymentLine(entry, (left * share).quantize(CENT)))
        self._pay(lines)

    def pay_with_discount(self) -> None:
        """What is open less the payment discount, in time or too late."""
        entry = self._some_entry()
        term = terms.open_term(self.context, entry)
        if term is not None and term["AmountDiscountFC"]:
            less = term["AmountFC"] - term["AmountDiscountFC"]
            self._pay(
                [PaymentLine(entry, less)], day=self.chance.choice([term["InvoiceDate"], None])
            )

    def _pay(self, lines: list[PaymentLine], day: datetime | None = None) -> None:
        rate = None
        if self.documents[0][0].currency != "EUR" and self.chance.random() < 0.5:
            rate = Decimal(self.chance.randint(80, 120)).scaleb(-2)
        made = self._do(
            f"pay {[str(line.amount) for line in lines]}",
            lambda: bank.register_payment(
                self.context,
                date=day or self._some_day(),
                reference=f"BANK {len(self.done)}",
                lines=lines,
                rate=rate,
            ),
        )
        if made:
            self.receipts.append(made)

    def edit(self) -> None:
        """Correct a receipt: other invoices, other amounts, another day."""
        if not self.receipts:
            return
        receipt = self.chance.choice(self.receipts)
        chosen = self.chance.sample(
            self.documents, self.chance.choice([1, min(2, len(self.documents))])
        )
        lines = []
        for invoice, entry in chosen:
            amount = invoice.gross_amount * invoice.sign * self.chance.randint(5, 100) / 100
            lines.append(PaymentLine(entry, amount.quantize(CENT)))
        self._do(
            f"edit {receipt}",
            lambda: bank.change_payment(
                self.context,
                receipt,
                date=self._some_day(),
                lines=self.chance.choice([lines, lines, None]),
            ),
        )

    def delete(self) -> None:
        """Delete a receipt, write-off, matching or memorial."""
        made = self.receipts + self.others
        if made:
            which = self.chance.choice(made)
            self._do(f"delete {which}", lambda: bank.delete_payment(self.context, which))

    def unmatch(self) -> None:
        """Part a receipt from its invoices; the money stays."""
        if self.receipts:
            which = self.chance.choice(self.receipts)
            self._do(f"unmatch {which}", lambda: bank.unmatch_payment(self.context, which))

    def match(self) -> None:
        """Match invoices with credit notes and open receipts, as far as it goes."""
        entries = [entry for _, entry in self.documents] + self.receipts
        self._match(self.chance.sample(entries, min(len(entries), self.chance.choice([2, 2, 3]))))

    def _match(self, chosen: list[str]) -> None:
        day = self._some_day()
        made = self._do(
            f"match {chosen}",
            lambda: bank.match_items(self.context, chosen, day, partial=True),
        )
        if made:
            self.others.append(made)

    def set_off(self) -> None:
        """One invoice and one credit note, as far as the smaller goes."""
        entries = [entry for _, entry in self.documents if self._open(entry)]
        owed = [entry for entry in entries if self._open(entry) > 0]
        due = [entry for entry in entries if self._open(entry) < 0]
        if owed and due:
            self._match([self.chance.choice(owed), self.chance.choice(due)])

    def write_off(self) -> None:
        """All that is open on an invoice, or a part of it."""
        entry = self._some_entry()
        part = (self._open(entry) * self.chance.randint(1, 50) / 100).quantize(CENT)
        amount = self.chance.choice([None, part])
        made = self._do(
            f"write off {amount}",
            lambda: bank.write_off(
                self.context, entry_id=entry, date=self._some_day(), amount=amount
            ),
        )
        if made:
            self.others.append(made)

    def memorial(self) -> None:
        """A general journal entry for what is open somewhere, or for another amount."""
        entry = self._some_entry()
        amount = self.chance.choice([self._open(entry), Decimal("1.23")])
        made = self._do(
            f"memorial {amount}",
            lambda: bank.book_memo(
                self.context, entry_id=entry, amount=amount, date=self._some_day()
            ),
        )
        if made:
            self.others.append(made)

    def collect(self) -> None:
        """Put what is open in or out of direct debit."""
        entry, status = self._some_entry(), self.chance.choice([20, 30, 40])
        self._do(
            f"collect {status}", lambda: bank.collect(self.context, entry_id=entry, status=status)
        )

    def year_end(self) -> None:
        """Close the year and open it again: everything comes by once more, nothing is another."""
        if self.chance.random() < 0.1:
            for order in (close_year, reopen_year):
                with self.sandbox.database.transaction():
                    order(self.context, self.today.year)
                self.done.append(order.__name__)

    # --- Looking ---

    def _some_entry(self) -> str:
        return self.chance.choice(self.documents)[1]

    def _some_day(self, most: int = 25) -> datetime:
        return self.today - timedelta(days=self.chance.randint(0, 1 if self.is_crowded else most))

    def _open(self, entry: str) -> Decimal:
        term: Record | None = terms.open_term(self.context, entry)
        return Decimal(0) if term is None else term["AmountFC"]
