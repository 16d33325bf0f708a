"""Sales invoices that Exact numbers, prints and sends."""

from __future__ import annotations

from exact_sandbox.resources.resource import Navigation, Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "salesinvoice/SalesInvoices",
        "SalesInvoice",
        "salesinvoices",
        key="InvoiceID",
        navigations={
            "SalesInvoiceLines": Navigation("salesinvoice/SalesInvoiceLines", "InvoiceID"),
            "SalesInvoiceOrderChargeLines": Navigation(),
        },
    ),
    Resource("salesinvoice/SalesInvoiceLines", "SalesInvoiceLine", "salesinvoicelines"),
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
        navigations={
            "SalesInvoiceLines": Navigation("salesinvoice/SalesInvoiceLines", "InvoiceID"),
            "SalesInvoiceOrderChargeLines": Navigation(),
        },
    ),
    Resource(
        "sync/SalesInvoice/SalesInvoices",
        "Sync.SalesInvoice.SalesInvoice",
        "salesinvoicelines",
        key="Timestamp",
        page_size=1000,
        sync=True,
        needs_select=True,
    ),
)
