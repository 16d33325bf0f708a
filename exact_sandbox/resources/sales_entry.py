"""Sales entries and their lines."""

from __future__ import annotations

from exact_sandbox.expressions import (
    CONDITION,
    COST,
    DOCUMENT,
    JOURNAL,
    VAT_CODE,
    described,
    gl_account_columns,
    lookup,
)
from exact_sandbox.resources.resource import Navigation, Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "salesentry/SalesEntries",
        "SalesEntry",
        "salesentries",
        key="EntryID",
        expressions={
            "CustomerName": lookup("accounts", "Name", "Customer"),
            **JOURNAL,
            **CONDITION,
            **DOCUMENT,
            "StatusDescription": described("Status", {20: "status_open", 50: "status_processed"}),
            "TypeDescription": described("Type", {20: "type_sales_entry", 21: "type_credit_note"}),
            "PaymentConditionPaymentMethod": lookup(
                "paymentconditions", "PaymentMethod", "PaymentCondition", by="Code"
            ),
        },
        navigations={"SalesEntryLines": Navigation("salesentry/SalesEntryLines", "EntryID")},
    ),
    Resource(
        "salesentry/SalesEntryLines",
        "SalesEntryLine",
        "salesentrylines",
        expressions={
            **gl_account_columns(),
            **VAT_CODE,
            **COST,
        },
    ),
)
