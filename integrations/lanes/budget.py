"""Exact's limits as a lane sees them: calls left, errors that count against us, and how long to wait.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection as database
from django.db.models import F

from connector.tenancy.write_back import PASSING_FAULTS
from integrations.exact.client import CallRecord
from integrations.exact.limits import LONGEST_WAIT, LimitKind
from integrations.models import DivisionLane

logger = logging.getLogger(__name__)

# Exact blocks an endpoint for an hour after ten errors within one; half of that keeps us clear of it.
ERRORS_AN_HOUR = 5
_COUNTED_STATUSES = frozenset({400, 401, 403, 404})
_HOUR = timedelta(hours=1)
_FIRST_BACKOFF = 5.0  # seconds
_LONGEST_BACKOFF = 300.0

REASONS: dict[LimitKind, str] = {
    "minute": "Waiting for Exact's minute limit",
    "day": "Waiting for Exact's daily limit",
    "unknown": "Exact asks to wait",
}


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when the lane must rest (UTC), and why."""

    until: datetime
    reason: str


class LaneBudget:
    """Counts one turn's calls and keeps the lane's row up to date with what Exact's answers say."""

    def __init__(self, *, lane_id: int, fence: int, clock: Callable[[], datetime]) -> None:
        self._rows = DivisionLane.objects.filter(pk=lane_id, fence=fence)
        self._clock = clock
        self.calls = 0

    def note(self, record: CallRecord) -> None:
        """This function will take over the limits of an answer and count an error that Exact counts.

        The answer itself goes on also when the database is away: what it says is worth more than the count.
        """
        self.calls += 1
        try:
            self._note(record)
        except PASSING_FAULTS:
            logger.warning("The limits of an answer were not written down", exc_info=True)
            database.close()

    def _note(self, record: CallRecord) -> None:
        seen = record.limits
        values: dict[str, object] = {
            name: getattr(seen, name)
            for name in (
                "minute_limit",
                "minute_remaining",
                "minute_reset_at",
                "day_limit",
                "day_remaining",
                "day_reset_at",
            )
            if getattr(seen, name) is not None
        }
        if record.status in _COUNTED_STATUSES:
            values["errors"] = self._with_error(f"{record.method} {record.path_template}")
        if values:
            self._rows.update(**values)

    def _with_error(self, endpoint: str) -> dict[str, object]:
        now = self._clock()
        known: dict[str, list[str]] = self._rows.values_list("errors", flat=True).first() or {}
        times = [at for at in known.get(endpoint, []) if datetime.fromisoformat(at) > now - _HOUR]
        return {**known, endpoint: [*times, now.astimezone(UTC).isoformat()]}

    def pause(self) -> Pause | None:
        """This function will say whether the lane must rest before the next call."""
        lane = self._rows.first()
        if lane is None:
            return None
        now = self._clock()
        budgets: tuple[tuple[LimitKind, int | None, datetime | None], ...] = (
            ("day", lane.day_remaining, lane.day_reset_at),
            ("minute", lane.minute_remaining, lane.minute_reset_at),
        )
        for kind, remaining, reset_at in budgets:
            # With a reset that makes no sense the call is made: Exact itself says when it is too early.
            if (
                remaining == 0
                and reset_at is not None
                and now < reset_at <= now + LONGEST_WAIT[kind]
            ):
                return Pause(reset_at + timedelta(seconds=1), REASONS[kind])
        return self._pause_for_errors(lane, now)

    @staticmethod
    def _pause_for_errors(lane: DivisionLane, now: datetime) -> Pause | None:
        for times in lane.errors.values():
            recent = sorted(at for at in map(datetime.fromisoformat, times) if at > now - _HOUR)
            if len(recent) >= ERRORS_AN_HOUR:
                return Pause(
                    recent[0] + _HOUR, "Exact refused several calls; waiting before the next"
                )
        return None

    def backoff(self) -> timedelta:
        """This function will return how long to leave Exact alone after no answer: doubling, with jitter, 5 minutes at most."""
        self._rows.update(unanswered_count=F("unanswered_count") + 1)
        count = self._rows.values_list("unanswered_count", flat=True).first() or 1
        longest = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(count - 1, 10))
        return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311  # jitter, not a secret

    def answered(self) -> None:
        """This function will forget the unanswered calls after a good answer."""
        self._rows.filter(unanswered_count__gt=0).update(unanswered_count=0)
