"""Loads example data through the real rules and books: customers, sales entries and payments.

The same seed gives the same names, amounts and payments; the dates count back from the clock's day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from exact_sandbox.books import bank
from exact_sandbox.books.bank_entries import PaymentLine, open_item
from exact_sandbox.rules import accounts, sales_entries
from exact_sandbox.rules.context import Context
from exact_sandbox.seed.load import PLANS
from exact_sandbox.values import Record

REVENUE = 110
SALES_JOURNAL = 20
_CENT = Decimal("0.01")
_WORK = ("Design", "Development", "Advice", "Project management", "Hosting", "Workshop", "Support")
_COMBINED = 0.15  # of the payments: two invoices of one customer on one line of the statement


class ExampleError(ValueError):
    """Example data that the division cannot hold; the text says why."""


@dataclass(frozen=True, slots=True)
class Example:
    """How much to load: `paid` and `credit_notes` are parts of the entries, from 0 to 1."""

    sales_entries: int = 100
    customers: int = 10
    paid: float = 0.5
    partly_paid: float = 0.1
    credit_notes: float = 0.05
    days_back: int = 300
    seed: int = 1


def load_example(context: Context, example: Example) -> dict[str, object]:
    """Book example data in a division and return how much; raises ExampleError and Refused."""
    random = Random(f"{example.seed}/{context.division}")  # noqa: S311 - has to repeat, guards nothing
    made = [_customer(context, random, number) for number in range(example.customers)]
    customers = made or _customers(context)
    if example.sales_entries and not customers:
        raise ExampleError("The division has no customers: ask for some.")
    ledgers, journal = _revenue_accounts(context), _sales_journal(context)
    entries: list[tuple[str, str]] = []  # customer and entry, of what is to be paid
    credit_notes = 0
    for number in range(example.sales_entries):
        customer = random.choice(customers)
        credit = random.random() < example.credit_notes
        credit_notes += credit
        sent = _entry(context, random, example, number)
        sent |= {"Customer": customer, "Journal": journal}
        sent["SalesEntryLines"] = _lines(random, ledgers, credit=credit)
        entry_id = sales_entries.create(context, sent)
        if not credit:
            entries.append((customer, entry_id))
    payments = _pay(context, random, example, entries)
    return {
        "division": context.division,
        "customers": len(made),
        "sales_entries": example.sales_entries,
        "credit_notes": credit_notes,
        **payments,
    }


def _customer(context: Context, random: Random, number: int) -> str:
    plan = next((plan for plan in PLANS if plan.code == context.division), PLANS[0])
    name = f"{random.choice(plan.firm_words)} {random.choice(plan.firm_kinds)} {number + 1}"
    postcode, city = random.choice(plan.cities)
    return accounts.create(
        context,
        {
            "Name": f"{name} {random.choice(plan.legal_forms)}",
            "Status": "C",
            "AddressLine1": f"{random.choice(plan.streets)} {random.randint(1, 240)}",
            "Postcode": postcode,
            "City": city,
            "Country": plan.country,
            "Email": f"administratie@example-{random.randint(1000, 9999)}.example",
        },
    )


def _customers(context: Context) -> list[str]:
    rows = context.sandbox.database.execute(
        'SELECT "ID" FROM accounts WHERE "Division" = ? AND "Status" = \'C\' AND NOT "Blocked" '
        'ORDER BY "Code"',
        [context.division],
    )
    return [row["ID"] for row in rows]


def _revenue_accounts(context: Context) -> list[str]:
    """Return the revenue accounts with a VAT code that may be used without more."""
    found = [
        row["ID"]
        for row in context.sandbox.database.records(
            "glaccounts", Division=context.division, Type=REVENUE, order='"Code"'
        )
        if row["VATCode"] and not row["IsBlocked"] and row["UseCostcenter"] != 1
    ]
    if not found:
        raise ExampleError("The division has no revenue account to book on.")
    return found


def _sales_journal(context: Context) -> str:
    for row in context.sandbox.database.records(
        "journals", Division=context.division, Type=SALES_JOURNAL, order='"Code"'
    ):
        if not row["IsBlocked"]:
            return str(row["Code"])
    raise ExampleError("The division has no sales journal to book in.")


def _entry(context: Context, random: Random, example: Example, number: int) -> Record:
    age = timedelta(days=example.days_back - number * example.days_back // example.sales_entries)
    return {
        "EntryDate": context.sandbox.clock.today() - age,
        "YourRef": f"EX{example.seed}-{number + 1:05}",
        "Description": f"{random.choice(_WORK)} {random.randint(1, 52)}",
    }


def _lines(random: Random, ledgers: list[str], *, credit: bool) -> list[Record]:
    sign = -1 if credit else 1
    return [
        {
            "GLAccount": random.choice(ledgers),
            "AmountFC": sign * (random.randint(2_500, 450_000) * _CENT),
            "Description": random.choice(_WORK),
        }
        for _ in range(random.choice((1, 1, 2, 3)))
    ]


def _pay(
    context: Context, random: Random, example: Example, entries: list[tuple[str, str]]
) -> dict[str, object]:
    """Pay part of the entries: in full, partly, or two of one customer at once."""
    full = [entry for entry in entries if random.random() < example.paid]
    chosen = set(full)
    partly = [
        entry for entry in entries if entry not in chosen and random.random() < example.partly_paid
    ]
    payments = 0
    waiting: dict[str, str] = {}  # customer to the entry that is paid together with the next
    for customer, entry_id in full:
        if customer in waiting:
            payments += _receive(context, random, [waiting.pop(customer), entry_id])
        elif random.random() < _COMBINED:
            waiting[customer] = entry_id
        else:
            payments += _receive(context, random, [entry_id])
    payments += sum(_receive(context, random, [entry_id]) for entry_id in waiting.values())
    for _, entry_id in partly:
        part = Decimal(random.randint(2, 8)) / 10
        payments += _receive(context, random, [entry_id], part)
    return {"payments": payments, "paid": len(full), "partly_paid": len(partly)}


def _receive(
    context: Context, random: Random, entry_ids: list[str], part: Decimal = Decimal(1)
) -> int:
    items = [open_item(context, entry_id) for entry_id in entry_ids]
    lines = [
        PaymentLine(entry_id, (item["AmountFC"] * part).quantize(_CENT))
        for entry_id, item in zip(entry_ids, items, strict=True)
    ]
    after = items[-1]["InvoiceDate"] + timedelta(days=random.randint(5, 45))
    date = min(after, context.sandbox.clock.today())
    reference = " ".join(item["YourRef"] for item in items)
    bank.register_payment(context, date=date, reference=reference, lines=lines)
    return 1
