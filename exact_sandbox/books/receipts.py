"""Matches money with what it pays: whole, in part, too much, or with the payment discount taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exact_sandbox.books.amounts import in_division_currency
from exact_sandbox.books.cash_flow import add_own_term
from exact_sandbox.books.division_settings import division_settings
from exact_sandbox.books.matching import RECEIPT, Part, settle
from exact_sandbox.books.memorial import PAYMENT_DIFFERENCE, Booking, book_memorial
from exact_sandbox.books.terms import (
    INVOICES,
    LEDGER_SIGN,
    MATCHED,
    RECEIPT as RECEIVABLE,
    find_term,
)
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, from_store, to_store


@dataclass(frozen=True, slots=True)
class Item:
    """What a line pays: an open term of an invoice, and how much money is meant for it."""

    term: Record
    amount: Decimal


def pay(context: Context, own: Record, items: Sequence[Item], date: datetime) -> None:
    """Match a line's own open term with the invoices it pays; raises Refused.

    Less than is open leaves a rest, unless it is the discount that the date still allows; more
    than is open stays on the account.
    """
    parts = []
    for item, amount in zip(items, _amounts(own, items), strict=True):
        discount = _discount_taken(item, date) if amount == item.amount else Decimal(0)
        matched = item.term["AmountFC"] if discount else amount
        if matched:
            parts.append(Part(item.term, matched))
        if discount:
            term = _book_discount(context, item.term, discount, date)
            parts.append(Part(term, -discount))
    money = sum((each.amount for each in parts), Decimal(0))
    if money:
        parts.append(Part(own, -money))
    settle(context, parts, kind=RECEIPT, date=date)


def _amounts(own: Record, items: Sequence[Item]) -> list[Decimal]:
    """Return how much of each invoice a line's own term can be matched with.

    That is no more than is open. Where it makes a line of invoices and credit notes pay more of the
    other side than its own term has, the last ones on that side keep a rest: a part of a term is
    never larger than the term.
    """
    amounts = [min(item.amount, Decimal(item.term["AmountFC"]), key=abs) for item in items]
    money = sum(amounts, Decimal(0))
    bounds = sorted((Decimal(0), -own["AmountFC"]))
    excess = money - min(max(money, bounds[0]), bounds[1])
    for number in reversed(range(len(amounts))):
        if excess and (amounts[number] > 0) == (excess > 0):
            less = min(amounts[number], excess, key=abs)
            amounts[number] -= less
            excess -= less
    return amounts


def _discount_taken(item: Item, date: datetime) -> Decimal:
    """Return what is left open when a payment in time lacks no more than the discount, else 0."""
    term = item.term
    rest: Decimal = term["AmountFC"] - item.amount
    in_time = term["DiscountDueDate"] is not None and date <= term["DiscountDueDate"]
    lacks = rest and (rest > 0) == (term["AmountFC"] > 0)
    if in_time and lacks and abs(rest) <= abs(term["AmountDiscountFC"] or 0):
        return rest
    return Decimal(0)


def _book_discount(context: Context, term: Record, discount: Decimal, date: datetime) -> Record:
    booking = Booking(
        like=term,
        amount_fc=-discount,
        amount_dc=-in_division_currency(discount, term["RateFC"]),
        against=division_settings(context).discount_account,
        type=PAYMENT_DIFFERENCE,
        date=date,
    )
    return book_memorial(context, booking)


def book_terms(context: Context, header: Record, lines: Sequence[Record]) -> None:
    """Give each line on a receivable or payable account that has no term one, and match it.

    OurRef names the invoice; without one, or when none fits, the money is on the account.
    """
    database = context.sandbox.database
    for line in lines:
        account = database.find("glaccounts", ID=line["GLAccount"]) or {}
        line_type = account.get("Type")
        if line_type not in LEDGER_SIGN or database.find("terms", TransactionID=line["ID"]):
            continue
        own = add_own_term(context, header, line, line_type)
        invoice = invoice_of(context, own, line["OurRef"]) if line.get("OurRef") else None
        if invoice is None:
            continue
        item = Item(invoice, -own["AmountFC"])
        if line_type == RECEIVABLE:
            remember_items(context, line["ID"], [item])
        pay(context, own, [item], line["Date"])


def invoice_of(context: Context, own: Record, number: int) -> Record | None:
    """Return the open invoice of the same customer with a number that a receipt can pay, or None."""
    candidates = context.sandbox.database.records(
        "terms", Division=context.division, Account=own["Account"], InvoiceNumber=number
    )
    return next(
        (
            term
            for term in candidates
            if term["TransactionType"] in INVOICES
            and term["Status"] < MATCHED
            and all(term[name] == own[name] for name in ("LineType", "GLAccount", "Currency"))
            and (term["AmountFC"] > 0) != (own["AmountFC"] > 0)
        ),
        None,
    )


def remember_items(context: Context, line_id: str, items: Sequence[Item]) -> None:
    """Keep which invoices a line was said to pay, so that it can be shown and booked again."""
    for number, item in enumerate(items, 1):
        context.sandbox.database.execute(
            "INSERT INTO line_items VALUES (?, ?, ?, ?)",
            [
                line_id,
                number,
                item.term["TransactionEntryID"],
                to_store("Double", item.amount),
            ],
        )


def forget_items(context: Context, line_id: str) -> None:
    """Forget what a line was said to pay."""
    context.sandbox.database.execute("DELETE FROM line_items WHERE line_id = ?", [line_id])


def remembered_items(context: Context, line_id: str) -> list[tuple[str, Decimal]]:
    """Return the invoices a line was said to pay, each with its amount."""
    rows = context.sandbox.database.execute(
        "SELECT * FROM line_items WHERE line_id = ? ORDER BY number", [line_id]
    )
    return [(row["invoice_id"], from_store("Double", row["amount"])) for row in rows]


def matched_amount(context: Context, line_id: str, invoice_id: str) -> Decimal:
    """Return how much of an invoice is matched together with a line."""
    rows = context.sandbox.database.execute(
        'SELECT DISTINCT i."ID" FROM terms t JOIN match_terms m ON m.term_id = t."ID" '
        'JOIN match_terms o ON o.set_id = m.set_id JOIN terms i ON i."ID" = o.term_id '
        'WHERE t."TransactionID" = ? AND i."TransactionEntryID" = ?',
        [line_id, invoice_id],
    )
    found = (find_term(context, row["ID"]) for row in rows)
    return sum((term["AmountFC"] for term in found if term is not None), Decimal(0))
