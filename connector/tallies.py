"""Counts of events that no row of the product keeps, for the metrics: one row a name, added to by every process."""

from __future__ import annotations

from django.db import connection as database, transaction

from connector.models import Tally

PUBLISH_FAILURES = "publish_failures"
QUARANTINED_ROWS = "quarantined_rows"
MEANINGS = {
    PUBLISH_FAILURES: "Messages that the broker did not take; the sweep did their work.",
    QUARANTINED_ROWS: "Rows of Exact's answers that did not fit and were set aside.",
}


def count(name: str, by: int = 1) -> None:
    """This function will add to the count once the open transaction has committed, so that nobody waits for its row."""

    # A function of its own: Django names it when it fails, and a partial has no name.
    def add() -> None:
        _add(name, by)

    transaction.on_commit(add, robust=True)


def read_all() -> dict[str, int]:
    """This function will return every count by its name."""
    return dict(Tally.objects.values_list("name", "count"))


def _add(name: str, by: int) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO connector_tally (name, count) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET count = connector_tally.count + EXCLUDED.count",
            [name, by],
        )
