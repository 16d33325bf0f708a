"""The bank desk as JSON under /_sandbox/bank, for tests and scripts."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from exact_sandbox.books import bank
from exact_sandbox.books.bank_entries import BankError, PaymentLine
from exact_sandbox.rules.context import Context
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import all_users

Answer = tuple[object, int]
_PAYMENT = re.compile(r"/_sandbox/bank/payments/([0-9a-f-]{36})(/unmatch)?")


def desk_context(sandbox: Sandbox, division: object) -> Context:
    """Return the context of a bookkeeper at work in a division; raises BankError."""
    try:
        code = int(str(division))
    except ValueError as error:
        raise BankError("Name the division by its code.") from error
    if sandbox.database.find("divisions", Code=code) is None:
        raise BankError(f"There is no division {code}.")
    return Context(sandbox, all_users(sandbox.database)[0], code)


def bank_answer(
    sandbox: Sandbox, method: str, path: str, query: dict[str, str], body: dict[str, Any]
) -> Answer:
    """Return body and status of a request under /_sandbox/bank; raises BankError."""
    match (method, path):
        case ("GET", "/_sandbox/bank/open-items"):
            context = desk_context(sandbox, query.get("division"))
            return {"open_items": bank.open_items(context)}, 200
        case ("GET", "/_sandbox/bank/payments"):
            context = desk_context(sandbox, query.get("division"))
            return {"payments": bank.payments(context)}, 200
        case ("POST", "/_sandbox/bank/payments"):
            return _register(sandbox, body), 201
        case ("POST", "/_sandbox/bank/write-offs"):
            context = desk_context(sandbox, body.get("division"))
            entry_id = str(body.get("entry_id"))
            written_off = bank.write_off(context, entry_id=entry_id, date=_date(sandbox, body))
            return {"id": written_off}, 201
        case ("POST", "/_sandbox/bank/matches"):
            context = desk_context(sandbox, body.get("division"))
            entry_ids = [str(entry_id) for entry_id in body.get("entry_ids") or []]
            return {"id": bank.match_items(context, entry_ids, _date(sandbox, body))}, 201
        case ("POST", "/_sandbox/bank/collections"):
            context = desk_context(sandbox, body.get("division"))
            status = body.get("status")
            bank.collect(
                context,
                entry_id=str(body.get("entry_id")),
                status=status if isinstance(status, int) else 0,
            )
            return {"entry_id": body.get("entry_id"), "status": status}, 200
    if found := _PAYMENT.fullmatch(path):
        return _on_payment(sandbox, method, found[1], body, unmatch=found[2] is not None)
    return {"error": "There is no such address."}, 404


def _register(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, object]:
    context = desk_context(sandbox, body.get("division"))
    payment_id = bank.register_payment(
        context,
        date=_date(sandbox, body),
        reference=str(body.get("reference") or ""),
        lines=read_lines(body.get("lines")),
    )
    return next(payment for payment in bank.payments(context) if payment["id"] == payment_id)


def _on_payment(
    sandbox: Sandbox, method: str, payment_id: str, body: dict[str, Any], *, unmatch: bool
) -> Answer:
    rows = sandbox.database.execute(
        "SELECT division FROM bank_payments WHERE id = ?",
        [payment_id],
    )
    if not rows:
        return {"error": "There is no such payment."}, 404
    context = desk_context(sandbox, rows[0]["division"])
    match (method, unmatch):
        case ("POST", True):
            bank.unmatch_payment(context, payment_id)
        case ("DELETE", False):
            bank.delete_payment(context, payment_id)
            return None, 204
        case ("PATCH", False):
            bank.change_payment(
                context,
                payment_id,
                date=_date(sandbox, body) if "date" in body else None,
                reference=str(body["reference"]) if "reference" in body else None,
                lines=read_lines(body["lines"]) if "lines" in body else None,
            )
        case _:
            return {"error": "This address does not take that method."}, 405
    found = (payment for payment in bank.payments(context) if payment["id"] == payment_id)
    return next(found), 200


def read_lines(raw: object) -> list[PaymentLine]:
    """Return the lines of a payment; raises BankError for what is not an amount."""
    if not isinstance(raw, list) or not all(isinstance(line, dict) for line in raw):
        raise BankError("lines must be a list of {entry_id, amount}.")
    return [PaymentLine(str(line.get("entry_id")), read_amount(line.get("amount"))) for line in raw]


def read_amount(raw: object) -> Decimal:
    """Return an amount given as text or number; raises BankError."""
    try:
        amount = Decimal(str(raw).replace(",", "."))
    except InvalidOperation as error:
        raise BankError(f"'{raw}' is not an amount.") from error
    if not amount.is_finite():
        raise BankError(f"'{raw}' is not an amount.")
    return amount


def read_date(text: str) -> datetime:
    """Return a date given as 2026-01-31; raises BankError."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None, hour=0, minute=0, second=0)
    except ValueError as error:
        raise BankError(f"'{text}' is not a date; write it as 2026-01-31.") from error


def _date(sandbox: Sandbox, body: dict[str, Any]) -> datetime:
    raw = body.get("date")
    return sandbox.clock.today() if raw is None else read_date(str(raw))
