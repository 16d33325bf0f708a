"""Memorial entries: differences, write-offs and corrections, booked without money.

Each has one line on the customer's account and one against it, and a payment term of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exact_sandbox.books.division_settings import division_settings
from exact_sandbox.books.ledger import Posting, remove_lines, write_lines
from exact_sandbox.books.numbers import next_entry_number
from exact_sandbox.books.sales import check_period
from exact_sandbox.books.terms import LEDGER_SIGN, OPEN, add_term, remove_term, terms_of
from exact_sandbox.database import new_id
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, to_store

# The Type of a transaction line.
EXCHANGE_DIFFERENCE, PAYMENT_DIFFERENCE, OTHER = 82, 83, 90
DERIVED = frozenset({EXCHANGE_DIFFERENCE, PAYMENT_DIFFERENCE})  # live and die with a match
_SOURCE = 3


@dataclass(frozen=True, slots=True)
class Booking:
    """A change of what an account owes, in the sign of a term: negative lessens an invoice.

    `like` is a term of the account in the same currency; `against` the other ledger account.
    """

    like: Record
    amount_fc: Decimal
    amount_dc: Decimal
    against: str
    type: int
    date: datetime
    description: str | None = None


def book_memorial(context: Context, booking: Booking) -> Record:
    """Book a memorial entry and return its open term; raises Refused when the period is closed."""
    header = _store_header(context, booking)
    like = booking.like
    sign = LEDGER_SIGN[like["LineType"]]
    common = {
        **header,
        "Currency": like["Currency"],
        "ExchangeRate": like["RateFC"],
        "Date": booking.date,
        "Account": like["Account"],
        "Description": booking.description,
        "LineType": 0,
        "Status": OPEN,
        "Type": booking.type,
    }
    fc, dc = booking.amount_fc * sign, booking.amount_dc * sign
    lines = write_lines(
        context,
        common,
        [Posting(like["GLAccount"], fc, dc), Posting(booking.against, -fc, -dc)],
    )
    term_id = add_term(context, _term(booking, header, lines[0]))
    return context.sandbox.database.records("terms", ID=term_id)[0]


def _store_header(context: Context, booking: Booking) -> Record:
    year, period = booking.date.year, booking.date.month
    check_period(context, year, period)
    journal = division_settings(context).memorial_journal
    header: Record = {
        "EntryID": new_id(),
        "JournalCode": journal,
        "EntryNumber": next_entry_number(context, "memorial_entries", journal, year),
        "FinancialYear": year,
        "FinancialPeriod": period,
    }
    context.sandbox.database.execute(
        'INSERT INTO memorial_entries ("EntryID", "JournalCode", "EntryNumber", "FinancialYear", '
        '"FinancialPeriod", "Division", type, date, description, created) '
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *header.values(),
            context.division,
            booking.type,
            to_store("DateTime", booking.date),
            booking.description,
            to_store("DateTime", context.sandbox.clock.naive_now()),
        ],
    )
    return header


def _term(booking: Booking, header: Record, line_id: str) -> Record:
    like, date = booking.like, booking.date
    return {
        "LineType": like["LineType"],
        "Account": like["Account"],
        "GLAccount": like["GLAccount"],
        "Currency": like["Currency"],
        "RateFC": like["RateFC"],
        "AmountFC": booking.amount_fc,
        "AmountDC": booking.amount_dc,
        "TransactionAmountFC": booking.amount_fc,
        "TransactionAmountDC": booking.amount_dc,
        "Description": booking.description,
        "DueDate": date,
        "EntryDate": date,
        "InvoiceDate": date,
        "EntryNumber": header["EntryNumber"],
        "Journal": header["JournalCode"],
        "TransactionEntryID": header["EntryID"],
        "TransactionID": line_id,
        "TransactionDueDate": date,
        "TransactionReportingYear": header["FinancialYear"],
        "TransactionReportingPeriod": header["FinancialPeriod"],
        "TransactionStatus": OPEN,
        "TransactionType": booking.type,
        "Source": _SOURCE,
    }


def find_memorial(context: Context, entry_id: str, type_: int) -> bool:
    """Whether there is a memorial entry of a type in the division."""
    return bool(
        context.sandbox.database.execute(
            'SELECT 1 FROM memorial_entries WHERE "EntryID" = ? AND "Division" = ? AND type = ?',
            [entry_id, context.division, type_],
        )
    )


def remove_memorial(context: Context, entry_id: str) -> None:
    """Take a memorial entry, parted from its match, out of the books; raises Refused."""
    database = context.sandbox.database
    row = database.execute(
        'SELECT "FinancialYear", "FinancialPeriod" FROM memorial_entries WHERE "EntryID" = ?',
        [entry_id],
    )[0]
    check_period(context, row["FinancialYear"], row["FinancialPeriod"])
    for term in terms_of(context, entry_id):
        remove_term(context, term["ID"])
    remove_lines(context, entry_id)
    database.execute('DELETE FROM memorial_entries WHERE "EntryID" = ?', [entry_id])
