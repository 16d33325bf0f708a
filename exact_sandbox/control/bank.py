"""The bank desk for programs: payments, corrections, write-offs, matching and direct debit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from exact_sandbox.bank_api import read_date, read_lines
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


def _payments(call: Call) -> dict[str, object]:
    return {"payments": bank.payments(_queried(call))}


def _register(call: Call) -> Record:
    context = division_context(call.sandbox, call.body["division"])
    payment_id = bank.register_payment(
        context,
        date=_date(call),
        reference=call.body.get("reference") or "",
        lines=read_lines(call.body["lines"]),
    )
    return _payment(context, payment_id)


def _change(call: Call) -> Record:
    context, payment_id = _found(call)
    body = call.body
    bank.change_payment(
        context,
        payment_id,
        date=_date(call) if "date" in body else None,
        reference=body.get("reference"),
        lines=read_lines(body["lines"]) if "lines" in body else None,
    )
    return _payment(context, payment_id)


def _delete(call: Call) -> None:
    context, payment_id = _found(call)
    bank.delete_payment(context, payment_id)


def _unmatch(call: Call) -> Record:
    context, payment_id = _found(call)
    bank.unmatch_payment(context, payment_id)
    return _payment(context, payment_id)


def _write_off(call: Call) -> dict[str, object]:
    context = division_context(call.sandbox, call.body["division"])
    entry_id = call.body["entry_id"]
    return {"id": bank.write_off(context, entry_id=entry_id, date=_date(call))}


def _match(call: Call) -> dict[str, object]:
    context = division_context(call.sandbox, call.body["division"])
    return {"id": bank.match_items(context, call.body["entry_ids"], _date(call))}


def _collect(call: Call) -> dict[str, object]:
    context = division_context(call.sandbox, call.body["division"])
    entry_id, status = call.body["entry_id"], call.body["status"]
    bank.collect(context, entry_id=entry_id, status=status)
    return {"entry_id": entry_id, "status": status}


def _queried(call: Call) -> Context:
    return division_context(call.sandbox, call.query.get("division", ""))


def _found(call: Call) -> tuple[Context, str]:
    payment_id = call.path["id"]
    rows = call.sandbox.database.execute(
        "SELECT division FROM bank_payments WHERE id = ?", [payment_id]
    )
    if not rows:
        raise ControlError("There is no such payment.", 404)
    return division_context(call.sandbox, rows[0]["division"]), payment_id


def _payment(context: Context, payment_id: str) -> Record:
    return next(each for each in bank.payments(context) if each["id"] == payment_id)


def _date(call: Call) -> datetime:
    raw = call.body.get("date")
    return call.sandbox.clock.today() if raw is None else read_date(raw)


_DIVISION = {"type": ["integer", "string"], "description": "The division's code."}
_DATE = or_null(text("As 2026-01-31; today when left out.", examples=["2026-01-31"]))
_ENTRY = text("The EntryID of a sales entry.")
_REFERENCE = or_null(text("The text on the bank statement."))
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
            _payments,
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
                "division lines", division=_DIVISION, date=_DATE, reference=_REFERENCE, lines=_LINES
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
            request=fields(date=_DATE, reference=_REFERENCE, lines=_LINES),
            response=ref("Payment"),
        ),
        Route(
            "DELETE",
            "/_sandbox/bank/payments/{id}",
            _delete,
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
            "Write off what is open on an entry",
            request=fields("division entry_id", division=_DIVISION, entry_id=_ENTRY, date=_DATE),
            response=_DONE,
            status=201,
        ),
        Route(
            "POST",
            "/_sandbox/bank/matches",
            _match,
            "Match invoices with credit notes",
            request=fields(
                "division entry_ids", division=_DIVISION, entry_ids=many(_ENTRY), date=_DATE
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
