"""Payment terms under their four names."""

from __future__ import annotations

from exact_sandbox.expressions import (
    JOURNAL,
    RECEIVABLES,
    TERM,
    TERMS,
    in_transit,
    list_amount,
    lookup,
)
from exact_sandbox.resources.resource import Navigation, Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "cashflow/Receivables",
        "Cashflow.Receivable",
        "terms",
        where=RECEIVABLES,
        expressions=TERM,
    ),
    Resource(
        "bulk/Cashflow/Receivables",
        "Bulk.Cashflow.Receivable",
        "terms",
        page_size=1000,
        needs_select=True,
        where=RECEIVABLES,
        expressions=TERM,
        filterable=frozenset(
            [
                "Account",
                "Document",
                "EndDate",
                "EndToEndID",
                "EntryDate",
                "EntryID",
                "GLAccount",
                "ID",
                "InvoiceDate",
                "InvoiceNumber",
                "Source",
                "Status",
                "TransactionID",
                "TransactionType",
            ],
        ),
    ),
    Resource(
        "read/financial/ReceivablesList",
        "Read.Financial.ReceivablesList",
        "terms",
        key="HID",
        where='t."LineType" = 20 AND t."Status" < 50',
        navigations={"Notes": Navigation()},
        expressions={
            "HID": 't."rowid"',
            "AccountId": 't."Account"',
            "AccountCode": lookup("accounts", "Code", "Account"),
            "AccountName": lookup("accounts", "Name", "Account"),
            "Amount": list_amount,
            "AmountInTransit": in_transit,
            # "Will be null if it is a cashflow entry", says Exact of YourRef.
            "YourRef": 'CASE WHEN t."TransactionType" IN (20, 21) THEN t."YourRef" END',
            "CurrencyCode": 't."Currency"',
            "JournalCode": 't."Journal"',
            "JournalDescription": JOURNAL["JournalDescription"],
            "Id": 't."ID"',
        },
    ),
    Resource(
        "sync/Cashflow/PaymentTerms",
        "Sync.Cashflow.PaymentTerm",
        "terms",
        key="Timestamp",
        page_size=1000,
        sync=True,
        needs_select=True,
        where=TERMS,
        expressions=TERM,
    ),
)
