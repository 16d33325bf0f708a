"""Exact's call limits as its answers report them: per minute and per day, for one app in one division.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits

A refused call (429) carries only the headers of the limit that was hit, so every field may be unknown, and
unknown is never zero (RELIABILITY D1 to D4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

LimitKind = Literal["minute", "day", "unknown"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Beyond these a header is nonsense: no column holds such a count, and no limit is reset in another century.
_TOO_MANY = 2**31
_TOO_LATE = 4_102_444_800_000  # milliseconds since 1970: the year 2100
_MARGIN = timedelta(seconds=1)  # their clock and ours are not the same clock
# A reset further away than this is a wrong clock, there or here.
LONGEST_WAIT = {"minute": timedelta(minutes=2), "day": timedelta(hours=25)}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer said. Numbers are calls; times are UTC."""

    minute_limit: int | None = None
    minute_remaining: int | None = None
    minute_reset_at: datetime | None = None
    day_limit: int | None = None
    day_remaining: int | None = None
    day_reset_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """True when the answer carried any of the headers."""
        return self != Limits()


def parse(headers: Mapping[str, str]) -> Limits:
    """Read both header sets; a missing or unreadable header is None, never an error."""
    return Limits(
        minute_limit=_count(headers.get("X-RateLimit-Minutely-Limit")),
        minute_remaining=_count(headers.get("X-RateLimit-Minutely-Remaining")),
        minute_reset_at=_moment(headers.get("X-RateLimit-Minutely-Reset")),
        day_limit=_count(headers.get("X-RateLimit-Limit")),
        day_remaining=_count(headers.get("X-RateLimit-Remaining")),
        day_reset_at=_moment(headers.get("X-RateLimit-Reset")),
    )


def exhausted(limits: Limits) -> Literal["minute", "day"] | None:
    """Return which budget is used up after this answer; the day's counts first, since it lasts longer."""
    if limits.day_remaining == 0:
        return "day"
    return "minute" if limits.minute_remaining == 0 else None


def limit_hit(limits: Limits) -> LimitKind:
    """Return which limit a 429 is about. Without headers it is unknown (Exact's block after many errors)."""
    used_up = exhausted(limits)
    if used_up is not None:
        return used_up
    has_minute = limits.minute_limit is not None or limits.minute_reset_at is not None
    has_day = limits.day_limit is not None or limits.day_reset_at is not None
    if has_minute == has_day:
        return "unknown"
    return "day" if has_day else "minute"


def retry_at(limits: Limits, now: datetime) -> datetime:
    """Return when a refused call may be made again, UTC.

    The reset header of the limit that was hit plus a second; where it is missing or makes no sense, the next whole
    minute, or the next midnight UTC for the day's limit.
    """
    kind = limit_hit(limits)
    reset_at = limits.day_reset_at if kind == "day" else limits.minute_reset_at
    longest = LONGEST_WAIT["day" if kind == "day" else "minute"]
    if reset_at is not None and now < reset_at + _MARGIN <= now + longest:
        return reset_at + _MARGIN
    return next_window(kind, now)


def next_window(kind: LimitKind, now: datetime) -> datetime:
    """Return the start of the next clock minute (or UTC day) plus a second."""
    if kind == "day":
        return (
            now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            + timedelta(days=1)
            + _MARGIN
        )
    return now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1) + _MARGIN


def _count(text: str | None) -> int | None:
    number = _number(text)
    return number if number is not None and number < _TOO_MANY else None


def _moment(text: str | None) -> datetime | None:
    milliseconds = _number(text)
    if milliseconds is None or milliseconds >= _TOO_LATE:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _number(text: str | None) -> int | None:
    try:
        number = int((text or "").strip())
    except ValueError:
        return None
    return number if number >= 0 else None
