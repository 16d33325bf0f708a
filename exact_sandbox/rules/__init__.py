"""What may be written where: the rules of each endpoint, by its path.

An endpoint without an entry can only be read. See `resources.py` for adding one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exact_sandbox.rules import accounts, receivables, sales_entries, sales_entry_lines
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.reference import ReferenceList
from exact_sandbox.values import Record


@dataclass(frozen=True, slots=True)
class Rules:
    """Create returns the key of the new record; each raises Refused when the books say no."""

    create: Callable[[Context, Record], str] | None = None
    update: Callable[[Context, str, Record], None] | None = None
    delete: Callable[[Context, str], None] | None = None


def _list(path: str, *, writable: bool = True) -> Rules:
    rules = ReferenceList(path)
    return Rules(rules.create, rules.update, rules.delete) if writable else Rules(rules.create)


RULES: dict[str, Rules] = {
    "crm/Accounts": Rules(accounts.create, accounts.update, accounts.delete),
    "salesentry/SalesEntries": Rules(
        sales_entries.create,
        sales_entries.update,
        sales_entries.delete,
    ),
    "salesentry/SalesEntryLines": Rules(
        sales_entry_lines.create,
        sales_entry_lines.update,
        sales_entry_lines.delete,
    ),
    "cashflow/Receivables": Rules(update=receivables.update),
    "cashflow/PaymentConditions": _list("cashflow/PaymentConditions", writable=False),
    "financial/Journals": _list("financial/Journals"),
    "financial/GLAccounts": _list("financial/GLAccounts"),
    "vat/VATCodes": _list("vat/VATCodes"),
}
