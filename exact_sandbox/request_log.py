"""Remembers every request the sandbox received, for tests and people to read."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass, field

KEPT = 50_000
SECRET_HEADERS = frozenset({"authorization", "cookie"})
SECRET_FIELDS = frozenset(
    {"client_secret", "refresh_token", "access_token", "code", "password"},
)


@dataclass(slots=True)
class LogEntry:
    """One request; `status` stays None when the connection was dropped without an answer."""

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
    executed: bool | None = field(default=None)


class RequestLog:
    """The requests received, oldest first; the oldest fall out after 50,000."""

    def __init__(self) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._sequence = 0

    def add(self, **values: object) -> LogEntry:
        """Start an entry; its status is filled in when the answer is known."""
        with self._lock:
            self._sequence += 1
            entry = LogEntry(seq=self._sequence, **values)  # type: ignore[arg-type] # checked by LogEntry itself
            self._entries.append(entry)
            return entry

    def since(self, sequence: int) -> list[dict[str, object]]:
        """Return the entries after a sequence number."""
        with self._lock:
            return [asdict(entry) for entry in self._entries if entry.seq > sequence]

    def clear(self) -> None:
        """Forget the entries; the numbers go on."""
        with self._lock:
            self._entries.clear()
