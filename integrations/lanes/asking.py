"""Asking a lane for work: a connection's place in it, and when its next work is due."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least, Now
from django.utils import timezone

from integrations import sessions
from integrations.lanes import doorbell, stopping
from integrations.models import DivisionLane, ExactConnection, LaneMember


def seat(connection: ExactConnection) -> LaneMember:
    """This function will give the connection its place in the lane of its division."""
    if connection.division is None:
        raise ValueError("A connection has a lane once its division is chosen.")
    lane, is_new = DivisionLane.objects.get_or_create(
        host=sessions.base_url_for(connection.country), division=connection.division
    )
    if is_new:
        stopping.join(lane)
    member, _ = LaneMember.objects.update_or_create(
        connection_id=connection.pk,
        defaults={
            "lane": lane,
            "organization_id": connection.organization_id,
            "leaving_until": None,
        },
    )
    return member


def leave(connection: ExactConnection) -> None:
    """This function will take the connection out of its lane: no work of it is started any more."""
    LaneMember.objects.filter(connection_id=connection.pk).delete()


def ring(connection: ExactConnection, *, at: datetime) -> None:
    """This function will note that the connection has work at this time, and nudge the lane after the commit.

    Call it in the transaction that writes the work's row. Without a place in a lane it does nothing.
    """
    is_due = at <= timezone.now()
    # "Now" is the database's, so that a host whose clock is ahead does not make the lane wait (RELIABILITY C19).
    LaneMember.objects.filter(connection_id=connection.pk).update(
        due_at=Least(F("due_at"), Now() if is_due else at)
    )
    lane_id = (
        LaneMember.objects.filter(connection_id=connection.pk)
        .values_list("lane_id", flat=True)
        .first()
    )
    if lane_id is not None and is_due:
        transaction.on_commit(partial(doorbell.nudge, lane_id))
