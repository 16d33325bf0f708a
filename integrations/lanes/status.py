"""What a screen may say about a lane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from integrations import token_store
from integrations.models import DivisionLane, ExactConnection


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """What a screen may say about a connection's lane. Times are UTC; unknown limits are None."""

    waits_until: datetime | None
    wait_reason: str
    minute_remaining: int | None
    day_remaining: int | None
    day_limit: int | None


def lane_status(connection: ExactConnection) -> LaneStatus:
    """This function will return what is known of the connection's lane for a screen."""
    lane = DivisionLane.objects.filter(members__connection_id=connection.pk).first()
    if lane is None:
        return LaneStatus(None, "", None, None, None)
    now = timezone.now()
    waits_until, wait_reason = None, ""
    if lane.resume_at is not None and lane.resume_at > now:
        waits_until, wait_reason = lane.resume_at, lane.resume_reason
    elif (until := token_store.waits_until(connection, now=now)) is not None:
        waits_until, wait_reason = until, "Exact does not accept the log-in at the moment"
    return LaneStatus(
        waits_until=waits_until,
        wait_reason=wait_reason,
        minute_remaining=lane.minute_remaining,
        day_remaining=lane.day_remaining,
        day_limit=lane.day_limit,
    )
