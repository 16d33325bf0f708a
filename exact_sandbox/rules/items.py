"""What Exact accepts as an item: what an invoice line sells.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=LogisticsItems
"""

from __future__ import annotations

from decimal import Decimal

from exact_sandbox.books.ledger import record_deletion
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

ITEMS = 9  # EntityType of sync/Deleted
REVENUE = 110
# property: (table, column, word of the refusal)
_REFERENCES = {
    "GLRevenue": ("glaccounts", "ID", "gl_account"),
    "GLCosts": ("glaccounts", "ID", "gl_account"),
    "GLStock": ("glaccounts", "ID", "gl_account"),
    "SalesVatCode": ("vatcodes", "Code", "vat_code"),
    "Unit": ("units", "Code", "unit"),
}


def create(context: Context, sent: Record) -> str:
    """Store a new item and return its ID; raises Refused."""
    database = context.sandbox.database
    item = {**_defaults(context), **{name: value for name, value in sent.items() if value != ""}}
    item["ID"] = new_id()
    if sent.get("ID") and context.sandbox.switches["entry_id_honored"]:
        if database.find("items", ID=sent["ID"]):
            raise Refused(context.say("exists"))
        item["ID"] = sent["ID"]
    _check(context, item)
    database.insert("items", {**item, **context.created()})
    return str(item["ID"])


def update(context: Context, item_id: str, changes: Record) -> None:
    """Change an item; lines that were made with it keep what they took over. Raises Refused."""
    database = context.sandbox.database
    changes.pop("ID", None)
    item = (database.find("items", ID=item_id) or {}) | changes
    for name, what in (("Code", "code"), ("Description", "description")):
        if not str(item.get(name) or "").strip():
            raise Refused(context.say("mandatory", what=what))
    _check(context, item)
    database.update("items", ("ID", item_id), {**item, **context.modified()})


def delete(context: Context, item_id: str) -> None:
    """Delete an item that no invoice sells; raises Refused."""
    database = context.sandbox.database
    if database.find("salesinvoicelines", Item=item_id):
        raise Refused(context.say("in_use", what="item"))
    database.delete("items", ID=item_id)
    record_deletion(context, ITEMS, item_id)


def _defaults(context: Context) -> Record:
    main = context.sandbox.database.find("units", Division=context.division, Main=1)
    group = context.sandbox.database.find("items", Division=context.division, ItemGroupCode="1")
    return {
        "Unit": main["Code"] if main else None,
        "StartDate": context.sandbox.clock.today(),
        "IsSalesItem": context.sandbox.switches["new_item_is_sales_item"],
        "IsPurchaseItem": False,
        "IsStockItem": False,
        "IsFractionAllowedItem": False,
        "StandardSalesPrice": Decimal(0),
        "Stock": Decimal(0),
        **{
            name: group[name] if group else None
            for name in ("ItemGroup", "ItemGroupCode", "ItemGroupDescription")
        },
    }


def _check(context: Context, item: Record) -> None:
    database = context.sandbox.database
    item["Code"] = item["Code"].strip()
    same = database.find("items", Division=context.division, Code=item["Code"])
    if same is not None and same["ID"] != item["ID"]:
        raise Refused(context.say("exists"))
    problems = []
    for name, (table, column, what) in _REFERENCES.items():
        value = str(item.get(name) or "").strip()
        item[name] = value or None
        if not value:
            continue
        found = database.find(table, **{column: value, "Division": context.division})
        if found is None:
            problems.append(context.say("invalid_reference", what=what))
        elif name == "GLRevenue" and found["Type"] != REVENUE:
            problems.append(context.say("invalid", what="gl_account_type"))
    if item.get("EndDate") and item.get("StartDate") and item["EndDate"] < item["StartDate"]:
        problems.append(context.say("invalid", what="EndDate"))
    if problems:
        raise Refused(*dict.fromkeys(problems))
