"""The little that may be changed on a receivable.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from exact_sandbox.books.terms import change_term
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


def update(context: Context, term_id: str, changes: Record) -> None:
    """Change description, payment method or payment reference of a receivable."""
    changes.pop("ID", None)
    change_term(context, term_id, changes)
