"""Bank entries: a receipt debits the bank and credits each invoice's customer.

A receipt creates terms of its own, matched with those of the invoices it pays, as a booking in
Exact's bank journal does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exact_sandbox.books import terms
from exact_sandbox.books.amounts import in_division_currency
from exact_sandbox.books.ledger import Posting, remove_lines, write_lines
from exact_sandbox.books.numbers import number_range
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, to_store

CASH_FLOW = 40  # TransactionType of bank entries


class BankError(ValueError):
    """Something the bank desk cannot do; the text is for the person at the desk."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A part of a payment: one invoice and an amount in the invoice's currency."""

    entry_id: str
    amount: Decimal


def book_lines(
    context: Context,
    payment_id: str,
    date: datetime,
    reference: str,
    lines: list[PaymentLine],
    number: int,
) -> None:
    """Write a receipt and match each of its lines; raises BankError."""
    if not lines:
        raise BankError("A payment needs at least one line.")
    if len({line.entry_id for line in lines}) != len(lines):
        raise BankError("An invoice may stand on a payment only once.")
    items = [_checked(context, line) for line in lines]
    if len({item["Currency"] for item in items}) > 1:
        raise BankError("The invoices of one payment must have one currency.")
    settings = bank_settings(context)
    common = common_values(payment_id, date, settings["bank_journal"], items[0], number)
    common |= {"Description": reference or None, "PaymentReference": reference or None}
    receivables = _post(context, common, settings, lines, items)
    for position, (line, item) in enumerate(zip(lines, items, strict=True), 1):
        # A bank line that pays one invoice bears its YourRef; one that pays several bears none.
        your_ref = item["YourRef"] if len(lines) == 1 else None
        own = {
            **own_term(common, item, receivables[position - 1], date),
            "YourRef": your_ref,
            "TransactionAmountFC": -line.amount,
            "TransactionAmountDC": -_in_division_currency(line.amount, item),
        }
        matched = _match_line(context, line, item, own, date)
        _set_offset(context, line.entry_id, receivables[0])
        remember_line(context, payment_id, position, line, matched, item["ID"])


def _match_line(
    context: Context, line: PaymentLine, item: Record, own: Record, date: datetime
) -> Decimal:
    """Match an invoice with the receipt's own term and return the amount; the excess stays open."""
    matched = min(line.amount, Decimal(item["AmountFC"]), key=abs)
    matched_dc = _in_division_currency(matched, item)
    total_dc = _in_division_currency(line.amount, item)
    terms.match(context, item, matched, date=max(date, item["InvoiceDate"]), paid_on=date)
    terms.add_term(
        context,
        {
            **own,
            "AmountFC": -matched,
            "AmountDC": -matched_dc,
            "Status": terms.MATCHED,
            "EndDate": date,
        },
    )
    excess = line.amount - matched
    if excess:
        rest = {"AmountFC": -excess, "AmountDC": matched_dc - total_dc, "YourRef": None}
        terms.add_term(context, {**own, **rest})
    return matched


def _post(
    context: Context,
    common: Record,
    settings: Record,
    lines: list[PaymentLine],
    items: list[Record],
) -> list[str]:
    """Write the bank entry: the receivable of each invoice, then the bank's line."""
    database = context.sandbox.database
    bank = database.find("journals", Division=context.division, Code=settings["bank_journal"])
    bank_account = bank["GLAccount"] if bank else settings["receivable_account"]
    amounts_dc = [
        _in_division_currency(line.amount, item) for line, item in zip(lines, items, strict=True)
    ]
    postings = [
        Posting(
            settings["receivable_account"],
            -line.amount,
            -amount_dc,
            account=item["Account"],
            more={"InvoiceNumber": item["InvoiceNumber"], "YourRef": item["YourRef"]},
        )
        for line, item, amount_dc in zip(lines, items, amounts_dc, strict=True)
    ]
    total = sum((line.amount for line in lines), Decimal(0))
    postings.append(Posting(bank_account, total, sum(amounts_dc, Decimal(0))))
    return write_lines(context, common, postings)[:-1]


def _in_division_currency(amount: Decimal, item: Record) -> Decimal:
    """Return an amount at the item's rate; all of it is exactly what the item is booked for."""
    if amount == item["AmountFC"]:
        return Decimal(item["AmountDC"])
    return in_division_currency(amount, item["RateFC"])


def _checked(context: Context, line: PaymentLine) -> Record:
    item = open_item(context, line.entry_id)
    if not line.amount:
        raise BankError("An amount of zero cannot be booked.")
    if (line.amount > 0) != (item["AmountFC"] > 0):
        raise BankError("The amount must have the sign of the open amount.")
    decimals = CURRENCIES[item["Currency"]].decimals
    if line.amount != round(line.amount, decimals) or abs(line.amount) >= Decimal(10) ** 10:
        raise BankError(f"{line.amount} is not an amount in {item['Currency']}.")
    return item


def open_item(context: Context, entry_id: str) -> Record:
    """Return the open term of a document; raises BankError when nothing is open."""
    term = terms.open_term(context, entry_id)
    if term is None or term["TransactionType"] not in terms.DOCUMENTS:
        raise BankError("Nothing is open on this document.")
    return term


def payment_row(context: Context, payment_id: str) -> Record:
    """Return a registered payment; raises BankError."""
    rows = context.sandbox.database.execute(
        "SELECT * FROM bank_payments WHERE id = ? AND division = ?",
        [payment_id, context.division],
    )
    if not rows:
        raise BankError("There is no such payment.")
    return dict(rows[0])


def payment_lines(context: Context, payment_id: str) -> list[Record]:
    """Return the stored lines of a payment, amounts in millionths."""
    rows = context.sandbox.database.execute(
        'SELECT l.*, e."Currency" AS currency FROM bank_payment_lines l '
        'JOIN salesentries e ON e."EntryID" = l.entry_id WHERE payment_id = ? ORDER BY number',
        [payment_id],
    )
    return [dict(row) for row in rows]


def remember(
    context: Context,
    payment_id: str,
    kind: str,
    date: datetime,
    reference: str,
    number: int,
) -> None:
    """Register a payment, write-off or settlement."""
    context.sandbox.database.execute(
        "INSERT INTO bank_payments VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
        [
            payment_id,
            context.division,
            to_store("DateTime", date),
            reference,
            kind,
            to_store("DateTime", context.sandbox.clock.naive_now()),
            number,
        ],
    )


def remember_line(
    context: Context,
    payment_id: str,
    number: int,
    line: PaymentLine,
    matched: Decimal,
    term_id: str,
) -> None:
    """Register which term a line of a payment has matched."""
    context.sandbox.database.execute(
        "INSERT INTO bank_payment_lines VALUES (?, ?, ?, ?, ?, ?)",
        [
            payment_id,
            number,
            line.entry_id,
            to_store("Double", line.amount),
            to_store("Double", matched),
            term_id,
        ],
    )


def reopen_invoices(context: Context, payment_id: str) -> None:
    """Undo the matching on the side of the invoices."""
    for line in payment_lines(context, payment_id):
        if line["term_id"]:
            terms.reopen(context, line["term_id"])
            _set_offset(context, line["entry_id"], None)


def _set_offset(context: Context, entry_id: str, offset_id: str | None) -> None:
    """Point the receivable's line of a document at the line it is matched with."""
    database = context.sandbox.database
    line = database.find("transactionlines", EntryID=entry_id, LineNumber=0)
    if line is not None:
        database.update("transactionlines", ("ID", line["ID"]), {"OffsetID": offset_id})


def undo(context: Context, payment_id: str) -> None:
    """Take a payment out of the books; its registration stays."""
    reopen_invoices(context, payment_id)
    for term in terms.terms_of(context, payment_id):
        terms.remove_term(context, term["ID"])
    remove_lines(context, payment_id)
    context.sandbox.database.execute(
        "DELETE FROM bank_payment_lines WHERE payment_id = ?",
        [payment_id],
    )


def bank_settings(context: Context) -> Record:
    """Return the accounts and journals a division uses for payments."""
    rows = context.sandbox.database.execute(
        "SELECT * FROM division_settings WHERE division = ?",
        [context.division],
    )
    return dict(rows[0])


def next_entry_number(context: Context) -> int:
    """Return the next number of a bank entry."""
    year = context.sandbox.clock.now().year
    first, _ = number_range(bank_settings(context)["bank_journal"], year)
    highest = context.sandbox.database.execute(
        "SELECT max(entry_number) FROM bank_payments WHERE division = ?",
        [context.division],
    )[0][0]
    return max(first, (highest or 0) + 1)


def common_values(
    entry_id: str,
    date: datetime,
    journal: str,
    item: Record,
    number: int,
) -> Record:
    """Return what all ledger lines of a bank or memorial entry share."""
    return {
        "EntryID": entry_id,
        "EntryNumber": number,
        "Currency": item["Currency"],
        "ExchangeRate": item["RateFC"],
        "Date": date,
        "FinancialYear": date.year,
        "FinancialPeriod": date.month,
        "JournalCode": journal,
        "LineType": 0,
        "Status": 20,
        "Type": CASH_FLOW,
    }


def own_term(
    common: Record,
    item: Record,
    line_id: str,
    date: datetime,
) -> Record:
    """Return the term a bank or memorial entry gets on the customer's account."""
    return {
        "Account": item["Account"],
        "Currency": item["Currency"],
        "RateFC": item["RateFC"],
        "DueDate": date,
        "EntryDate": date,
        "InvoiceDate": date,
        "EntryNumber": common["EntryNumber"],
        "Journal": common["JournalCode"],
        "GLAccount": item["GLAccount"],
        "Description": common.get("Description"),
        "PaymentReference": common.get("PaymentReference"),
        "TransactionEntryID": common["EntryID"],
        "TransactionID": line_id,
        "TransactionReportingYear": date.year,
        "TransactionReportingPeriod": date.month,
        "TransactionStatus": 20,
        "TransactionType": CASH_FLOW,
        "Source": 2,
    }
