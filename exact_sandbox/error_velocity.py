"""Blocks whoever keeps making mistakes: too many errors on one endpoint within an hour.

Exact counts answers 400, 401, 403 and 404 by application, user, division and endpoint; more than
ten within an hour block that endpoint for an hour, "longer if it goes on".
https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

from exact_sandbox.clock import Clock
from exact_sandbox.errors import Forbidden, TooManyRequests
from exact_sandbox.store import Store
from exact_sandbox.switches import Switches

COUNTED = frozenset({400, 401, 403, 404})
MINUTE, DAY = 60, 86_400
BLOCKED_TEXT = "API rate limit exceeded"
_KEY = "application = ? AND user = ? AND division = ? AND endpoint = ?"


@dataclass(frozen=True, slots=True)
class ErrorKey:
    """What errors are counted by; `endpoint` is its path in lower case."""

    application: str
    user: str
    division: int
    endpoint: str


class ErrorVelocity:
    """The errors of the last hours and the endpoints they block."""

    def __init__(self, state: Store, clock: Clock, switches: Switches) -> None:
        self._state = state
        self._clock = clock
        self._switches = switches

    def reset(self) -> None:
        """Forget every error and block."""
        with self._state.transaction():
            self._state.execute("DELETE FROM errors")
            self._state.execute("DELETE FROM blocks")

    def check(self, key: ErrorKey) -> None:
        """Raise TooManyRequests (no headers) or Forbidden while the caller's endpoint is blocked."""
        if not self._switches["error_velocity"]:
            return
        now = self._clock.seconds()
        block = self._block(key)
        if block is None or not block[0] <= now < block[1]:
            return
        if self._switches["error_block_growth"] == "renewed":
            self._store_block(key, block[0], now + self._block_seconds())
        if self._switches["error_block_answer"] == "403":
            raise Forbidden(BLOCKED_TEXT)
        raise TooManyRequests({})

    def count(self, key: ErrorKey, status: int) -> None:
        """Count an answer; the first error beyond the limit blocks the endpoint."""
        if status not in COUNTED:
            return
        now = self._clock.seconds()
        window = self._switches["error_window_minutes"] * MINUTE
        with self._state.transaction():
            self._state.execute("INSERT INTO errors VALUES (?, ?, ?, ?, ?)", [*astuple(key), now])
            self._state.execute(
                f"DELETE FROM errors WHERE {_KEY} AND (at <= ? OR at > ?)",  # noqa: S608 - a constant
                [*astuple(key), now - window, now],
            )
            counted = self._state.execute(
                f"SELECT count(*) FROM errors WHERE {_KEY}",  # noqa: S608 - a constant
                astuple(key),
            )[0][0]
            if counted > self._switches["errors_an_hour"]:
                self._begin_block(key, now)

    def blocks(self) -> list[dict[str, object]]:
        """Return the endpoints blocked now; times in seconds since 1970."""
        now = self._clock.seconds()
        rows = self._state.execute(
            "SELECT * FROM blocks WHERE began_at <= ? AND ends_at > ? ORDER BY began_at", [now, now]
        )
        return [dict(row) for row in rows]

    def _begin_block(self, key: ErrorKey, now: float) -> None:
        length = self._block_seconds()
        last = self._block(key)
        doubles = self._switches["error_block_growth"] == "doubled"
        if doubles and last is not None and last[0] <= now < last[1] + DAY:
            length = min(2 * (last[1] - last[0]), DAY)
        self._store_block(key, now, now + length)
        # What led to a block is dealt with by it; the next one takes as many errors again.
        self._state.execute(f"DELETE FROM errors WHERE {_KEY}", astuple(key))  # noqa: S608

    def _block_seconds(self) -> float:
        return float(self._switches["error_block_minutes"] * MINUTE)

    def _block(self, key: ErrorKey) -> tuple[float, float] | None:
        rows = self._state.execute(
            f"SELECT began_at, ends_at FROM blocks WHERE {_KEY}",  # noqa: S608 - a constant
            astuple(key),
        )
        return (rows[0]["began_at"], rows[0]["ends_at"]) if rows else None

    def _store_block(self, key: ErrorKey, began_at: float, ends_at: float) -> None:
        self._state.execute(
            "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
            [*astuple(key), began_at, ends_at],
        )
