"""A worker's turn at a lane: steps of due work until the slice is used up, Exact asks to wait, or nothing is due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from connector import log_context
from connector.crash_points import crash_point
from connector.database_clock import DatabaseClock
from connector.sentences import Words
from connector.tenancy.write_back import PASSING_FAULTS, until_written
from integrations import sessions, token_store
from integrations.call_history import storing
from integrations.call_history.notebook import Notebook
from integrations.exact import errors
from integrations.exact.client import ExactClient
from integrations.exact.limits import LimitKind, next_window
from integrations.lanes import budget, doorbell, leases, pace
from integrations.lanes.choosing import AFTER_A_FAULT, Step, WorkKey, choose
from integrations.lanes.pace import REASONS, Purpose
from integrations.lanes.work import LaneJob
from integrations.models import DivisionLane, LaneMember

logger = logging.getLogger(__name__)

SLICE_CALLS = 20
SLICE = timedelta(seconds=20)
# A message may wait in the broker at most this long; anything later is left to the sweep.
LONGEST_COUNTDOWN = timedelta(seconds=60)
_AFTER_A_DATABASE_FAULT = timedelta(seconds=1)
# One unanswered call may be about itself alone; after two in a row Exact is left alone for a while.
_SILENCE = 2
_NO_ANSWER = _("Exact does not answer")

Clock = Callable[[], datetime]


def run_turn(
    lane_id: int, *, worker: str, clock: Clock | None = None, fence: int | None = None
) -> int:
    """This function will serve the lane for one slice and return the number of steps done.

    It does nothing when another worker holds the lane, when the lane waits, or when a turn began after the one that ``fence``
    names. ``clock`` is the database's when left out.
    """
    clock = clock or DatabaseClock()
    lane = leases.take(lane_id, worker, clock(), fence=fence)
    if lane is None:
        return 0
    turn = _Turn(lane, worker=worker, clock=clock)
    try:
        turn.serve()
    except PASSING_FAULTS:
        logger.warning("The database broke off a turn", extra={"lane_id": lane_id}, exc_info=True)
    finally:
        turn.release()
    # After the lane was given back: nobody waits for its history, and a worker that dies here leaves none of it.
    storing.store(turn.notebook)
    return turn.steps


class _Turn:
    """One worker's slice at one lane."""

    def __init__(self, lane: DivisionLane, *, worker: str, clock: Clock) -> None:
        self.lane_id = lane.pk
        self.fence = lane.fence
        self.worker = worker
        self.clock = clock
        self.steps = 0
        self.budget = budget.LaneBudget(lane, clock)
        self.notebook = Notebook(clock)
        # The lane may be read with this turn's fence only: a lost lease matches no row.
        self._mine = DivisionLane.objects.filter(
            pk=lane.pk, fence=lane.fence, lease_until__isnull=False
        )
        self._held: dict[WorkKey, datetime] = {}
        self._ends_at = clock() + SLICE

    def still_ours(self, member_id: int) -> bool:
        """Whether the lease is held and the connection was not disconnected."""
        rows = self._mine.filter(lease_until__gt=self.clock())
        return bool(rows.filter(members__pk=member_id).exists())

    def serve(self) -> None:
        """Take due steps until the slice is used up, nothing is due that may be done, or Exact asks to wait."""
        while self.budget.calls < SLICE_CALLS and self.clock() < self._ends_at:
            if not self._holds() or self._must_rest():
                return
            step = choose(self.lane_id, self.budget, self._held, self.clock())
            if step is None:
                return
            member = step.member
            ids = {
                "organization_id": member.organization_id,
                "connection_id": member.connection_id,
            }
            with log_context.bind(**ids), self.notebook.step(**ids, work=step.work.name):
                if not self._do(step):
                    return

    def _holds(self) -> bool:
        """Whether the lane is still ours; each call's answer said so, else the row is asked."""
        is_fresh = self.clock() - self.budget.renewed_at < self._renewed_for
        if is_fresh and self.budget.calls and not self.budget.is_stopped:
            return not self.budget.is_lost
        is_stopped = leases.renew(self.lane_id, self.fence, self.clock())
        self.budget.is_lost = is_stopped is None
        self.budget.is_stopped = bool(is_stopped)
        self.budget.renewed_at = self.clock()
        return not self.budget.is_lost

    @property
    def _renewed_for(self) -> timedelta:
        return timedelta(seconds=settings.LANE_LEASE_SECONDS / 4)

    def _must_rest(self) -> bool:
        now = self.clock()
        if self.budget.has_failed and self.budget.unanswered >= _SILENCE:
            self._park(now + self.budget.pause(), _NO_ANSWER)
            return True
        wait = pace.wait_for(self.budget.seen, Purpose.LOOK_UP, now)
        if wait is not None:
            self._park(wait.until, wait.reason)
        return wait is not None

    def _do(self, step: Step) -> bool:
        """Do one step; False ends the turn."""
        member = step.member
        log = {
            "lane_id": self.lane_id,
            "connection_id": member.connection_id,
            "work": step.work.name,
        }
        LaneMember.objects.filter(pk=member.pk).update(last_served_at=self.clock())
        client: ExactClient | None = None
        try:
            client = self._open_client(step)
            self.steps += 1
            step.work.step(self._job(step, client))
        except token_store.NeedsConsent:
            # Not "never": somebody may have logged in at Exact, and rung, a moment ago.
            self._postpone(member, self.clock() + AFTER_A_FAULT)
        except (token_store.TokenLater, errors.HeldBack) as later:
            # This work alone: what people wait for may have a call, or a token, that others may not.
            self._held[step.key] = max(later.until, self.clock() + timedelta(seconds=1))
        except errors.Throttled as throttled:
            self._park_throttled(throttled.limit)
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
            self._park(self.clock() + self.budget.pause(), _NO_ANSWER)
            return False
        except PASSING_FAULTS:
            # A deadlock, or a connection that was lost. Every step can be begun anew: the rows say how far it came.
            logger.warning("The database broke off a step", extra=log, exc_info=True)
            self._held[step.key] = self.clock() + _AFTER_A_DATABASE_FAULT
        except Exception:  # one broken row must not stop the lane for everybody
            logger.exception("Work in the lane failed", extra=log)
            self._held[step.key] = self.clock() + AFTER_A_FAULT
        return True

    def _open_client(self, step: Step) -> ExactClient:
        grant = step.connection.grant
        if grant is None:
            raise token_store.NeedsConsent("The connection has no log-in.")
        self.budget.begin(
            user=grant.exact_user_id,
            work=step.work.name,
            purpose=step.purpose,
            member_id=step.member.pk,
        )
        return sessions.open_client(
            step.connection,
            on_answer=self.budget.note,
            before_call=self.budget.before_call,
            on_exchange=self.notebook.note_call,
            urgency=token_store.Urgency.of_priority(step.work.priority),
        )

    def _job(self, step: Step, client: ExactClient) -> LaneJob:
        return LaneJob(
            organization_id=step.member.organization_id,
            connection_id=step.member.connection_id,
            client=client,
            fence=self.fence,
            worker=self.worker,
            now=self.clock,
            still_ours=partial(self.still_ours, step.member.pk),
            check_call=self.budget.check,
            look_ups_only=step.look_ups_only,
        )

    def _park_throttled(self, limit: LimitKind) -> None:
        """Wait until the limit that was hit is over, by the database's clock; this machine's may be wrong."""
        now = self.clock()
        wait = pace.wait_for(self.budget.seen, Purpose.LOOK_UP, now)
        until = next_window(limit, now) if wait is None else wait.until
        self._park(until, REASONS[limit])

    def _postpone(self, member: LaneMember, until: datetime) -> None:
        self._written(lambda: LaneMember.objects.filter(pk=member.pk).update(due_at=until))

    def _written(self, write: Callable[[], int]) -> int:
        """Write, however long the database is away while nobody else can have the lane."""
        ends_at = time.monotonic() + settings.LANE_LEASE_SECONDS
        return until_written(write, ends_at=ends_at)

    def _park(self, until: datetime, reason: Words) -> None:
        self._mine.update(resume_at=until, resume_reason=reason)

    def release(self) -> None:
        """Give the lane back, and ring again when there is more to do soon."""
        now = self.clock()
        free = {"lease_owner": "", "lease_until": None, "last_served_at": now}
        if not self._written(lambda: self._mine.update(**free)):
            return
        crash_point("after_lane_release", f"{self.lane_id}-{self.fence}")
        resume_at = (
            DivisionLane.objects.filter(pk=self.lane_id).values_list("resume_at", flat=True).first()
        )
        due_at = (
            LaneMember.objects.filter(lane_id=self.lane_id, due_at__isnull=False)
            .order_by("due_at")
            .values_list("due_at", flat=True)
            .first()
        )
        if due_at is None:
            return
        wait = max(due_at, resume_at or due_at) - now
        if wait <= LONGEST_COUNTDOWN:
            doorbell.nudge(self.lane_id, after=max(wait, timedelta(0)), fence=self.fence)
