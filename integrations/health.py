"""What the health page says of a connection besides its invoices: the log-in, when what runs, and what is wrong.

The layers above add their runs to `run_sources` when the program starts. Everything is read from our own rows, so the page
says the same while Exact, the broker or the workers are away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connector.tenancy.members import Tie
from connector.tenancy.models import Membership, User
from integrations import hooks, keep_alive, log_in_ends, reference_lists, token_store
from integrations.models import (
    ConnectionEvent,
    ExactConnection,
    GrantState,
    ListKind,
    ReferenceList,
)

_PROBLEM_EVENTS = ("needs_consent", "login_refused", "division_unusable", log_in_ends.EVENT)
_EVENTS_SHOWN = 5
# They are read hourly at least, but for a day whose calls are used up.
_LATE = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Run:
    """Something that happens by itself again and again: when it last did, when it does next (UTC), and what is in its way."""

    name: str
    last_at: datetime | None
    next_at: datetime | None
    note: str = ""


run_sources: list[Callable[[ExactConnection, datetime], Sequence[Run]]] = []
"""What the layers above run; each is called inside the tenant transaction with the time (UTC)."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """The log-in at Exact that a connection lives by. ``valid_until`` moves on with each renewal; None: it is not valid now."""

    exact_user: str
    exact_email: str
    person: str
    has_left: bool
    renewed_at: datetime | None
    valid_until: datetime | None
    lost_at: datetime | None
    reason: str
    is_failing: bool
    ends_soon: bool


def log_in(connection: ExactConnection) -> LogIn | None:
    """This function will describe the log-in, and the person who gave it; None while nobody has."""
    grant = connection.grant
    if grant is None:
        return None
    person = connection.connected_by
    is_lost = grant.state == GrantState.NEEDS_CONSENT
    return LogIn(
        exact_user=grant.exact_user_name,
        exact_email=grant.exact_user_email,
        person=str(person) if person else "",
        has_left=person is not None and not Membership.objects.filter(user=person).exists(),
        renewed_at=grant.issued_at,
        valid_until=log_in_ends.valid_until(grant),
        ends_soon=log_in_ends.ends_soon_at(grant, now=timezone.now()) is not None,
        lost_at=grant.state_changed_at if is_lost else None,
        reason=grant.state_reason,
        is_failing=not is_lost and bool(grant.refresh_failures),
    )


def list_runs(connection: ExactConnection, *, is_paused: bool, now: datetime) -> list[Run]:
    """This function will tell of everything that runs by itself when it last did and does next."""
    runs = [run for source in run_sources for run in source(connection, now)]
    rows = [
        row
        for row in reference_lists.freshness(connection).values()
        if row.kind != ListKind.DELETED_CUSTOMERS
    ]
    read = [row.refreshed_at for row in rows if row.refreshed_at is not None]
    due = reference_lists.ListsWork().next_due_at(connection, now=now)
    runs.append(Run(_("Lists of Exact"), min(read, default=None), due))
    renewal = keep_alive.KeepAliveWork().next_due_at(connection, now=now)
    renewed_at = connection.grant.issued_at if connection.grant else None
    note = _("sooner when there is other work") if renewal else ""
    if is_paused:
        runs = [
            replace(run, next_at=None, note=_("waits: the connection is paused")) for run in runs
        ]
        note = ""
    runs.append(Run(_("Renewing the log-in"), renewed_at, renewal, note))
    return runs


def list_waits(connection: ExactConnection, of_lane: Sequence[str], *, now: datetime) -> list[str]:
    """This function will say what waits and why, as sentences without their ends; empty when nothing does.

    `of_lane`: what calls wait for, as `marketplace.describe` tells it.
    """
    warning = token_store.warning(connection.grant, now=now) if connection.grant else ""
    found = [
        *of_lane,
        hooks.recovery_waits_for(connection),
        warning,
    ]
    return [one.rstrip(".") for one in found if one]


def list_problems(
    connection: ExactConnection, lists: Sequence[ReferenceList] | None = None
) -> list[str]:
    """This function will say what is wrong at this moment: with the connection, with reading payments, with a list.

    `lists` are the rows of its lists, where somebody has read them already.
    """
    if lists is None:
        lists = list(reference_lists.freshness(connection).values())
    told = [connection.state_reason, log_in_ends.sentence(connection.grant, now=timezone.now())]
    if connection.sync_payments and connection.is_working:
        told.append(connection.payments_sync_problem or _say_late(connection))
    told += [row.problem for row in lists]
    return [one for one in dict.fromkeys(told) if one]


def _say_late(connection: ExactConnection) -> str:
    """That payments were not read for long although nothing is known to be wrong: then nobody should call it healthy."""
    read_at = connection.payments_synced_at
    if read_at is None or timezone.now() - read_at < _LATE:
        return ""
    local = timezone.localtime(read_at)
    return _("Payments were last read from Exact on %(day)s.") % {
        "day": date_format(local, "DATETIME_FORMAT")
    }


def last_problems(connection: ExactConnection) -> list[ConnectionEvent]:
    """This function will return what was last wrong with the connection, the newest first."""
    events = connection.events.filter(kind__in=_PROBLEM_EVENTS).select_related("user")
    return list(events[:_EVENTS_SHOWN])


def list_ties(user: User) -> list[Tie]:
    """This function will return the connections that work through a log-in which this person gave."""
    by_them = Q(connected_by=user) | Q(grant__connected_by=user)
    rows = ExactConnection.objects.filter(by_them, grant__isnull=False, division__isnull=False)
    return [
        Tie(one.name, reverse("connection_hand_over", args=[one.pk]))
        for one in rows.order_by("name", "id")
    ]
