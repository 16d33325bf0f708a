"""What the lines of every kind of entry are checked for alike: VAT codes and cost centers.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialGLAccounts
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from exact_sandbox.rules.checks import Reference, find_referred
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

MANDATORY, NOT_USED = 1, 2  # UseCostcenter and UseCostunit of a ledger account; 0 is optional
_COST = (  # property of a line, property of the ledger account, where the codes are, word
    ("CostCenter", "UseCostcenter", Reference("costcenters", "Code"), "cost_center"),
    ("CostUnit", "UseCostunit", Reference("costunits", "Code"), "cost_unit"),
)


def cost_problems(context: Context, account: Record, line: Record) -> list[str]:
    """Return what is wrong with a line's cost center and cost unit for its ledger account."""
    problems = []
    for name, use, reference, what in _COST:
        code = str(line.get(name) or "").strip()
        if not code:
            line[name] = None
            if account[use] == MANDATORY:
                problems.append(context.say("mandatory", what=what))
            continue
        found = find_referred(context, reference, code)
        if found is None:
            problems.append(context.say("invalid_reference", what=what))
        elif found.get("Active") is False:
            problems.append(context.say("blocked", what=what))
        elif account[use] != NOT_USED:
            line[name] = found["Code"]
        elif context.sandbox.switches["unused_cost_center"] == "refused":
            problems.append(context.say("invalid", what=what))
        else:
            line[name] = None
    return problems


def vat_code_of(
    context: Context, line: Record, *, purchases: bool = False
) -> tuple[Record | None, list[str]]:
    """Return the record of a line's VAT code, and what is wrong with it.

    `purchases` says whether codes for purchases may be used.
    """
    code = str(line.get("VATCode") or "").strip()
    if not code:
        return None, []
    vat = context.sandbox.database.find("vatcodes", Code=code, Division=context.division)
    if vat is None:
        return None, [context.say("not_found", what="vat_code")]
    if vat["IsBlocked"]:
        return None, [context.say("blocked", what="vat_code")]
    if vat["VATTransactionType"] == "P" and not purchases:
        return None, [context.say("invalid", what="vat_code")]
    line["VATCode"] = vat["Code"]
    return vat, []


def vat_fraction(
    context: Context, line: Record, vat: Record | None, date: datetime, sent: Collection[str]
) -> Decimal:
    """Return the VAT percentage of a line as a fraction: the one sent, or the code's on a date."""
    if "VATPercentage" in sent and line.get("VATPercentage") is not None:
        return Decimal(line["VATPercentage"])
    if vat is None:
        return Decimal(0)
    for row in context.sandbox.database.records(
        "vatpercentages", VATCodeID=vat["ID"], order='"LineNumber" DESC'
    ):
        ended = row["EndDate"] is not None and row["EndDate"] < date
        if (row["StartDate"] is None or row["StartDate"] <= date) and not ended:
            return Decimal(row["Percentage"])
    return Decimal(vat["Percentage"] or 0)


def zero_percentage_problems(context: Context, line: Record, sent: Collection[str]) -> list[str]:
    """Return the refusal of a VATPercentage of 0, where the switch says that Exact has one."""
    if "VATPercentage" not in sent or line.get("VATPercentage") != 0:
        return []
    if not context.sandbox.switches["vat_percentage_zero_refused"]:
        return []
    return [context.say("invalid", what="vat_percentage")]


def without_foreign_lines(context: Context, lines: list[Record]) -> list[Record]:
    """Return the lines without those that get lost: their ledger account is another division's.

    Only where the switch `foreign_guid` says so; else such a line is refused later.
    """
    if context.sandbox.switches["foreign_guid"] != "dropped":
        return lines
    return [line for line in lines if not is_foreign(context, "glaccounts", line.get("GLAccount"))]


def is_foreign(context: Context, table: str, key: str | None) -> bool:
    """Whether a GUID names a record of another division."""
    if not key:
        return False
    found = context.sandbox.database.find(table, ID=key)
    return found is not None and found["Division"] != context.division
