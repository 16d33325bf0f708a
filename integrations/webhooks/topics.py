"""What is subscribed to, in groups: the topics of a group bring the same reading forward.

Exact's reference marks with "This entity supports webhooks" which endpoints have a topic:
https://start.exactonline.nl/docs/HlpRestAPIResources.aspx. Payment terms, journals and VAT codes have none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from integrations.models import ExactConnection, Route


@dataclass(frozen=True, slots=True)
class Group:
    """Topics of Exact, how often at most they bring a reading forward, and which connections want that."""

    name: str
    topics: tuple[str, ...]
    gap: timedelta
    is_wanted: Callable[[ExactConnection], bool]


PAYMENTS = Group(
    "payments",
    # One booking at the bank tells of itself under several topics; which ones a matching does is not certain.
    ("FinancialTransactions", "BankEntries", "CashEntries"),
    timedelta(minutes=1),
    lambda connection: connection.sync_payments,
)
# Lists cost Exact's calls, which copies need as well, and nobody waits for a list by the minute.
_LIST_GAP = timedelta(minutes=5)
CUSTOMERS = Group("customers", ("Accounts",), _LIST_GAP, lambda _connection: True)
LEDGER_ACCOUNTS = Group("ledger_accounts", ("GLAccounts",), _LIST_GAP, lambda _connection: True)
ITEMS = Group(
    "items", ("Items",), _LIST_GAP, lambda connection: connection.route == Route.EXACT_INVOICE
)

# In the order in which they are subscribed to.
GROUPS: dict[str, Group] = {
    group.name: group for group in (PAYMENTS, CUSTOMERS, ITEMS, LEDGER_ACCOUNTS)
}
GROUP_OF_TOPIC: dict[str, Group] = {
    topic: group for group in GROUPS.values() for topic in group.topics
}


def wanted_groups(connection: ExactConnection) -> set[str]:
    """This function will return the names of the groups whose readings the connection needs."""
    return {group.name for group in GROUPS.values() if group.is_wanted(connection)}
