"""The bank: receipts on invoices, corrections, write-offs, matching and direct debit.

A receipt is a bank entry: debit bank, credit receivable for each invoice it pays. It creates terms
of its own, matched with those of the invoices, as a booking in Exact's bank journal does.
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
from exact_sandbox.database import new_id
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, from_store, to_store

PAYMENT, WRITE_OFF, SETTLEMENT = "payment", "write_off", "settlement"
CASH_FLOW = 40  # TransactionType of bank entries


class BankError(ValueError):
    """Something the bank desk cannot do; the text is for the person at the desk."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A part of a payment: one invoice and an amount in the invoice's currency."""

    entry_id: str
    amount: Decimal


def open_items(context: Context) -> list[Record]:
    """Return what customers still owe, with the customer's name, oldest invoice first."""
    rows = context.sandbox.database.execute(
        'SELECT t.*, a."Name" AS "AccountName" FROM terms t JOIN accounts a ON a."ID" = t."Account" '
        'WHERE t."Division" = ? AND t."LineType" = 20 AND t."Status" < 50 '
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
            "open_amount": str(from_store("Double", row["AmountFC"])),
            "invoice_amount": str(from_store("Double", row["TransactionAmountFC"])),
            "status": row["Status"],
        }
        for row in rows
    ]


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
    number = _next_entry_number(context)
    context.sandbox.database.execute(
        "INSERT INTO bank_payments VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
        [
            payment_id,
            context.division,
            to_store("DateTime", date),
            reference,
            PAYMENT,
            to_store("DateTime", context.sandbox.clock.naive_now()),
            number,
        ],
    )
    _book_lines(context, payment_id, date, reference, lines, number)
    return payment_id


def write_off(context: Context, *, entry_id: str, date: datetime) -> str:
    """Book what is open on an invoice as a loss in the memorial; no money moves."""
    term = _open(context, entry_id)
    settings = _settings(context)
    journal_entry = new_id()
    number = _next_entry_number(context)
    context.sandbox.database.execute(
        "INSERT INTO bank_payments VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
        [
            journal_entry,
            context.division,
            to_store("DateTime", date),
            "",
            WRITE_OFF,
            to_store("DateTime", context.sandbox.clock.naive_now()),
            number,
        ],
    )
    amount, amount_dc = term["AmountFC"], term["AmountDC"]
    common = _common(journal_entry, date, settings["memorial_journal"], term, number)
    receivable, _ = write_lines(
        context,
        common,
        [
            Posting(settings["receivable_account"], -amount, -amount_dc, account=term["Account"]),
            Posting(settings["write_off_account"], amount, amount_dc),
        ],
    )
    terms.match(context, term, amount, date=date, paid_on=None)
    own = _own_term(common, term, receivable, -amount, -amount_dc, date)
    own |= {"Status": terms.MATCHED, "EndDate": date, "YourRef": term["YourRef"]}
    terms.add_term(context, own)
    _remember_line(context, journal_entry, 1, PaymentLine(entry_id, amount), amount, term["ID"])
    return journal_entry


def match_items(context: Context, entry_ids: list[str], date: datetime) -> str:
    """Match invoices with credit notes that add up to nothing; raises BankError otherwise."""
    items = [_open(context, entry_id) for entry_id in entry_ids]
    if len({item["Currency"] for item in items}) > 1:
        raise BankError("The documents have different currencies.")
    if len({item["Account"] for item in items}) > 1:
        raise BankError("The documents belong to different customers.")
    if sum((item["AmountFC"] for item in items), Decimal(0)):
        raise BankError("The open amounts do not add up to zero.")
    settlement = new_id()
    context.sandbox.database.execute(
        "INSERT INTO bank_payments VALUES (?, ?, ?, '', ?, 1, ?, 0)",
        [
            settlement,
            context.division,
            to_store("DateTime", date),
            SETTLEMENT,
            to_store("DateTime", context.sandbox.clock.naive_now()),
        ],
    )
    for number, item in enumerate(items, 1):
        amount = item["AmountFC"]
        terms.match(context, item, amount, date=date, paid_on=None)
        line = PaymentLine(item["TransactionEntryID"], amount)
        _remember_line(context, settlement, number, line, amount, item["ID"])
    return settlement


def collect(context: Context, *, entry_id: str, status: int) -> None:
    """Put an open item into direct debit (30 selected, 40 processed) or back to open (20)."""
    if status not in (terms.OPEN, terms.SELECTED, terms.PROCESSED):
        raise BankError("The status must be 20, 30 or 40.")
    term = _open(context, entry_id)
    selected = context.sandbox.clock.naive_now() if status != terms.OPEN else None
    terms.change_term(context, term["ID"], {"Status": status, "ReceivableSelected": selected})


def payments(context: Context) -> list[Record]:
    """Return what was registered at the desk, newest first."""
    database = context.sandbox.database
    found = database.execute(
        "SELECT * FROM bank_payments WHERE division = ? ORDER BY date DESC, rowid DESC",
        [context.division],
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
                    "amount": str(from_store("Double", line["amount"])),
                    "matched_amount": str(from_store("Double", line["matched_amount"])),
                }
                for line in _lines(context, row["id"])
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
    row = _payment(context, payment_id)
    if row["kind"] != PAYMENT:
        raise BankError("Only a payment can be changed; delete it instead.")
    kept = [
        PaymentLine(line["entry_id"], from_store("Double", line["amount"]))
        for line in _lines(context, payment_id)
    ]
    new_date = date or from_store("DateTime", row["date"])
    new_reference = row["reference"] if reference is None else reference
    _undo(context, payment_id)
    context.sandbox.database.execute(
        "UPDATE bank_payments SET date = ?, reference = ?, matched = 1 WHERE id = ?",
        [to_store("DateTime", new_date), new_reference, payment_id],
    )
    chosen = kept if lines is None else lines
    _book_lines(context, payment_id, new_date, new_reference, chosen, row["entry_number"])


def delete_payment(context: Context, payment_id: str) -> None:
    """Delete a receipt, write-off or settlement; the invoices are open again."""
    _payment(context, payment_id)
    _undo(context, payment_id)
    context.sandbox.database.execute("DELETE FROM bank_payments WHERE id = ?", [payment_id])


def unmatch_payment(context: Context, payment_id: str) -> None:
    """Undo the matching but keep the money: the invoice and the receipt are both open."""
    row = _payment(context, payment_id)
    if row["kind"] != PAYMENT:
        raise BankError("Only a payment can be unmatched; delete it instead.")
    if not row["matched"]:
        raise BankError("The payment is not matched.")
    _reopen_invoices(context, payment_id)
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


# The steps underneath.


def _book_lines(
    context: Context,
    payment_id: str,
    date: datetime,
    reference: str,
    lines: list[PaymentLine],
    number: int,
) -> None:
    if not lines:
        raise BankError("A payment needs at least one line.")
    if len({line.entry_id for line in lines}) != len(lines):
        raise BankError("An invoice may stand on a payment only once.")
    items = [_checked(context, line) for line in lines]
    if len({item["Currency"] for item in items}) > 1:
        raise BankError("The invoices of one payment must have one currency.")
    settings = _settings(context)
    common = _common(payment_id, date, settings["bank_journal"], items[0], number)
    common |= {"Description": reference or None, "PaymentReference": reference or None}
    receivables = _post(context, common, settings, lines, items)
    single = len(lines) == 1
    for position, (line, item) in enumerate(zip(lines, items, strict=True), 1):
        matched = min(line.amount, item["AmountFC"], key=abs)
        terms.match(context, item, matched, date=max(date, item["InvoiceDate"]), paid_on=date)
        matched_dc = in_division_currency(matched, item["RateFC"])
        if matched == item["AmountFC"]:
            matched_dc = item["AmountDC"]
        own = _own_term(common, item, receivables[position - 1], -matched, -matched_dc, date)
        your_ref = item["YourRef"] if single else None
        terms.add_term(
            context, {**own, "Status": terms.MATCHED, "EndDate": date, "YourRef": your_ref}
        )
        excess = line.amount - matched
        if excess:
            excess_dc = _line_dc(line, item) - matched_dc
            own |= {"AmountFC": -excess, "AmountDC": -excess_dc}
            terms.add_term(context, own)
        _set_offset(context, line.entry_id, receivables[0])
        _remember_line(context, payment_id, position, line, matched, item["ID"])


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
    amounts_dc = [_line_dc(line, item) for line, item in zip(lines, items, strict=True)]
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


def _line_dc(line: PaymentLine, item: Record) -> Decimal:
    if line.amount == item["AmountFC"]:
        return Decimal(item["AmountDC"])
    return in_division_currency(line.amount, item["RateFC"])


def _checked(context: Context, line: PaymentLine) -> Record:
    item = _open(context, line.entry_id)
    if not line.amount:
        raise BankError("An amount of zero cannot be booked.")
    if (line.amount > 0) != (item["AmountFC"] > 0):
        raise BankError("The amount must have the sign of the open amount.")
    decimals = CURRENCIES[item["Currency"]].decimals
    if line.amount != round(line.amount, decimals) or abs(line.amount) >= Decimal(10) ** 10:
        raise BankError(f"{line.amount} is not an amount in {item['Currency']}.")
    return item


def _open(context: Context, entry_id: str) -> Record:
    term = terms.open_term(context, entry_id)
    if term is None or term["LineType"] != terms.RECEIPT:
        raise BankError("Nothing is open on this document.")
    return term


def _payment(context: Context, payment_id: str) -> Record:
    rows = context.sandbox.database.execute(
        "SELECT * FROM bank_payments WHERE id = ? AND division = ?",
        [payment_id, context.division],
    )
    if not rows:
        raise BankError("There is no such payment.")
    return dict(rows[0])


def _lines(context: Context, payment_id: str) -> list[Record]:
    rows = context.sandbox.database.execute(
        "SELECT * FROM bank_payment_lines WHERE payment_id = ? ORDER BY number",
        [payment_id],
    )
    return [dict(row) for row in rows]


def _remember_line(
    context: Context,
    payment_id: str,
    number: int,
    line: PaymentLine,
    matched: Decimal,
    term_id: str,
) -> None:
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


def _reopen_invoices(context: Context, payment_id: str) -> None:
    for line in _lines(context, payment_id):
        if line["term_id"]:
            terms.reopen(context, line["term_id"])
            _set_offset(context, line["entry_id"], None)


def _set_offset(context: Context, entry_id: str, offset_id: str | None) -> None:
    """Point the receivable's line of a document at the line it is matched with."""
    database = context.sandbox.database
    line = database.find("transactionlines", EntryID=entry_id, LineNumber=0)
    if line is not None:
        database.update("transactionlines", ("ID", line["ID"]), {"OffsetID": offset_id})


def _undo(context: Context, payment_id: str) -> None:
    _reopen_invoices(context, payment_id)
    for term in terms.terms_of(context, payment_id):
        terms.remove_term(context, term["ID"])
    remove_lines(context, payment_id)
    context.sandbox.database.execute(
        "DELETE FROM bank_payment_lines WHERE payment_id = ?",
        [payment_id],
    )


def _settings(context: Context) -> Record:
    rows = context.sandbox.database.execute(
        "SELECT * FROM division_settings WHERE division = ?",
        [context.division],
    )
    return dict(rows[0])


def _next_entry_number(context: Context) -> int:
    year = context.sandbox.clock.now().year
    first, _ = number_range(_settings(context)["bank_journal"], year)
    highest = context.sandbox.database.execute(
        "SELECT max(entry_number) FROM bank_payments WHERE division = ?",
        [context.division],
    )[0][0]
    return max(first, (highest or 0) + 1)


def _common(
    entry_id: str,
    date: datetime,
    journal: str,
    item: Record,
    number: int,
) -> Record:
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


def _own_term(
    common: Record,
    item: Record,
    line_id: str,
    amount_fc: Decimal,
    amount_dc: Decimal,
    date: datetime,
) -> Record:
    """Return the term a bank or memorial entry gets on the customer's account."""
    return {
        "Account": item["Account"],
        "AmountFC": amount_fc,
        "AmountDC": amount_dc,
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
        "TransactionAmountFC": amount_fc,
        "TransactionAmountDC": amount_dc,
        "TransactionReportingYear": date.year,
        "TransactionReportingPeriod": date.month,
        "TransactionStatus": 20,
        "TransactionType": CASH_FLOW,
        "Source": 2,
    }
