"""Matching: terms that settle each other form a set, and each set adds up to nothing.

Money and an invoice, a credit note and an invoice, a write-off and an invoice: all are matched here
and parted here. Parts at different exchange rates get an exchange difference as another member.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exact_sandbox.books.division_settings import division_settings
from exact_sandbox.books.memorial import (
    DERIVED,
    EXCHANGE_DIFFERENCE,
    Booking,
    book_memorial,
    remove_memorial,
)
from exact_sandbox.books.terms import (
    CASH_FLOW,
    INVOICES,
    change_term,
    close_part,
    find_term,
    reopen,
)
from exact_sandbox.database import new_id
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, to_store

RECEIPT, WRITE_OFF, SETTLEMENT = "receipt", "write_off", "settlement"


@dataclass(frozen=True, slots=True)
class Part:
    """A term and how much of it is matched, in its currency and sign."""

    term: Record
    amount: Decimal


def settle(
    context: Context, parts: Sequence[Part], *, kind: str, date: datetime, set_id: str = ""
) -> str:
    """Match parts that add up to zero and return the id of their set.

    Raises AssertionError when they do not, which is a mistake in the sandbox, and Refused when an
    exchange difference would fall in a closed period.
    """
    if sum((part.amount for part in parts), Decimal(0)):
        raise AssertionError("The parts of a match do not add up to zero.")
    closed = [close_part(context, part.term, part.amount) for part in parts]
    difference = sum((term["AmountDC"] for term in closed), Decimal(0))
    if difference:
        closed.append(_exchange_difference(context, closed[0], difference, date))
    anchor = next((term for term in closed if term["TransactionType"] == CASH_FLOW), closed[0])
    set_id = set_id or new_id()
    database = context.sandbox.database
    database.execute(
        "INSERT INTO match_sets VALUES (?, ?, ?, ?, ?, ?)",
        [
            set_id,
            context.division,
            kind,
            to_store("DateTime", date),
            to_store("DateTime", context.sandbox.clock.naive_now()),
            anchor["TransactionID"],
        ],
    )
    for term in closed:
        database.execute("INSERT INTO match_terms VALUES (?, ?)", [term["ID"], set_id])
    _tell_terms(context, closed)
    for line_id in dict.fromkeys(term["TransactionID"] for term in closed):
        _tell_line(context, line_id)
    return set_id


def part(context: Context, set_id: str) -> None:
    """Undo a match: its terms are open again, and what was booked only for it is gone.

    Raises Refused when an exchange or payment difference of it is in a closed period.
    """
    database = context.sandbox.database
    members = members_of(context, set_id)
    database.execute("DELETE FROM match_terms WHERE set_id = ?", [set_id])
    database.execute("DELETE FROM match_sets WHERE id = ?", [set_id])
    for term in members:
        if term["TransactionType"] in DERIVED:
            remove_memorial(context, term["TransactionEntryID"])
        else:
            reopen(context, term["ID"])
    for line_id in dict.fromkeys(term["TransactionID"] for term in members):
        _tell_line(context, line_id)


def members_of(context: Context, set_id: str) -> list[Record]:
    """Return the terms of a set in the order they were matched."""
    rows = context.sandbox.database.execute(
        "SELECT term_id FROM match_terms WHERE set_id = ? ORDER BY rowid", [set_id]
    )
    terms = (find_term(context, row["term_id"]) for row in rows)
    return [term for term in terms if term is not None]


def sets_of_entry(context: Context, entry_id: str) -> list[str]:
    """Return the ids of the sets that an entry's terms are in, newest first."""
    rows = context.sandbox.database.execute(
        'SELECT DISTINCT s.id, s.rowid FROM terms t JOIN match_terms m ON m.term_id = t."ID" '
        'JOIN match_sets s ON s.id = m.set_id WHERE t."TransactionEntryID" = ? '
        "ORDER BY s.rowid DESC",
        [entry_id],
    )
    return [row["id"] for row in rows]


def kind_of(context: Context, set_id: str) -> str | None:
    """Return the kind of a set of the division, or None when there is none."""
    rows = context.sandbox.database.execute(
        "SELECT kind FROM match_sets WHERE id = ? AND division = ?", [set_id, context.division]
    )
    return str(rows[0]["kind"]) if rows else None


def part_entry(context: Context, entry_id: str) -> None:
    """Undo every match of an entry; raises Refused."""
    for set_id in sets_of_entry(context, entry_id):
        part(context, set_id)


def _exchange_difference(
    context: Context, like: Record, difference: Decimal, date: datetime
) -> Record:
    """Book what the rates make of a match, so that it closes in the division's currency too."""
    booking = Booking(
        like=like,
        amount_fc=Decimal(0),
        amount_dc=-difference,
        against=division_settings(context).exchange_difference_account,
        type=EXCHANGE_DIFFERENCE,
        date=date,
    )
    return close_part(context, book_memorial(context, booking), Decimal(0))


def _tell_terms(context: Context, closed: Sequence[Record]) -> None:
    """Fill in since when and by what the terms of a new set are settled.

    EndDate is the highest invoice date of all matched terms, EndYear and EndPeriod alike.
    """
    year, period = max(
        (term["TransactionReportingYear"], term["TransactionReportingPeriod"]) for term in closed
    )
    end = {
        "EndDate": max(term["InvoiceDate"] for term in closed),
        "EndYear": year,
        "EndPeriod": period,
    }
    money = [term["InvoiceDate"] for term in closed if term["TransactionType"] == CASH_FLOW]
    invoices = [term for term in closed if term["TransactionType"] in INVOICES]
    for term in closed:
        if term["TransactionType"] in INVOICES:
            paid = {"LastPaymentDate": max(money, default=None), "IsFullyPaid": bool(money)}
            change_term(context, term["ID"], {**end, **paid})
        elif len(invoices) == 1:
            names = {name: invoices[0][name] for name in ("YourRef", "InvoiceNumber")}
            change_term(context, term["ID"], {**end, **names})
        else:
            change_term(context, term["ID"], end)


def _tell_line(context: Context, line_id: str) -> None:
    """Show on a ledger line what it is matched with: OffsetID, and the YourRef of one invoice."""
    database = context.sandbox.database
    line = database.find("transactionlines", ID=line_id)
    if line is None:
        return
    changes: Record = {"OffsetID": _offset(context, line_id)}
    if line["Type"] not in INVOICES:
        invoices = _invoices_matched_with(context, line_id)
        changes["YourRef"] = invoices[0]["YourRef"] if len(invoices) == 1 else None
        if len(invoices) == 1:
            changes["InvoiceNumber"] = invoices[0]["InvoiceNumber"]
    if any(line[name] != value for name, value in changes.items()):
        database.update("transactionlines", ("ID", line_id), changes)


def _offset(context: Context, line_id: str) -> str | None:
    """Return the line that a line's newest match points at: the anchor, or the anchor's partner."""
    database = context.sandbox.database
    newest = database.execute(
        'SELECT s.id, s.anchor FROM terms t JOIN match_terms m ON m.term_id = t."ID" '
        'JOIN match_sets s ON s.id = m.set_id WHERE t."TransactionID" = ? '
        "ORDER BY s.rowid DESC LIMIT 1",
        [line_id],
    )
    if not newest:
        return None
    if newest[0]["anchor"] != line_id:
        return str(newest[0]["anchor"])
    partner = database.execute(
        'SELECT t."TransactionID" AS id FROM match_terms m JOIN terms t ON t."ID" = m.term_id '
        'WHERE m.set_id = ? AND t."TransactionID" <> ? ORDER BY m.rowid LIMIT 1',
        [newest[0]["id"], line_id],
    )
    return str(partner[0]["id"]) if partner else None


def _invoices_matched_with(context: Context, line_id: str) -> list[Record]:
    """Return the invoices that a line's terms are matched with, one row each."""
    marks = ", ".join("?" * len(INVOICES))
    rows = context.sandbox.database.execute(
        'SELECT DISTINCT i."TransactionID", i."YourRef", i."InvoiceNumber" '  # noqa: S608 - marks
        'FROM terms t JOIN match_terms m ON m.term_id = t."ID" '
        'JOIN match_terms o ON o.set_id = m.set_id JOIN terms i ON i."ID" = o.term_id '
        f'WHERE t."TransactionID" = ? AND i."TransactionType" IN ({marks})',
        [line_id, *sorted(INVOICES)],
    )
    return [dict(row) for row in rows]
