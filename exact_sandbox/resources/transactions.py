"""Ledger lines, bank and cash entries."""

from __future__ import annotations

from exact_sandbox.expressions import TRANSACTION_LINE, account_columns, gl_account_columns
from exact_sandbox.resources.resource import Navigation, Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "financialtransaction/TransactionLines",
        "FinancialTransaction.TransactionLine",
        "transactionlines",
        expressions=TRANSACTION_LINE,
    ),
    Resource(
        "bulk/Financial/TransactionLines",
        "Bulk.Financial.TransactionLine",
        "transactionlines",
        page_size=1000,
        needs_select=True,
        expressions=TRANSACTION_LINE,
    ),
    Resource(
        "sync/Financial/TransactionLines",
        "Sync.Financial.TransactionLine",
        "transactionlines",
        key="Timestamp",
        page_size=1000,
        sync=True,
        needs_select=True,
        expressions=TRANSACTION_LINE,
    ),
    Resource(
        "financialtransaction/BankEntries",
        "FinancialTransaction.BankEntry",
        "bankentries",
        key="EntryID",
        navigations={
            "BankEntryLines": Navigation("financialtransaction/BankEntryLines", "EntryID")
        },
    ),
    Resource(
        "financialtransaction/BankEntryLines",
        "FinancialTransaction.BankEntryLine",
        "bankentrylines",
        expressions={**account_columns(), **gl_account_columns()},
    ),
    Resource(
        "financialtransaction/CashEntries",
        "FinancialTransaction.CashEntry",
        "cashentries",
        key="EntryID",
        navigations={
            "CashEntryLines": Navigation("financialtransaction/CashEntryLines", "EntryID")
        },
    ),
    Resource(
        "financialtransaction/CashEntryLines",
        "FinancialTransaction.CashEntryLine",
        "cashentrylines",
        expressions={**account_columns(), **gl_account_columns()},
    ),
)
