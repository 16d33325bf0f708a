"""The bank desk: what people and programs do with money, of which the REST API knows only a part.

A payment is a bank or cash entry like any other, whoever booked it; a write-off or a matching of
documents is known by its set of matched terms.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from exact_sandbox.books import cash_flow, matching, memorial, receipts, terms
from exact_sandbox.books.amounts import in_division_currency
from exact_sandbox.books.bank_entries import (
    BankError,
    Payment,
    PaymentLine,
    at_the_desk,
    book_payment,
    check_amount,
    new_payment,
    open_item,
    read_items,
)
from exact_sandbox.books.bank_lists import (
    MEMORIAL,
    PAYMENT,
    SETTLEMENT,
    WRITE_OFF,
    count_payments,
    find_division,
    open_items,
    payment,
    payments,
)
from exact_sandbox.books.collection import collect
from exact_sandbox.books.division_settings import division_settings
from exact_sandbox.books.memorial import PAYMENT_DIFFERENCE, Booking, book_memorial
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

# The desk's front: what its pages and addresses use.
__all__ = [
    "MEMORIAL",
    "PAYMENT",
    "SETTLEMENT",
    "WRITE_OFF",
    "book_memo",
    "change_payment",
    "collect",
    "count_payments",
    "delete_payment",
    "find_division",
    "match_items",
    "open_items",
    "payment",
    "payments",
    "register_payment",
    "unmatch_payment",
    "write_off",
]


@at_the_desk()
def register_payment(
    context: Context,
    *,
    date: datetime,
    reference: str,
    lines: list[PaymentLine],
    journal: str | None = None,
    rate: Decimal | None = None,
) -> str:
    """Book a receipt over one or more invoices and return its EntryID; raises BankError.

    `journal` is a bank or cash journal, `rate` what one unit of the currency was worth to the bank.
    """
    order = Payment(date, reference, read_items(context, lines), rate)
    return new_payment(context, journal, order)


@at_the_desk()
def change_payment(
    context: Context,
    payment_id: str,
    *,
    date: datetime | None = None,
    reference: str | None = None,
    lines: list[PaymentLine] | None = None,
    rate: Decimal | None = None,
) -> None:
    """Correct a receipt: it is parted and booked again in the same entry; raises BankError."""
    book, header = _entry(context, payment_id, "changed")
    cash_flow.changeable(context, book, payment_id)
    old = cash_flow.lines_of(context, book, payment_id)
    items = {line["ID"]: receipts.remembered_items(context, line["ID"]) for line in old}
    paying = [line for line in old if items[line["ID"]]]
    if not paying:
        raise BankError("This entry pays no invoice.")
    first = paying[0]
    cash_flow.clear_terms(context, payment_id)
    for line in paying:
        receipts.forget_items(context, line["ID"])
    kept = [PaymentLine(*item) for line in paying for item in items[line["ID"]]]
    chosen = read_items(context, kept if lines is None else lines)
    new_date = date or first["Date"]
    same_rate = chosen[0].term["Currency"] == header["Currency"] and new_date == first["Date"]
    order = Payment(
        new_date,
        (first["Description"] or "") if reference is None else reference,
        chosen,
        rate or (first["ExchangeRate"] if same_rate else None),
    )
    others = [line for line in old if not items[line["ID"]]]
    if others and chosen[0].term["Currency"] != header["Currency"]:
        raise BankError("The invoices of one payment must have one currency.")
    header |= {
        "Currency": chosen[0].term["Currency"],
        "FinancialYear": new_date.year,
        "FinancialPeriod": new_date.month,
    }
    line_ids = [line["ID"] for line in paying]
    book_payment(context, book, header, order, others=others, line_ids=line_ids)
    receipts.book_terms(context, header, others)


@at_the_desk()
def delete_payment(context: Context, payment_id: str) -> None:
    """Delete a payment, memorial entry, write-off or matching; the invoices are open again."""
    found = cash_flow.find_entry(context, payment_id)
    if found is not None:
        cash_flow.remove(context, found[0], payment_id)
    elif memorial.find_memorial(context, payment_id, memorial.OTHER):
        matching.part_entry(context, payment_id)
        memorial.remove_memorial(context, payment_id)
    elif matching.kind_of(context, payment_id) is not None:
        matching.part(context, payment_id)
    else:
        raise BankError("There is no such payment.")


@at_the_desk()
def unmatch_payment(context: Context, payment_id: str) -> None:
    """Undo the matching but keep the money: the invoice and the receipt are both open."""
    _entry(context, payment_id, "unmatched")
    if not matching.sets_of_entry(context, payment_id):
        raise BankError("The payment is not matched.")
    matching.part_entry(context, payment_id)


def _entry(context: Context, payment_id: str, what: str) -> tuple[cash_flow.Book, Record]:
    found = cash_flow.find_entry(context, payment_id)
    if found is None:
        if matching.kind_of(context, payment_id) is None:
            raise BankError("There is no such payment.")
        raise BankError(f"Only a payment can be {what}; delete it instead.")
    return found


@at_the_desk()
def write_off(
    context: Context, *, entry_id: str, date: datetime, amount: Decimal | None = None
) -> str:
    """Book what is open on an invoice, or a part of it, as a loss; no money moves."""
    term = open_item(context, entry_id)
    amount = term["AmountFC"] if amount is None else amount
    check_amount(amount, term)
    if abs(amount) > abs(term["AmountFC"]):
        raise BankError("That is more than is open.")
    whole = amount == term["AmountFC"]
    amount_dc = term["AmountDC"] if whole else in_division_currency(amount, term["RateFC"])
    booking = Booking(
        like=term,
        amount_fc=-amount,
        amount_dc=-amount_dc,
        against=division_settings(context).write_off_account,
        type=PAYMENT_DIFFERENCE,
        date=date,
    )
    own = book_memorial(context, booking)
    return matching.settle(
        context,
        [matching.Part(term, amount), matching.Part(own, -amount)],
        kind=matching.WRITE_OFF,
        date=date,
        set_id=own["TransactionEntryID"],
    )


@at_the_desk()
def match_items(
    context: Context, entry_ids: list[str], date: datetime, *, partial: bool = False
) -> str:
    """Match invoices, credit notes, receipts and memorial entries; raises BankError.

    What is open on them must add up to nothing, or with `partial` as much as can be is matched:
    the last ones on the larger side keep a rest.
    """
    items = [item for entry_id in dict.fromkeys(entry_ids) for item in _open(context, entry_id)]
    if len({item["Currency"] for item in items}) > 1:
        raise BankError("The documents have different currencies.")
    if len({(item["Account"], item["GLAccount"]) for item in items}) > 1:
        raise BankError("The documents belong to different customers.")
    debit = sum((item["AmountFC"] for item in items if item["AmountFC"] > 0), Decimal(0))
    credit = -sum((item["AmountFC"] for item in items if item["AmountFC"] < 0), Decimal(0))
    matched = min(debit, credit)
    if not matched or (debit != credit and not partial):
        raise BankError("The open amounts do not add up to zero.")
    parts = _up_to(matched, [item for item in items if item["AmountFC"] > 0])
    parts += _up_to(-matched, [item for item in items if item["AmountFC"] < 0])
    return matching.settle(context, parts, kind=matching.SETTLEMENT, date=date)


def _open(context: Context, entry_id: str) -> list[Record]:
    found = terms.open_terms(context, entry_id)
    if not found or found[0]["Division"] != context.division:
        raise BankError("Nothing is open on this document.")
    return found


def _up_to(amount: Decimal, items: list[Record]) -> list[matching.Part]:
    """Return the parts of items, in their order, that make up an amount of their sign."""
    parts = []
    for item in items:
        taken = min(item["AmountFC"], amount, key=abs)
        if taken:
            parts.append(matching.Part(item, taken))
        amount -= taken
    return parts


@at_the_desk()
def book_memo(
    context: Context,
    *,
    entry_id: str,
    amount: Decimal,
    date: datetime,
    gl_account: str | None = None,
    description: str | None = None,
) -> str:
    """Book a general journal entry on the customer of a document and return its EntryID.

    A positive amount lessens what the customer owes. As in Exact it is matched by itself when one
    document of the customer is open for exactly that amount. Raises BankError.
    """
    like = next(iter(terms.terms_of(context, entry_id)), None)
    if (
        like is None
        or like["Division"] != context.division
        or like["TransactionType"] not in terms.DOCUMENTS
    ):
        raise BankError("There is no such document.")
    check_amount(abs(amount), like | {"AmountFC": 1})
    booking = Booking(
        like=like,
        amount_fc=-amount,
        amount_dc=-in_division_currency(amount, like["RateFC"]),
        against=_memo_account(context, gl_account),
        type=memorial.OTHER,
        date=date,
        description=description,
    )
    own = book_memorial(context, booking)
    equal = [
        term
        for term in context.sandbox.database.records(
            "terms", Division=context.division, Account=like["Account"], AmountFC=amount
        )
        if term["Status"] < terms.MATCHED
        and term["TransactionType"] in terms.DOCUMENTS
        and all(term[name] == like[name] for name in ("Currency", "GLAccount"))
    ]
    if len(equal) == 1:
        parts = [matching.Part(equal[0], amount), matching.Part(own, -amount)]
        matching.settle(context, parts, kind=matching.RECEIPT, date=date)
    return str(own["TransactionEntryID"])


def _memo_account(context: Context, code: str | None) -> str:
    """Return the ledger account with a code, or the memorial journal's own."""
    database = context.sandbox.database
    if code is None:
        journal = division_settings(context).memorial_journal
        found = database.find("journals", Division=context.division, Code=journal) or {}
        return str(found["GLAccount"])
    account = database.find("glaccounts", Division=context.division, Code=code)
    if account is None or account["Type"] in terms.LEDGER_SIGN:
        raise BankError(f"{code} is no ledger account to book against.")
    return str(account["ID"])
