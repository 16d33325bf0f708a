"""The lease of a lane: one worker at a time, and a number that grows so that a late worker learns that it lost it.

Times are the database's, so that a worker with a wrong clock neither takes a lane that is held nor sleeps past a free one.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connection as database, transaction
from django.db.models import Q, QuerySet

from connector import heartbeats
from connector.sentences import sentence
from integrations.lanes import doorbell
from integrations.models import DivisionLane

# At most this share of the worker processes sits in lanes whose answers take long; the others stay free (RELIABILITY E13).
SLOW_SHARE = 0.5
_SLOW_LOCK = 7_305_902


def free_lanes(now: datetime) -> QuerySet[DivisionLane]:
    """This function will return the lanes that a worker may take at this time (UTC)."""
    return DivisionLane.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now), Q(resume_at=None) | Q(resume_at__lte=now)
    )


def take(
    lane_id: int, worker: str, now: datetime, *, fence: int | None = None
) -> DivisionLane | None:
    """This function will take the lane for this worker; None when it is not free, or slow while enough slow ones are served.

    Also None when a turn began after the one that ``fence`` names.
    """
    wanted = free_lanes(now).filter(pk=lane_id)
    if fence is not None:
        wanted = wanted.filter(fence__lte=fence)
    with transaction.atomic():
        lane = wanted.select_for_update(skip_locked=True).first()
        if lane is None:
            return None
        if lane.is_slow and not _has_room_for_slow(now):
            _put_back(lane, now)
            return None
        lane.lease_owner = worker
        lane.lease_until = now + timedelta(seconds=settings.LANE_LEASE_SECONDS)
        lane.fence += 1
        lane.resume_at, lane.resume_reason = None, ""
        lane.save(
            update_fields=["lease_owner", "lease_until", "fence", "resume_at", "resume_reason"]
        )
    return lane


def renew(lane_id: int, fence: int, now: datetime) -> bool | None:
    """This function will hold the lane for longer, and tell whether it is stopped; None when it is no longer ours."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_divisionlane SET lease_until = %s"
            " WHERE id = %s AND fence = %s AND lease_until IS NOT NULL RETURNING is_stopped",
            [now + timedelta(seconds=settings.LANE_LEASE_SECONDS), lane_id, fence],
        )
        row = cursor.fetchone()
    return None if row is None else bool(row[0])


def _has_room_for_slow(now: datetime) -> bool:
    with database.cursor() as cursor:
        # One at a time counts and takes, or two would take the last place.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SLOW_LOCK])
    served = DivisionLane.objects.filter(lease_until__gte=now, is_slow=True).count()
    return served < max(1, int(heartbeats.worker_slots(now=now) * SLOW_SHARE))


def _put_back(lane: DivisionLane, now: datetime) -> None:
    pause = timedelta(seconds=random.uniform(2, 5))  # noqa: S311  # jitter, not a secret
    lane.resume_at, lane.resume_reason = (
        now + pause,
        sentence("Exact answers slowly, so others go first"),
    )
    lane.save(update_fields=["resume_at", "resume_reason"])
    transaction.on_commit(partial(doorbell.nudge, lane.pk, after=pause, fence=lane.fence))
