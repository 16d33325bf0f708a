"""The topics an application can subscribe to, and the records whose changes each tells of.

Exact's reference marks with "This entity supports webhooks" which endpoints have a topic; payment
terms have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; without a table the sandbox knows it but has nothing that could change.

    `grouped` topics tell of one thing kept as several rows: an entry as its ledger lines.
    """

    name: str
    path: str = ""
    table: str = ""
    key: str = "ID"
    grouped: bool = False


_WITH_RECORDS = (
    Topic("Accounts", "crm/Accounts", "accounts"),
    Topic("BankEntries", "financialtransaction/BankEntries", "bankentries", "EntryID"),
    Topic("CashEntries", "financialtransaction/CashEntries", "cashentries", "EntryID"),
    Topic("Contacts", "crm/Contacts", "contacts"),
    Topic("DocumentAttachments", "documents/DocumentAttachments", "documentattachments"),
    Topic("Documents", "documents/Documents", "documents"),
    Topic(
        "FinancialTransactions",
        "financialtransaction/Transactions",
        "transactionlines",
        "EntryID",
        grouped=True,
    ),
    Topic("GLAccounts", "financial/GLAccounts", "glaccounts"),
    Topic("Items", "logistics/Items", "items"),
    Topic("SalesInvoices", "salesinvoice/SalesInvoices", "salesinvoices", "InvoiceID"),
    Topic("TransactionLines", "financialtransaction/TransactionLines", "transactionlines"),
)
_WITHOUT_RECORDS = (
    "BankAccounts",
    "CostTransactions",
    "GoodsDeliveries",
    "ProjectPlanning",
    "PurchaseOrders",
    "Quotations",
    "SalesOrders",
    "StockPositions",
    "Subscriptions",
    "TimeTransactions",
)
TOPICS: dict[str, Topic] = {
    topic.name: topic for topic in (*_WITH_RECORDS, *(Topic(name) for name in _WITHOUT_RECORDS))
}
INSTANT_TOPIC = "GoodsDeliveries"  # the only one that takes IsInstant

_TRIGGER = """
CREATE TRIGGER "{name}" AFTER {verb} ON "{topic.table}"
WHEN EXISTS (
  SELECT 1 FROM "webhooksubscriptions"
  WHERE "Division" = {row}."Division" AND "Topic" = '{topic.name}')
BEGIN
  INSERT INTO webhook_changes (division, topic, key, action)
  VALUES ({row}."Division", '{topic.name}', {row}."{topic.key}", '{action}');
END
"""


def find_topic(name: str) -> Topic | None:
    """Return a topic by name, whatever its case, or None."""
    wanted = name.strip().lower()
    return next((topic for topic in TOPICS.values() if topic.name.lower() == wanted), None)


def triggers() -> Iterator[tuple[str, str]]:
    """Return name and SQL of the triggers that note changes while somebody is subscribed to them."""
    for topic in TOPICS.values():
        if not topic.table:
            continue
        for action, verb, row in (
            ("Create", "INSERT", "NEW"),
            ("Update", "UPDATE", "NEW"),
            ("Delete", "DELETE", "OLD"),
        ):
            name = f"webhook_{topic.name}_{action}"
            yield name, _TRIGGER.format(name=name, topic=topic, action=action, verb=verb, row=row)
