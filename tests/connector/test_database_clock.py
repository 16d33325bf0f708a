"""The time that workers go by: the database's, carried on by the clock of this machine that only goes forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from connector import database_clock


def test_reliability_c19_d1_a_slow_answer_of_the_database_does_not_put_the_clock_ahead(monkeypatch):
    """Ahead of the database's, a minute of Exact's would seem over too early: a call that is refused."""

    def answer_late() -> datetime:
        time.sleep(0.3)
        return datetime.now(UTC)

    monkeypatch.setattr(database_clock, "database_now", answer_late)

    clock = database_clock.DatabaseClock()

    assert clock() - datetime.now(UTC) < timedelta(seconds=0.1)
