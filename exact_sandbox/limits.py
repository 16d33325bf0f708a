"""Counts calls as Exact does: by the clock minute and the UTC day, and errors by the hour.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass

from exact_sandbox.clock import Clock
from exact_sandbox.errors import TooManyRequests
from exact_sandbox.switches import Switches

MINUTE, HOUR, DAY = 60, 3600, 86_400
ERRORS_AN_HOUR = 10
COUNTED_ERRORS = frozenset({400, 401, 403, 404})


@dataclass(slots=True)
class _Window:
    number: int = -1
    used: int = 0


class Limits:
    """The calls and errors counted so far."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything counted."""
        self._minutes: dict[tuple[str, int], _Window] = defaultdict(_Window)
        self._days: dict[tuple[str, int], _Window] = defaultdict(_Window)
        self._errors: dict[tuple[object, ...], deque[float]] = defaultdict(deque)
        self._blocked: dict[tuple[object, ...], float] = {}

    def count(self, client_id: str, division: int) -> dict[str, str]:
        """Count a call and return the headers of its answer; raises TooManyRequests."""
        if not self._switches["rate_limits"]:
            return {}
        with self._lock:
            now = self._clock.seconds()
            minute = self._window(self._minutes, (client_id, division), int(now // MINUTE))
            day = self._window(self._days, (client_id, division), int(now // DAY))
            if day.used >= self._switches["day_limit"]:
                raise TooManyRequests(self.headers("", DAY, remaining=0))
            if minute.used >= self._switches["minute_limit"]:
                raise TooManyRequests(self.headers("Minutely-", MINUTE, remaining=0))
            minute.used += 1
            day.used += 1
            return {
                **self.headers("", DAY, remaining=self._switches["day_limit"] - day.used),
                **self.headers(
                    "Minutely-", MINUTE, remaining=self._switches["minute_limit"] - minute.used
                ),
            }

    def headers(self, kind: str, length: int, *, remaining: int) -> dict[str, str]:
        """Return the three headers of one limit; the reset is in epoch milliseconds UTC."""
        limit = self._switches["minute_limit" if length == MINUTE else "day_limit"]
        now = self._clock.seconds()
        reset = (int(now // length) + 1) * length
        headers = {
            f"X-RateLimit-{kind}Limit": str(limit),
            f"X-RateLimit-{kind}Remaining": str(max(remaining, 0)),
            f"X-RateLimit-{kind}Reset": str(reset * 1000),
        }
        if remaining <= 0 and self._switches["retry_after"]:
            headers["Retry-After"] = str(int(reset - now) + 1)
        return headers

    @staticmethod
    def _window(
        windows: dict[tuple[str, int], _Window], key: tuple[str, int], number: int
    ) -> _Window:
        window = windows[key]
        if window.number != number:
            window.number, window.used = number, 0
        return window

    def check_errors(self, key: tuple[object, ...]) -> None:
        """Raise TooManyRequests, without headers, while the endpoint is blocked."""
        with self._lock:
            if self._switches["error_velocity"] and self._clock.seconds() < self._blocked.get(
                key, 0
            ):
                raise TooManyRequests({})

    def count_error(self, key: tuple[object, ...], status: int) -> None:
        """Count an answer; the eleventh error within an hour blocks the endpoint for an hour."""
        if status not in COUNTED_ERRORS:
            return
        with self._lock:
            now = self._clock.seconds()
            errors = self._errors[key]
            errors.append(now)
            while errors[0] <= now - HOUR:
                errors.popleft()
            if len(errors) > ERRORS_AN_HOUR:
                self._blocked[key] = now + HOUR
