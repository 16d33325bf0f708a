"""One send that cannot be taken back: noted before a byte leaves, begun only while the lane is ours, judged by its answer.

Making a document (`posting.py`) and having it sent (`sending.py`) go this way; updates (`updating.py`) can be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import write_back
from integrations.exact import errors
from integrations.exact.errors import Outcome
from integrations.lanes import LaneJob
from invoices import attempts, copy_states
from invoices.models import AttemptOutcome, CopyAttempt, CopyRequest
from invoices.outcomes import NOTHING_HAPPENED, OUTCOMES
from invoices.problems import NO_PROBLEM, TOO_MANY_ATTEMPTS, Problem

# A send that could not begin this soon after it was noted is not begun at all.
_LONGEST_HESITATION = 10.0
_LOOKUPS_BEFORE_ABSENT = 2


def may_be_noted(request: CopyRequest, *, now: datetime) -> bool:
    """This function will tell whether the request may be sent once more; else a person is asked."""
    if attempts.count_sends(request) < attempts.MOST_SENDS:
        return True
    copy_states.hold(request, TOO_MANY_ATTEMPTS, now=now)
    return False


@dataclass(frozen=True, slots=True)
class NotedSend:
    """One noted send of a request, and the attempt it is noted in. Its methods are called outside any transaction."""

    job: LaneJob
    request: CopyRequest
    attempt: CopyAttempt
    # In seconds of the clock that only goes forward, from before the note was written.
    began_at: float

    def write_back(self, write: Callable[[], None]) -> None:
        """This function will write down what came of the send, for as long as nobody else may give it up.

        After that its worker counts as gone, and whoever finds the request looks in Exact.
        """
        ends_at = self.began_at + attempts.send_lease().total_seconds()
        write_back(self.job.organization_id, write, ends_at=ends_at)

    def may_begin(self) -> bool:
        """This function will tell whether it may be sent now; else it is given back, and somebody else sends it."""
        if time.monotonic() - self.began_at <= _LONGEST_HESITATION and self.job.still_ours():
            return True
        now = self.job.now()
        with tenant_transaction(self.job.organization_id):
            attempts.finish(
                self.attempt, outcome=AttemptOutcome.NOT_SENT, now=now, reason="the lane was lost"
            )
            copy_states.send_again(self.request, fence=self.job.fence, now=now, at=now, progress="")
        return False

    def failed(
        self, error: errors.ExactError, *, is_final: Callable[[Problem], bool] = lambda _: False
    ) -> None:
        """This function will write down what the answer means; limits and faults of the line are raised to the lane.

        A refusal is looked up before it counts, unless `is_final` says that it ends the request; it is asked in the
        transaction that holds the request.
        """
        now = self.job.now()
        problem = Problem.from_error(error)

        def write() -> None:
            attempts.finish(
                self.attempt,
                outcome=OUTCOMES[error.outcome],
                now=now,
                http_status=error.status,
                raw=problem.raw[:2000],
            )
            self._follow(error.outcome, problem, now, is_final)

        self.write_back(write)
        if error.outcome in NOTHING_HAPPENED:
            raise error

    def _follow(
        self,
        outcome: Outcome,
        problem: Problem,
        now: datetime,
        is_final: Callable[[Problem], bool],
    ) -> None:
        fence = self.job.fence
        if outcome in NOTHING_HAPPENED:
            copy_states.send_again(
                self.request, fence=fence, now=now, at=now, progress=problem.sentence
            )
        elif outcome == Outcome.REFUSED and is_final(problem):
            copy_states.hold(self.request, problem, now=now, fence=fence)
        else:
            is_refusal = outcome in {Outcome.PROBABLY_REFUSED, Outcome.REFUSED}
            copy_states.suspect(
                self.request, now=now, fence=fence, problem=problem if is_refusal else NO_PROBLEM
            )


def not_found(request: CopyRequest, *, now: datetime) -> None:
    """This function will note that a look-up found nothing; after two, and once Exact is surely done, it is sent again."""
    lookups = request.absent_lookups + 1
    settled = request.settle_until is None or now >= request.settle_until
    if settled and lookups >= _LOOKUPS_BEFORE_ABSENT:
        copy_states.surely_absent(request, now=now, lookups=lookups)
        return
    # Exact may still be working on it: finding it is always safe, not finding it only counts later.
    at = now if settled or request.settle_until is None else request.settle_until
    copy_states.still_absent(request, at=at, lookups=lookups)
