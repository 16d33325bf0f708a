"""Exact's call limits and blocks, for a day that lasts minutes: no HTTP, no database, and nothing of the product's rules.

Calls are counted by the clock minute and the UTC day for each division; errors by endpoint over the last hour, with a block
of an hour after more than ten: https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

MINUTE, HOUR, DAY = 60, 3600, 86_400
MINUTE_LIMIT, DAY_LIMIT, ERRORS_AN_HOUR = 60, 5000, 10


@dataclass
class Division:
    """What Exact counts for one app in one division. Times are seconds since 1970."""

    used: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    errors: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    blocked_until: dict[str, float] = field(default_factory=dict)
    # Calls that each minute took, whoever made them.
    minutes: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    refused: int = 0
    # Refusals that the caller could have seen coming: nobody else had called since its last answer.
    refused_by_us: int = 0
    blocks: int = 0
    most_errors_an_hour: int = 0
    others_since: int = 0
    calls: int = 0

    def left(self, at: float) -> dict[int, int]:
        """Calls left of the minute and of the day."""
        return {
            length: limit - self.used[length, int(at // length)]
            for length, limit in ((DAY, DAY_LIMIT), (MINUTE, MINUTE_LIMIT))
        }

    def other_app(self, at: float, count: int) -> None:
        """Another app of the customer makes calls."""
        for _ in range(count):
            if min(self.left(at).values()) > 0:
                self._count(at)
                self.others_since += 1

    def call(self, endpoint: str, at: float, status: int) -> tuple[int, dict[str, str]]:
        """Answer a call that would get this status: the status it gets, and its headers."""
        over = [length for length, left in self.left(at).items() if left <= 0]
        if over or at < self.blocked_until.get(endpoint, 0):
            self.refused += 1
            self.refused_by_us += not self.others_since
            self.others_since = 0
            return 429, self._headers(at, over[:1])
        self.calls += 1
        self.others_since = 0
        self._count(at)
        if status in {400, 401, 403, 404}:
            self._count_error(endpoint, at)
        return status, self._headers(at, [DAY, MINUTE])

    def _count(self, at: float) -> None:
        for length in (DAY, MINUTE):
            self.used[length, int(at // length)] += 1
        self.minutes[int(at // MINUTE)] += 1

    def _count_error(self, endpoint: str, at: float) -> None:
        errors = self.errors[endpoint]
        errors.append(at)
        while errors[0] <= at - HOUR:
            errors.popleft()
        self.most_errors_an_hour = max(self.most_errors_an_hour, len(errors))
        if len(errors) > ERRORS_AN_HOUR:
            self.blocks += 1
            self.blocked_until[endpoint] = at + HOUR

    def _headers(self, at: float, lengths: list[int]) -> dict[str, str]:
        left, headers = self.left(at), {}
        for length in lengths:
            kind = "Minutely-" if length == MINUTE else ""
            limit = MINUTE_LIMIT if length == MINUTE else DAY_LIMIT
            headers[f"X-RateLimit-{kind}Limit"] = str(limit)
            headers[f"X-RateLimit-{kind}Remaining"] = str(max(0, left[length]))
            headers[f"X-RateLimit-{kind}Reset"] = str((int(at // length) + 1) * length * 1000)
        return headers
