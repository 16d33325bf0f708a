"""One turn's gate to Exact: it keeps back what may not be called now, and keeps the lane's row up to date with the answers.

The pure rules stand in `pace` (the two limits) and `breaker` (endpoints that keep refusing).
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.db.models import Exists
from django.utils.translation import gettext_lazy as _

from connector.sentences import Sentence, english, sentence
from connector.tenancy.write_back import PASSING_FAULTS
from integrations.exact.client import CallRecord, Method
from integrations.exact.errors import HeldBack, Outcome
from integrations.exact.limits import Limits, limit_hit
from integrations.lanes import breaker, pace
from integrations.lanes.breaker import Breaker
from integrations.lanes.pace import Purpose
from integrations.models import DivisionLane, LaneMember

logger = logging.getLogger(__name__)

# How many of the last calls are remembered, and from which duration (95th percentile) a lane counts as slow.
_REMEMBERED_CALLS = 20
SLOW_MS = 10_000
PAUSED = _("The connection is paused until an admin resumes it")


def stopped_words(reason: str) -> Sentence:
    """This function will say that an operator stopped sending, and why where that was told."""
    if reason:
        return sentence("Sending to Exact is stopped: %(reason)s", reason=sentence(reason))
    return sentence("Sending to Exact is stopped")


# A stop or a pause ends when somebody ends it; what was under way looks again this often.
STOPPED_PAUSE = timedelta(minutes=1)


class LaneBudget:
    """What one worker knows of its lane while it holds it; nobody else writes these columns meanwhile."""

    def __init__(self, lane: DivisionLane, clock: Callable[[], datetime]) -> None:
        self._rows = DivisionLane.objects.filter(
            pk=lane.pk, fence=lane.fence, lease_until__isnull=False
        )
        self._clock = clock
        self._breakers = breaker.from_stored(lane.breakers)
        self._recent_ms: list[int] = list(lane.recent_ms)
        self._pause_seconds = lane.pause_seconds
        self._user = ""
        self._work = ""
        self._purpose = Purpose.PEOPLE
        self._member_id = 0
        self.seen = limits_of(lane)
        # Calls in a row without a usable answer, those of earlier turns too, and the work that made the last of them.
        self.unanswered = lane.unanswered_count
        self.unanswered_work = lane.unanswered_work
        self.has_failed = False
        self.calls = 0
        self.is_lost = False
        self.is_stopped = lane.is_stopped
        self.renewed_at = clock()

    def begin(self, *, user: UUID, work: str, purpose: Purpose, member_id: int = 0) -> None:
        """This function will say for whom and what for the next calls are; a member's pause keeps back its own."""
        self._user, self._work, self._purpose = str(user), work, purpose
        self._member_id = member_id

    # --- Before a call ------------------------------------------------------------------------------------------------

    def before_call(self, method: Method, path: str) -> None:
        """This function will count a call that is about to leave. Raises HeldBack when it may not."""
        self.check(method, path)
        if method != "GET":
            self._check_stop()
        self.seen = pace.spent(self.seen, self._clock())

    def check(self, method: Method, path: str) -> None:
        """This function will raise HeldBack when such a call may not be made now, as far as this worker knows."""
        now = self._clock()
        wait = pace.wait_for(self.seen, self._purpose, now)
        if wait is not None:
            raise HeldBack(wait.reason, until=wait.until)
        if self._purpose is Purpose.LOOK_UP and method != "GET":
            raise HeldBack(sentence("Only look-ups are made now"), until=now + STOPPED_PAUSE)
        key = breaker.key_of(self._user, path)
        until = self._breakers.get(key, Breaker()).held_until(now)
        if until is not None:
            endpoint = breaker.endpoint_of(key)
            raise HeldBack(breaker.reason(endpoint), until=until, endpoint=endpoint)

    def _check_stop(self) -> None:
        """Read the row once more: nothing is written by a worker that lost its lane, after the stop (K6), or in a pause."""
        paused = LaneMember.objects.filter(pk=self._member_id, paused_at__isnull=False)
        row = self._rows.values_list("is_stopped", "stop_reason", Exists(paused)).first()
        until = self._clock() + STOPPED_PAUSE
        if row is None:
            self.is_lost = True
            raise HeldBack(sentence("Another worker goes on"), until=until)
        self.is_stopped, reason, is_paused = row
        if self.is_stopped:
            raise HeldBack(stopped_words(reason), until=until)
        if is_paused:
            raise HeldBack(sentence(english(PAUSED)), until=until)

    # --- After a call -------------------------------------------------------------------------------------------------

    def note(self, record: CallRecord) -> None:
        """This function will take over an answer's limits, and count it where it counts.

        The answer itself goes on also when the database is away: what it says is worth more than the count.
        """
        now = self._clock()
        self.calls += 1
        limit = limit_hit(record.limits)
        self.seen = pace.answered(self.seen, record.limits, now, is_refusal=record.status == 429)
        values: dict[str, object] = {
            **asdict(self.seen),
            "lease_until": now + timedelta(seconds=settings.LANE_LEASE_SECONDS),
        }
        values |= self._noted_error(
            record, breaker.verdict_on(record.status, record.outcome, limit)
        )
        values |= self._noted_silence(record)
        self._recent_ms = [*self._recent_ms[1 - _REMEMBERED_CALLS :], record.duration_ms]
        values |= {"recent_ms": self._recent_ms, "is_slow": is_slow(self._recent_ms)}
        try:
            self.is_lost = not self._rows.update(**values)
        except PASSING_FAULTS:
            logger.warning("The limits of an answer were not written down", exc_info=True)
            database.close()
        else:
            self.renewed_at = now

    def _noted_error(self, record: CallRecord, verdict: breaker.Verdict) -> dict[str, object]:
        key = breaker.key_of(self._user, record.path_template)
        before = self._breakers.get(key, Breaker())
        after = before.after(verdict, self._clock())
        if after == before:
            return {}
        self._breakers[key] = after
        return {"breakers": breaker.to_stored(self._breakers)}

    def _noted_silence(self, record: CallRecord) -> dict[str, object]:
        if is_silence(record):
            self.unanswered += 1
            self.unanswered_work = self._work
            self.has_failed = True
        elif record.status != 429 and self.unanswered:
            self.unanswered, self._pause_seconds = 0, 0.0
            self.has_failed = False
        else:
            return {}
        return {
            "unanswered_count": self.unanswered,
            "unanswered_work": self.unanswered_work,
            "pause_seconds": self._pause_seconds,
        }

    def pause(self) -> timedelta:
        """This function will return how long to leave Exact alone after no answer: longer each time, with jitter."""
        self._pause_seconds = pace.next_pause(self._pause_seconds, random.uniform)
        self._rows.update(pause_seconds=self._pause_seconds)
        return timedelta(seconds=self._pause_seconds)


def limits_of(lane: DivisionLane) -> Limits:
    """This function will return the limits as the lane's row knows them."""
    return Limits(
        minute_limit=lane.minute_limit,
        minute_remaining=lane.minute_remaining,
        minute_reset_at=lane.minute_reset_at,
        day_limit=lane.day_limit,
        day_remaining=lane.day_remaining,
        day_reset_at=lane.day_reset_at,
    )


def is_silence(record: CallRecord) -> bool:
    """This function will tell whether a call got no usable answer: none at all, a maintenance page, a bare 5xx."""
    return record.status is None or record.outcome is Outcome.UNCERTAIN


def is_slow(recent_ms: list[int]) -> bool:
    """This function will tell whether the 95th percentile of these durations is above ten seconds."""
    return bool(recent_ms) and sorted(recent_ms)[math.ceil(0.95 * len(recent_ms)) - 1] > SLOW_MS
