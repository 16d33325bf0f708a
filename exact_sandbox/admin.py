"""What an administrator does inside Exact: archive, block, close, process, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exact_sandbox.books.entry_status import set_entry_status
from exact_sandbox.books.sales import unbook
from exact_sandbox.books.terms import is_touched
from exact_sandbox.books.year_end import close_year, reopen_year
from exact_sandbox.divisions import set_status
from exact_sandbox.rules.context import Context


class AdminError(ValueError):
    """An order that cannot be carried out; the text says why."""


def _archive(context: Context, value: Any) -> None:
    set_status(context.sandbox.database, context.division, "archived" if value else "active")


def _blocked(table: str, column: str, *, blocked: bool, flag: str = "IsBlocked") -> Order:
    def order(context: Context, value: Any) -> None:
        database = context.sandbox.database
        row = database.find(table, **{"Division": context.division, column: str(value)})
        if row is None:
            raise AdminError(f"There is no '{value}' in {table}.")
        database.update(table, ("ID", row["ID"]), {flag: blocked})

    return order


def _vat_codes(context: Context, value: Any) -> None:
    """Take all VAT codes away (true) or bring them back (false)."""
    moved = (context.division, -context.division)
    source, target = moved if value else moved[::-1]
    context.sandbox.database.execute(
        'UPDATE vatcodes SET "Division" = ? WHERE "Division" = ?',
        [target, source],
    )


def _period(*, closed: bool) -> Order:
    def order(context: Context, value: Any) -> None:
        if not isinstance(value, list) or [type(number) for number in value] != [int, int]:
            raise AdminError("Name the period as [year, period].")
        year, period = value
        if not (1 <= year <= 9999 and 1 <= period <= 99):
            raise AdminError("There is no such period.")
        sql = (
            "INSERT OR IGNORE INTO closed_periods VALUES (?, ?, ?)"
            if closed
            else "DELETE FROM closed_periods WHERE division = ? AND year = ? AND period = ?"
        )
        context.sandbox.database.execute(sql, [context.division, year, period])

    return order


def _year(order: Callable[[Context, int], None]) -> Order:
    def carry(context: Context, value: Any) -> None:
        if type(value) is not int or not 1 <= value <= 9999:
            raise AdminError("Name the year as a number.")
        order(context, value)

    return carry


def _entry_status(status: int) -> Order:
    def order(context: Context, value: Any) -> None:
        if not set_entry_status(context, str(value), status):
            raise AdminError("There is no such entry.")

    return order


def _delete_entry(context: Context, value: Any) -> None:
    database = context.sandbox.database
    if database.find("salesentries", EntryID=str(value), Division=context.division) is None:
        raise AdminError("There is no such entry.")
    if is_touched(context, str(value)):
        raise AdminError("Money has touched this entry; undo the payment first.")
    unbook(context, str(value))


def _default_condition(context: Context, value: Any) -> None:
    database = context.sandbox.database
    condition = None
    if value is not None:
        condition = database.find("paymentconditions", Division=context.division, Code=str(value))
        if condition is None:
            raise AdminError(f"There is no '{value}' in paymentconditions.")
    database.execute(
        "UPDATE division_settings SET default_payment_condition = ? WHERE division = ?",
        [condition and condition["Code"], context.division],
    )


Order = Callable[[Context, Any], None]
ORDERS: dict[str, Order] = {
    "archive": _archive,
    "block_journal": _blocked("journals", "Code", blocked=True),
    "unblock_journal": _blocked("journals", "Code", blocked=False),
    "block_gl_account": _blocked("glaccounts", "Code", blocked=True),
    "unblock_gl_account": _blocked("glaccounts", "Code", blocked=False),
    "block_vat_code": _blocked("vatcodes", "Code", blocked=True),
    "unblock_vat_code": _blocked("vatcodes", "Code", blocked=False),
    "block_account": _blocked("accounts", "ID", blocked=True, flag="Blocked"),
    "unblock_account": _blocked("accounts", "ID", blocked=False, flag="Blocked"),
    "remove_vat_codes": _vat_codes,
    "close_period": _period(closed=True),
    "open_period": _period(closed=False),
    "close_year": _year(close_year),
    "reopen_year": _year(reopen_year),
    "mark_processed": _entry_status(50),
    "mark_open": _entry_status(20),
    "delete_entry": _delete_entry,
    "default_payment_condition": _default_condition,
}


def carry_out(context: Context, orders: dict[str, Any]) -> None:
    """Carry out orders in a division, all or none; raises AdminError."""
    for name, value in orders.items():
        if name not in ORDERS:
            raise AdminError(f"Unknown order '{name}'. Known: {', '.join(ORDERS)}.")
        ORDERS[name](context, value)
