"""The documents of the sandbox's division, read with the calls that any program has."""

from __future__ import annotations

from typing import Any

import requests

from invoices.models import Invoice
from tests.journeys.world import DIVISION, World


class Shelf:
    """The documents of the division, read as any program reads them."""

    def __init__(self, world: World) -> None:
        token = world.control("POST", "tokens", {"username": "anna@studio-noord.example"})
        self._headers = {
            "Authorization": f"Bearer {token['access_token']}",
            "Accept": "application/json",
        }
        self._root = f"{world.sandbox.base_url}/api/v1/{DIVISION}"

    def documents(self, invoice: Invoice) -> list[dict[str, Any]]:
        """The documents with the invoice's number in their subject."""
        return self._list(f"documents/Documents?$filter=substringof('{invoice.number}',Subject)")

    def files(self, document: dict[str, Any]) -> dict[str, bytes]:
        """The files of a document, downloaded; no two have one name."""
        rows = self._list(
            f"documents/DocumentAttachments?$filter=Document eq guid'{document['ID']}'"
        )
        assert len({row["FileName"] for row in rows}) == len(rows)
        return {
            row["FileName"]: requests.get(
                row["Url"] + "&Download=1", headers=self._headers, timeout=10
            ).content
            for row in rows
        }

    def delete(self, document: dict[str, Any]) -> None:
        """Delete a document, as somebody would in Exact."""
        address = f"{self._root}/documents/Documents(guid'{document['ID']}')"
        assert requests.delete(address, headers=self._headers, timeout=10).ok

    def entry(self, exact_id: Any) -> dict[str, Any]:
        """One sales entry."""
        found = self._list(f"salesentry/SalesEntries?$filter=EntryID eq guid'{exact_id}'")
        return found[0]

    def link(self, document: dict[str, Any], entry_id: Any) -> None:
        """Put a document at an entry, as somebody would in Exact."""
        address = f"{self._root}/documents/Documents(guid'{document['ID']}')"
        body = {"FinancialTransactionEntryID": str(entry_id)}
        assert requests.put(address, json=body, headers=self._headers, timeout=10).ok

    def _list(self, path: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self._root}/{path}", headers=self._headers, timeout=10)
        assert answer.ok, answer.text
        rows: list[dict[str, Any]] = answer.json()["d"]["results"]
        return rows
