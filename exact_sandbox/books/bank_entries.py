"""What the bank desk books: an ordinary bank or cash entry, with a line for each customer who paid.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionBankEntries
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exact_sandbox.books import cash_flow, receipts, terms
from exact_sandbox.books.cash_flow import BOOKS, Book
from exact_sandbox.books.division_settings import division_settings
from exact_sandbox.books.numbers import next_entry_number
from exact_sandbox.books.rates import rate_on
from exact_sandbox.books.receipts import Item
from exact_sandbox.books.sales import check_period
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


class BankError(ValueError):
    """Something the bank desk cannot do; the text is for the person at the desk."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A part of a payment: one invoice and an amount in the invoice's currency."""

    entry_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is to be booked; the rate is that of the day unless it is given."""

    date: datetime
    reference: str
    items: Sequence[Item]
    rate: Decimal | None = None


@contextmanager
def at_the_desk() -> Iterator[None]:
    """Say what the books refuse as the desk says it: raises BankError for Refused."""
    try:
        yield
    except Refused as refusal:
        raise BankError(refusal.text) from refusal


def desk_journal(context: Context, code: str | None) -> tuple[Book, Record]:
    """Return the book and journal to pay through, the division's bank by default."""
    wanted = code or division_settings(context).bank_journal
    journal = context.sandbox.database.find("journals", Division=context.division, Code=wanted)
    for book in BOOKS:
        if journal is not None and journal["Type"] in book.journal_types:
            if journal["IsBlocked"]:
                raise BankError(f"Journal {wanted} is blocked.")
            return book, journal
    raise BankError(f"{wanted} is no bank or cash journal.")


def read_items(context: Context, lines: Sequence[PaymentLine]) -> list[Item]:
    """Return what lines pay; raises BankError."""
    if not lines:
        raise BankError("A payment needs at least one line.")
    if len({line.entry_id for line in lines}) != len(lines):
        raise BankError("An invoice may stand on a payment only once.")
    items = [_checked(context, line) for line in lines]
    if len({item.term["Currency"] for item in items}) > 1:
        raise BankError("The invoices of one payment must have one currency.")
    return items


def _checked(context: Context, line: PaymentLine) -> Item:
    term = open_item(context, line.entry_id)
    check_amount(line.amount, term)
    return Item(term, line.amount)


def check_amount(amount: Decimal, term: Record) -> None:
    """Raise BankError unless an amount can be booked on a term."""
    if not amount:
        raise BankError("An amount of zero cannot be booked.")
    if (amount > 0) != (term["AmountFC"] > 0):
        raise BankError("The amount must have the sign of the open amount.")
    decimals = CURRENCIES[term["Currency"]].decimals
    if amount != round(amount, decimals) or abs(amount) >= Decimal(10) ** 10:
        raise BankError(f"{amount} is not an amount in {term['Currency']}.")


def open_item(context: Context, entry_id: str) -> Record:
    """Return the open term of a document; raises BankError when nothing is open."""
    term = terms.open_term(context, entry_id)
    if (
        term is None
        or term["Division"] != context.division
        or term["TransactionType"] not in terms.DOCUMENTS
    ):
        raise BankError("Nothing is open on this document.")
    return term


def new_payment(context: Context, journal_code: str | None, payment: Payment) -> str:
    """Book a payment in a new entry and return its EntryID; raises BankError and Refused."""
    book, journal = desk_journal(context, journal_code)
    date, currency = payment.date, payment.items[0].term["Currency"]
    if currency != journal["Currency"] and not journal["AllowVariableCurrency"]:
        raise BankError(f"Journal {journal['Code']} takes no {currency}.")
    header = cash_flow.new_header(
        journal,
        Currency=currency,
        FinancialYear=date.year,
        FinancialPeriod=date.month,
        EntryNumber=next_entry_number(context, book.entries, journal["Code"], date.year),
    )
    header["OpeningBalanceFC"] = cash_flow.last_closing_balance(context, book, header)
    book_payment(context, book, header, payment)
    return str(header["EntryID"])


def book_payment(
    context: Context,
    book: Book,
    header: Record,
    payment: Payment,
    *,
    others: Sequence[Record] = (),
    line_ids: Sequence[str] = (),
) -> None:
    """Write an entry that pays invoices and match it; raises BankError and Refused.

    `others` are lines of the entry that pay none; `line_ids` are used again for the new lines.
    """
    check_period(context, header["FinancialYear"], header["FinancialPeriod"])
    groups = _by_customer(payment.items)
    ids = [*line_ids, *(new_id() for _ in groups)]
    rate = _rate(context, header, payment)
    lines = [
        _line(line_id, group, payment, rate) for line_id, group in zip(ids, groups, strict=False)
    ]
    cash_flow.store(context, book, header, [*lines, *others])
    for line, group in zip(lines, groups, strict=True):
        receipts.remember_items(context, line["ID"], group)
        own = cash_flow.add_own_term(context, header, line, terms.RECEIPT)
        receipts.pay(context, own, group, payment.date)


def _by_customer(items: Sequence[Item]) -> list[list[Item]]:
    """Return the items of each customer: a line is of one account."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        groups.setdefault((item.term["Account"], item.term["GLAccount"]), []).append(item)
    return list(groups.values())


def _rate(context: Context, header: Record, payment: Payment) -> Decimal:
    own = rate_on(context.sandbox.database, context.division, header["Currency"], payment.date)
    if payment.rate is None:
        return own
    division = context.sandbox.database.find("divisions", Code=context.division) or {}
    at_home = header["Currency"] == division.get("Currency")
    if payment.rate <= 0 or (at_home and payment.rate != 1):
        raise BankError(f"{payment.rate} is not a rate of {header['Currency']}.")
    return payment.rate


def _line(line_id: str, group: Sequence[Item], payment: Payment, rate: Decimal) -> Record:
    total = sum((item.amount for item in group), Decimal(0))
    if not total:
        raise BankError("An amount of zero cannot be booked.")
    term = group[0].term
    return {
        "ID": line_id,
        "Account": term["Account"],
        "GLAccount": term["GLAccount"],
        "AmountFC": total,
        "AmountVATFC": Decimal(0),
        "ExchangeRate": rate,
        "Date": payment.date,
        "Description": payment.reference or None,
        "OurRef": term["InvoiceNumber"] if len(group) == 1 else None,
    }
