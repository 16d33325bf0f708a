"""A worker's turn at a lane: its lease, and steps of due work until the slice is used up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from connector import log_context
from connector.crash_points import crash_point
from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import PASSING_FAULTS, until_written
from integrations import sessions, token_store
from integrations.exact import errors
from integrations.exact.client import ExactClient
from integrations.lanes import budget, doorbell, leases
from integrations.lanes.work import LaneJob, LaneWork, registered_works
from integrations.models import DivisionLane, ExactConnection, LaneMember

logger = logging.getLogger(__name__)

SLICE_CALLS = 20
SLICE = timedelta(seconds=20)
# A message may wait in the broker at most this long; anything later is left to the sweep.
LONGEST_COUNTDOWN = timedelta(seconds=60)
_AFTER_A_FAULT = timedelta(seconds=60)
_AFTER_A_DATABASE_FAULT = timedelta(seconds=1)

Clock = Callable[[], datetime]


def run_turn(lane_id: int, *, worker: str, clock: Clock = timezone.now) -> int:
    """This function will serve the lane for one slice and return the number of steps done.

    It does nothing when another worker holds the lane, when the lane waits for Exact's limits, or when it is stopped.
    """
    fence = leases.take(lane_id, worker, clock())
    if fence is None:
        return 0
    turn = _Turn(lane_id=lane_id, fence=fence, worker=worker, clock=clock)
    try:
        turn.serve()
    except PASSING_FAULTS:
        logger.warning("The database broke off a turn", extra={"lane_id": lane_id}, exc_info=True)
    finally:
        turn.release()
    return turn.steps


class _Turn:
    """One worker's slice at one lane."""

    def __init__(self, *, lane_id: int, fence: int, worker: str, clock: Clock) -> None:
        self.lane_id = lane_id
        self.fence = fence
        self.worker = worker
        self.clock = clock
        self.steps = 0
        self.budget = budget.LaneBudget(lane_id=lane_id, fence=fence, clock=clock)
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
        with log_context.bind(
            organization_id=member.organization_id, connection_id=member.connection_id
        ):
            return self._do(work, member, connection)

    def _do(self, work: LaneWork, member: LaneMember, connection: ExactConnection) -> bool:
        log = {"lane_id": self.lane_id, "connection_id": member.connection_id, "work": work.name}
        client: ExactClient | None = None
        try:
            client = sessions.open_client(
                connection,
                on_answer=self.budget.note,
                urgency=token_store.Urgency.of_priority(work.priority),
            )
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
            self._park(throttled.reset_at, budget.REASONS[throttled.limit])
            return False
        except errors.Unauthorized:
            token_store.note_rejected(
                organization_id=member.organization_id,
                connection_id=member.connection_id,
                now=self.clock(),
                token=client.access_token if client else None,
            )
            self._postpone(member, self.clock() + timedelta(seconds=5))
        except errors.TemporaryProblem:
            logger.warning("Exact gave no usable answer", extra=log, exc_info=True)
            self._park(self.clock() + self.budget.backoff(), "Exact does not answer")
            return False
        except PASSING_FAULTS:
            # A deadlock, or a connection that was lost. Every step can be begun anew: the rows say how far it came.
            logger.warning("The database broke off a step", extra=log, exc_info=True)
            self._postpone(member, self.clock() + _AFTER_A_DATABASE_FAULT)
        except Exception:  # one broken row must not stop the lane for everybody
            logger.exception("Work in the lane failed", extra=log)
            self._postpone(member, self.clock() + _AFTER_A_FAULT)
        else:
            self.budget.answered()
        return True

    def _postpone(self, member: LaneMember, until: datetime) -> None:
        self._written(lambda: LaneMember.objects.filter(pk=member.pk).update(due_at=until))

    def _written(self, write: Callable[[], int]) -> int:
        """Write, however long the database is away while nobody else can have the lane."""
        ends_at = time.monotonic() + settings.LANE_LEASE_SECONDS
        return until_written(write, ends_at=ends_at)

    def _park(self, until: datetime, reason: str) -> None:
        self._mine().update(resume_at=until, resume_reason=reason)

    def release(self) -> None:
        """Give the lane back, and ring again when there is more to do soon."""
        now = self.clock()
        free = {"lease_owner": "", "lease_until": None, "last_served_at": now}
        if not self._written(lambda: self._mine().update(**free)):
            return
        crash_point("after_lane_release", f"{self.lane_id}-{self.fence}")
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
            doorbell.nudge(self.lane_id, after=max(wait, timedelta(0)))


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
