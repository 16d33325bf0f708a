"""The App Marketplace: which apps there are, and how each one is doing at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations import lanes, queries, reference_lists
from integrations.exact import hosts
from integrations.models import ConnectionState, ExactConnection, ListKind

# Worst first: the card shows the state that most needs somebody.
_CARD: tuple[tuple[ConnectionState, str, str], ...] = (
    (ConnectionState.NEEDS_CONSENT, "failed", "Reconnect needed"),
    (ConnectionState.NEEDS_ATTENTION, "attention", "Needs attention"),
    (ConnectionState.SETUP_INCOMPLETE, "attention", "Setup incomplete"),
    (ConnectionState.READY, "good", "Healthy"),
)
_ROW: dict[str, tuple[str, str]] = {
    ConnectionState.SETUP_INCOMPLETE: ("attention", "Setup incomplete"),
    ConnectionState.READY: ("good", "Connected"),
    ConnectionState.NEEDS_ATTENTION: ("attention", "Needs attention"),
    ConnectionState.NEEDS_CONSENT: ("failed", "Reconnect needed"),
    ConnectionState.DISCONNECTED: ("neutral", "Disconnected"),
}


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection under its app. ``last_sync_at`` is when something was last read from Exact, UTC.

    ``waits``: why calls to Exact wait and until when, as sentences without their ends.
    """

    connection: ExactConnection
    kind: str
    word: str
    country: str
    last_sync_at: datetime | None
    waits: Sequence[str] = ()

    @property
    def is_disconnected(self) -> bool:
        """Whether only reconnecting makes sense."""
        return self.connection.state == ConnectionState.DISCONNECTED

    @property
    def is_incomplete(self) -> bool:
        """Whether setup is to be resumed."""
        return self.connection.state == ConnectionState.SETUP_INCOMPLETE

    @property
    def needs_login(self) -> bool:
        """Whether somebody has to log in at Exact again."""
        return self.connection.state in {
            ConnectionState.NEEDS_CONSENT,
            ConnectionState.DISCONNECTED,
        }


@dataclass(frozen=True, slots=True)
class AppCard:
    """An app: what it does, one state in a word, and its connections."""

    name: str
    purpose: str
    kind: str
    word: str
    connected_count: int
    last_sync_at: datetime | None
    rows: Sequence[ConnectionRow]


def exact_card() -> AppCard:
    """This function will return the card of Exact Online for the organization, connected rows first."""
    rows = [describe(connection) for connection in queries.list_connections()]
    rows.sort(key=lambda row: row.is_disconnected)
    states = {row.connection.state for row in rows}
    kind, word = next(
        ((kind, word) for state, kind, word in _CARD if state in states),
        ("neutral", "Not connected"),
    )
    working = [row for row in rows if not (row.is_disconnected or row.is_incomplete)]
    synced = [row.last_sync_at for row in working if row.last_sync_at is not None]
    return AppCard(
        "Exact Online",
        "Copy invoices to Exact with one click, and see here what was paid there.",
        kind,
        word,
        len(working),
        max(synced, default=None),
        rows,
    )


@dataclass(frozen=True, slots=True)
class Section:
    """Apps of one kind."""

    name: str
    apps: Sequence[AppCard]


def catalogue() -> list[Section]:
    """This function will return the apps by section."""
    return [Section("Accounting", [exact_card()])]


def describe(connection: ExactConnection) -> ConnectionRow:
    """This function will return the connection's row with its state in words."""
    kind, word = _ROW[connection.state]
    held = lanes.held_endpoints(connection)
    return ConnectionRow(
        connection,
        kind,
        word,
        hosts.COUNTRIES[connection.country].name,
        _last_sync_at(connection),
        [one for one in (lanes.lane_status(connection).sentence, *held) if one],
    )


def _last_sync_at(connection: ExactConnection) -> datetime | None:
    times = [
        row.refreshed_at
        for row in reference_lists.freshness(connection).values()
        if row.refreshed_at is not None and row.kind != ListKind.DELETED_CUSTOMERS
    ]
    if connection.payments_synced_at is not None:
        times.append(connection.payments_synced_at)
    return max(times, default=None)
