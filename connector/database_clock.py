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


class DatabaseClock:
    """Tells the database's time for a while: asked once, then carried on by the clock that only goes forward."""

    def __init__(self) -> None:
        self._asked_at = time.monotonic()
        self._then = database_now()

    def __call__(self) -> datetime:
        """This function will return the present time, UTC."""
        return self._then + timedelta(seconds=time.monotonic() - self._asked_at)
