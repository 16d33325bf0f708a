"""The lease of a lane: one worker at a time, and a number that grows so that a late worker learns that it lost it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet

from integrations.models import DivisionLane


def free_lanes(now: datetime) -> QuerySet[DivisionLane]:
    """This function will return the lanes that a worker may take at this time (UTC)."""
    return DivisionLane.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now),
        Q(resume_at=None) | Q(resume_at__lte=now),
        is_stopped=False,
    )


def take(lane_id: int, worker: str, now: datetime) -> int | None:
    """This function will take the lane for this worker and return its fence, or None when it is not free."""
    until = now + timedelta(seconds=settings.LANE_LEASE_SECONDS)
    taken = (
        free_lanes(now)
        .filter(pk=lane_id)
        .update(
            lease_owner=worker,
            lease_until=until,
            fence=F("fence") + 1,
            resume_at=None,
            resume_reason="",
        )
    )
    if not taken:
        return None
    return (
        DivisionLane.objects.filter(pk=lane_id, lease_owner=worker)
        .values_list("fence", flat=True)
        .first()
    )
