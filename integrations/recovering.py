"""Recovery of the whole installation after a restore from a backup: what Exact has is looked up before anything is sent.

What that means for copies and payments the layers above say (`hooks.on_restore`). It begins by itself when PostgreSQL turns out
to be another one than before, and ends by itself: `manage.py recovery` is for those who want to say the time, or to watch.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection as database, transaction
from django.utils import timezone

from connector import database_identity
from connector.models import Heartbeat
from connector.tenancy import organizations
from connector.tenancy.scope import tenant_transaction
from integrations import emergency_stop, hooks, lanes, token_store
from integrations.figures import list_organization_ids
from integrations.models import (
    DivisionLane,
    ExactConnection,
    ExactGrant,
    GrantState,
    LaneMember,
    ReferenceList,
)

logger = logging.getLogger(__name__)

# Only lanes that were stopped for this are released by it.
_REASON = emergency_stop.RESTORED
# So long after the last restore connections that are set up anew look up.
_REMEMBERED = timedelta(days=60)
# A number of its own: `leases` has another one.
LOCK = 7_305_903


@dataclass
class Progress:
    """How far a recovery is. `waiting` says of each connection that still looks up what it waits for."""

    connections: int = 0
    waiting: list[str] = field(default_factory=list)
    released: int = 0


def begin(*, backup_at: datetime, who: str, now: datetime) -> Progress:
    """This function will stop all sends and let every connection look up what Exact got since the backup.

    `backup_at` (UTC) is the time up to which this database knows what was sent.
    """
    with transaction.atomic():
        emergency_stop.stop(emergency_stop.choose_lanes(), reason=_REASON, who=who, now=now)
        progress = Progress()
        for organization_id in organizations.list_ids():
            with tenant_transaction(organization_id):
                # Also those that the backup knows as disconnected: they may have been connected again, and have sent.
                for connection in ExactConnection.objects.filter(division__isnull=False):
                    hooks.restored(connection=connection, backup_at=backup_at, now=now)
                    ReferenceList.objects.filter(connection=connection).update(due_at=now)
                progress.connections += len(_connections(organization_id))
        for name, at in ((database_identity.BACKUP, backup_at), (database_identity.RECOVERY, now)):
            Heartbeat.objects.update_or_create(name=name, defaults={"at": at})
        database_identity.begin()
    logger.warning("Recovery began", extra={"backup_at": backup_at, "by": who})
    return progress


def look_up_first(connection: ExactConnection, *, now: datetime) -> None:
    """This function will let a connection that becomes ready look up what Exact got since the last restore.

    The backup may not know that it was there before, and sent. Call it in the transaction that makes it ready.
    """
    backup, recovery = database_identity.BACKUP, database_identity.RECOVERY
    known = dict(Heartbeat.objects.filter(name__in=(backup, recovery)).values_list("name", "at"))
    if len(known) == 2 and now - known[recovery] < _REMEMBERED:
        hooks.restored(connection=connection, backup_at=known[backup], now=known[recovery])


def begin_if_restored(*, now: datetime) -> bool:
    """This function will begin a recovery when PostgreSQL is another one than before, and tell whether it did.

    Call it in every sweep: it also notes until when this database knows what was sent.
    """
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        known_until = database_identity.known_until()
        if known_until is None:
            database_identity.note()
            return False
        begin(backup_at=known_until, who="The connector", now=now)
        return True


def check_log_ins() -> Counter[str]:
    """This function will ask Exact for a token with each stored log-in: a restored one may have been used up since.

    Organizations whose log-in is lost are told by mail, as always. It counts "works", "lost" and "later".
    """
    found: Counter[str] = Counter()
    for organization_id in list_organization_ids():
        with tenant_transaction(organization_id):
            grants = list(
                ExactGrant.objects.filter(state=GrantState.ACTIVE, connections__isnull=False)
                .distinct()
                .order_by("id")
                .values_list("pk", flat=True)
            )
        for grant_id in grants:
            try:
                token_store.access_token(organization_id=organization_id, grant_id=grant_id)
            except token_store.NeedsConsent:
                found["lost"] += 1
            except token_store.TokenLater:
                found["later"] += 1
            else:
                found["works"] += 1
    return found


@timezone.override(UTC)
def look() -> Progress:
    """This function will tell which connections still look up what Exact has, with times in UTC."""
    progress = Progress()
    for organization_id in list_organization_ids():
        with tenant_transaction(organization_id):
            for connection in _connections(organization_id):
                progress.connections += 1
                if waits_for := hooks.recovery_waits_for(connection):
                    progress.waiting.append(_sentence(connection, waits_for))
    return progress


def finish(*, now: datetime) -> Progress:
    """This function will let those divisions write again whose connections have looked up everything.

    A connection that waits for a log-in keeps nobody else waiting: it sends nothing before it has looked, whenever that is.
    """
    progress = look()
    progress.released = finish_if_done(now=now)
    return progress


def finish_if_done(*, now: datetime) -> int:
    """This function will release what may write again, when a recovery is under way at all; it returns how many lanes.

    Call it in every sweep: it asks the connections of lanes that are still stopped, and of no others.
    """
    stopped = DivisionLane.objects.filter(stop_reason=_REASON)
    seats: dict[int, dict[int, int]] = {}
    for organization_id, connection_id, lane_id in LaneMember.objects.filter(
        lane__in=stopped
    ).values_list("organization_id", "connection_id", "lane_id"):
        seats.setdefault(organization_id, {})[connection_id] = lane_id
    busy = set(_busy_lanes(seats))
    free = [pk for pk in stopped.values_list("pk", flat=True) if pk not in busy]
    return emergency_stop.release(stopped.filter(pk__in=free), now=now) if free else 0


def _busy_lanes(seats: Mapping[int, Mapping[int, int]]) -> Iterator[int]:
    """The lanes of connections that still look up, of those whose lane is given for each organization."""
    for organization_id, lane_of in seats.items():
        with tenant_transaction(organization_id):
            for connection in ExactConnection.objects.filter(pk__in=lane_of):
                if connection.is_working and hooks.recovery_waits_for(connection):
                    yield lane_of[connection.pk]


def _connections(organization_id: int) -> list[ExactConnection]:
    """Those that look up at this time; one that is disconnected does so when it is connected again."""
    seats = LaneMember.objects.filter(organization_id=organization_id)
    ids = list(seats.values_list("connection_id", flat=True))
    return list(ExactConnection.objects.filter(pk__in=ids).order_by("id"))


def _sentence(connection: ExactConnection, waits_for: str) -> str:
    where = f"division {connection.division} (connection {connection.pk})"
    if not connection.is_working:
        return f"{where}: {connection.get_state_display().lower()}"
    lane = lanes.lane_status(connection, purpose=lanes.Purpose.BACKGROUND)
    return f"{where}: {'; '.join(one for one in (waits_for, lane.sentence) if one)}"
