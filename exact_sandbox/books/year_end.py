"""Closes a year and opens it again: its periods and all that was booked in them.

Closing processes every entry of the year and reopening takes that back, so that all of them, and their terms, come by
in the sync endpoints once more though nothing was paid or undone.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialFinancialPeriods
"""

from __future__ import annotations

from exact_sandbox.books.entry_status import set_entry_status
from exact_sandbox.rules.context import Context

_OPEN, _PROCESSED = 20, 50
_ENTRIES = """
SELECT "EntryID" FROM salesentries WHERE "Division" = ? AND "ReportingYear" = ?
UNION ALL SELECT "EntryID" FROM bankentries WHERE "Division" = ? AND "FinancialYear" = ?
UNION ALL SELECT "EntryID" FROM cashentries WHERE "Division" = ? AND "FinancialYear" = ?
"""


def close_year(context: Context, year: int) -> None:
    """Close every period of a year and process its entries; nothing can be booked in it any more."""
    database = context.sandbox.database
    for period in database.records("periods", Division=context.division, FinYear=year):
        database.execute(
            "INSERT OR IGNORE INTO closed_periods VALUES (?, ?, ?)",
            [context.division, year, period["FinPeriod"]],
        )
    _set_status(context, year, _PROCESSED)


def reopen_year(context: Context, year: int) -> None:
    """Open every period of a year and its entries again."""
    context.sandbox.database.execute(
        "DELETE FROM closed_periods WHERE division = ? AND year = ?", [context.division, year]
    )
    _set_status(context, year, _OPEN)


def _set_status(context: Context, year: int, status: int) -> None:
    for row in context.sandbox.database.execute(_ENTRIES, [context.division, year] * 3):
        set_entry_status(context, row["EntryID"], status)
