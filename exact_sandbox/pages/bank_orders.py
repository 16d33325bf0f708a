"""Carries out the forms of the bank desk and says in a sentence what happened."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from exact_sandbox.bank_input import desk_context, read_amount, read_date
from exact_sandbox.books import bank
from exact_sandbox.books.bank_entries import PaymentLine, open_item
from exact_sandbox.books.terms import open_term
from exact_sandbox.pages.open_items import document_name
from exact_sandbox.pages.page import Done, Refused, Visit
from exact_sandbox.pages.parts import money
from exact_sandbox.rules.context import Context

_COLLECTED = {
    "20": "taken out of direct debit",
    "30": "selected for direct debit",
    "40": "sent to the bank",
}


def _context(visit: Visit) -> Context:
    return desk_context(visit.sandbox, visit.form.get("division", ""))


def kept_query(visit: Visit) -> dict[str, str]:
    """Return what is searched for at the desk, to be found again after an order."""
    return {name: value for name, value in visit.query.items() if name in ("q", "page")}


def _done(visit: Visit, context: Context, text: str) -> Done:
    query = {"division": str(context.division), **kept_query(visit)}
    return Done(f"/bank-desk?{urlencode(query)}", text)


def _date(visit: Visit) -> datetime:
    raw = visit.form.get("date", "")
    return read_date(raw) if raw else visit.sandbox.clock.today()


def _ticked(visit: Visit) -> list[str]:
    only = visit.form.get("only")
    ticked = [only] if only else visit.form.getlist("entry_id")
    if not ticked:
        raise Refused("Tick a document first.")
    return ticked


def _lines(visit: Visit) -> list[PaymentLine]:
    return [
        PaymentLine(name.removeprefix("amount-"), read_amount(value))
        for name, value in visit.form.items()
        if name.startswith("amount-") and value.strip()
    ]


def _register(context: Context, lines: list[PaymentLine], visit: Visit) -> str:
    bank.register_payment(
        context, date=_date(visit), reference=visit.form.get("reference", ""), lines=lines
    )
    told = [f"{document_name(context, line.entry_id)}: {_left(context, line)}" for line in lines]
    return f"The payment is registered. {'; '.join(told)}."


def _left(context: Context, line: PaymentLine) -> str:
    """Return what a payment left open on a document."""
    rest = open_term(context, line.entry_id)
    if rest is None:
        return "paid in full"
    return f"{money(rest['AmountFC'], rest['Currency'])} is still open"


def register(visit: Visit) -> Done:
    """Register a payment over the amounts that were filled in."""
    context = _context(visit)
    lines = _lines(visit)
    if not lines:
        raise Refused("Fill in an amount on at least one document.")
    return _done(visit, context, _register(context, lines, visit))


def pay_in_full(visit: Visit) -> Done:
    """Register one payment of everything that is open on the chosen documents."""
    context = _context(visit)
    lines = [
        PaymentLine(entry_id, Decimal(open_item(context, entry_id)["AmountFC"]))
        for entry_id in _ticked(visit)
    ]
    return _done(visit, context, _register(context, lines, visit))


def write_off(visit: Visit) -> Done:
    """Write off what is open on the chosen documents."""
    context = _context(visit)
    chosen = _ticked(visit)
    for entry_id in chosen:
        bank.write_off(context, entry_id=entry_id, date=_date(visit))
    names = ", ".join(document_name(context, entry_id) for entry_id in chosen)
    return _done(visit, context, f"The open amount is written off: {names}.")


def settle(visit: Visit) -> Done:
    """Match the chosen documents and money with each other; they must add up to nothing."""
    return _settle(visit, partial=False)


def settle_partly(visit: Visit) -> Done:
    """Match the chosen documents and money as far as they go; a rest stays open."""
    return _settle(visit, partial=True)


def _settle(visit: Visit, *, partial: bool) -> Done:
    context = _context(visit)
    chosen = _ticked(visit)
    bank.match_items(context, chosen, _date(visit), partial=partial)
    names = ", ".join(document_name(context, entry_id) for entry_id in chosen)
    return _done(visit, context, f"These are matched with each other: {names}.")


def collect(visit: Visit) -> Done:
    """Move the chosen documents through direct debit."""
    context = _context(visit)
    status = visit.path["status"]
    if status not in _COLLECTED:
        raise Refused("A document is open (20), selected (30) or sent to the bank (40).")
    chosen = _ticked(visit)
    for entry_id in chosen:
        bank.collect(context, entry_id=entry_id, status=int(status))
    names = ", ".join(document_name(context, entry_id) for entry_id in chosen)
    return _done(visit, context, f"{names}: {_COLLECTED[status]}.")


def settle_payment(visit: Visit) -> Done:
    """Change, unmatch or delete a payment."""
    context = _context(visit)
    payment_id = visit.path["payment"]
    match visit.form.get("action"):
        case "delete":
            bank.delete_payment(context, payment_id)
            return _done(visit, context, "The payment is deleted; its documents are open again.")
        case "unmatch":
            bank.unmatch_payment(context, payment_id)
            return _done(
                visit, context, "The payment is unmatched: documents and receipt are both open."
            )
    bank.change_payment(
        context,
        payment_id,
        date=_date(visit),
        reference=visit.form.get("reference"),
        lines=_lines(visit),
    )
    return _done(visit, context, "The payment is changed.")
