"""How each connection is doing, in lines that a screen shows: log-in, lane, lists, and what the layers above add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from connector import heartbeats
from integrations import health, lanes, marketplace, queries, reference_lists
from integrations.marketplace import ConnectionRow
from integrations.models import ConnectionState, ExactConnection, GrantState, ListKind

# Two sweeps may be missed by a deploy; the third one is a sign. Each waits for a place as well, while all are taken by turns:
# up to 50 seconds (docs/operations.md alarms at the same age).
_SWEEPS_MISSED = 4
_LONGEST_SILENCE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One fact: what it is about, what is to be said, more of it, and the time (UTC) to show after that.

    `kind` is one of shared/_state.html's when the words are a state rather than a number or a sentence.
    """

    label: str
    words: str
    at: datetime | None = None
    kind: str = ""
    note: str = ""


more_lines: list[Callable[[ExactConnection], Sequence[StatusLine]]] = []
"""What the layers above say of a connection; added when the program starts, called inside the tenant transaction."""


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """A connection as the marketplace shows it, and its lines."""

    row: ConnectionRow
    lines: Sequence[StatusLine]


@dataclass(frozen=True, slots=True)
class BackgroundWork:
    """Whether workers and sweeps run. `seen_at` is the last sign of life of either, UTC."""

    kind: str
    words: str
    seen_at: datetime | None

    @property
    def is_running(self) -> bool:
        """Whether what waits goes on."""
        return self.kind == "good"


def list_statuses() -> list[ConnectionStatus]:
    """This function will describe the organization's connections that are connected or to be connected again."""
    return [
        ConnectionStatus(marketplace.describe(one), [*_lines(one), *_last_problem(one)])
        for one in queries.list_connections()
        if one.state != ConnectionState.DISCONNECTED
    ]


def background_work() -> BackgroundWork:
    """This function will tell whether the work that no person waits at runs. One query."""
    signs = heartbeats.signs_of_life()
    seen_at = max(
        (at for at in (signs.swept_at, signs.worker_seen_at) if at is not None), default=None
    )
    missed = timedelta(seconds=_SWEEPS_MISSED * settings.LANE_SWEEP_SECONDS)
    silent_after = max(missed, _LONGEST_SILENCE)
    if signs.workers and signs.unswept_for is not None and signs.unswept_for <= silent_after:
        return BackgroundWork("good", _("Runs"), seen_at)
    if seen_at is None:
        return BackgroundWork("failed", _("Never seen"), None)
    return BackgroundWork("failed", _("Silent"), seen_at)


def stands_still() -> str:
    """This function will say that what waits does not go on, when nothing in the background runs; else it is empty.

    Ask only where something waits: it is said there, and nowhere else. It is silence as the status page tells it.
    """
    if background_work().is_running:
        return ""
    return _("The connector's background work stands still. Nothing is lost; it goes on by itself.")


def _lines(connection: ExactConnection) -> Iterator[StatusLine]:
    yield _log_in(connection)
    yield from _lane(connection)
    for source in more_lines:
        yield from source(connection)
    yield _lists(connection)


def _log_in(connection: ExactConnection) -> StatusLine:
    grant = connection.grant
    if grant is None:
        return StatusLine(_("Log-in at Exact"), _("Not done yet"), kind="attention")
    if grant.state == GrantState.NEEDS_CONSENT:
        return StatusLine(
            _("Log-in at Exact"),
            _("Needed again"),
            grant.state_changed_at,
            kind="failed",
            note=_("since"),
        )
    if grant.issued_at is None:
        return StatusLine(_("Log-in at Exact"), _("Not finished"), kind="attention")
    if grant.refresh_failures:
        return StatusLine(
            _("Log-in at Exact"),
            _("Not renewed at the moment"),
            grant.issued_at,
            kind="attention",
            note=_("last renewed"),
        )
    return StatusLine(_("Log-in at Exact"), _("Renewed"), grant.issued_at, kind="good")


def _lane(connection: ExactConnection) -> Iterator[StatusLine]:
    lane = lanes.lane_status(connection)
    if lane.wait_reason:
        yield StatusLine(_("Calls to Exact"), _("Waiting"), kind="progress", note=lane.sentence)
    else:
        yield StatusLine(_("Calls to Exact"), _("Nothing to wait for"), kind="good")
    for sentence in lanes.held_endpoints(connection):
        yield StatusLine(
            _("Calls that Exact refused"), _("Waiting"), kind="attention", note=sentence
        )
    left = []
    if lane.minute_remaining is not None:
        left.append(_("%(left)s of this minute") % {"left": intcomma(lane.minute_remaining)})
    if lane.day_remaining is not None:
        shown = {"left": intcomma(lane.day_remaining), "of": intcomma(lane.day_limit or 0)}
        left.append(
            (_("%(left)s today") if lane.day_limit is None else _("%(left)s of %(of)s today"))
            % shown
        )
    yield StatusLine(_("Calls left"), ", ".join(left) or _("Not known before the next call"))


def _lists(connection: ExactConnection) -> StatusLine:
    rows = [
        row
        for row in reference_lists.freshness(connection).values()
        if row.kind != ListKind.DELETED_CUSTOMERS
    ]
    read = [row.refreshed_at for row in rows if row.refreshed_at is not None]
    if not read:
        return StatusLine(_("Lists of Exact"), _("Not read yet"))
    return StatusLine(_("Lists of Exact"), _("The oldest was read"), min(read))


def _last_problem(connection: ExactConnection) -> Iterator[StatusLine]:
    """What was last wrong, and still is as far as we know."""
    for problem in health.list_problems(connection)[:1]:
        yield StatusLine(_("Last problem"), problem)
