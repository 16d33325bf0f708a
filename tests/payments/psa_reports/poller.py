"""A PSA that asks for payment states instead of being called."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db import connection

from tests.invoices.test_api import Program
from tests.payments.psa_reports.psa import Agency

# The list ends before the oldest transaction that is open in the cluster, whatever its database.
_OLDER_ELSEWHERE = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname <> current_database() AND backend_xid::text::bigint < %s
"""


def wait_for_other_databases() -> None:
    """Wait for transactions of tests that run beside this one, on databases of their own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        here = cursor.fetchone()[0]
        for _ in range(600):
            cursor.execute(_OLDER_ELSEWHERE, [here])
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.2)


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
        wait_for_other_databases()
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
