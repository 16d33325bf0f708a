"""The bank: receipts on invoices, corrections, write-offs, matching and direct debit.

What is done here is registered in the table `bank_payments`, so that it can be changed and undone.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from exact_sandbox.books import terms
from exact_sandbox.books.bank_entries import (
    BankError,
    PaymentLine,
    bank_settings,
    book_lines,
    common_values,
    next_entry_number,
    open_item,
    own_term,
    payment_lines,
    payment_row,
    remember,
    remember_line,
    reopen_invoices,
    undo,
)
from exact_sandbox.books.ledger import Posting, write_lines
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import new_id
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, from_store, to_store

PAYMENT, WRITE_OFF, SETTLEMENT = "payment", "write_off", "settlement"


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
            "open_amount": _amount(row["AmountFC"], row["Currency"]),
            "invoice_amount": _amount(row["TransactionAmountFC"], row["Currency"]),
            "status": row["Status"],
        }
        for row in rows
    ]


def _amount(stored: int, currency: str) -> str:
    """Return a stored amount as text with the decimals of its currency."""
    return f"{from_store('Double', stored):.{CURRENCIES[currency].decimals}f}"


def _day(stored: int | None) -> str | None:
    moment = from_store("DateTime", stored)
    return moment.date().isoformat() if moment else None


def register_payment(
    context: Context,
    *,
    date: datetime,
    reference: str,
    lines: list[PaymentLine],
) -> str:
    """Book a receipt over one or more invoices and return its id; raises BankError."""
    payment_id = new_id()
    number = next_entry_number(context)
    remember(context, payment_id, PAYMENT, date, reference, number)
    book_lines(context, payment_id, date, reference, lines, number)
    return payment_id


def write_off(context: Context, *, entry_id: str, date: datetime) -> str:
    """Book what is open on an invoice as a loss in the memorial; no money moves."""
    term = open_item(context, entry_id)
    settings = bank_settings(context)
    journal_entry = new_id()
    number = next_entry_number(context)
    remember(context, journal_entry, WRITE_OFF, date, "", number)
    amount, amount_dc = term["AmountFC"], term["AmountDC"]
    common = common_values(journal_entry, date, settings["memorial_journal"], term, number)
    receivable, _ = write_lines(
        context,
        common,
        [
            Posting(settings["receivable_account"], -amount, -amount_dc, account=term["Account"]),
            Posting(settings["write_off_account"], amount, amount_dc),
        ],
    )
    terms.match(context, term, amount, date=date, paid_on=None)
    own = own_term(common, term, receivable, date)
    own |= {"AmountFC": -amount, "AmountDC": -amount_dc, "YourRef": term["YourRef"]}
    own |= {"TransactionAmountFC": -amount, "TransactionAmountDC": -amount_dc}
    own |= {"Status": terms.MATCHED, "EndDate": date}
    terms.add_term(context, own)
    remember_line(context, journal_entry, 1, PaymentLine(entry_id, amount), amount, term["ID"])
    return journal_entry


def match_items(context: Context, entry_ids: list[str], date: datetime) -> str:
    """Match invoices with credit notes that add up to nothing; raises BankError otherwise."""
    items = [open_item(context, entry_id) for entry_id in entry_ids]
    if len({item["Currency"] for item in items}) > 1:
        raise BankError("The documents have different currencies.")
    if len({item["Account"] for item in items}) > 1:
        raise BankError("The documents belong to different customers.")
    if sum((item["AmountFC"] for item in items), Decimal(0)):
        raise BankError("The open amounts do not add up to zero.")
    settlement = new_id()
    remember(context, settlement, SETTLEMENT, date, "", 0)
    for number, item in enumerate(items, 1):
        amount = item["AmountFC"]
        terms.match(context, item, amount, date=date, paid_on=None)
        line = PaymentLine(item["TransactionEntryID"], amount)
        remember_line(context, settlement, number, line, amount, item["ID"])
    return settlement


def collect(context: Context, *, entry_id: str, status: int) -> None:
    """Put an open item into direct debit (30 selected, 40 processed) or back to open (20)."""
    if status not in (terms.OPEN, terms.SELECTED, terms.PROCESSED):
        raise BankError("The status must be 20, 30 or 40.")
    term = open_item(context, entry_id)
    selected = context.sandbox.clock.naive_now() if status != terms.OPEN else None
    terms.change_term(context, term["ID"], {"Status": status, "ReceivableSelected": selected})


def payments(context: Context, *, limit: int = -1, offset: int = 0) -> list[Record]:
    """Return what was registered at the desk, newest first; all of it without a limit."""
    database = context.sandbox.database
    found = database.execute(
        "SELECT * FROM bank_payments WHERE division = ? ORDER BY date DESC, rowid DESC "
        "LIMIT ? OFFSET ?",
        [context.division, limit, offset],
    )
    return [
        {
            "id": row["id"],
            "division": row["division"],
            "kind": row["kind"],
            "date": _day(row["date"]),
            "reference": row["reference"],
            "matched": bool(row["matched"]),
            "lines": [
                {
                    "entry_id": line["entry_id"],
                    "amount": _amount(line["amount"], line["currency"]),
                    "matched_amount": _amount(line["matched_amount"], line["currency"]),
                }
                for line in payment_lines(context, row["id"])
            ],
        }
        for row in found
    ]


def change_payment(
    context: Context,
    payment_id: str,
    *,
    date: datetime | None = None,
    reference: str | None = None,
    lines: list[PaymentLine] | None = None,
) -> None:
    """Correct a receipt: it is unmatched and booked again under the same id; raises BankError."""
    row = payment_row(context, payment_id)
    if row["kind"] != PAYMENT:
        raise BankError("Only a payment can be changed; delete it instead.")
    kept = [
        PaymentLine(line["entry_id"], from_store("Double", line["amount"]))
        for line in payment_lines(context, payment_id)
    ]
    new_date = date or from_store("DateTime", row["date"])
    new_reference = row["reference"] if reference is None else reference
    undo(context, payment_id)
    context.sandbox.database.execute(
        "UPDATE bank_payments SET date = ?, reference = ?, matched = 1 WHERE id = ?",
        [to_store("DateTime", new_date), new_reference, payment_id],
    )
    chosen = kept if lines is None else lines
    book_lines(context, payment_id, new_date, new_reference, chosen, row["entry_number"])


def delete_payment(context: Context, payment_id: str) -> None:
    """Delete a receipt, write-off or settlement; the invoices are open again."""
    payment_row(context, payment_id)
    undo(context, payment_id)
    context.sandbox.database.execute("DELETE FROM bank_payments WHERE id = ?", [payment_id])


def unmatch_payment(context: Context, payment_id: str) -> None:
    """Undo the matching but keep the money: the invoice and the receipt are both open."""
    row = payment_row(context, payment_id)
    if row["kind"] != PAYMENT:
        raise BankError("Only a payment can be unmatched; delete it instead.")
    if not row["matched"]:
        raise BankError("The payment is not matched.")
    reopen_invoices(context, payment_id)
    for term in terms.terms_of(context, payment_id):
        if term["Status"] == terms.MATCHED:
            terms.change_term(
                context,
                term["ID"],
                {
                    "Status": terms.OPEN,
                    "EndDate": None,
                    "EndYear": None,
                    "EndPeriod": None,
                    "YourRef": None,
                    "IsFullyPaid": False,
                },
            )
    context.sandbox.database.execute(
        "UPDATE bank_payments SET matched = 0 WHERE id = ?",
        [payment_id],
    )
    context.sandbox.database.execute(
        "UPDATE bank_payment_lines SET matched_amount = 0, term_id = NULL WHERE payment_id = ?",
        [payment_id],
    )
