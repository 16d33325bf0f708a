"""Who is logged on in which browser; a log-on survives a restart when a file is named."""

from __future__ import annotations

from exact_sandbox.store import Store


class Sessions:
    """Browser sessions and the user of each."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, session: str, default: str = "") -> str:
        """Return the id of the user of a session."""
        rows = self._store.execute("SELECT user_id FROM sessions WHERE session = ?", [session])
        return str(rows[0][0]) if rows else default

    def __setitem__(self, session: str, user_id: str) -> None:
        self._store.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?)", [session, user_id])
