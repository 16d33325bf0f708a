"""Counts calls as Exact does: by the clock minute and the UTC day, for each application and division.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from exact_sandbox.clock import Clock
from exact_sandbox.errors import TooManyRequests
from exact_sandbox.store import Store
from exact_sandbox.switches import Switches

MINUTE, DAY = 60, 86_400
KEPT_SECONDS = 7 * DAY  # counts further from the present than this are forgotten
_COUNT = (
    "INSERT INTO calls VALUES (?, ?, ?, ?, 1) "
    "ON CONFLICT DO UPDATE SET used = used + 1 RETURNING used"
)
_CONTRACTS = (
    "SELECT * FROM contracts WHERE application IN ('', ?) AND division IN (0, ?) "
    "ORDER BY application <> '' DESC, division <> 0 DESC"
)


@dataclass(frozen=True, slots=True)
class Contract:
    """Limits agreed for an application ("" = any) in a division (0 = any); None = the switch's."""

    application: str = ""
    division: int = 0
    minute_limit: int | None = None
    day_limit: int | None = None


class Limits:
    """The calls counted so far, and what is allowed."""

    def __init__(self, books: Store, state: Store, clock: Clock, switches: Switches) -> None:
        self._books = books
        self._state = state
        self._clock = clock
        self._switches = switches

    def reset(self) -> None:
        """Forget the calls counted."""
        self._state.execute("DELETE FROM calls")

    def count(self, application: str, division: int) -> dict[str, str]:
        """Count a call and return the headers of its answer; raises TooManyRequests.

        A call beyond a limit is refused with the headers of that limit only, and not counted.
        """
        if not self._switches["rate_limits"]:
            return {}
        # The day first: when it is used up there is no point in waiting for the next minute.
        limits = {length: self.limit(application, division, length) for length in (DAY, MINUTE)}
        headers: dict[str, str] = {}
        with self._state.transaction():
            for length, limit in limits.items():
                used = self._count(application, division, length)
                if used > limit:
                    raise TooManyRequests(self._refusal_headers(length, limit))
                headers |= self._headers(length, limit, remaining=limit - used)
        return headers

    def limit(self, application: str, division: int, length: int) -> int:
        """Return the calls allowed a minute or a day: the closest contract's, else the switch's."""
        name = "minute_limit" if length == MINUTE else "day_limit"
        agreed = [row[name] for row in self._books.execute(_CONTRACTS, [application, division])]
        known = next((value for value in agreed if value is not None), None)
        return int(self._switches[name] if known is None else known)

    def used_up_headers(self, application: str, division: int, length: int) -> dict[str, str]:
        """Return the headers of a call beyond one limit."""
        limit = self.limit(application, division, length)
        return self._refusal_headers(length, limit)

    def agree(self, contract: Contract) -> None:
        """Store a contract in place of an earlier one; without figures it ends."""
        with self._books.transaction():
            self._books.execute(
                "DELETE FROM contracts WHERE application = ? AND division = ?",
                [contract.application, contract.division],
            )
            if contract.minute_limit is not None or contract.day_limit is not None:
                self._books.execute(
                    "INSERT INTO contracts VALUES (?, ?, ?, ?)", asdict(contract).values()
                )

    def contracts(self) -> list[Contract]:
        """Return every contract."""
        rows = self._books.execute("SELECT * FROM contracts ORDER BY application, division")
        return [Contract(**dict(row)) for row in rows]

    def usage(self) -> list[dict[str, object]]:
        """Return the calls of the present minute and day by application and division."""
        now = self._clock.seconds()
        rows = self._state.execute(
            "SELECT application, division, "
            "coalesce(max(CASE WHEN length = ? AND number = ? THEN used END), 0) AS minute_used, "
            "coalesce(max(CASE WHEN length = ? AND number = ? THEN used END), 0) AS day_used "
            "FROM calls GROUP BY application, division ORDER BY application, division",
            [MINUTE, int(now // MINUTE), DAY, int(now // DAY)],
        )
        return [
            {
                **dict(row),
                "minute_limit": self.limit(row["application"], row["division"], MINUTE),
                "day_limit": self.limit(row["application"], row["division"], DAY),
            }
            for row in rows
        ]

    def _count(self, application: str, division: int, length: int) -> int:
        number = int(self._clock.seconds() // length)
        used = self._state.execute(_COUNT, [application, division, length, number])[0][0]
        if used == 1:
            self._state.execute(
                "DELETE FROM calls WHERE application = ? AND division = ? AND length = ? "
                "AND abs(number - ?) > ?",
                [application, division, length, number, KEPT_SECONDS // length],
            )
        return int(used)

    def _headers(self, length: int, limit: int, *, remaining: int) -> dict[str, str]:
        """Return the three headers of one limit; the reset is in epoch milliseconds UTC."""
        kind = "Minutely-" if length == MINUTE else ""
        return {
            f"X-RateLimit-{kind}Limit": str(limit),
            f"X-RateLimit-{kind}Remaining": str(remaining),
            f"X-RateLimit-{kind}Reset": str(self._reset(length) * 1000),
        }

    def _refusal_headers(self, length: int, limit: int) -> dict[str, str]:
        """Return what a call beyond a limit is told: that limit's headers, by switch when to retry."""
        headers = self._headers(length, limit, remaining=0)
        if self._switches["retry_after"]:
            wait = self._reset(length) - self._clock.seconds()
            headers["Retry-After"] = str(int(wait) + 1)
        return headers

    def _reset(self, length: int) -> int:
        """Return when the present minute or day ends, in epoch seconds."""
        return (int(self._clock.seconds() // length) + 1) * length
