"""Payment terms: what is still owed, split when part of it is settled, joined when not.

A ledger line on a receivable or payable account has any number of matched terms (Status 50) and at
most one that is open (20, 30 or 40). Amounts are kept in the natural sign, positive for an invoice;
the switches decide how the endpoints show them.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from decimal import Decimal

from exact_sandbox.books.amounts import DIVISION_DECIMALS, in_division_currency, rounded
from exact_sandbox.books.due_dates import days_after
from exact_sandbox.books.ledger import PAYMENT_TERMS, record_deletion
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import new_id
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

OPEN, SELECTED, PROCESSED, MATCHED = 20, 30, 40, 50
RECEIPT, PAYMENT = 20, 22  # LineType, and the types of the ledger accounts: receivable and payable
# What a term's amount is times this, its ledger line is: a receivable debit, a payable credit.
LEDGER_SIGN = {RECEIPT: 1, PAYMENT: -1}
DOCUMENTS = frozenset({20, 21})  # TransactionType of sales entries and credit notes
INVOICES = DOCUMENTS | {30, 31}  # and of purchase entries
CASH_FLOW = 40  # TransactionType of bank and cash entries
_COLLECTION = (
    "ReceivableSelected",
    "ReceivableSelector",
    "ReceivableSelectorFullName",
    "ReceivableBatchNumber",
    "CashflowTransactionBatchCode",
    "EndToEndID",
    "PaymentInformationID",
)
NOT_COLLECTED: Record = dict.fromkeys(_COLLECTION)
_NOT_MATCHED: Record = {
    "Status": OPEN,
    "EndDate": None,
    "EndYear": None,
    "EndPeriod": None,
    "LastPaymentDate": None,
    "IsFullyPaid": False,
    **NOT_COLLECTED,
}


def terms_of(context: Context, entry_id: str) -> list[Record]:
    """Return the terms of an entry, oldest first."""
    return context.sandbox.database.records("terms", TransactionEntryID=entry_id)


def find_term(context: Context, term_id: str) -> Record | None:
    """Return a term, or None."""
    return context.sandbox.database.find("terms", ID=term_id)


def open_term(context: Context, entry_id: str) -> Record | None:
    """Return the first term of an entry that is not matched, or None."""
    return next(iter(open_terms(context, entry_id)), None)


def open_terms(context: Context, entry_id: str) -> list[Record]:
    """Return the terms of an entry that are not matched; a document has one at most."""
    return [row for row in terms_of(context, entry_id) if row["Status"] < MATCHED]


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


def close_part(context: Context, term: Record, amount: Decimal) -> Record:
    """Close an open term for an amount in its currency and return it; the rest is a new open term.

    The paid part keeps the identity of the term, the rest gets a new ID and EntryID. Raises
    AssertionError when the part has another sign than the term or is larger, which is a mistake in
    the sandbox.
    """
    rest = term["AmountFC"] - amount
    if min(amount, rest) < 0 < max(amount, rest):
        raise AssertionError("A part of a term is larger than the term.")
    closed: Record = {"AmountFC": amount, "Status": MATCHED}
    if rest:
        closed["AmountDC"] = in_division_currency(amount, term["RateFC"])
        share = amount / term["AmountFC"]
        decimals = CURRENCIES[term["Currency"]].decimals
        closed["AmountDiscountFC"] = rounded(term["AmountDiscountFC"] * share, decimals)
        closed["AmountDiscountDC"] = rounded(term["AmountDiscountDC"] * share, DIVISION_DECIMALS)
        left_over = {name: value for name, value in term.items() if name != "Timestamp"}
        for name in ("AmountFC", "AmountDC", "AmountDiscountFC", "AmountDiscountDC"):
            left_over[name] = term[name] - closed[name]
        add_term(context, {**left_over, **context.created(), **_NOT_MATCHED})
    change_term(context, term["ID"], closed)
    return {**term, **closed}


def reopen(context: Context, term_id: str) -> None:
    """Open a matched term again; an open rest of the same ledger line joins it and vanishes."""
    term = find_term(context, term_id) or {}
    amounts = ("AmountFC", "AmountDC", "AmountDiscountFC", "AmountDiscountDC")
    joined = {name: term[name] for name in amounts}
    for rest in open_terms(context, term["TransactionEntryID"]):
        if rest["TransactionID"] == term["TransactionID"]:
            joined = {name: joined[name] + rest[name] for name in amounts}
            remove_term(context, rest["ID"])
    changes = {**joined, **_NOT_MATCHED}
    if term["TransactionType"] not in INVOICES:
        changes["YourRef"] = None
    change_term(context, term_id, changes)


def discount_values(condition: Record, header: Record) -> Record:
    """Return the payment discount of a document's term: how much, and until when.

    `condition` is its payment condition. The discount is a part of the amount with or without VAT.
    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowPaymentConditions
    """
    fraction = condition.get("DiscountPercentage") or Decimal(0)
    without_vat = condition.get("DiscountCalculation") == "E"
    decimals = CURRENCIES[header["Currency"]].decimals

    def discount(currency: str, places: int) -> Decimal:
        base = header[f"Amount{currency}"]
        if without_vat:
            base -= header[f"VATAmount{currency}"]
        return rounded(base * fraction, places)

    days = condition.get("DiscountPaymentDays")
    return {
        "AmountDiscountFC": discount("FC", decimals),
        "AmountDiscountDC": discount("DC", DIVISION_DECIMALS),
        "DiscountDueDate": days_after(header["EntryDate"], days or 0) if fraction else None,
        "PaymentDaysDiscount": days,
        "PaymentDiscountPercentage": fraction,
    }
