"""Reads what people and programs bring to the bank desk."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal, InvalidOperation

from exact_sandbox.books.bank_entries import BankError, PaymentLine
from exact_sandbox.rules.context import Context
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import all_users


def desk_context(sandbox: Sandbox, division: object) -> Context:
    """Return the context of a bookkeeper at work in a division; raises BankError."""
    try:
        code = int(str(division))
    except ValueError as error:
        raise BankError("Name the division by its code.") from error
    if sandbox.database.find("divisions", Code=code) is None:
        raise BankError(f"There is no division {code}.")
    return Context(sandbox, all_users(sandbox.database)[0], code)


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
        return datetime.combine(datetime.fromisoformat(text).date(), time())
    except ValueError as error:
        raise BankError(f"'{text}' is not a date; write it as 2026-01-31.") from error
