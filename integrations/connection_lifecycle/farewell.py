"""Leaving Exact: the last connection of a division tells Exact to send nothing more, and then its log-in is forgotten.

Everything else has stopped by then. Where Exact can not be asked within ten minutes the log-in is forgotten all the same;
what Exact still sends is answered and ignored.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.connection_lifecycle.logging_in import forget_when_unused
from integrations.models import (
    ConnectionState,
    ExactConnection,
    GrantState,
    LaneMember,
    WebhookListener,
    WebhookSubscription,
)

LONGEST = timedelta(minutes=10)


def leave(connection: ExactConnection, *, now: datetime) -> None:
    """This function will take a disconnected connection out of its lane, at once or after its last work there.

    Call it in the transaction that disconnects.
    """
    member = LaneMember.objects.filter(connection_id=connection.pk).first()
    if member is None or not _has_to_unsubscribe(connection, member):
        _forget(connection)
        return
    WebhookListener.objects.filter(member=member).delete()
    LaneMember.objects.filter(pk=member.pk).update(
        leaving_until=now + LONGEST, due_at=now, paused_at=None
    )
    lanes.ring(connection, at=now)


def is_leaving(connection: ExactConnection) -> bool:
    """This function will tell whether the connection is here for its last work only."""
    if connection.state != ConnectionState.DISCONNECTED:
        return False
    return LaneMember.objects.filter(
        connection_id=connection.pk, leaving_until__isnull=False
    ).exists()


def end(*, organization_id: int, connection_id: int) -> None:
    """This function will end a farewell; a connection that was connected again meanwhile stays as it is."""
    with tenant_transaction(organization_id):
        connection = (
            ExactConnection.objects.select_for_update(of=("self",), no_key=True)
            .filter(pk=connection_id)
            .first()
        )
        if connection is not None and is_leaving(connection):
            _forget(connection)


def end_overdue(*, now: datetime) -> int:
    """This function will end the farewells that took too long, and return how many."""
    overdue = LaneMember.objects.filter(leaving_until__lt=now)
    members = list(overdue.values_list("organization_id", "connection_id"))
    for organization_id, connection_id in members:
        end(organization_id=organization_id, connection_id=connection_id)
    return len(members)


def _has_to_unsubscribe(connection: ExactConnection, member: LaneMember) -> bool:
    """Whether Exact sends webhooks that nobody else in the division listens to, and can be asked."""
    grant = connection.grant
    if grant is None or grant.state != GrantState.ACTIVE:
        return False
    others = LaneMember.objects.filter(lane=member.lane_id, leaving_until=None)
    if others.exclude(pk=member.pk).exists():
        return False
    subscribed = WebhookSubscription.objects.filter(lane=member.lane_id, exact_id__isnull=False)
    return subscribed.exists()


def _forget(connection: ExactConnection) -> None:
    lanes.leave(connection)
    grant_id = connection.grant_id
    connection.grant = None
    connection.save(update_fields=["grant"])
    if grant_id is not None:
        forget_when_unused(organization_id=connection.organization_id, grant_id=grant_id)
