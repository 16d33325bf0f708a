"""What the demo's check reads and does at the sandbox itself, past everything the product says."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from connector.local.pages import PageProblem


@dataclass(frozen=True)
class Books:
    """The sandbox's own addresses: its books, bank desk, outbox, log and switches."""

    sandbox: str

    def entry(self, division: int, your_ref: str) -> dict[str, Any]:
        """This function will return the one sales entry with this reference. Raises PageProblem when there is not one."""
        return self._the_one(division, "entries", your_ref)

    def sales_invoice(self, division: int, your_ref: str) -> dict[str, Any]:
        """This function will return the one sales invoice with this reference. Raises PageProblem when there is not one."""
        return self._the_one(division, "sales-invoices", your_ref)

    def _the_one(self, division: int, kind: str, your_ref: str) -> dict[str, Any]:
        rows = self._ask("GET", f"books/{division}/{kind}")[kind.replace("-", "_")]
        found = [row for row in rows if row["your_ref"] == your_ref]
        if len(found) != 1:
            raise PageProblem(f"Exact has {len(found)} {kind} for invoice {your_ref}.")
        return dict(found[0]) | {"division": division}

    def emails(self, division: int, to: str) -> list[dict[str, Any]]:
        """This function will return the e-mails of a division to this address, newest first."""
        found = self._ask("GET", f"outbox?division={division}&kind=email")["messages"]
        return [message for message in found if message["to"] == to]

    def attachment(self, message: dict[str, Any]) -> bytes:
        """This function will return the first file of an e-mail. Raises PageProblem when it has none."""
        if not message["attachments"]:
            raise PageProblem(f"The e-mail “{message['subject']}” has no file.")
        name = urllib.parse.quote(message["attachments"][0]["name"])
        return self._send("GET", f"outbox/{message['id']}/attachments/{name}")

    def count_made(self, division: int) -> dict[str, int]:
        """This function will return how many records of each kind were made in a division, by the sandbox's log."""
        kinds = {
            "accounts": "crm/Accounts",
            "contacts": "crm/Contacts",
            "invoices": "salesinvoice/SalesInvoices",
            "prints": "salesinvoice/PrintedSalesInvoices",
        }
        return {
            kind: self._ask(
                "GET", f"log/count?division={division}&method=POST&path={path}&status=201"
            )["count"]
            for kind, path in kinds.items()
        }

    def division(self, name: str) -> int | None:
        """This function will return the code of the division with this name; None when there is none."""
        rows = self._ask("GET", "divisions")["divisions"]
        return next((int(row["code"]) for row in rows if row["name"] == name), None)

    def make_division(self, country: str, name: str) -> int:
        """This function will make a division with its country's lists and return its code."""
        return int(self._ask("POST", "divisions", {"country": country, "name": name})["code"])

    def bank(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """This function will do something at the bank desk and return its answer."""
        return self._ask(method, f"bank/{path}", body)

    def set_switch(self, name: str, value: str) -> None:
        """This function will turn a switch of the sandbox."""
        self._ask("PATCH", "switches", {name: value})

    def reset_switch(self, name: str) -> None:
        """This function will put a switch back to where it stands at first."""
        self._ask("DELETE", f"switches/{name}")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = self._send(method, path, body)
        return dict(json.loads(content)) if content else {}

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310  # the sandbox's address
            f"{self.sandbox}/_sandbox/{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310  # the sandbox's address
            return bytes(answer.read())
