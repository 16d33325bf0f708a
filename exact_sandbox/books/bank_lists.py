"""What the bank desk shows: what customers owe, and what was done with money."""

from __future__ import annotations

from decimal import Decimal

from exact_sandbox.books import receipts
from exact_sandbox.books.cash_flow import Book, find_entry, lines_of
from exact_sandbox.books.matching import SETTLEMENT, WRITE_OFF, members_of, sets_of_entry
from exact_sandbox.books.terms import DOCUMENTS
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import Database
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, from_store

PAYMENT, MEMORIAL = "payment", "memorial"
__all__ = [
    "MEMORIAL",
    "PAYMENT",
    "SETTLEMENT",
    "WRITE_OFF",
    "count_payments",
    "find_division",
    "open_items",
    "payment",
    "payments",
]
# Everything the desk lists, each with its id, kind, date and moment.
_REGISTERED = """
SELECT e."EntryID" AS id, 'payment' AS kind, e."Division" AS division, e."Created" AS created,
  (SELECT min(l."Date") FROM bankentrylines l WHERE l."EntryID" = e."EntryID") AS date,
  e.rowid AS position FROM bankentries e
UNION ALL
SELECT e."EntryID", 'payment', e."Division", e."Created",
  (SELECT min(l."Date") FROM cashentrylines l WHERE l."EntryID" = e."EntryID"), e.rowid
  FROM cashentries e
UNION ALL
SELECT "EntryID", 'memorial', "Division", created, date, rowid FROM memorial_entries
  WHERE type = 90
UNION ALL
SELECT id, kind, division, created, date, rowid FROM match_sets
  WHERE kind IN ('write_off', 'settlement')
"""


def open_items(context: Context) -> list[Record]:
    """Return what customers still owe, with the customer's name, oldest invoice first."""
    rows = context.sandbox.database.execute(
        'SELECT t.*, a."Name" AS "AccountName" FROM terms t JOIN accounts a ON a."ID" = t."Account" '
        'WHERE t."Division" = ? AND t."TransactionType" IN (20, 21) AND t."Status" < 50 '
        'ORDER BY t."InvoiceDate", t."EntryNumber"',
        [context.division],
    )
    return [
        {
            "entry_id": row["TransactionEntryID"],
            "term_id": row["ID"],
            "customer": row["AccountName"],
            "your_ref": row["YourRef"],
            "entry_number": row["EntryNumber"],
            "invoice_number": row["InvoiceNumber"],
            "invoice_date": _day(row["InvoiceDate"]),
            "due_date": _day(row["DueDate"]),
            "currency": row["Currency"],
            "open_amount": _amount(from_store("Double", row["AmountFC"]), row["Currency"]),
            "invoice_amount": _amount(
                from_store("Double", row["TransactionAmountFC"]), row["Currency"]
            ),
            "status": row["Status"],
        }
        for row in rows
    ]


def payments(context: Context, *, limit: int = -1, offset: int = 0) -> list[Record]:
    """Return what was booked, newest first; all of it without a limit."""
    found = context.sandbox.database.execute(
        f"SELECT * FROM ({_REGISTERED}) WHERE division = ? "  # noqa: S608 - the text above
        "ORDER BY date DESC, created DESC, position DESC LIMIT ? OFFSET ?",
        [context.division, limit, offset],
    )
    return [_shown(context, dict(row)) for row in found]


def count_payments(context: Context) -> int:
    """Return how many `payments` lists."""
    found = context.sandbox.database.execute(
        f"SELECT count(*) AS number FROM ({_REGISTERED}) WHERE division = ?",  # noqa: S608 - as above
        [context.division],
    )
    return int(found[0]["number"])


def payment(context: Context, payment_id: str) -> Record | None:
    """Return one of what `payments` lists, or None."""
    found = context.sandbox.database.execute(
        f"SELECT * FROM ({_REGISTERED}) WHERE division = ? AND id = ?",  # noqa: S608 - as above
        [context.division, payment_id],
    )
    return _shown(context, dict(found[0])) if found else None


def find_division(database: Database, payment_id: str) -> int | None:
    """Return the division that something the desk lists is booked in, or None."""
    rows = database.execute(
        f"SELECT division FROM ({_REGISTERED}) WHERE id = ?",  # noqa: S608 - as above
        [payment_id],
    )
    return int(rows[0]["division"]) if rows else None


def _shown(context: Context, row: Record) -> Record:
    found = find_entry(context, row["id"])
    if found is not None:
        more = _entry_values(context, *found)
    elif row["kind"] == MEMORIAL:
        sets = sets_of_entry(context, row["id"])
        lines = [line for set_id in sets for line in _set_lines(context, set_id)]
        more = {"reference": "", "matched": bool(sets), "lines": lines}
    else:
        more = {"reference": "", "matched": True, "lines": _set_lines(context, row["id"])}
    values = {name: row[name] for name in ("id", "division", "kind")}
    return {**values, "date": _day(row["date"]), **more}


def _entry_values(context: Context, book: Book, header: Record) -> Record:
    entry_lines = lines_of(context, book, header["EntryID"])
    return {
        "reference": entry_lines[0]["Description"] or "",
        "matched": bool(sets_of_entry(context, header["EntryID"])),
        "lines": [
            {
                "entry_id": invoice_id,
                "amount": _amount(amount, header["Currency"]),
                "matched_amount": _amount(
                    receipts.matched_amount(context, line["ID"], invoice_id), header["Currency"]
                ),
            }
            for line in entry_lines
            for invoice_id, amount in receipts.remembered_items(context, line["ID"])
        ],
    }


def _set_lines(context: Context, set_id: str) -> list[Record]:
    """Return the documents of a set as the lines of what was done."""
    return [
        {
            "entry_id": term["TransactionEntryID"],
            "amount": _amount(term["AmountFC"], term["Currency"]),
            "matched_amount": _amount(term["AmountFC"], term["Currency"]),
        }
        for term in members_of(context, set_id)
        if term["TransactionType"] in DOCUMENTS
    ]


def _amount(amount: Decimal, currency: str) -> str:
    """Return an amount as text with the decimals of its currency."""
    return f"{amount:.{CURRENCIES[currency].decimals}f}"


def _day(stored: int | None) -> str | None:
    moment = from_store("DateTime", stored)
    return moment.date().isoformat() if moment else None
