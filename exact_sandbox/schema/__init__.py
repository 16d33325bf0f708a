"""The tables the sandbox keeps beside Exact's records, and the indexes on those records.

Each `*.sql` file here holds the tables of one part of the sandbox, written so that running it again
does no harm (`CREATE TABLE IF NOT EXISTS`). A new part adds a file; nothing else has to change.
Those in `state/` change with every request; they live in a file of their own beside the books.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

# Columns that clients filter by, wherever there are such, and how many rows of a large division
# share one value: what SQLite's planner is told.
FILTERED = {
    "Account": 1_000,
    "Customer": 1_000,
    "Date": 300,
    "Document": 2,
    "DueDate": 300,
    "Email": 2,
    "EntryDate": 300,
    "EntryNumber": 4,
    "InvoiceNumber": 4,
    "Modified": 10,
    "OrderedBy": 1_000,
    "OrderNumber": 10,
    "YourRef": 2,
}
# What the sandbox itself looks records up by.
INDEXES = (
    ("accounts", ("Division", "Code")),
    ("accounts", ("Division", "Name")),
    ("glaccounts", ("Division", "Code")),
    ("journals", ("Division", "Code")),
    ("vatcodes", ("Division", "Code")),
    ("paymentconditions", ("Division", "Code")),
    ("salesentries", ("Division", "Journal", "EntryNumber")),
    ("salesentrylines", ("EntryID",)),
    ("items", ("Division", "Code")),
    ("salesinvoices", ("Division", "Journal", "InvoiceNumber")),
    ("salesinvoicelines", ("InvoiceID",)),
    ("salesinvoicelines", ("Item",)),
    ("terms", ("TransactionEntryID",)),
    ("terms", ("TransactionID",)),
    ("terms", ("Account",)),
    ("bankentries", ("Division", "JournalCode", "EntryNumber")),
    ("bankentrylines", ("EntryID",)),
    ("cashentries", ("Division", "JournalCode", "EntryNumber")),
    ("cashentrylines", ("EntryID",)),
    ("transactionlines", ("EntryID",)),
    ("documents", ("Division", "FinancialTransactionEntryID")),
    ("documentattachments", ("Document",)),
    ("webhooksubscriptions", ("Division", "Topic")),
    ("exchangerates", ("Division", "SourceCurrency", "StartDate")),
)

# What a column holds where nobody said otherwise, as Exact's answers show it; flags are off.
FLAGS = frozenset({"Boolean", "Byte"})
DEFAULTS = {
    "accounts": {
        "ConsolidationScenario": 2,
        "CreditLinePurchase": 0,
        "CreditLineSales": 0,
        "DiscountPurchase": 0,
        "DiscountSales": 0,
        "InvoiceAttachmentType": 1,
        "InvoicingMethod": 0,
        "PurchaseLeadDays": 0,
        "SecurityLevel": 10,
        "ShippingLeadDays": 0,
    },
}


@cache
def own_tables() -> str:
    """Return the SQL that creates every table kept with the books."""
    return _joined(Path(__file__).parent)


@cache
def state_tables() -> str:
    """Return the SQL of the tables that change with every request: log, counts, waiting faults."""
    return _joined(Path(__file__).parent / "state")


def _joined(folder: Path) -> str:
    return "\n".join(file.read_text("utf-8") for file in sorted(folder.glob("*.sql")))
