"""A division of the sandbox in which a test can do everything wrong, over HTTP, and hears what Exact says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import requests

from exact_sandbox.server import RunningSandbox
from integrations.exact import endpoints, errors
from integrations.exact.client import ExactClient
from tests.integrations.exact.support import USER

Body = dict[str, Any]
Said = tuple[str, ...]


class Shop:
    """A division with what it takes to be refused: a customer that can be invoiced, an item, an account for revenue."""

    def __init__(self, exact: ExactClient, running: RunningSandbox) -> None:
        self.exact = exact
        self.running = running
        self.customer = self.account()
        self.items = {row["Code"].strip(): row["ID"] for row in self.rows(endpoints.ITEMS)}
        self.ledgers = {row["Code"].strip(): row["ID"] for row in self.rows(endpoints.GL_ACCOUNTS)}

    # --- what Exact says -----------------------------------------------------------------------------------------

    def said(self, method: Any, path: str, body: Body | None = None, key: str = "") -> Said:
        """Make a call that is refused and return Exact's sentences."""
        try:
            self.exact.request(method, path, key=UUID(key) if key else None, body=body)
        except errors.ExactError as refused:
            return refused.messages or (refused.raw_text,)
        raise AssertionError(f"{method} {path} was not refused: {body}")

    def invoice(self, *, line: Body | None = None, **changes: Any) -> Said:
        """What Exact says to a sales invoice with these changes."""
        return self.said("POST", endpoints.SALES_INVOICES, self.invoice_body(line, changes))

    def entry(self, *, line: Body | None = None, **changes: Any) -> Said:
        """What Exact says to a sales entry with these changes."""
        return self.said("POST", endpoints.SALES_ENTRIES, self.entry_body(line, changes))

    def print(self, invoice: str, **flags: Any) -> Said:
        """What Exact says of the ways of sending that failed."""
        body = {"InvoiceID": invoice, **flags}
        made = self.exact.request("POST", endpoints.PRINTED_SALES_INVOICES, body=body)["d"]
        return tuple(made[name] for name in sorted(made) if name.endswith("Error") and made[name])

    # --- what is there -------------------------------------------------------------------------------------------

    def rows(self, path: str) -> list[Body]:
        document = self.exact.request("GET", path, query={"$select": "ID,Code"})
        return list(document["d"]["results"])

    def make(self, path: str, body: Body, key: str = "ID") -> str:
        return str(self.exact.request("POST", path, body=body)["d"][key])

    def account(self, **changes: Any) -> str:
        body = {"Name": "Acme licence GmbH", "Status": "C", "PaymentConditionSales": "30"}
        return self.make(endpoints.ACCOUNTS, body | changes)

    def contact(self, account: str) -> str:
        names = {"FirstName": "Eva", "LastName": "Jansen"}
        return self.make(endpoints.CONTACTS, {"Account": account, **names})

    def invoice_body(self, line: Body | None = None, changes: Body | None = None) -> Body:
        usual = {"Item": self.items["HOSTING"], "Quantity": 1, "NetPrice": 10, "VATCode": "2"}
        body = {
            "OrderedBy": self.customer,
            "Journal": "70",
            "SalesInvoiceLines": [usual | (line or {})],
        }
        return _without_none(body | (changes or {}))

    def entry_body(self, line: Body | None = None, changes: Body | None = None) -> Body:
        usual = {"AmountFC": 10, "GLAccount": self.ledgers["8000"], "VATCode": "2"}
        body = {
            "Customer": self.customer,
            "Journal": "70",
            "EntryDate": date.today(),  # noqa: DTZ011 - the sandbox's own day, in whatever zone
            "SalesEntryLines": [usual | (line or {})],
        }
        return _without_none(body | (changes or {}))

    def made_invoice(self, **changes: Any) -> str:
        return self.make(
            endpoints.SALES_INVOICES, self.invoice_body(changes=changes), key="InvoiceID"
        )

    # --- what a bookkeeper does meanwhile ------------------------------------------------------------------------

    def admin(self, **body: Any) -> None:
        self._control("POST", f"admin/{self.exact.division}", body)

    def change_user(self, **body: Any) -> None:
        self._control("PATCH", "users", {"username": USER, **body})

    @contextmanager
    def switched(self, **positions: Any) -> Iterator[None]:
        switches = self.running.sandbox.switches
        for name, value in positions.items():
            switches.set(name, value)
        yield
        switches.reset(*positions)

    def _control(self, method: str, path: str, body: Body) -> None:
        answer = requests.request(
            method, f"{self.running.base_url}/_sandbox/{path}", json=body, timeout=10
        )
        assert answer.ok, answer.text


def _without_none(body: Body) -> Body:
    return {name: value for name, value in body.items() if value is not None}
