"""The App Marketplace: which apps there are, and how each one is doing at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from integrations import countries, health, lanes, log_in_ends, queries, reference_lists
from integrations.models import ConnectionState, ExactConnection, ListKind, ReferenceList


class Standing(TextChoices):
    """How a connection is doing, in one word. The worst comes first: the card shows what most needs somebody."""

    RECONNECT = "reconnect", _("Reconnect needed")
    ATTENTION = "attention", _("Needs attention")
    INCOMPLETE = "incomplete", _("Setup incomplete")
    PAUSED = "paused", _("Paused")
    HEALTHY = "healthy", _("Healthy")
    NOT_CONNECTED = "not_connected", _("Not connected")

    @property
    def kind(self) -> str:
        """Its icon and color, as `shared/_state.html` knows them."""
        return _KINDS[self]


_KINDS: dict[str, str] = {
    Standing.RECONNECT: "failed",
    Standing.ATTENTION: "attention",
    Standing.INCOMPLETE: "attention",
    Standing.PAUSED: "paused",
    Standing.HEALTHY: "good",
    Standing.NOT_CONNECTED: "neutral",
}
_BY_STATE: dict[str, Standing] = {
    ConnectionState.NEEDS_CONSENT: Standing.RECONNECT,
    ConnectionState.SETUP_INCOMPLETE: Standing.INCOMPLETE,
    ConnectionState.DISCONNECTED: Standing.NOT_CONNECTED,
}


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection under its app. ``last_sync_at`` is when something was last read from Exact, UTC.

    ``causes``: what is wrong with it, as sentences. ``waits``: why calls to Exact wait and until when, without their ends.
    """

    connection: ExactConnection
    standing: Standing
    country: str
    last_sync_at: datetime | None
    causes: Sequence[str] = ()
    waits: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """The icon and color of its state."""
        return self.standing.kind

    @property
    def word(self) -> str:
        """Its state in a word."""
        return str(self.standing.label)

    @property
    def is_paused(self) -> bool:
        """Whether an admin lets it rest."""
        return self.standing == Standing.PAUSED

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
        """Whether somebody has to log in at Exact again, or soon will have to."""
        if log_in_ends.ends_soon_at(self.connection.grant, now=timezone.now()) is not None:
            return True
        return self.connection.state in {
            ConnectionState.NEEDS_CONSENT,
            ConnectionState.DISCONNECTED,
        }


@dataclass(frozen=True, slots=True)
class AppCard:
    """An app: what it does, one state in a word, and its connections."""

    name: str
    purpose: str
    standing: Standing
    connected_count: int
    last_sync_at: datetime | None
    rows: Sequence[ConnectionRow]

    @property
    def kind(self) -> str:
        """The icon and color of its state."""
        return self.standing.kind

    @property
    def word(self) -> str:
        """Its state in a word."""
        return str(self.standing.label)


def exact_card() -> AppCard:
    """This function will return the card of Exact Online for the organization, connected rows first."""
    rows = [describe(connection) for connection in queries.list_connections()]
    rows.sort(key=lambda row: row.is_disconnected)
    found = {row.standing for row in rows}
    standing = next((one for one in Standing if one in found), Standing.NOT_CONNECTED)
    working = [row for row in rows if not (row.is_disconnected or row.is_incomplete)]
    synced = [row.last_sync_at for row in working if row.last_sync_at is not None]
    return AppCard(
        "Exact Online",
        gettext("Copy invoices to Exact with one click, and see here what was paid there."),
        standing,
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
    return [Section(gettext("Accounting"), [exact_card()])]


def describe(connection: ExactConnection) -> ConnectionRow:
    """This function will return the connection's row with its state in words, and what is wrong with it."""
    lists = list(reference_lists.freshness(connection).values())
    lane = lanes.lane_status(connection)
    shown = set(reference_lists.shown_kinds(connection))
    causes = health.list_problems(connection, [row for row in lists if row.kind in shown])
    standing = _BY_STATE.get(connection.state)
    if standing is None and lane.paused_at is not None:
        standing = Standing.PAUSED
    if standing is None:
        is_well = connection.state == ConnectionState.READY and not causes
        standing = Standing.HEALTHY if is_well else Standing.ATTENTION
    waits = [lane.sentence, *lanes.held_endpoints(connection)]
    return ConnectionRow(
        connection,
        standing,
        countries.name_of(connection.country),
        _last_sync_at(connection, lists),
        causes,
        [one for one in waits if one],
    )


def _last_sync_at(connection: ExactConnection, lists: Sequence[ReferenceList]) -> datetime | None:
    times = [
        row.refreshed_at
        for row in lists
        if row.refreshed_at is not None and row.kind != ListKind.DELETED_CUSTOMERS
    ]
    if connection.payments_synced_at is not None:
        times.append(connection.payments_synced_at)
    return max(times, default=None)
