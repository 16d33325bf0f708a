"""Payment terms: what a customer still owes, split when part of it is paid, joined when not.

A document has any number of matched terms (Status 50) and at most one that is open (20, 30 or 40).
Amounts are kept in the natural sign, positive when the customer owes; the switches decide how the
endpoints show them. https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from exact_sandbox.books.amounts import in_division_currency
from exact_sandbox.books.ledger import PAYMENT_TERMS, record_deletion
from exact_sandbox.database import new_id
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

OPEN, SELECTED, PROCESSED, MATCHED = 20, 30, 40, 50
RECEIPT = 20  # LineType
DOCUMENTS = frozenset({20, 21})  # TransactionType of sales entries and credit notes


def terms_of(context: Context, entry_id: str) -> list[Record]:
    """Return the terms of a document, oldest first."""
    return context.sandbox.database.records(
        "terms",
        Division=context.division,
        TransactionEntryID=entry_id,
    )


def open_term(context: Context, entry_id: str) -> Record | None:
    """Return the term of a document that is not matched, or None."""
    rows = (row for row in terms_of(context, entry_id) if row["Status"] < MATCHED)
    return next(rows, None)


def is_touched(context: Context, entry_id: str) -> bool:
    """Whether money, a write-off or a collection has touched a document."""
    return any(row["Status"] != OPEN for row in terms_of(context, entry_id) if row["AmountFC"] != 0)


def add_term(context: Context, values: Record) -> str:
    """Store a new term and return its id."""
    term_id = new_id()
    context.sandbox.database.insert(
        "terms",
        {
            **context.created(),
            "LineType": RECEIPT,
            "Status": OPEN,
            "IsFullyPaid": False,
            "IsBatchBooking": 0,
            "PaymentMethod": "B",
            "AmountDiscountDC": Decimal(0),
            "AmountDiscountFC": Decimal(0),
            "TransactionIsReversal": False,
            **values,
            "ID": term_id,
            "EntryID": new_id(),
        },
    )
    return term_id


def change_term(context: Context, term_id: str, changes: Record) -> None:
    """Change a term; sync readers see it again because its Timestamp moves on."""
    context.sandbox.database.update("terms", ("ID", term_id), {**context.modified(), **changes})


def remove_term(context: Context, term_id: str) -> None:
    """Delete a term and say so in sync/Deleted."""
    context.sandbox.database.delete("terms", ID=term_id)
    record_deletion(context, PAYMENT_TERMS, term_id)


def match(
    context: Context,
    term: Record,
    amount: Decimal,
    *,
    date: datetime,
    paid_on: datetime | None,
) -> None:
    """Close an open term for an amount in its currency; the rest becomes a new open term.

    `paid_on` is None when no money moved (write-off, credit note).
    """
    rest = term["AmountFC"] - amount
    amount_dc = term["AmountDC"] if not rest else in_division_currency(amount, term["RateFC"])
    if rest:
        left_over = {
            name: value
            for name, value in term.items()
            if name not in ("ID", "EntryID", "Timestamp")
        }
        add_term(
            context,
            {
                **left_over,
                **context.created(),
                "AmountFC": rest,
                "AmountDC": term["AmountDC"] - amount_dc,
                "Status": OPEN,
            },
        )
    change_term(
        context,
        term["ID"],
        {
            "AmountFC": amount,
            "AmountDC": amount_dc,
            "Status": MATCHED,
            "EndDate": date,
            "EndYear": date.year,
            "EndPeriod": date.month,
            "LastPaymentDate": paid_on,
            "IsFullyPaid": paid_on is not None,
        },
    )


def reopen(context: Context, term_id: str) -> None:
    """Undo the matching of a term; an open rest of the same document joins it and vanishes."""
    database = context.sandbox.database
    term = database.find("terms", ID=term_id)
    if term is None:
        return
    amount_fc, amount_dc = term["AmountFC"], term["AmountDC"]
    rest = open_term(context, term["TransactionEntryID"])
    if rest is not None and rest["ID"] != term_id:
        amount_fc += rest["AmountFC"]
        amount_dc += rest["AmountDC"]
        remove_term(context, rest["ID"])
    change_term(
        context,
        term_id,
        {
            "AmountFC": amount_fc,
            "AmountDC": amount_dc,
            "Status": OPEN,
            "EndDate": None,
            "EndYear": None,
            "EndPeriod": None,
            "LastPaymentDate": None,
            "IsFullyPaid": False,
        },
    )
