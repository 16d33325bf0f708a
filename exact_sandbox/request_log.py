"""Remembers every request the sandbox received, for tests and people to read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from exact_sandbox.store import Store

KEPT = 50_000
TRIMMED_EVERY = 1_000  # requests
LONGEST_BODY = 256 * 1024  # characters
SECRET_HEADERS = frozenset({"authorization", "cookie"})
SECRET_FIELDS = frozenset(
    {"client_secret", "refresh_token", "access_token", "code", "password"},
)


@dataclass(slots=True)
class LogEntry:
    """One request; `status` stays None when the connection was dropped without an answer.

    `executed` is None until the sandbox has begun to carry the request out.
    """

    seq: int
    at: str
    method: str
    path: str
    query: str
    division: int | None
    headers: dict[str, str]
    body: str | None
    status: int | None = None
    application: str | None = None
    user: str | None = None
    fault: str | None = None
    executed: bool | None = None


_NAMES = tuple(field.name for field in fields(LogEntry))
_BEGUN = ("at", "method", "path", "query", "division", "headers", "body")
_KNOWN_LATER = ("status", "application", "user", "fault", "executed")
_INSERT = (
    f"INSERT INTO log ({', '.join(_BEGUN)}) "  # noqa: S608 - names of LogEntry
    f"VALUES ({', '.join('?' * len(_BEGUN))}) RETURNING seq"
)
_FINISH = f"UPDATE log SET {', '.join(f'{name} = ?' for name in _KNOWN_LATER)} WHERE seq = ?"  # noqa: S608
_SELECT = f"SELECT {', '.join(_NAMES)} FROM log WHERE "  # noqa: S608


class RequestLog:
    """The requests received, oldest first; the oldest fall out after 50,000."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, **values: Any) -> LogEntry:
        """Start an entry; `finish` stores what is known once there is an answer."""
        entry = LogEntry(seq=0, **values)
        if entry.body is not None and len(entry.body) > LONGEST_BODY:
            entry.body = entry.body[:LONGEST_BODY] + "…"
        headers = json.dumps(entry.headers, ensure_ascii=False)
        row = [entry.at, entry.method, entry.path, entry.query, entry.division, headers, entry.body]
        entry.seq = self._store.execute(_INSERT, row)[0][0]
        if entry.seq % TRIMMED_EVERY == 0:
            self._store.execute("DELETE FROM log WHERE seq <= ?", [entry.seq - KEPT])
        return entry

    def finish(self, entry: LogEntry) -> None:
        """Store what became of a request."""
        self._store.execute(_FINISH, [*(getattr(entry, name) for name in _KNOWN_LATER), entry.seq])

    def since(self, sequence: int) -> list[dict[str, object]]:
        """Return the entries after a sequence number."""
        return self.find("seq > ? ORDER BY seq", [sequence])

    def find(self, condition: str, parameters: Iterable[object]) -> list[dict[str, object]]:
        """Return the entries that fit a condition of SQL, perhaps with an order and a limit."""
        rows = self._store.execute(_SELECT + condition, parameters)
        return [asdict(_entry(dict(row))) for row in rows]

    def count(self, condition: str, parameters: Iterable[object]) -> int:
        """Return how many entries fit a condition of SQL."""
        sql = f"SELECT count(*) FROM log WHERE {condition}"  # noqa: S608 - conditions of our own
        return int(self._store.execute(sql, parameters)[0][0])

    def totals(self) -> list[tuple[str, str, int | None, int]]:
        """Return method, path, status and how many requests had them."""
        rows = self._store.execute(
            "SELECT method, path, status, count(*) FROM log GROUP BY method, path, status"
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    @property
    def newest(self) -> int:
        """The number of the last request, 0 before the first; it survives `clear`."""
        rows = self._store.execute("SELECT seq FROM sqlite_sequence WHERE name = 'log'")
        return int(rows[0][0]) if rows else 0

    def clear(self) -> None:
        """Forget the entries; the numbers go on."""
        self._store.execute("DELETE FROM log")


def _entry(row: dict[str, Any]) -> LogEntry:
    row["headers"] = json.loads(row["headers"])
    if row["executed"] is not None:
        row["executed"] = bool(row["executed"])
    return LogEntry(**row)
