"""Bank and cash entries: header, lines, ledger and terms always change together.

The journal's own account bears the total as line 0; each entry line is a ledger line with the same
ID and the opposite sign. A line on a receivable or payable account gets a payment term.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionBankEntries
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from exact_sandbox.books.amounts import in_division_currency
from exact_sandbox.books.ledger import Posting, check_size, remove_lines, write_lines
from exact_sandbox.books.matching import part_entry
from exact_sandbox.books.sales import check_period
from exact_sandbox.books.terms import (
    CASH_FLOW,
    LEDGER_SIGN,
    OPEN,
    add_term,
    remove_term,
    terms_of,
)
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.messages import word
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_SOURCE = 2
_VAT_LINE = 5


@dataclass(frozen=True, slots=True)
class Book:
    """One of the two kinds of entries that move money."""

    entries: str  # table
    lines: str  # table
    nested: str  # property that holds the lines
    journal_types: frozenset[int]
    wrong_journal: str  # the refusal


BANK = Book(
    "bankentries", "bankentrylines", "BankEntryLines", frozenset({12, 16}), "journal_not_bank"
)
CASH = Book("cashentries", "cashentrylines", "CashEntryLines", frozenset({10}), "journal_not_cash")
BOOKS = (BANK, CASH)


def find_entry(context: Context, entry_id: str) -> tuple[Book, Record] | None:
    """Return a bank or cash entry of the division with its book, or None."""
    for book in BOOKS:
        header = context.sandbox.database.find(
            book.entries, EntryID=entry_id, Division=context.division
        )
        if header is not None:
            return book, header
    return None


def lines_of(context: Context, book: Book, entry_id: str) -> list[Record]:
    """Return the lines of an entry in their order."""
    return context.sandbox.database.records(book.lines, EntryID=entry_id, order='"LineNumber"')


def changeable(context: Context, book: Book, entry_id: str) -> Record:
    """Return an entry that may still change; raises Refused."""
    header = context.sandbox.database.find(book.entries, EntryID=entry_id)
    if header is None:
        raise Refused(context.say("not_found", what="entry"))
    if header["Status"] != OPEN:
        raise Refused(context.say("processed"))
    check_period(context, header["FinancialYear"], header["FinancialPeriod"])
    return header


def store(context: Context, book: Book, header: Record, lines: list[Record]) -> None:
    """Store an entry, new or changed, with its lines and ledger lines; terms are not touched.

    The lines carry their amounts in the entry's currency and their rates. The closing balance
    follows from the opening balance.
    """
    database = context.sandbox.database
    rate = max((line["ExchangeRate"] for line in lines), default=Decimal(1))
    check_size(context, [header["OpeningBalanceFC"], *(line["AmountFC"] for line in lines)], rate)
    total = sum((line["AmountFC"] for line in lines), Decimal(0))
    is_new = not header.get("Created")
    header |= context.created() if is_new else context.modified()
    header |= {
        "ClosingBalanceFC": header["OpeningBalanceFC"] + total,
        "StatusDescription": word(context.user.language, "status_open"),
    }
    if is_new:
        database.insert(book.entries, header)
    else:
        database.update(book.entries, ("EntryID", header["EntryID"]), header)
    old = {line["ID"]: line for line in lines_of(context, book, header["EntryID"])}
    for number, line in enumerate(lines, 1):
        line |= {
            "EntryID": header["EntryID"],
            "LineNumber": number,
            "EntryNumber": header["EntryNumber"],
            "AmountDC": in_division_currency(line["AmountFC"], line["ExchangeRate"]),
        }
        if line["ID"] in old:
            database.update(book.lines, ("ID", line["ID"]), {**line, **context.modified()})
        else:
            database.insert(book.lines, {**line, **context.created()})
    for line_id in old.keys() - {line["ID"] for line in lines}:
        _forget_line(context, book, line_id)
    _write_ledger(context, header, lines)


def _forget_line(context: Context, book: Book, line_id: str) -> None:
    context.sandbox.database.delete(book.lines, ID=line_id)
    context.sandbox.database.execute("DELETE FROM line_items WHERE line_id = ?", [line_id])


def _write_ledger(context: Context, header: Record, lines: list[Record]) -> None:
    database = context.sandbox.database
    journal = database.find("journals", Division=context.division, Code=header["JournalCode"]) or {}
    existing = database.find("transactionlines", EntryID=header["EntryID"], LineNumber=0)
    total_fc = sum((line["AmountFC"] for line in lines), Decimal(0))
    total_dc = sum((line["AmountDC"] for line in lines), Decimal(0))
    postings = [
        Posting(
            journal["GLAccount"],
            total_fc,
            total_dc,
            id=existing["ID"] if existing else None,
            more={"ExchangeRate": lines[0]["ExchangeRate"], "Date": lines[0]["Date"]},
        )
    ]
    for line in lines:
        postings += _line_postings(context, line)
    common = {
        "EntryID": header["EntryID"],
        "EntryNumber": header["EntryNumber"],
        "Currency": header["Currency"],
        "FinancialYear": header["FinancialYear"],
        "FinancialPeriod": header["FinancialPeriod"],
        "JournalCode": header["JournalCode"],
        "LineType": 0,
        "Status": header["Status"],
        "Type": CASH_FLOW,
    }
    write_lines(context, common, postings)


def _line_postings(context: Context, line: Record) -> list[Posting]:
    """Return the ledger lines of an entry line: the account's own, and the VAT in it."""
    vat_fc = line.get("AmountVATFC") or Decimal(0)
    vat_dc = in_division_currency(vat_fc, line["ExchangeRate"])
    more = {
        name: line.get(name)
        for name in (
            *("ExchangeRate", "Date", "Description", "VATCode", "VATPercentage", "VATType"),
            *("Quantity", "CostCenter", "CostUnit", "Project", "Asset", "Notes", "Document"),
        )
    }
    own = {
        "AmountVATFC": -vat_fc,
        "AmountVATBaseFC": vat_fc - line["AmountFC"] if line.get("VATCode") else Decimal(0),
        "InvoiceNumber": line.get("OurRef"),
        "PaymentReference": line.get("Description"),
    }
    postings = [
        Posting(
            line["GLAccount"],
            vat_fc - line["AmountFC"],
            vat_dc - line["AmountDC"],
            id=line["ID"],
            account=line.get("Account"),
            more={**more, **own},
        )
    ]
    if vat_fc:
        vat = context.sandbox.database.find(
            "vatcodes", Division=context.division, Code=line["VATCode"]
        )
        side = "GLToPay" if line["AmountFC"] > 0 else "GLToClaim"
        account = (vat or {}).get(side) or line["GLAccount"]
        postings.append(
            Posting(
                account,
                -vat_fc,
                -vat_dc,
                account=line.get("Account"),
                more={**more, "LineType": _VAT_LINE},
            )
        )
    return postings


def add_own_term(context: Context, header: Record, line: Record, line_type: int) -> Record:
    """Give a line on a receivable or payable account its term and return it, open."""
    sign = -LEDGER_SIGN[line_type]
    amount_fc, amount_dc = sign * line["AmountFC"], sign * line["AmountDC"]
    date = line["Date"]
    term_id = add_term(
        context,
        {
            "LineType": line_type,
            "Account": line["Account"],
            "GLAccount": line["GLAccount"],
            "Currency": header["Currency"],
            "RateFC": line["ExchangeRate"],
            "AmountFC": amount_fc,
            "AmountDC": amount_dc,
            "TransactionAmountFC": amount_fc,
            "TransactionAmountDC": amount_dc,
            "Description": line.get("Description"),
            "PaymentReference": line.get("Description"),
            "Document": line.get("Document"),
            "DueDate": date,
            "EntryDate": date,
            "InvoiceDate": date,
            "EntryNumber": header["EntryNumber"],
            "InvoiceNumber": line.get("OurRef"),
            "Journal": header["JournalCode"],
            "TransactionEntryID": header["EntryID"],
            "TransactionID": line["ID"],
            "TransactionDueDate": date,
            "TransactionReportingYear": header["FinancialYear"],
            "TransactionReportingPeriod": header["FinancialPeriod"],
            "TransactionStatus": header["Status"],
            "TransactionType": CASH_FLOW,
            "Source": _SOURCE,
        },
    )
    return context.sandbox.database.records("terms", ID=term_id)[0]


def clear_terms(context: Context, entry_id: str) -> None:
    """Part an entry from everything it is matched with and take its terms away; raises Refused."""
    part_entry(context, entry_id)
    for term in terms_of(context, entry_id):
        remove_term(context, term["ID"])


def remove(context: Context, book: Book, entry_id: str) -> None:
    """Take an open entry out of the books: what it paid is open again; raises Refused."""
    changeable(context, book, entry_id)
    clear_terms(context, entry_id)
    for line in lines_of(context, book, entry_id):
        _forget_line(context, book, line["ID"])
    remove_lines(context, entry_id)
    context.sandbox.database.delete(book.entries, EntryID=entry_id)


def new_header(journal: Record, **values: object) -> Record:
    """Return the header of a new entry in a journal, as yet without lines."""
    return {
        "EntryID": new_id(),
        "JournalCode": journal["Code"],
        "Currency": journal["Currency"],
        "OpeningBalanceFC": Decimal(0),
        "Status": OPEN,
        **values,
    }


def last_closing_balance(context: Context, book: Book, header: Record) -> Decimal:
    """Return what a journal's newest entry in the currency closed with: the next one opens so."""
    rows = context.sandbox.database.records(
        book.entries,
        Division=context.division,
        JournalCode=header["JournalCode"],
        Currency=header["Currency"],
        order='"EntryNumber" DESC LIMIT 1',
    )
    return rows[0]["ClosingBalanceFC"] if rows else Decimal(0)
