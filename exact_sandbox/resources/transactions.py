"""Ledger lines, bank and cash entries."""

from __future__ import annotations

from exact_sandbox.expressions import CASH_FLOW_ENTRY, CASH_FLOW_LINE, TRANSACTION_LINE, lookup
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
        expressions={
            **CASH_FLOW_ENTRY,
            "BankStatementDocumentNumber": lookup("documents", "HID", "BankStatementDocument"),
            "BankStatementDocumentSubject": lookup("documents", "Subject", "BankStatementDocument"),
        },
        navigations={
            "BankEntryLines": Navigation("financialtransaction/BankEntryLines", "EntryID")
        },
    ),
    Resource(
        "financialtransaction/BankEntryLines",
        "FinancialTransaction.BankEntryLine",
        "bankentrylines",
        expressions=CASH_FLOW_LINE,
    ),
    Resource(
        "financialtransaction/CashEntries",
        "FinancialTransaction.CashEntry",
        "cashentries",
        key="EntryID",
        expressions=CASH_FLOW_ENTRY,
        navigations={
            "CashEntryLines": Navigation("financialtransaction/CashEntryLines", "EntryID")
        },
    ),
    Resource(
        "financialtransaction/CashEntryLines",
        "FinancialTransaction.CashEntryLine",
        "cashentrylines",
        expressions=CASH_FLOW_LINE,
    ),
)
