"""Checks that the books of a division tell one story; for tests and for the doubtful."""

from __future__ import annotations

from exact_sandbox.books.check_invoices import invoice_problems
from exact_sandbox.database import Database


def book_problems(database: Database, division: int) -> list[str]:
    """Return what does not add up in a division; an empty list is a good set of books."""
    problems = [
        f"Entry {row['EntryID']}: debit and credit differ by {row['rest']}."
        for row in database.execute(
            'SELECT "EntryID", sum("AmountDC") AS rest FROM transactionlines '
            'WHERE "Division" = ? GROUP BY "EntryID" HAVING rest <> 0',
            [division],
        )
    ]
    problems += _terms_against_ledger(database, division)
    problems += invoice_problems(database, division)
    matched = database.execute(
        'SELECT sum("AmountDC") FROM terms WHERE "Division" = ? AND "LineType" = 20 AND "Status" = 50',
        [division],
    )[0][0]
    if matched:
        problems.append(f"Matched terms add up to {matched}, not to nothing.")
    several_open = database.execute(
        'SELECT "TransactionID", count(*) AS number FROM terms WHERE "Division" = ? '
        'AND "Status" < 50 GROUP BY "TransactionID" HAVING number > 1',
        [division],
    )
    return problems + [
        f"Line {row['TransactionID']} has {row['number']} open terms." for row in several_open
    ]


def _terms_against_ledger(database: Database, division: int) -> list[str]:
    """Each document's terms must add up to its lines on the receivable account."""
    rows = database.execute(
        'SELECT "EntryID", sum(dc) AS rest, sum(fc) AS rest_fc FROM ('
        'SELECT l."EntryID", l."AmountDC" AS dc, l."AmountFC" AS fc FROM transactionlines l '
        'JOIN division_settings s ON s.division = l."Division" '
        'WHERE l."Division" = ? AND l."GLAccount" = s.receivable_account '
        'UNION ALL SELECT "TransactionEntryID", -"AmountDC", -"AmountFC" FROM terms '
        'WHERE "Division" = ? AND "LineType" = 20) GROUP BY "EntryID" HAVING rest <> 0 OR rest_fc <> 0',
        [division, division],
    )
    return [f"Entry {row['EntryID']}: terms and ledger differ by {row['rest']}." for row in rows]
