"""What `manage.py recovery` does for the whole installation, organization by organization."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connector.tenancy.scope import tenant_transaction
from integrations import emergency_stop, lanes, token_store
from integrations.figures import list_organization_ids
from integrations.models import (
    DivisionLane,
    ExactConnection,
    ExactGrant,
    GrantState,
    LaneMember,
    ReferenceList,
)
from invoices import recovery as copies
from invoices.models import RecoveryPass
from payments import recovery as payments

# Only lanes that were stopped for this are released by it.
REASON = "The database was restored from a backup; what Exact has is looked up first"


@dataclass
class Progress:
    """How far a recovery is: connections that still read, by division, each with what it waits for."""

    connections: int = 0
    waiting: list[str] = field(default_factory=list)
    released: int = 0


def begin(*, backup_at: datetime, who: str, now: datetime) -> Progress:
    """This function will stop all sends and let every connection look up what Exact got since the backup."""
    emergency_stop.stop(emergency_stop.choose_lanes(), reason=REASON, who=who, now=now)
    progress = Progress()
    for organization_id in list_organization_ids():
        with tenant_transaction(organization_id):
            for connection in _connections(organization_id):
                copies.begin(connection, backup_at=backup_at, now=now)
                payments.start_over(connection)
                ReferenceList.objects.filter(connection=connection).update(due_at=now)
                progress.connections += 1
    return progress


def check_log_ins(*, now: datetime) -> Counter[str]:
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


def look(*, now: datetime) -> Progress:
    """This function will tell which connections still look up what Exact has."""
    progress = Progress()
    for organization_id in list_organization_ids():
        with tenant_transaction(organization_id):
            for connection in _connections(organization_id):
                progress.connections += 1
                if copies.is_under_way(connection):
                    progress.waiting.append(_waits_for(connection, now))
    return progress


def finish(*, now: datetime) -> Progress:
    """This function will let those divisions write again whose connections have looked up everything.

    A connection that waits for a log-in keeps nobody else waiting: it sends nothing before it has looked, whenever that is.
    """
    progress = look(now=now)
    busy = set(_busy_lanes())
    rows = DivisionLane.objects.filter(stop_reason=REASON).exclude(pk__in=busy)
    progress.released = emergency_stop.release(rows, now=now)
    return progress


def _busy_lanes() -> Iterator[int]:
    for organization_id in list_organization_ids():
        with tenant_transaction(organization_id):
            reading = [
                connection.pk
                for connection in _connections(organization_id)
                if connection.is_working and copies.is_under_way(connection)
            ]
        yield from LaneMember.objects.filter(connection_id__in=reading).values_list(
            "lane_id", flat=True
        )


def _connections(organization_id: int) -> list[ExactConnection]:
    seats = LaneMember.objects.filter(organization_id=organization_id)
    ids = list(seats.values_list("connection_id", flat=True))
    return list(ExactConnection.objects.filter(pk__in=ids).order_by("id"))


def _waits_for(connection: ExactConnection, now: datetime) -> str:
    where = f"division {connection.division} (connection {connection.pk})"
    if not connection.is_working:
        return f"{where}: {connection.get_state_display().lower()}"
    if sentence := lanes.lane_status(connection).sentence:
        return f"{where}: {sentence}"
    row = (
        RecoveryPass.objects.filter(connection=connection, done_at=None).order_by("next_at").first()
    )
    if row is not None and row.next_at is not None and row.next_at > now:
        return f"{where}: reads once more at {row.next_at:%H:%M:%S} UTC"
    return f"{where}: reading"
