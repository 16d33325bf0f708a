"""Random work in the books of a division: after each step every view tells one story."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from exact_sandbox.admin import carry_out
from exact_sandbox.books import bank
from exact_sandbox.books.bank_entries import PaymentLine
from exact_sandbox.books.bank_lists import open_items, payments
from exact_sandbox.books.cash_flow import BANK, CASH
from exact_sandbox.books.check import book_problems
from exact_sandbox.rules import sales_entries, sales_entry_lines
from exact_sandbox.rules.cash_flow_entries import CashFlowRules
from exact_sandbox.server import RunningSandbox, running_sandbox
from tests.exact_sandbox.bookkeeping import Bookkeeper, view_problems
from tests.exact_sandbox.exact_client import NL

AMOUNTS = st.one_of(
    st.sampled_from([Decimal(100), Decimal(-100), Decimal("0.01"), Decimal("82.64")]),
    st.integers(-30_000, 30_000).filter(bool).map(lambda cents: Decimal(cents) / 100),
)
RATES = st.sampled_from([None, None, Decimal("0.5"), Decimal("1.37")])
PLACES = st.integers(0, 10_000)  # which of what there is
DAYS = st.integers(0, 70)  # so many days ago
KINDS = ("Bank", "Cash")


@pytest.fixture(scope="module", autouse=True)
def _one_sandbox() -> Iterator[None]:
    """Run one sandbox for all runs; each puts it back to its seed."""
    with running_sandbox(minute_limit=10_000_000, day_limit=10_000_000) as running:
        Bookkeeping.running = running
        yield


class Bookkeeping(RuleBasedStateMachine):
    """Sales, money, corrections and closed periods, in any order."""

    running: ClassVar[RunningSandbox]

    def __init__(self) -> None:
        super().__init__()
        self.keeper = Bookkeeper(Bookkeeping.running)
        find = self.keeper.id
        self.gl = {code: find("glaccounts", Code=code) for code in ("8000", "1300", "4400", "1600")}
        self.customers = [find("accounts", Code=str(number).rjust(18)) for number in (1, 2)]
        self.today = self.keeper.sandbox.clock.today()

    def teardown(self) -> None:
        problems = view_problems(self.keeper)
        self.keeper.close()
        assert problems == []

    def one(self, sql: str, place: int) -> str:
        """Return one of the keys that a query finds, or one of nothing."""
        keys = self.keeper.keys(sql)
        return keys[place % len(keys)] if keys else "00000000-0000-0000-0000-000000000000"

    def entry(self, place: int) -> str:
        return self.one('SELECT "EntryID" FROM salesentries', place)

    def payment(self, place: int, kind: str | None = None) -> str:
        listed = payments(self.keeper.context)
        ids = [row["id"] for row in listed if kind in (None, row["kind"]) and row["lines"]]
        ids = ids or [row["id"] for row in listed] or ["none"]
        return ids[place % len(ids)]

    def paid(self, place: int) -> str:
        """Return a payment; the first one is made here, so that no step is for nothing."""
        if not any(row["kind"] == "payment" for row in payments(self.keeper.context)):
            self.pay([place, place + 1], "1", None, place % 30, None)
        return self.payment(place, "payment")

    def both_sides(self) -> list[list[str]]:
        """Return, for each customer and currency with both, the entries with open terms."""
        rows = self.keeper.sandbox.database.execute(
            """SELECT group_concat(DISTINCT "TransactionEntryID") AS ids FROM terms
            WHERE "Status" < 50 AND "LineType" = 20 GROUP BY "Account", "Currency"
            HAVING min("AmountFC") < 0 AND max("AmountFC") > 0"""
        )
        return [row["ids"].split(",") for row in rows]

    def ago(self, days: int) -> Any:
        return self.today - timedelta(days=days)

    # Sales.

    @initialize(days=st.lists(DAYS, min_size=3, max_size=5))
    def start(self, days):
        for number, ago in enumerate(days):
            currency = ("EUR", "USD")[number % 2]
            self.book([Decimal(100)], "2", currency, ("30", "KB")[number % 2], 0, ago)

    @rule(
        amounts=st.lists(AMOUNTS, min_size=1, max_size=3),
        vat=st.sampled_from(["2", "1", "4", "5", "0", None]),
        currency=st.sampled_from(["EUR", "EUR", "USD", "JPY", "KWD"]),
        condition=st.sampled_from(["30", "KB", "IN"]),
        customer=st.integers(0, 1),
        days=DAYS,
    )
    def book(self, amounts, vat, currency, condition, customer, days):
        lines = [
            {"AmountFC": amount, "GLAccount": self.gl["8000"], "VATCode": vat} for amount in amounts
        ]
        sent = {
            "Customer": self.customers[customer],
            "Journal": "71",
            "Currency": currency,
            "PaymentCondition": condition,
            "EntryDate": self.ago(days),
            "YourRef": f"INV-{days}",
            "SalesEntryLines": lines,
        }
        self.keeper.attempt(sales_entries.create, sent)

    @rule(place=PLACES, amount=AMOUNTS)
    def change_line(self, place, amount):
        line = self.one('SELECT "ID" FROM salesentrylines', place)
        self.keeper.attempt(sales_entry_lines.update, line, {"AmountFC": amount})

    @rule(place=PLACES, amount=AMOUNTS)
    def add_line(self, place, amount):
        sent = {"EntryID": self.entry(place), "AmountFC": amount, "GLAccount": self.gl["8000"]}
        self.keeper.attempt(sales_entry_lines.create, sent)

    @rule(place=PLACES)
    def delete_line(self, place):
        line = self.one('SELECT "ID" FROM salesentrylines', place)
        self.keeper.attempt(sales_entry_lines.delete, line)

    @rule(
        place=PLACES,
        days=DAYS,
        change=st.sampled_from(
            [{"Rate": Decimal("0.77")}, {"YourRef": "new"}, {"PaymentCondition": "KB"}, {}]
        ),
    )
    def change_entry(self, place, days, change):
        changes = change or {"EntryDate": self.ago(days)}
        self.keeper.attempt(sales_entries.update, self.entry(place), dict(changes))

    @rule(place=PLACES)
    def delete_entry(self, place):
        self.keeper.attempt(sales_entries.delete, self.entry(place))

    # Money at the desk.

    @rule(
        places=st.lists(PLACES, min_size=1, max_size=3, unique=True),
        share=st.sampled_from(["1", "1", "0.98", "0.5", "1.3"]),
        rate=RATES,
        days=DAYS,
        journal=st.sampled_from([None, None, "10"]),
    )
    def pay(self, places, share, rate, days, journal):
        self.keeper.attempt(
            bank.register_payment,
            date=self.ago(days),
            reference="r",
            lines=self.lines(places, Decimal(share)),
            rate=rate,
            journal=journal,
        )

    def lines(self, places: list[int], share: Decimal) -> list[PaymentLine]:
        """Return payment lines over some open items; the first one is booked here."""
        if not open_items(self.keeper.context):
            self.book([Decimal(200)], "2", "USD", "KB", 0, 1)
        items = open_items(self.keeper.context)
        if not items:
            return []
        first = items[places[0] % len(items)] if places else items[0]
        items = [item for item in items if item["currency"] == first["currency"]]
        chosen = {items[place % len(items)]["entry_id"]: None for place in places}
        opened = {item["entry_id"]: item["open_amount"] for item in items}
        return [PaymentLine(entry_id, _part(opened[entry_id], share)) for entry_id in chosen]

    @rule(
        place=PLACES,
        places=st.lists(PLACES, max_size=2, unique=True),
        share=st.sampled_from(["1", "0.6", "1.2"]),
        days=DAYS,
        rate=RATES,
    )
    def change_payment(self, place, places, share, days, rate):
        lines = self.lines(places, Decimal(share)) or None
        self.keeper.attempt(
            bank.change_payment,
            self.payment(place, "payment"),
            date=self.ago(days),
            lines=lines,
            rate=rate,
        )

    @rule(place=PLACES)
    def delete_payment(self, place):
        self.keeper.attempt(bank.delete_payment, self.payment(place))

    @rule(place=PLACES)
    def unmatch(self, place):
        self.keeper.attempt(bank.unmatch_payment, self.paid(place))

    @rule(place=PLACES, share=st.sampled_from([None, "0.4"]), days=DAYS)
    def write_off(self, place, share, days):
        lines = self.lines([place], Decimal(share or 1))
        if lines:
            amount = lines[0].amount if share else None
            self.keeper.attempt(
                bank.write_off, entry_id=lines[0].entry_id, date=self.ago(days), amount=amount
            )

    @rule(place=PLACES, left=PLACES, partial=st.sampled_from([True, True, False]))
    def match(self, place, left, partial):
        self.unmatch(place)
        groups = self.both_sides()
        if not groups:
            return
        chosen = groups[place % len(groups)]
        if len(chosen) > 2:
            del chosen[left % len(chosen)]
        self.keeper.attempt(bank.match_items, chosen, self.today, partial=partial)

    @rule(place=PLACES, amount=st.one_of(st.none(), AMOUNTS), days=DAYS)
    def memo(self, place, amount, days):
        lines = self.lines([place], Decimal(1))
        if lines:
            self.keeper.attempt(
                bank.book_memo,
                entry_id=lines[0].entry_id,
                amount=amount or lines[0].amount,
                date=self.ago(days),
            )

    @rule(place=PLACES, status=st.sampled_from([20, 30, 40]))
    def collect(self, place, status):
        self.keeper.attempt(bank.collect, entry_id=self.entry(place), status=status)

    # Money by the API.

    @rule(
        kind=st.integers(0, 1),
        place=PLACES,
        account=st.sampled_from(["1300", "1300", "4400", "1600"]),
        amount=AMOUNTS,
        currency=st.sampled_from(["EUR", "USD"]),
        rate=RATES,
        days=DAYS,
        lines=st.integers(1, 2),
    )
    def book_money(self, kind, place, account, amount, currency, rate, days, lines):
        number = self.one('SELECT "InvoiceNumber" FROM salesentries', place)
        line = {
            "GLAccount": self.gl[account],
            "Account": self.customers[place % 2],
            "AmountFC": amount,
            "ExchangeRate": rate,
            "Date": self.ago(days),
            "OurRef": int(number) if number.isdecimal() else None,
            "VATCode": "2" if account == "4400" else None,
        }
        nested = f"{KINDS[kind]}EntryLines"
        sent = {"JournalCode": ("20", "10")[kind], "Currency": currency, nested: [line] * lines}
        self.keeper.attempt(CashFlowRules((BANK, CASH)[kind]).create, sent)

    @rule(place=PLACES, amount=AMOUNTS)
    def add_money_line(self, place, amount):
        sent = {
            "EntryID": self.one('SELECT "EntryID" FROM bankentries', place),
            "GLAccount": self.gl["1300"],
            "Account": self.customers[place % 2],
            "AmountFC": amount,
        }
        self.keeper.attempt(CashFlowRules(BANK).add_line, sent)

    @rule(place=PLACES)
    def delete_money(self, place):
        entry_id = self.one('SELECT "EntryID" FROM bankentries', place)
        self.keeper.attempt(CashFlowRules(BANK).delete, entry_id)

    # The administration.

    @rule(
        place=PLACES,
        order=st.sampled_from(["mark_processed", "mark_open", "mark_open"]),
        table=st.sampled_from(["salesentries", "bankentries", "cashentries"]),
    )
    def process(self, place, order, table):
        entry_id = self.one(f'SELECT "EntryID" FROM "{table}"', place)  # noqa: S608 - fixed names
        self.keeper.attempt(carry_out, {order: entry_id})

    @rule(back=st.integers(0, 2), order=st.sampled_from(["close_period", "open_period"]))
    def close(self, back, order):
        month = self.ago(30 * back)
        self.keeper.attempt(carry_out, {order: [month.year, month.month]})

    @rule()
    def follow_the_feeds(self):
        self.keeper.terms.follow()
        self.keeper.ledger.follow()

    @invariant()
    def the_books_are_good(self):
        assert book_problems(self.keeper.sandbox.database, NL) == []


def _part(amount: str, share: Decimal) -> Decimal:
    """Return a share of an amount, with the decimals of the amount."""
    whole = Decimal(amount)
    return whole if share == 1 else (whole * share).quantize(whole)


TestBookkeeping = Bookkeeping.TestCase
# Shrinking a long run of bookkeeping takes minutes; the failing steps are printed as they are.
TestBookkeeping.settings = settings(
    max_examples=int(os.environ.get("BOOKKEEPING_RUNS", "12")),
    stateful_step_count=int(os.environ.get("BOOKKEEPING_STEPS", "40")),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
