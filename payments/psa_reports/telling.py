"""Calls the endpoints that have something to be told: many at a time, one call at a time for each of them.

Before: `reporting` noted what changed and rang. After: the PSA has it, or the report waits for its next try. One worker of the
installation does it for all, in short turns; each call has a thread, and slow receivers share half of the threads. A call that
was under way when its worker died is made again when the lease of its line ends: a receiver gets everything at least once.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import datetime
from uuid import uuid4

from connector import http
from connector.crash_points import crash_point
from connector.database_clock import DatabaseClock
from payments.psa_reports import calling, lines, outcomes, preparing
from payments.psa_reports.calling import Message, Outcome
from payments.psa_reports.lines import Claim

logger = logging.getLogger(__name__)

PLACES = 16
SLOW_PLACES = 8
SLICE = 20.0  # seconds until a turn takes no new call
_LOOK_AGAIN = 0.25  # seconds

Clock = Callable[[], datetime]


def run(*, clock: Clock | None = None, seconds: float = SLICE) -> int:
    """This function will tell what is due, and return how many calls it made; 0 when another worker is at it.

    ``clock`` tells the time, UTC; the database's when left out. Call it outside any transaction.
    """
    clock = clock or DatabaseClock()
    worker = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"[:80]
    if not lines.hold_turn(worker, clock()):
        return 0
    try:
        with ExitStack() as stack:
            return _Turn(worker, clock, stack).serve(seconds)
    finally:
        lines.end_turn(worker, clock())


class _Turn:
    """The calls that are under way, each in a thread; rows are read and written by this one only."""

    def __init__(self, worker: str, clock: Clock, stack: ExitStack) -> None:
        self.worker = worker
        self.clock = clock
        self.stack = stack
        self.pool = stack.enter_context(ThreadPoolExecutor(PLACES))
        self.sessions: dict[int, http.Session] = {}
        self.under_way: dict[Future[Outcome], Message] = {}
        self.count = 0

    def serve(self, seconds: float) -> int:
        """Begin and end calls until nothing is due any more, or the time for beginning is over and all have ended."""
        ends_at = time.monotonic() + seconds
        is_ours = True
        while True:
            claims = self._claim() if is_ours and time.monotonic() < ends_at else []
            for claim in claims:
                self._begin(claim)
            if self.under_way:
                done, _ = wait(self.under_way, timeout=_LOOK_AGAIN, return_when=FIRST_COMPLETED)
                for future in done:
                    self._end(future)
            elif not claims:
                return self.count
            is_ours = lines.hold_turn(self.worker, self.clock())

    def _claim(self) -> list[Claim]:
        slow = sum(message.claim.is_slow for message in self.under_way.values())
        return lines.claim(
            self.clock(), places=PLACES - len(self.under_way), slow_places=SLOW_PLACES - slow
        )

    def _begin(self, claim: Claim) -> None:
        try:
            message = preparing.prepare(claim, now=self.clock())
        except Exception:
            # The others are told all the same; this line is looked at again when its lease ends.
            logger.exception("A callback could not be prepared", extra=_who(claim))
            return
        if message is not None:
            now = self.clock()
            future = self.pool.submit(calling.call, self._session(claim), message, now=now)
            self.under_way[future] = message
            self.count += 1

    def _end(self, future: Future[Outcome]) -> None:
        message = self.under_way.pop(future)
        crash_point("psa_answered", message.message_id)
        try:
            outcomes.note(message, future.result(), now=self.clock())
        except Exception:
            # It is told once more when the lease ends: a receiver takes the same state twice.
            logger.exception("A callback could not be noted", extra=_who(message.claim))

    def _session(self, claim: Claim) -> http.Session:
        """Kept for the turn: the next call of the same endpoint finds its connection open."""
        organization_id = claim.organization_id
        if organization_id not in self.sessions:
            self.sessions[organization_id] = self.stack.enter_context(http.session())
        return self.sessions[organization_id]


def _who(claim: Claim) -> dict[str, int]:
    return {"organization_id": claim.organization_id}
