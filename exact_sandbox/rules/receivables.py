"""The little that may be changed on a receivable.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from exact_sandbox.books.terms import change_term
from exact_sandbox.rules.checks import choice_problems, refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_METHODS = frozenset("BIKV")  # on credit, collection, cash, credit card


def update(context: Context, term_id: str, changes: Record) -> None:
    """Change description, payment method or payment reference of a receivable; raises Refused."""
    changes.pop("ID", None)
    refuse(choice_problems(context, changes, {"PaymentMethod": _METHODS}, changes.keys()))
    change_term(context, term_id, changes)
