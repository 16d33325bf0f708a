"""The sandbox's clock: real time plus a shift that a test or a person can make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time in UTC; it can be moved forward but the real seconds keep ticking."""

    def __init__(self, shift_seconds: float = 0.0) -> None:
        self.shift_seconds = shift_seconds

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.shift_seconds)

    def seconds(self) -> float:
        """Return the current time as seconds since 1970."""
        return self.now().timestamp()

    def naive_now(self) -> datetime:
        """Return the current time without a zone, as records store it, to the millisecond."""
        now = self.now()
        return now.replace(tzinfo=None, microsecond=now.microsecond // 1000 * 1000)

    def today(self) -> datetime:
        """Return today's midnight without a zone."""
        return self.naive_now().replace(hour=0, minute=0, second=0, microsecond=0)

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds."""
        self.shift_seconds += seconds
