"""The bank desk for programs: payments, corrections, write-offs, matching and direct debit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from exact_sandbox.bank_input import read_amount, read_date, read_lines
from exact_sandbox.books import bank
from exact_sandbox.books.bank_entries import BankError
from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    amount,
    division_context,
    fields,
    many,
    or_null,
    ref,
    text,
    whole,
    yes_no,
)
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


def _open_items(call: Call) -> dict[str, object]:
    return {"open_items": bank.open_items(_queried(call))}


def list_payments(call: Call) -> dict[str, object]:
    """Return what was registered in the division of the query."""
    return {"payments": bank.payments(_queried(call))}


def _register(call: Call) -> Record:
    context = division_context(call.sandbox, call.body["division"])
    payment_id = bank.register_payment(
        context,
        date=date_of(call),
        reference=call.body.get("reference") or "",
        lines=read_lines(call.body["lines"]),
        journal=call.body.get("journal"),
        rate=_optional_amount(call, "rate"),
    )
    return payment_of(context, payment_id)


def _change(call: Call) -> Record:
    context, payment_id = _found(call)
    body = call.body
    bank.change_payment(
        context,
        payment_id,
        date=date_of(call) if "date" in body else None,
        reference=body.get("reference"),
        lines=read_lines(body["lines"]) if "lines" in body else None,
        rate=_optional_amount(call, "rate"),
    )
    return payment_of(context, payment_id)


def delete_payment(call: Call) -> None:
    """Delete the payment of the path."""
    context, payment_id = _found(call)
    bank.delete_payment(context, payment_id)


def _unmatch(call: Call) -> Record:
    context, payment_id = _found(call)
    bank.unmatch_payment(context, payment_id)
    return payment_of(context, payment_id)


def _write_off(call: Call) -> dict[str, object]:
    context = division_context(call.sandbox, call.body["division"])
    entry_id = call.body["entry_id"]
    amount = _optional_amount(call, "amount")
    return {"id": bank.write_off(context, entry_id=entry_id, date=date_of(call), amount=amount)}


def _memo(call: Call) -> Record:
    context = division_context(call.sandbox, call.body["division"])
    entry_id = bank.book_memo(
        context,
        entry_id=call.body["entry_id"],
        amount=read_amount(call.body["amount"]),
        date=date_of(call),
        gl_account=call.body.get("gl_account"),
        description=call.body.get("description"),
    )
    return payment_of(context, entry_id)


def _match(call: Call) -> dict[str, object]:
    context = division_context(call.sandbox, call.body["division"])
    partial = call.body.get("partial", False)
    set_id = bank.match_items(context, call.body["entry_ids"], date_of(call), partial=partial)
    return {"id": set_id}


def _collect(call: Call) -> dict[str, object]:
    context = division_context(call.sandbox, call.body["division"])
    entry_id, status = call.body["entry_id"], call.body["status"]
    bank.collect(context, entry_id=entry_id, status=status)
    return {"entry_id": entry_id, "status": status}


def _queried(call: Call) -> Context:
    return division_context(call.sandbox, call.query.get("division", ""))


def _found(call: Call) -> tuple[Context, str]:
    payment_id = call.path["id"]
    division = bank.find_division(call.sandbox.database, payment_id)
    if division is None:
        raise ControlError("There is no such payment.", 404)
    return division_context(call.sandbox, division), payment_id


def payment_of(context: Context, payment_id: str) -> Record:
    """Return a registered payment as JSON."""
    return bank.payment(context, payment_id) or {}


def _optional_amount(call: Call, name: str) -> Decimal | None:
    raw = call.body.get(name)
    return None if raw is None else read_amount(raw)


def date_of(call: Call) -> datetime:
    """Return the date of the body, or today; raises BankError."""
    raw = call.body.get("date")
    return call.sandbox.clock.today() if raw is None else read_date(raw)


_DIVISION = {"type": ["integer", "string"], "description": "The division's code."}
DATE = or_null(text("As 2026-01-31; today when left out.", examples=["2026-01-31"]))
_ENTRY = text("The EntryID of a sales entry.")
_RATE = or_null(amount("What one unit of a foreign currency was worth; the day's by default."))
REFERENCE = or_null(text("The text on the bank statement."))
_LINES = many(fields("entry_id amount", entry_id=_ENTRY, amount=amount("In its currency.")))
_SOME_ENTRY = "00000000-0000-0000-0000-000000000000"
_BY_DIVISION: dict[str, Any] = {"division": whole("The division's code.", required=True)}
_DONE = fields("id", id=text("Of what was registered; DELETE undoes it."))

SUBJECT = Subject(
    "bank",
    "The bank desk; /bank-desk is the same for people.",
    (
        Route(
            "GET",
            "/_sandbox/bank/open-items",
            _open_items,
            "What customers owe",
            query=_BY_DIVISION,
            response=fields("open_items", open_items=many(ref("OpenItem"))),
        ),
        Route(
            "GET",
            "/_sandbox/bank/payments",
            list_payments,
            "What was registered",
            query=_BY_DIVISION,
            response=fields("payments", payments=many(ref("Payment"))),
        ),
        Route(
            "POST",
            "/_sandbox/bank/payments",
            _register,
            "Register a payment; several lines are one line on the bank statement, more than is "
            "open stays on the customer's account",
            request=fields(
                "division lines",
                division=_DIVISION,
                date=DATE,
                reference=REFERENCE,
                lines=_LINES,
                journal=or_null(text("A bank or cash journal; the division's bank when left out.")),
                rate=_RATE,
            ),
            response=ref("Payment"),
            status=201,
            example={
                "division": 1000001,
                "date": "2026-01-31",
                "reference": "statement 1",
                "lines": [{"entry_id": _SOME_ENTRY, "amount": "121.00"}],
            },
        ),
        Route(
            "PATCH",
            "/_sandbox/bank/payments/{id}",
            _change,
            "Change a payment's date, reference or lines",
            request=fields(date=DATE, reference=REFERENCE, lines=_LINES, rate=_RATE),
            response=ref("Payment"),
        ),
        Route(
            "DELETE",
            "/_sandbox/bank/payments/{id}",
            delete_payment,
            "Delete a payment: the invoices are open again",
        ),
        Route(
            "POST",
            "/_sandbox/bank/payments/{id}/unmatch",
            _unmatch,
            "Part a payment from its invoices: invoices and receipt are both open",
            response=ref("Payment"),
        ),
        Route(
            "POST",
            "/_sandbox/bank/write-offs",
            _write_off,
            "Write off what is open on an entry, or a part of it",
            request=fields(
                "division entry_id",
                division=_DIVISION,
                entry_id=_ENTRY,
                date=DATE,
                amount=amount("All that is open when left out."),
            ),
            response=_DONE,
            status=201,
        ),
        Route(
            "POST",
            "/_sandbox/bank/memorials",
            _memo,
            "Book a general journal entry on the customer of an entry; it is matched by itself with "
            "the one document that is open for the same amount",
            request=fields(
                "division entry_id amount",
                division=_DIVISION,
                entry_id=_ENTRY,
                amount=amount("Positive: the customer owes so much less."),
                date=DATE,
                gl_account=or_null(text("The code of the ledger account booked against.")),
                description=or_null(text()),
            ),
            response=ref("Payment"),
            status=201,
        ),
        Route(
            "POST",
            "/_sandbox/bank/matches",
            _match,
            "Match invoices with credit notes, or with receipts and memorials that are not matched",
            request=fields(
                "division entry_ids",
                division=_DIVISION,
                entry_ids=many(text("The EntryID of a sales, bank, cash or memorial entry.")),
                date=DATE,
                partial=yes_no("Match as much as can be; otherwise all must add up to nothing."),
            ),
            response=_DONE,
            status=201,
        ),
        Route(
            "POST",
            "/_sandbox/bank/collections",
            _collect,
            "Put an entry in a state of direct debit: 20 open, 30 selected, 40 sent to the bank",
            request=fields(
                "division entry_id status",
                division=_DIVISION,
                entry_id=_ENTRY,
                status=whole("", enum=[20, 30, 40]),
            ),
            response=fields("entry_id status", entry_id=text(), status=whole()),
        ),
    ),
    schemas={
        "OpenItem": {"type": "object", "required": ["entry_id", "customer", "open_amount"]},
        "Payment": {
            "type": "object",
            "required": ["id", "date", "kind", "reference", "matched", "lines"],
            "properties": {"matched": yes_no(), "lines": many({"type": "object"})},
        },
    },
    refusals=(BankError,),
)
