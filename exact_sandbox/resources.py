"""The table of everything the REST API serves: one entry per endpoint.

To add an endpoint: put its properties into `catalogue.json`, add an entry here, and, when it can
be written, name its rules in `rules/__init__.py`. Endpoints that show the same records (such as
crm/Accounts and sync/CRM/Accounts) share a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from exact_sandbox.catalogue import Endpoint, Property, endpoints
from exact_sandbox.expressions import (
    ACCOUNT,
    CONDITION,
    JOURNAL,
    TERM,
    TRANSACTION_LINE,
    Expression,
    gl_account_columns,
    lookup,
    padded,
)
from exact_sandbox.switches import Switches


@dataclass(frozen=True, slots=True)
class Navigation:
    """Records that belong to a record: those of `path` whose `column` holds its key."""

    path: str | None = None
    column: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """How an endpoint of the catalogue is served."""

    path: str
    model: str
    table: str
    key: str = "ID"
    page_size: int = 60
    everywhere: bool = False  # the same records in each division
    sync: bool = False
    needs_select: bool = False
    filterable: frozenset[str] | None = None  # None: every property
    where: str = ""
    kept_days: int | None = None  # how long a deletion is remembered
    expressions: Mapping[str, Expression] = field(default_factory=dict)
    navigations: Mapping[str, Navigation] = field(default_factory=dict)

    @property
    def endpoint(self) -> Endpoint:
        """Return the catalogue's entry."""
        return endpoints()[self.path]

    @property
    def properties(self) -> dict[str, Property]:
        """Return the properties by name."""
        return self.endpoint.properties

    @property
    def type_name(self) -> str:
        """Return the name Exact gives the record's type."""
        return f"Exact.Web.Api.Models.{self.model}"


_DIVISION_CLASSES = {f"Class_0{number}": Navigation() for number in range(1, 6)}
RESOURCES: tuple[Resource, ...] = (
    Resource(
        "system/Divisions",
        "System.Division",
        "divisions",
        key="Code",
        everywhere=True,
        navigations=_DIVISION_CLASSES,
    ),
    Resource(
        "hrm/Divisions",
        "HRM.Division",
        "divisions",
        key="Code",
        everywhere=True,
        navigations=_DIVISION_CLASSES,
        expressions={
            "Status": 'CASE t."Status" WHEN 2 THEN 1 ELSE 0 END',
            "Main": 't."IsMainDivision"',
            "HID": 't."Hid"',
        },
    ),
    Resource(
        "crm/Accounts",
        "Account",
        "accounts",
        expressions=ACCOUNT,
        navigations={"BankAccounts": Navigation()},
    ),
    Resource(
        "sync/CRM/Accounts",
        "Sync.CRM.Account",
        "accounts",
        key="Timestamp",
        page_size=1000,
        sync=True,
        needs_select=True,
        expressions=ACCOUNT,
        navigations={"BankAccounts": Navigation()},
    ),
    Resource(
        "financial/Journals",
        "Financial.Journal",
        "journals",
        expressions={
            **gl_account_columns(),
            "GLAccountType": lookup("glaccounts", "Type", "GLAccount"),
            "CurrencyDescription": lookup(
                "currencies", "Description", "Currency", by="Code"
            ).replace(' AND r."Division" = t."Division"', ""),
        },
    ),
    Resource(
        "financial/GLAccounts",
        "Financial.GLAccount",
        "glaccounts",
        expressions={
            "VATDescription": lookup("vatcodes", "Description", "VATCode", by="Code"),
            "VATCode": padded("VATCode"),
        },
        navigations={"DeductibilityPercentages": Navigation()},
    ),
    Resource("financial/FinancialPeriods", "Financial.FinancialPeriod", "periods"),
    Resource(
        "vat/VATCodes",
        "VAT.VATCode",
        "vatcodes",
        expressions={
            "Code": padded("Code"),
            "GLToPayCode": lookup("glaccounts", "Code", "GLToPay"),
            "GLToPayDescription": lookup("glaccounts", "Description", "GLToPay"),
            "GLToClaimCode": lookup("glaccounts", "Code", "GLToClaim"),
            "GLToClaimDescription": lookup("glaccounts", "Description", "GLToClaim"),
        },
        navigations={"VATPercentages": Navigation("vat/VatPercentages", "VATCodeID")},
    ),
    Resource("vat/VatPercentages", "VAT.VatPercentage", "vatpercentages"),
    Resource("cashflow/PaymentConditions", "Cashflow.PaymentCondition", "paymentconditions"),
    Resource("general/Currencies", "General.Currency", "currencies", key="Code", everywhere=True),
    Resource(
        "salesentry/SalesEntries",
        "SalesEntry.SalesEntry",
        "salesentries",
        key="EntryID",
        expressions={
            "CustomerName": lookup("accounts", "Name", "Customer"),
            **JOURNAL,
            **CONDITION,
            "PaymentConditionPaymentMethod": lookup(
                "paymentconditions", "PaymentMethod", "PaymentCondition", by="Code"
            ),
        },
        navigations={"SalesEntryLines": Navigation("salesentry/SalesEntryLines", "EntryID")},
    ),
    Resource(
        "salesentry/SalesEntryLines",
        "SalesEntry.SalesEntryLine",
        "salesentrylines",
        expressions={
            **gl_account_columns(),
            "VATCode": padded("VATCode"),
            "VATCodeDescription": lookup("vatcodes", "Description", "VATCode", by="Code"),
        },
    ),
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
        "sync/Cashflow/PaymentTerms",
        "Sync.Cashflow.PaymentTerm",
        "terms",
        key="Timestamp",
        page_size=1000,
        sync=True,
        needs_select=True,
        expressions=TERM,
    ),
    Resource(
        "sync/Deleted",
        "Sync.Deleted",
        "deleted",
        key="Timestamp",
        page_size=1000,
        sync=True,
        kept_days=61,
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
)


@cache
def by_path() -> dict[str, Resource]:
    """Return the resources by path in lower case: Exact's addresses ignore case."""
    return {resource.path.lower(): resource for resource in RESOURCES}


@cache
def table_columns() -> dict[str, dict[str, str]]:
    """Return the columns of each table with their Edm types: what its resources store."""
    tables: dict[str, dict[str, str]] = {}
    for resource in RESOURCES:
        columns = tables.setdefault(resource.table, {"Division": "Int32"})
        for prop in resource.properties.values():
            if not prop.nested and not (
                prop.name in resource.expressions and prop.name not in _own_columns(resource)
            ):
                columns.setdefault(prop.name, prop.type)
    return tables


def _own_columns(resource: Resource) -> set[str]:
    """Properties that are stored although an expression shows them differently."""
    return {
        name
        for name, expression in resource.expressions.items()
        if f't."{name}"' in (expression if isinstance(expression, str) else expression(Switches()))
        and not resource.path.startswith("read/")
    }
