"""What a lane does next: people before payments before lists, members in turn, and only what may be done now."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import PASSING_FAULTS
from integrations.lanes import pace
from integrations.lanes.budget import LaneBudget
from integrations.lanes.pace import Purpose
from integrations.lanes.work import LaneWork, purpose_of, registered_works, rests_when_paused
from integrations.models import ExactConnection, LaneMember

logger = logging.getLogger(__name__)

# How long something that failed in a way nobody foresaw is left alone.
AFTER_A_FAULT = timedelta(seconds=60)

# A member's work, or only its look-ups, by (member, name of the work, only look-ups).
WorkKey = tuple[int, str, bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one member's work."""

    member: LaneMember
    connection: ExactConnection
    work: LaneWork
    look_ups_only: bool
    rank: int

    @property
    def key(self) -> WorkKey:
        """What a lane remembers when this may not go on."""
        return self.member.pk, self.work.name, self.look_ups_only

    @property
    def purpose(self) -> Purpose:
        """What its calls are for."""
        return Purpose.LOOK_UP if self.look_ups_only else purpose_of(self.work)


def choose(
    lane_id: int, budget: LaneBudget, held: Mapping[WorkKey, datetime], now: datetime
) -> Step | None:
    """This function will return the step to do now, or None when nothing is due that may be done.

    ``held`` says until when some work is not asked. Of members whose work is equally urgent, the one served longest ago
    comes first; members without such work are told when to come back.
    """
    best: Step | None = None
    due = LaneMember.objects.filter(lane_id=lane_id, due_at__lte=now)
    for member in due.order_by(F("last_served_at").asc(nulls_first=True), "id"):
        step = _ask_safely(member, _Question(budget, held, now))
        if step is not None and (best is None or step.rank < best.rank):
            best = step
        if best is not None and best.rank == 0:
            break
    return best


@dataclass(frozen=True, slots=True)
class _Question:
    budget: LaneBudget
    held: Mapping[WorkKey, datetime]
    now: datetime


def _ask_safely(member: LaneMember, question: _Question) -> Step | None:
    """The same as `_ask`; a member that cannot be asked comes back later, for it must not stop the lane for everybody."""
    try:
        return _ask(member, question)
    except PASSING_FAULTS:
        raise
    except Exception:
        logger.exception(
            "A connection could not be asked for its work",
            extra={
                "organization_id": member.organization_id,
                "connection_id": member.connection_id,
            },
        )
        LaneMember.objects.filter(pk=member.pk).update(due_at=question.now + AFTER_A_FAULT)
        return None


def _ask(member: LaneMember, question: _Question) -> Step | None:
    """The member's most urgent step; without one, note when it is asked next."""
    with tenant_transaction(member.organization_id):
        step, _ = _most_urgent(member, question)
        if step is None:
            # Whoever rings or resumes waits for this lock, so ask once more with it: no due time is overwritten.
            locked = LaneMember.objects.select_for_update().filter(pk=member.pk).first()
            if locked is None:
                return None
            step, next_due = _most_urgent(locked, question)
            if step is None:
                LaneMember.objects.filter(pk=member.pk).update(due_at=next_due)
    return step


def _most_urgent(member: LaneMember, question: _Question) -> tuple[Step | None, datetime | None]:
    """The step that goes first, or else when the first one is due or may be done."""
    connection = (
        ExactConnection.objects.select_related("grant").filter(pk=member.connection_id).first()
    )
    if connection is None or connection.grant is None:
        return None, None
    now, best, times = question.now, None, []
    works = registered_works()
    for work in works:
        for look_ups_only in _questions_to(work, member, question.budget, now):
            ask = work.next_look_up_at if look_ups_only else work.next_due_at
            held_until = question.held.get((member.pk, work.name, look_ups_only), now)
            due_at = held_until if held_until > now else ask(connection, now=now)
            if due_at is None:
                continue
            if due_at > now:
                times.append(due_at)
                continue
            rank = _rank(work, question.budget, look_ups_only=look_ups_only)
            if best is None or rank < best.rank:
                best = Step(member, connection, work, look_ups_only, rank)
        if best is not None and not question.budget.unanswered:
            break
        if (opens_at := _opens_at(work, question.budget, now)) is not None:
            times.append(opens_at)
    return best, min(times, default=None)


def _questions_to(
    work: LaneWork, member: LaneMember, budget: LaneBudget, now: datetime
) -> tuple[bool, ...]:
    """Whether to ask for look-ups only (True), for all that is due (False), or both, when one call has to try the line."""
    purpose = purpose_of(work)
    is_stopped = budget.is_stopped and purpose is Purpose.PEOPLE
    is_paused = member.paused_at is not None and rests_when_paused(work)
    if is_stopped or is_paused or pace.wait_for(budget.seen, purpose, now) is not None:
        return (True,)
    return (True, False) if budget.unanswered else (False,)


def _opens_at(work: LaneWork, budget: LaneBudget, now: datetime) -> datetime | None:
    """When the limits let this work go on, if that is what it waits for."""
    wait = pace.wait_for(budget.seen, purpose_of(work), now)
    return None if wait is None else wait.until


def _rank(work: LaneWork, budget: LaneBudget, *, look_ups_only: bool) -> int:
    """Lower goes first; 0 cannot be beaten.

    After a call without an answer the line is tried with one call: a look-up, else another read, and what failed last only
    when there is nothing else (RELIABILITY D8).
    """
    if not budget.unanswered:
        return 0 if work is registered_works()[0] else work.priority
    if look_ups_only:
        return 0
    is_read = purpose_of(work) is Purpose.BACKGROUND
    return (1 if is_read else 2) + (2 if work.name == budget.unanswered_work else 0)
