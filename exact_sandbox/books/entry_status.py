"""Processes entries and opens them again, wherever their status shows."""

from __future__ import annotations

from exact_sandbox.books.terms import OPEN, change_term, terms_of
from exact_sandbox.messages import word
from exact_sandbox.rules.context import Context

_TABLES = ("salesentries", "bankentries", "cashentries")


def set_entry_status(context: Context, entry_id: str, status: int) -> bool:
    """Give a sales, bank or cash entry its status (20 open, 50 processed); False without one."""
    database = context.sandbox.database
    found = [
        table
        for table in _TABLES
        if database.find(table, EntryID=entry_id, Division=context.division) is not None
    ]
    if not found:
        return False
    shown = "status_open" if status == OPEN else "status_processed"
    changes = {"Status": status, "StatusDescription": word(context.user.language, shown)}
    database.update(found[0], ("EntryID", entry_id), {**context.modified(), **changes})
    for line in database.records("transactionlines", EntryID=entry_id):
        database.update("transactionlines", ("ID", line["ID"]), {"Status": status})
    for term in terms_of(context, entry_id):
        change_term(context, term["ID"], {"TransactionStatus": status})
    return True
