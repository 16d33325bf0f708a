"""Sales invoices that Exact numbers, prints and sends; the sync endpoint shows a row a line."""

from __future__ import annotations

from exact_sandbox.catalogue import endpoints
from exact_sandbox.expressions import (
    CONDITION,
    JOURNAL,
    Expression,
    described,
    gl_account_columns,
    lookup,
    padded,
)
from exact_sandbox.resources.resource import Navigation, Resource

# Computed column of an invoice: the table, its column, and the invoice's property that points there.
_LOOKED_UP: dict[str, tuple[str, str, str]] = {
    "OrderedByName": ("accounts", "Name", "OrderedBy"),
    "InvoiceToName": ("accounts", "Name", "InvoiceTo"),
    "DeliverToName": ("accounts", "Name", "DeliverTo"),
    "OrderedByContactPersonFullName": ("contacts", "FullName", "OrderedByContactPerson"),
    "InvoiceToContactPersonFullName": ("contacts", "FullName", "InvoiceToContactPerson"),
    "DeliverToContactPersonFullName": ("contacts", "FullName", "DeliverToContactPerson"),
    "DocumentNumber": ("documents", "HID", "Document"),
    "DocumentSubject": ("documents", "Subject", "Document"),
}
_HEADER: dict[str, Expression] = {
    **{name: lookup(*where) for name, where in _LOOKED_UP.items()},
    **JOURNAL,
    **CONDITION,
    "StatusDescription": described(
        "Status", {10: "status_draft", 20: "status_open", 50: "status_processed"}
    ),
    "TypeDescription": described(
        "Type",
        {
            8020: "type_sales_invoice",
            8021: "type_credit_note",
            8023: "type_sales_invoice",
            8024: "type_credit_note",
        },
    ),
}
_LINE: dict[str, Expression] = {
    "GLAccountDescription": gl_account_columns()["GLAccountDescription"],
    "ItemCode": lookup("items", "Code", "Item"),
    "ItemDescription": lookup("items", "Description", "Item"),
    "UnitDescription": lookup("units", "Description", "UnitCode", by="Code"),
    "VATCode": padded("VATCode"),
    "VATCodeDescription": lookup("vatcodes", "Description", "VATCode", by="Code"),
    "CostCenterDescription": lookup("costcenters", "Description", "CostCenter", by="Code"),
    "CostUnitDescription": lookup("costunits", "Description", "CostUnit", by="Code"),
}


def _header_columns_of_lines() -> dict[str, Expression]:
    """SQL for what a row of the sync endpoint shows of the invoice that its line belongs to."""
    own = {"Timestamp", *endpoints()["salesinvoice/SalesInvoiceLines"].properties}
    stamps = {"Created", "Creator", "CreatorFullName", "Modified", "Modifier", "ModifierFullName"}
    columns: dict[str, Expression] = {}
    for name in endpoints()["sync/SalesInvoice/SalesInvoices"].properties:
        if name in own or name in stamps:
            continue
        shown = str(_HEADER.get(name, f't."{name}"'))
        columns[name] = shown.replace('t."', 'h."')
    return columns


_LINES = {
    "SalesInvoiceLines": Navigation("salesinvoice/SalesInvoiceLines", "InvoiceID"),
    "SalesInvoiceOrderChargeLines": Navigation(),
}

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "salesinvoice/SalesInvoices",
        "SalesInvoice",
        "salesinvoices",
        key="InvoiceID",
        expressions=_HEADER,
        navigations=_LINES,
    ),
    Resource(
        "salesinvoice/SalesInvoiceLines",
        "SalesInvoiceLine",
        "salesinvoicelines",
        expressions=_LINE,
    ),
    Resource(
        "salesinvoice/PrintedSalesInvoices",
        "SalesInvoice.PrintedSalesInvoice",
        "printedsalesinvoices",
        key="InvoiceID",
    ),
    Resource(
        "bulk/SalesInvoice/SalesInvoices",
        "Bulk.SalesInvoice.SalesInvoice",
        "salesinvoices",
        key="InvoiceID",
        page_size=1000,
        needs_select=True,
        expressions=_HEADER,
        navigations=_LINES,
    ),
    Resource(
        "sync/SalesInvoice/SalesInvoices",
        "Sync.SalesInvoice.SalesInvoice",
        "salesinvoicelines",
        key="Timestamp",
        page_size=1000,
        sync=True,
        needs_select=True,
        join='LEFT JOIN "salesinvoices" h ON h."InvoiceID" = t."InvoiceID"',
        expressions={**_header_columns_of_lines(), **_LINE},
    ),
)
