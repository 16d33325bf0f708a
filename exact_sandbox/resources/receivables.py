"""Payment terms under their four names."""

from __future__ import annotations

from exact_sandbox.expressions import JOURNAL, TERM, lookup
from exact_sandbox.resources.resource import Navigation, Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "cashflow/Receivables",
        "Cashflow.Receivable",
        "terms",
        where='t."LineType" = 20',
        expressions=TERM,
    ),
    Resource(
        "bulk/Cashflow/Receivables",
        "Bulk.Cashflow.Receivable",
        "terms",
        page_size=1000,
        needs_select=True,
        where='t."LineType" = 20',
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
            "Amount": 't."AmountDC"',
            "AmountInTransit": 'CASE WHEN t."Status" = 40 THEN t."AmountDC" ELSE 0 END',
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
        expressions=TERM,
    ),
)
