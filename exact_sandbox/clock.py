"""The sandbox's clock: real time plus a shift that a test or a person can make, or a time at rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

FIRST, LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class ClockError(ValueError):
    """A time the clock cannot show."""


class Clock:
    """Tells the time in UTC; it can be moved, forward and back, and stopped."""

    def __init__(self, shift_seconds: float = 0.0, frozen_at: float | None = None) -> None:
        self.shift_seconds = shift_seconds
        self.frozen_at = frozen_at  # seconds since 1970, while the clock stands still

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        if self.frozen_at is not None:
            return datetime.fromtimestamp(self.frozen_at, UTC)
        return datetime.now(UTC) + timedelta(seconds=self.shift_seconds)

    def seconds(self) -> float:
        """Return the current time as seconds since 1970."""
        return self.now().timestamp()

    def ahead_seconds(self) -> float:
        """Return how far it is ahead of the real time, in seconds."""
        if self.frozen_at is None:
            return self.shift_seconds
        return round(self.frozen_at - datetime.now(UTC).timestamp(), 3)

    def naive_now(self) -> datetime:
        """Return the current time without a zone, as records store it, to the millisecond."""
        now = self.now()
        return now.replace(tzinfo=None, microsecond=now.microsecond // 1000 * 1000)

    def today(self) -> datetime:
        """Return today's midnight without a zone."""
        return self.naive_now().replace(hour=0, minute=0, second=0, microsecond=0)

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds, back with a negative number; raises ClockError."""
        _check(self.seconds() + seconds)
        if self.frozen_at is None:
            self.shift_seconds += seconds
        else:
            self.frozen_at += seconds

    def set(self, moment: datetime) -> None:
        """Put the clock at a moment (without a zone it is UTC); raises ClockError."""
        wanted = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        _check(wanted)
        if self.frozen_at is None:
            self.shift_seconds = wanted - datetime.now(UTC).timestamp()
        else:
            self.frozen_at = wanted

    def freeze(self, frozen: bool) -> None:
        """Stop the clock, or let it run on from where it stands."""
        if frozen and self.frozen_at is None:
            self.frozen_at = self.seconds()
        elif not frozen and self.frozen_at is not None:
            self.shift_seconds = self.frozen_at - datetime.now(UTC).timestamp()
            self.frozen_at = None


def _check(seconds: float) -> None:
    if not FIRST.timestamp() <= seconds < LAST.timestamp():
        raise ClockError(f"The clock runs from {FIRST.year} to {LAST.year}.")
