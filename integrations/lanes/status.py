"""What a screen may say about a lane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from integrations import token_store
from integrations.lanes import breaker, pace
from integrations.lanes.budget import PAUSED, limits_of, stopped_words
from integrations.lanes.pace import Purpose
from integrations.models import DivisionLane, ExactConnection, LaneMember

_LOG_IN = gettext_lazy("Exact does not accept the log-in at the moment")


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """What a screen may say about a connection's lane. Times are UTC; unknown limits are None.

    `wait_reason` without `waits_until`: it goes on when somebody lets it. `paused_at`: since when an admin lets it rest.
    """

    waits_until: datetime | None
    wait_reason: str
    minute_remaining: int | None
    day_remaining: int | None
    day_limit: int | None
    paused_at: datetime | None = None

    @property
    def is_paused(self) -> bool:
        """Whether work goes on only when somebody lets it: an admin paused the connection, or sending is stopped."""
        return bool(self.wait_reason) and self.waits_until is None

    @property
    def sentence(self) -> str:
        """The wait as a sentence without its end, with the time where the reader is; empty when nothing is waited for."""
        return waiting_sentence(self.wait_reason, self.waits_until)


def waiting_sentence(reason: str, until: datetime | None) -> str:
    """This function will say why work waits and when it goes on, in the reader's time zone, as a sentence without its end."""
    if not reason or until is None:
        return reason
    local, today = timezone.localtime(until), timezone.localtime().date()
    if local.date() == today:
        return _("%(reason)s, goes on at %(time)s") % {"reason": reason, "time": f"{local:%H:%M}"}
    if local.date() == today + timedelta(days=1):
        return _("%(reason)s, goes on tomorrow at %(time)s") % {
            "reason": reason,
            "time": f"{local:%H:%M}",
        }
    return _("%(reason)s, goes on at %(time)s on %(day)s") % {
        "reason": reason,
        "time": f"{local:%H:%M}",
        "day": date_format(local, "j F"),
    }


def lane_status(connection: ExactConnection, *, purpose: Purpose = Purpose.PEOPLE) -> LaneStatus:
    """This function will return what is known of the connection's lane for a screen, and what work of a purpose waits for."""
    member = LaneMember.objects.select_related("lane").filter(connection_id=connection.pk).first()
    if member is None:
        return LaneStatus(None, "", None, None, None)
    lane, now = member.lane, timezone.now()
    until, reason = _waits(lane, connection, purpose, now)
    if member.paused_at is not None:
        until, reason = None, str(PAUSED)
    seen = pace.rolled(limits_of(lane), now)
    return LaneStatus(
        waits_until=until,
        wait_reason=reason,
        minute_remaining=seen.minute_remaining,
        day_remaining=seen.day_remaining,
        day_limit=seen.day_limit,
        paused_at=member.paused_at,
    )


def _waits(
    lane: DivisionLane, connection: ExactConnection, purpose: Purpose, now: datetime
) -> tuple[datetime | None, str]:
    if lane.is_stopped and purpose is Purpose.PEOPLE:
        return None, stopped_words(lane.stop_reason)
    if lane.resume_at is not None and lane.resume_at > now:
        return lane.resume_at, lane.resume_reason
    if (wait := pace.wait_for(limits_of(lane), purpose, now)) is not None:
        return wait.until, wait.reason
    if (until := token_store.waits_until(connection, now=now)) is not None:
        return until, str(_LOG_IN)
    return None, ""


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """What background work may still call today, until when, and how many connections share it."""

    calls: int
    until_end: timedelta
    shared_by: int


def background_calls_left(connection: ExactConnection, *, now: datetime) -> CallsLeft | None:
    """This function will return what is left of the lane's day for work that nobody waits for; None when it is not known."""
    lane = DivisionLane.objects.filter(members__connection_id=connection.pk).first()
    if lane is None:
        return None
    seen = pace.rolled(limits_of(lane), now)
    if seen.day_remaining is None or seen.day_reset_at is None:
        return None
    return CallsLeft(
        calls=max(0, seen.day_remaining - pace.kept(seen.day_limit, Purpose.BACKGROUND)),
        until_end=max(seen.day_reset_at - now, timedelta(0)),
        shared_by=max(1, lane.members.count()),
    )


def held_endpoints(connection: ExactConnection) -> list[str]:
    """This function will say of each part of Exact that is left alone for a while why, and until when."""
    lane = DivisionLane.objects.filter(members__connection_id=connection.pk).first()
    if lane is None or connection.grant is None:
        return []
    now, user = timezone.now(), str(connection.grant.exact_user_id)
    found = []
    for key, one in sorted(breaker.from_stored(lane.breakers).items()):
        until = one.held_until(now)
        if until is not None and key.startswith(f"{user} "):
            found.append(waiting_sentence(breaker.reason(breaker.endpoint_of(key)), until))
    return found
