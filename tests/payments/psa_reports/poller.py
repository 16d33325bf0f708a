"""A PSA that asks for payment states instead of being called."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.invoices.test_api import Program
from tests.payments.psa_reports.psa import Agency


class Poller:
    """A PSA that asks: it keeps the cursor and what it was given."""

    def __init__(self, agency: Agency, limit: int = 50) -> None:
        self.program = Program(agency.organization)
        self.limit = limit
        self.cursor = ""
        self.given: list[dict[str, Any]] = []

    def page(self, **query: Any) -> dict[str, Any]:
        """One page, which has to be one."""
        answer = self.ask(**query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def ask(self, **query: Any) -> Any:
        """The answer to a question."""
        return self.program.send("GET", "payments/", query_params=query)

    def poll(self, **query: Any) -> list[str]:
        """Read to the end, as the description of the API says; return the ids that came."""
        came: list[str] = []
        while True:
            asked = query | {"limit": self.limit} | ({"cursor": self.cursor} if self.cursor else {})
            page = self.page(**asked)
            self.cursor = page["cursor"]
            self.given += page["results"]
            came += [state["id"] for state in page["results"]]
            if page["next"] is None:
                return came
            assert dict(parse_qsl(urlsplit(page["next"]).query))["cursor"] == self.cursor

    def kept(self) -> dict[str, str]:
        """What it believes of each invoice: the state with the later time counts."""
        newest: dict[str, dict[str, Any]] = {}
        for state in self.given:
            before = newest.get(state["id"])
            if before is None or before["changed_at"] <= state["changed_at"]:
                newest[state["id"]] = state
        return {source_id: state["paid_amount"] for source_id, state in newest.items()}
