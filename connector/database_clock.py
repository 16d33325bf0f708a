"""The database's time: what several hosts agree on when each of their own clocks may be wrong (RELIABILITY C19)."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection


def database_now() -> datetime:
    """This function will ask the database what time it is, UTC; also inside a transaction it is the present time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def not_after_now(moment: datetime) -> datetime:
    """This function will return the time, UTC, or the database's when a host takes for the present what is still to come."""
    return min(moment, database_now())


class DatabaseClock:
    """Tells the database's time for a while: asked once, then carried on by the clock that only goes forward."""

    def __init__(self) -> None:
        self._then = database_now()
        # Read after the answer: this clock may be late by what the answer took, and is never ahead. A lane that is ahead
        # takes a minute of Exact's for over that is not, and a busy machine takes seconds to open a connection.
        self._answered_at = time.monotonic()

    def __call__(self) -> datetime:
        """This function will return the present time, UTC."""
        return self._then + timedelta(seconds=time.monotonic() - self._answered_at)
