"""Fills a division with sales entries the way a client would, only past HTTP."""

from __future__ import annotations

import json
from pathlib import Path

from exact_sandbox.options import Options
from exact_sandbox.payload import read_body
from exact_sandbox.resources import by_path
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.table import RULES
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import user_by_name

DIVISION = 1000001
USERNAME = "anna@studio-noord.example"
ENTRIES = "salesentry/SalesEntries"
IN_ONE_TRANSACTION = 5_000
FIRST_NUMBER = 26_700_001
DELETED_EVERY = 50  # every so many entries are deleted again, so that sync/Deleted has rows


def fill(path: Path, entries: int) -> None:
    """Book so many sales entries into a new file, by the same rules a POST goes through."""
    sandbox = Sandbox(Options(data=path))
    try:
        user = user_by_name(sandbox.database, USERNAME)
        if user is None:
            raise LookupError(f"The seed has no user {USERNAME}.")
        context = Context(sandbox, user, DIVISION)
        for start in range(0, entries, IN_ONE_TRANSACTION):
            with sandbox.database.transaction():
                for number in range(start, min(start + IN_ONE_TRANSACTION, entries)):
                    _book(context, number)
    finally:
        sandbox.close()


def entry(customer: str, gl_account: str, number: int) -> dict[str, object]:
    """Return the body of a sales entry as a client posts it."""
    return {
        "Customer": customer,
        "Journal": "70",
        "YourRef": f"B-{number}",
        "Description": f"Invoice B-{number}",
        "EntryNumber": FIRST_NUMBER + number,
        "SalesEntryLines": [{"GLAccount": gl_account, "AmountFC": 100 + number % 900}],
    }


def _book(context: Context, number: int) -> None:
    customers, gl_account = references(context.sandbox)
    body = entry(customers[number % len(customers)], gl_account, number)
    rules = RULES[ENTRIES]
    if rules.create is None or rules.delete is None:
        raise LookupError(f"{ENTRIES} cannot be written.")
    resource = by_path()[ENTRIES.lower()]
    key = rules.create(context, read_body(json.dumps(body).encode(), resource, "POST"))
    if number % DELETED_EVERY == 0:
        rules.delete(context, key)


def references(sandbox: Sandbox) -> tuple[list[str], str]:
    """Return the customers of the division and a ledger account for revenue."""
    customers = sandbox.database.execute(
        'SELECT "ID" FROM accounts WHERE "Division" = ? AND "Status" = ? AND NOT "Blocked" '
        'ORDER BY "Code"',
        [DIVISION, "C"],
    )
    revenue = sandbox.database.execute(
        'SELECT "ID" FROM glaccounts WHERE "Division" = ? AND "Code" = ?', [DIVISION, "8000"]
    )
    return [row[0] for row in customers], revenue[0][0]
