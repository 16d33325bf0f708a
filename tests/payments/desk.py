"""Somebody at the bank desk who does what comes to mind through the sandbox's own API."""

from __future__ import annotations

import random
from decimal import Decimal

import requests

from exact_sandbox.control.routes import division_context
from invoices.models import Invoice
from tests.payments.books import Books
from tests.payments.ledger import Standing, standing_of

CENT = Decimal("0.01")


class Desk:
    """Somebody at the bank desk who does what comes to mind."""

    def __init__(self, books: Books, invoices: list[Invoice], chance: random.Random) -> None:
        self.books = books
        self.invoices = invoices
        self.chance = chance
        self.bank_lines: list[str] = []

    def act(self) -> None:
        """Do one thing; what the desk refuses is no harm."""
        action = self.chance.choice(
            [
                self.pay,
                self.pay,
                self.pay_several,
                self.edit,
                self.delete,
                self.unmatch,
                self.collect,
            ]
        )
        action()

    def ask(self, method: str, path: str, **body: object) -> requests.Response:
        address = f"{self.books.division.sandbox.base_url}/_sandbox/bank/{path}"
        answer = requests.request(method, address, json=body, timeout=10)
        assert answer.status_code < 500, answer.text
        return answer

    def pay(self) -> None:
        self._register(self.chance.sample(self.invoices, 1))

    def pay_several(self) -> None:
        self._register(self.chance.sample(self.invoices, 2))

    def edit(self) -> None:
        if self.bank_lines:
            payment_id = self.chance.choice(self.bank_lines)
            lines = self._lines(self.chance.sample(self.invoices, self.chance.choice([1, 2])))
            day = f"2026-11-{self.chance.randint(1, 28):02}"
            self.ask("PATCH", f"payments/{payment_id}", lines=lines, date=day)

    def delete(self) -> None:
        if self.bank_lines:
            payment_id = self.bank_lines.pop(self.chance.randrange(len(self.bank_lines)))
            self.ask("DELETE", f"payments/{payment_id}")

    def unmatch(self) -> None:
        if self.bank_lines:
            self.ask("POST", f"payments/{self.chance.choice(self.bank_lines)}/unmatch")

    def collect(self) -> None:
        self.ask(
            "POST",
            "collections",
            division=self.books.division.code,
            entry_id=self.books.entry_id(self.chance.choice(self.invoices)),
            status=self.chance.choice([20, 30, 40]),
        )

    def _lines(self, invoices: list[Invoice]) -> list[dict[str, str]]:
        return self.books.lines(*((one, str(self._amount(one))) for one in invoices))

    def _amount(self, invoice: Invoice) -> Decimal:
        """All that is open, or a part of it."""
        left = self.standing(invoice).open
        if left and self.chance.random() < 0.5:
            return left
        return (invoice.gross_amount * self.chance.randint(5, 60) / 100).quantize(CENT)

    def _register(self, invoices: list[Invoice]) -> None:
        answer = self.ask(
            "POST",
            "payments",
            division=self.books.division.code,
            date=f"2026-11-{self.chance.randint(1, 28):02}",
            reference="",
            lines=self._lines(invoices),
        )
        if answer.ok:
            self.bank_lines.append(answer.json()["id"])

    def standing(self, invoice: Invoice) -> Standing:
        """What the books say."""
        division = self.books.division
        context = division_context(division.sandbox.sandbox, division.code)
        return standing_of(context, self.books.entry_id(invoice))
