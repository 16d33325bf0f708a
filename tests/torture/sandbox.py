"""The control API of the sandbox, which knows what is really in Exact's books."""

from __future__ import annotations

from typing import Any

import requests

# As many calls as a scenario likes; limits are a subject of their own.
_PLENTY = 100_000_000


class SandboxControl:
    """The sandbox as its operator sees it: books, faults, limits, clock and log."""

    def __init__(self, base_url: str, client_id: str) -> None:
        self.base_url = base_url
        self.client_id = client_id
        self._session = requests.Session()

    def call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """This function will make one call below `/_sandbox/` and return its JSON. Raises AssertionError when refused."""
        answer = self._session.request(
            method, f"{self.base_url}/_sandbox/{path}", json=body, params=query or None, timeout=120
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def is_up(self) -> bool:
        """This function will tell whether the sandbox answers."""
        try:
            return requests.get(f"{self.base_url}/_sandbox/clock", timeout=2).ok
        except requests.RequestException:
            return False

    def lift_limits(self) -> None:
        """This function will give our application a contract under which limits do not matter."""
        contract = {"minute_limit": _PLENTY, "day_limit": _PLENTY}
        self.call("PUT", "limits", {"application": self.client_id, **contract})
        self.switch(token_day_limit=_PLENTY)

    def switch(self, **positions: object) -> None:
        """This function will set switches."""
        self.call("PATCH", "switches", positions)

    def make_division(self, name: str, *, country: str = "NL") -> int:
        """This function will make a division with its lists and relations, and return its code."""
        return int(self.call("POST", "divisions", {"country": country, "name": name})["code"])

    def entries(self, division: int) -> list[dict[str, Any]]:
        """This function will return every sales entry that is really booked."""
        found: list[dict[str, Any]] = self.call("GET", f"books/{division}/entries")["entries"]
        return found

    def sales_invoices(self, division: int) -> list[dict[str, Any]]:
        """This function will return every sales invoice, printed or not."""
        found: list[dict[str, Any]] = self.call("GET", f"books/{division}/sales-invoices")[
            "sales_invoices"
        ]
        return found

    def mails(self, division: int) -> list[dict[str, Any]]:
        """This function will return what Exact sent to customers."""
        found: list[dict[str, Any]] = self.call("GET", "outbox", division=division)["messages"]
        return found

    def fault(
        self, name: str, *, method: str = "POST", path: str = "SalesEntries", **more: Any
    ) -> None:
        """This function will order a misbehavior; without `times` and `probability` it comes once."""
        self.call("POST", "faults", {"fault": name, "method": method, "path": path, **more})

    def clear_faults(self) -> None:
        """This function will call off whatever was ordered."""
        self.call("DELETE", "faults")

    def count(self, **filters: Any) -> int:
        """This function will count the requests that fit; see the README of the sandbox for the filters."""
        return int(self.call("GET", "log/count", **filters)["count"])

    def advance_clock(self, seconds: float) -> None:
        """This function will let time pass at Exact."""
        self.call("POST", "clock", {"advance_seconds": seconds})

    def pay(self, division: int, entry_id: str) -> None:
        """This function will pay an invoice in full at the bank desk."""
        self.call("POST", "payments", {"division": division, "entry_id": entry_id})

    def tokens(self, username: str) -> dict[str, Any]:
        """This function will return a token pair as a log-in of this user would give."""
        made: dict[str, Any] = self.call(
            "POST", "tokens", {"username": username, "client_id": self.client_id}
        )
        return made
