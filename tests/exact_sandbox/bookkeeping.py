"""A bookkeeper at random work in one division, and a client that follows the feeds.

Used by the stateful test: the machine's rules are in `test_bookkeeping.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import requests

from exact_sandbox.admin import AdminError
from exact_sandbox.books.bank_entries import BankError
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.server import RunningSandbox
from exact_sandbox.users import all_users
from tests.exact_sandbox.exact_client import ANNA, NL

TERM_NAMES = (
    "ID,Timestamp,LineType,AmountFC,AmountDC,Status,TransactionEntryID,TransactionID,"
    "YourRef,EndDate,LastPaymentDate,Account,Currency"
)
LEDGER_NAMES = "ID,Timestamp,EntryID,LineNumber,AmountFC,AmountDC,GLAccountCode,OffsetID,Type"
PAYMENT_TERMS, TRANSACTION_LINES = 10, 1


class Bookkeeper:
    """One sandbox: the books are kept in the process, the views are read over HTTP."""

    def __init__(self, running: RunningSandbox) -> None:
        self.sandbox = running.sandbox
        self.sandbox.reset()
        self.base_url = running.base_url
        self.context = Context(self.sandbox, all_users(self.sandbox.database)[0], NL)
        self.http = requests.Session()
        address = f"{self.base_url}/_sandbox/tokens"
        token = self.ask("POST", address, json={"username": ANNA})["access_token"]
        self.http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        self.terms, self.ledger = Mirror(self, "terms"), Mirror(self, "ledger")

    def close(self) -> None:
        self.http.close()

    def attempt(self, work: Callable[..., Any], *arguments: Any, **more: Any) -> bool:
        """Do it in a transaction, so that a refusal leaves nothing behind; return whether it was done."""
        try:
            with self.sandbox.database.transaction():
                work(self.context, *arguments, **more)
        except (Refused, BankError, AdminError):
            return False
        return True

    def id(self, table: str, **equals: Any) -> str:
        found = self.sandbox.database.find(table, Division=NL, **equals)
        assert found is not None
        return str(found["ID"])

    def keys(self, sql: str) -> list[str]:
        """Return the first column of what a query finds."""
        return [str(row[0]) for row in self.sandbox.database.execute(sql)]

    def ask(self, method: str, address: str, **more: Any) -> Any:
        """Return the JSON of an answer."""
        answer = self.http.request(method, address, timeout=10, **more)
        assert answer.status_code in (200, 201), answer.text
        return json.loads(answer.text, parse_float=Decimal)

    def rows(self, path: str, **options: str) -> list[dict[str, Any]]:
        """Return all rows of an endpoint, following __next."""
        address: str | None = f"{self.base_url}/api/v1/{NL}/{path}"
        query: dict[str, str] | None = {f"${name}": value for name, value in options.items()}
        rows: list[dict[str, Any]] = []
        while address:
            page = self.ask("GET", address, params=query)["d"]
            rows += page["results"]
            address, query = page.get("__next"), None
        for row in rows:
            row.pop("__metadata", None)
        return rows


class Mirror:
    """What a client knows that follows a sync endpoint and sync/Deleted, as the connector does."""

    def __init__(self, keeper: Bookkeeper, what: str) -> None:
        self.keeper = keeper
        self.path, self.names, self.entity_type = {
            "terms": ("sync/Cashflow/PaymentTerms", TERM_NAMES, PAYMENT_TERMS),
            "ledger": ("sync/Financial/TransactionLines", LEDGER_NAMES, TRANSACTION_LINES),
        }[what]
        self.cursor = self.deletions = 0
        self.known: dict[str, dict[str, Any]] = {}

    def follow(self) -> None:
        """Read what changed since the last time."""
        condition = f"Timestamp gt {self.cursor}L"
        for row in self.keeper.rows(self.path, filter=condition, select=self.names):
            self.cursor = max(self.cursor, int(row["Timestamp"]))
            self.known[row["ID"]] = row
        condition = f"Timestamp gt {self.deletions}L"
        for row in self.keeper.rows("sync/Deleted", filter=condition):
            self.deletions = max(self.deletions, int(row["Timestamp"]))
            if row["EntityType"] == self.entity_type:
                self.known.pop(row["EntityKey"], None)

    def everything(self) -> dict[str, dict[str, Any]]:
        """Return what a full reading gives."""
        rows = self.keeper.rows(self.path, filter="Timestamp gt 0L", select=self.names)
        return {row["ID"]: row for row in rows}


def view_problems(keeper: Bookkeeper) -> list[str]:
    """Return where two endpoints tell different stories, as a client reads them."""
    problems = []
    for mirror in (keeper.terms, keeper.ledger):
        mirror.follow()
        if mirror.known != mirror.everything():
            problems.append(
                f"Who followed {mirror.path} knows something else than who reads it all."
            )
    terms = {key: row for key, row in keeper.terms.known.items() if row["LineType"] == 20}
    amounts = {key: (row["AmountFC"], row["AmountDC"], row["Status"]) for key, row in terms.items()}
    names = "ID,AmountFC,AmountDC,Status"
    for path in ("cashflow/Receivables", "bulk/Cashflow/Receivables"):
        rows = keeper.rows(path, select=names)
        shown = {row["ID"]: (row["AmountFC"], row["AmountDC"], row["Status"]) for row in rows}
        if shown != amounts:
            problems.append(f"{path} differs from PaymentTerms.")
    listed = sorted(row["Amount"] for row in keeper.rows("read/financial/ReceivablesList"))
    if listed != sorted(-row["AmountFC"] for row in terms.values() if row["Status"] < 50):
        problems.append("ReceivablesList differs from the open terms.")
    return problems + _ledger_problems(keeper, terms) + _document_problems(keeper, terms)


def _ledger_problems(keeper: Bookkeeper, terms: dict[str, dict[str, Any]]) -> list[str]:
    problems = []
    known = {
        key: {name: value for name, value in row.items() if name != "Timestamp"}
        for key, row in keeper.ledger.known.items()
    }
    for path in ("financialtransaction/TransactionLines", "bulk/Financial/TransactionLines"):
        rows = keeper.rows(path, select=LEDGER_NAMES.replace("Timestamp,", ""))
        if {row["ID"]: row for row in rows} != known:
            problems.append(f"{path} differs from its sync twin.")
    owed = sum(
        row["AmountDC"] for row in keeper.ledger.known.values() if row["GLAccountCode"] == "1300"
    )
    if owed != -sum(row["AmountDC"] for row in terms.values() if row["Status"] < 50):
        problems.append("The receivable account differs from the open terms.")
    return problems


def _document_problems(keeper: Bookkeeper, terms: dict[str, dict[str, Any]]) -> list[str]:
    problems = []
    of_entry: dict[str, Decimal] = {}
    for term in terms.values():
        entry_id = term["TransactionEntryID"]
        of_entry[entry_id] = of_entry.get(entry_id, Decimal(0)) - term["AmountFC"]
    for entry in keeper.rows("salesentry/SalesEntries", expand="SalesEntryLines"):
        lines = entry["SalesEntryLines"]["results"]
        if sum(line["AmountFC"] + line["VATAmountFC"] for line in lines) != entry["AmountFC"]:
            problems.append(f"Sales entry {entry['EntryID']} differs from its lines.")
        if of_entry.get(entry["EntryID"]) != entry["AmountFC"]:
            problems.append(f"Sales entry {entry['EntryID']} differs from its terms.")
    for kind in ("Bank", "Cash"):
        nested = f"{kind}EntryLines"
        for entry in keeper.rows(f"financialtransaction/{kind}Entries", expand=nested):
            total = sum(line["AmountFC"] for line in entry[nested]["results"])
            if entry["OpeningBalanceFC"] + total != entry["ClosingBalanceFC"]:
                problems.append(f"{kind} entry {entry['EntryID']} differs from its lines.")
    return problems
