"""Reads records a page at a time, so that 100,000 of them do not hold up a page."""

from __future__ import annotations

from collections.abc import Iterable

from exact_sandbox.database import Database
from exact_sandbox.resources import table_columns
from exact_sandbox.values import Record, from_store

TERM_STATES = {20: "open", 30: "selected", 40: "in direct debit", 50: "matched"}


def rows(
    database: Database,
    sql: str,
    parameters: Iterable[object],
    table: str,
) -> list[Record]:
    """Return what a query finds; columns of the table come as Python values."""
    types = table_columns()[table]
    return [
        {name: from_store(types.get(name, ""), row[name]) for name in row.keys()}  # noqa: SIM118 - a row of SQLite
        for row in database.execute(sql, parameters)
    ]


def number(database: Database, sql: str, parameters: Iterable[object] = ()) -> int:
    """Return the one number that a query finds."""
    return int(database.execute(sql, parameters)[0][0] or 0)


def like(text: str) -> str:
    """Return a text as a pattern of LIKE that finds it anywhere; ESCAPE is a backslash."""
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"


def division_counts(database: Database, division: int) -> dict[str, int]:
    """Return how many records of each kind a division has."""
    tables = ("salesentries", "salesinvoices", "accounts", "documents")
    counts = {
        table: number(database, f'SELECT count(*) FROM "{table}" WHERE "Division" = ?', [division])  # noqa: S608 - the four above
        for table in tables
    }
    counts["open"] = number(
        database,
        'SELECT count(*) FROM terms WHERE "Division" = ? AND "LineType" = 20 AND "Status" < 50',
        [division],
    )
    return counts
