"""What keeps calls to Exact back until somebody lets them go on.

The emergency stop is a lane's: nothing is written any more, while reading and looking up go on (RELIABILITY K6). A pause is
one connection's: nothing of it is sent or read, but for looking up what was sent before.
"""

from __future__ import annotations

from django.db import connection as database
from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.lanes import doorbell
from integrations.models import DivisionLane, ExactConnection, LaneMember

# A number of its own among the advisory locks.
_LOCK = 7_305_904


def wait_for_new_lanes() -> None:
    """This function will wait until lanes that are being made are there, and let new ones wait until the transaction ends.

    Call it in a transaction before choosing the lanes to stop: one that is not committed yet would go on.
    """
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def stop(lanes: QuerySet[DivisionLane], *, reason: str, who: str) -> int:
    """This function will stop these lanes before their next write and return how many they are."""
    return lanes.update(
        is_stopped=True, stop_reason=reason[:120], stopped_by=who[:200], stopped_at=Now()
    )


def release(lanes: QuerySet[DivisionLane]) -> int:
    """This function will let stopped lanes go on, at once, and return how many there were."""
    ids = list(lanes.filter(is_stopped=True).values_list("pk", flat=True))
    DivisionLane.objects.filter(pk__in=ids).update(
        is_stopped=False, stop_reason="", stopped_by="", stopped_at=None
    )
    LaneMember.objects.filter(lane_id__in=ids).update(due_at=Now())
    for lane_id in ids:
        doorbell.nudge(lane_id)
    return len(ids)


def pause(connection: ExactConnection) -> bool:
    """This function will let the connection rest from its next call on; False when it does already, or has no lane."""
    going = LaneMember.objects.filter(connection_id=connection.pk, paused_at=None)
    return bool(going.update(paused_at=Now()))


def resume(connection: ExactConnection) -> bool:
    """This function will let a paused connection go on when its lane is rung; False when it was not paused."""
    resting = LaneMember.objects.filter(connection_id=connection.pk, paused_at__isnull=False)
    return bool(resting.update(paused_at=None))


def stop_all(*, reason: str, who: str) -> int:
    """This function will stop every lane there is, and return how many went on until now."""
    return stop(DivisionLane.objects.filter(is_stopped=False), reason=reason, who=who)


def release_all() -> int:
    """This function will let every stopped lane go on, and return how many there were."""
    return release(DivisionLane.objects.all())


def join(lane: DivisionLane) -> None:
    """This function will let a new lane begin stopped when every other one is: the stop is one of the installation then."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])
    others = DivisionLane.objects.exclude(pk=lane.pk)
    newest = others.order_by("-stopped_at", "-pk").first()
    if newest is None or others.filter(is_stopped=False).exists():
        return
    DivisionLane.objects.filter(pk=lane.pk).update(
        is_stopped=True,
        stop_reason=newest.stop_reason,
        stopped_by=newest.stopped_by,
        stopped_at=newest.stopped_at,
    )
