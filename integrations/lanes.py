"""Lanes: at most one worker at a time works for a division of Exact, in short slices, within Exact's limits.

A lane's row holds the lease and the limits as last seen; a member row per connection says when it has work. A message
only rings the bell: the sweep finds due lanes without it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import connection as database, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Least
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from connector.tenancy.scope import tenant_transaction
from integrations import lane_budget, sessions, token_store
from integrations.exact import errors
from integrations.lane_work import LaneJob, LaneWork, register_work, registered_works
from integrations.models import DivisionLane, ExactConnection, LaneMember

__all__ = [
    "LaneJob",
    "LaneStatus",
    "LaneWork",
    "lane_status",
    "leave",
    "register_work",
    "ring",
    "run_turn",
    "seat",
    "sweep",
]

logger = logging.getLogger(__name__)

SLICE_CALLS = 20
SLICE = timedelta(seconds=20)
# A message may wait in the broker at most this long; anything later is left to the sweep.
LONGEST_COUNTDOWN = timedelta(seconds=60)
_AFTER_A_FAULT = timedelta(seconds=60)
_SWEEP_LOCK = 7_305_901

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """What a screen may say about a connection's lane. Times are UTC; unknown limits are None."""

    waits_until: datetime | None
    wait_reason: str
    minute_remaining: int | None
    day_remaining: int | None
    day_limit: int | None


# --- Asking for work ------------------------------------------------------------------------------------------------


def seat(connection: ExactConnection) -> LaneMember:
    """This function will give the connection its place in the lane of its division."""
    if connection.division is None:
        raise ValueError("A connection has a lane once its division is chosen.")
    lane, _ = DivisionLane.objects.get_or_create(
        host=sessions.base_url_for(connection.country), division=connection.division
    )
    member, _ = LaneMember.objects.update_or_create(
        connection_id=connection.pk,
        defaults={"lane": lane, "organization_id": connection.organization_id},
    )
    return member


def leave(connection: ExactConnection) -> None:
    """This function will take the connection out of its lane: no work of it is started any more."""
    LaneMember.objects.filter(connection_id=connection.pk).delete()


def ring(connection: ExactConnection, *, at: datetime) -> None:
    """This function will note that the connection has work at this time, and nudge the lane after the commit.

    Call it in the transaction that writes the work's row. Without a place in a lane it does nothing.
    """
    LaneMember.objects.filter(connection_id=connection.pk).update(due_at=Least(F("due_at"), at))
    lane_id = (
        LaneMember.objects.filter(connection_id=connection.pk)
        .values_list("lane_id", flat=True)
        .first()
    )
    if lane_id is not None and at <= timezone.now():
        transaction.on_commit(partial(nudge, lane_id))


def nudge(lane_id: int, *, after: timedelta = timedelta(0)) -> None:
    """This function will send the lane's message. A broker that is away loses nothing: the sweep looks every while."""
    try:
        current_app.send_task(
            "integrations.tasks.run_lane",
            kwargs={"lane_id": lane_id},
            countdown=after.total_seconds() or None,
        )
    except (OperationalError, RedisError, OSError):
        logger.warning(
            "The broker is away; the sweep will find the lane", extra={"lane_id": lane_id}
        )


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


# --- Working --------------------------------------------------------------------------------------------------------


def sweep(now: datetime) -> int:
    """This function will nudge every lane that has due work and no worker; any number of sweeps may run at once.

    It returns the number of lanes nudged.
    """
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SWEEP_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        lanes = list(
            _free_lanes(now)
            .filter(members__due_at__lte=now)
            .distinct()
            .values_list("pk", flat=True)
        )
    for lane_id in lanes:
        nudge(lane_id)
    return len(lanes)


def run_turn(lane_id: int, *, worker: str, clock: Clock = timezone.now) -> int:
    """This function will serve the lane for one slice and return the number of steps done.

    It does nothing when another worker holds the lane, when the lane waits for Exact's limits, or when it is stopped.
    """
    fence = _take_lease(lane_id, worker, clock())
    if fence is None:
        return 0
    turn = _Turn(lane_id=lane_id, fence=fence, worker=worker, clock=clock)
    try:
        turn.serve()
    finally:
        turn.release()
    return turn.steps


def _free_lanes(now: datetime) -> QuerySet[DivisionLane]:
    return DivisionLane.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now),
        Q(resume_at=None) | Q(resume_at__lte=now),
        is_stopped=False,
    )


def _take_lease(lane_id: int, worker: str, now: datetime) -> int | None:
    until = now + timedelta(seconds=settings.LANE_LEASE_SECONDS)
    taken = (
        _free_lanes(now)
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


class _Turn:
    """One worker's slice at one lane."""

    def __init__(self, *, lane_id: int, fence: int, worker: str, clock: Clock) -> None:
        self.lane_id = lane_id
        self.fence = fence
        self.worker = worker
        self.clock = clock
        self.steps = 0
        self.budget = lane_budget.LaneBudget(lane_id=lane_id, fence=fence, clock=clock)
        self._started = time.monotonic()

    # The lane may be read with this turn's fence only: a lost lease matches no row.
    def _mine(self) -> QuerySet[DivisionLane]:
        return DivisionLane.objects.filter(
            pk=self.lane_id, fence=self.fence, lease_until__isnull=False
        )

    def still_ours(self, member_id: int) -> bool:
        """Whether the lease is held, nobody has stopped the lane, and the connection was not disconnected."""
        rows = self._mine().filter(is_stopped=False, lease_until__gt=self.clock())
        return bool(rows.filter(members__pk=member_id).exists())

    def serve(self) -> None:
        """Take due members in turn until the slice is used up, nothing is due, or Exact asks to wait."""
        while (
            self.budget.calls < SLICE_CALLS
            and time.monotonic() - self._started < SLICE.total_seconds()
        ):
            until = self.clock() + timedelta(seconds=settings.LANE_LEASE_SECONDS)
            if not self._mine().filter(is_stopped=False).update(lease_until=until):
                return
            pause = self.budget.pause()
            if pause is not None:
                self._park(pause.until, pause.reason)
                return
            member = (
                LaneMember.objects.filter(lane_id=self.lane_id, due_at__lte=self.clock())
                .order_by(F("last_served_at").asc(nulls_first=True), "id")
                .first()
            )
            if member is None:
                return
            if not self._serve_member(member):
                return

    def _serve_member(self, member: LaneMember) -> bool:
        """Do one step for the member; False ends the turn."""
        now = self.clock()
        with tenant_transaction(member.organization_id):
            LaneMember.objects.select_for_update().filter(pk=member.pk).first()
            connection = (
                ExactConnection.objects.select_related("grant")
                .filter(pk=member.connection_id)
                .first()
            )
            work, next_due = _most_urgent(connection, now)
            LaneMember.objects.filter(pk=member.pk).update(
                last_served_at=now, **({} if work else {"due_at": next_due})
            )
        if work is None or connection is None:
            return True
        return self._do(work, member, connection)

    def _do(self, work: LaneWork, member: LaneMember, connection: ExactConnection) -> bool:
        log = {"lane_id": self.lane_id, "connection_id": member.connection_id, "work": work.name}
        try:
            client = sessions.open_client(connection, on_answer=self.budget.note)
            job = LaneJob(
                organization_id=member.organization_id,
                connection_id=member.connection_id,
                client=client,
                fence=self.fence,
                worker=self.worker,
                now=self.clock,
                still_ours=partial(self.still_ours, member.pk),
            )
            self.steps += 1
            work.step(job)
        except token_store.NeedsConsent:
            # Not "never": somebody may have logged in at Exact, and rung, a moment ago.
            self._postpone(member, self.clock() + _AFTER_A_FAULT)
        except token_store.TokenLater as later:
            self._postpone(member, later.until)
        except errors.Throttled as throttled:
            self._park(throttled.reset_at, lane_budget.REASONS[throttled.limit])
            return False
        except errors.Unauthorized:
            token_store.note_rejected(
                organization_id=member.organization_id,
                connection_id=member.connection_id,
                now=self.clock(),
            )
            self._postpone(member, self.clock() + timedelta(seconds=5))
        except errors.TemporaryProblem:
            logger.warning("Exact gave no usable answer", extra=log, exc_info=True)
            self._park(self.clock() + self.budget.backoff(), "Exact does not answer")
            return False
        except Exception:  # one broken row must not stop the lane for everybody
            logger.exception("Work in the lane failed", extra=log)
            self._postpone(member, self.clock() + _AFTER_A_FAULT)
        else:
            self.budget.answered()
        return True

    def _postpone(self, member: LaneMember, until: datetime) -> None:
        LaneMember.objects.filter(pk=member.pk).update(due_at=until)

    def _park(self, until: datetime, reason: str) -> None:
        self._mine().update(resume_at=until, resume_reason=reason)

    def release(self) -> None:
        """Give the lane back, and ring again when there is more to do soon."""
        now = self.clock()
        if not self._mine().update(lease_owner="", lease_until=None, last_served_at=now):
            return
        lane = DivisionLane.objects.filter(pk=self.lane_id).first()
        due_at = (
            LaneMember.objects.filter(lane_id=self.lane_id, due_at__isnull=False)
            .order_by("due_at")
            .values_list("due_at", flat=True)
            .first()
        )
        if lane is None or due_at is None or lane.is_stopped:
            return
        wait = max(due_at, lane.resume_at or due_at) - now
        if wait <= LONGEST_COUNTDOWN:
            nudge(self.lane_id, after=max(wait, timedelta(0)))


def _most_urgent(
    connection: ExactConnection | None, now: datetime
) -> tuple[LaneWork | None, datetime | None]:
    """The due work of highest priority, or else when something is due next."""
    if connection is None or connection.grant is None:
        return None, None
    next_due: datetime | None = None
    for work in registered_works():
        due_at = work.next_due_at(connection, now=now)
        if due_at is not None and due_at <= now:
            return work, None
        if due_at is not None:
            next_due = due_at if next_due is None else min(next_due, due_at)
    return None, next_due
