"""Journals, ledger accounts, VAT codes and payment conditions: kept simply, by unique code."""

from __future__ import annotations

from decimal import Decimal

from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.resources import by_path
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_DEFAULTS: dict[str, Record] = {
    "financial/Journals": {"Type": 20, "Currency": "EUR", "IsBlocked": False},
    "financial/GLAccounts": {
        "Type": 110,
        "BalanceType": "W",
        "IsBlocked": False,
        "UseCostcenter": 0,
    },
    "vat/VATCodes": {"Type": "E", "VATTransactionType": "B", "IsBlocked": False},
    "cashflow/PaymentConditions": {"PaymentDays": 0, "PaymentEndOfMonths": 0, "PaymentMethod": "B"},
}


class ReferenceList:
    """Create, update and delete for one list."""

    def __init__(self, path: str) -> None:
        self.path = path

    def create(self, context: Context, sent: Record) -> str:
        """Store a new row and return its ID; raises Refused."""
        resource = by_path()[self.path.lower()]
        row = {**_DEFAULTS[self.path], **sent, "ID": new_id()}
        self._check_code(context, row)
        percentages = row.pop("VATPercentages", None) or []
        context.sandbox.database.insert(resource.table, {**row, **context.created()})
        for number, percentage in enumerate(percentages, 1):
            self._add_percentage(context, row["ID"], number, percentage)
        return str(row["ID"])

    def update(self, context: Context, key: str, changes: Record) -> None:
        """Change a row; raises Refused."""
        resource = by_path()[self.path.lower()]
        changes.pop("ID", None)
        if "Code" in changes:
            self._check_code(context, {**changes, "ID": key})
        context.sandbox.database.update(
            resource.table, ("ID", key), {**changes, **context.modified()}
        )

    def delete(self, context: Context, key: str) -> None:
        """Delete a row that no entry uses; raises Refused."""
        resource = by_path()[self.path.lower()]
        database = context.sandbox.database
        row = database.find(resource.table, ID=key) or {}
        users = {
            "glaccounts": ("transactionlines", "GLAccount", row.get("ID")),
            "journals": ("transactionlines", "JournalCode", row.get("Code")),
            "vatcodes": ("salesentrylines", "VATCode", row.get("Code")),
        }
        table, column, value = users[resource.table]
        if database.find(table, **{"Division": context.division, column: value}):
            raise Refused(context.say("in_use", what="code"))
        database.delete(resource.table, ID=key)

    def _check_code(self, context: Context, row: Record) -> None:
        table = by_path()[self.path.lower()].table
        code = str(row.get("Code") or "").strip()
        if not code:
            raise Refused(context.say("mandatory", what="code"))
        row["Code"] = code
        found = context.sandbox.database.find(table, Division=context.division, Code=code)
        if found is not None and found["ID"] != row["ID"]:
            raise Refused(context.say("exists"))

    @staticmethod
    def _add_percentage(context: Context, code_id: str, number: int, sent: Record) -> None:
        fraction = sent.get("Percentage") or Decimal(0)
        context.sandbox.database.insert(
            "vatpercentages",
            {
                **context.created(),
                **sent,
                "ID": new_id(),
                "VATCodeID": code_id,
                "LineNumber": number,
                "Percentage": fraction,
            },
        )
        context.sandbox.database.update("vatcodes", ("ID", code_id), {"Percentage": fraction})
