"""How items are written: what an invoice line sells.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=LogisticsItems
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from exact_sandbox.rules.checks import Reference, Use
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.reference import ReferenceList
from exact_sandbox.rules.sales_entry_lines import REVENUE
from exact_sandbox.values import Record

DELETED_ITEMS = 9  # EntityType of sync/Deleted
GROUP_CODE = "1"  # every division has one item group, which new items are in
_GL = Reference("glaccounts", word="gl_account")


def _complete(context: Context, row: Record, sent: Collection[str]) -> list[str]:
    database = context.sandbox.database
    if row.get("Created") is None:
        main = database.find("units", Division=context.division, Main=1) or {}
        group = database.find("items", Division=context.division, ItemGroupCode=GROUP_CODE) or {}
        row["Unit"] = row.get("Unit") or main.get("Code")
        row["StartDate"] = row.get("StartDate") or context.sandbox.clock.today()
        row.setdefault("IsSalesItem", context.sandbox.switches["new_item_is_sales_item"])
        for name in ("ItemGroup", "ItemGroupCode", "ItemGroupDescription"):
            row.setdefault(name, group.get(name))
    problems = []
    if "GLRevenue" in sent and row.get("GLRevenue"):
        account = database.find("glaccounts", ID=row["GLRevenue"], Division=context.division)
        if account is not None and account["Type"] != REVENUE:
            problems.append(context.say("invalid", what="gl_account_type"))
    if row.get("EndDate") and row.get("StartDate") and row["EndDate"] < row["StartDate"]:
        problems.append(context.say("invalid", what="EndDate"))
    return problems


ITEMS = ReferenceList(
    "logistics/Items",
    defaults={
        "IsPurchaseItem": False,
        "IsStockItem": False,
        "IsFractionAllowedItem": False,
        "StandardSalesPrice": Decimal(0),
        "Stock": Decimal(0),
    },
    references={
        "GLRevenue": _GL,
        "GLCosts": _GL,
        "GLStock": _GL,
        "SalesVatCode": Reference("vatcodes", "Code", "vat_code"),
        "Unit": Reference("units", "Code", "unit"),
    },
    uses=(Use("salesinvoicelines", "Item"),),
    word="item",
    entity_type=DELETED_ITEMS,
    complete=_complete,
)
