"""Update existing: brings the newest copy in Exact to what the invoice says now, changing only what differs.

It converges: Exact's entry is read, compared, and the differences are written one call each. After a lost answer it
is read again, so nothing has to be remembered and nothing is written twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.utils.translation import gettext_lazy

from connector.sentences import sentence, together
from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import write_back
from integrations.exact import errors
from integrations.exact.errors import Outcome
from integrations.lanes import LaneJob
from invoices import adopting, attempts, copy_requests, copy_states, drafting, payment_status
from invoices.document_changes import changes_to
from invoices.document_plan import DocumentDraft, DocumentPlan, MadeDocument
from invoices.models import CopyAttempt, CopyRequest, CopyState, PostedDocument
from invoices.outcomes import NOTHING_HAPPENED, OUTCOMES
from invoices.problems import TOO_MANY_ATTEMPTS, Problem
from invoices.routes import route_of

# The rest of a long update goes on in the next step, so that others of the division have their turn.
_CHANGES_A_STEP = 12


def step(job: LaneJob, request: CopyRequest) -> None:
    """This function will take an update one step further."""
    if request.state == CopyState.UNKNOWN:
        _after_lost_answer(job, request)
        return
    with tenant_transaction(job.organization_id):
        document = copy_requests.target_of(request)
        if document is None:
            copy_states.hold(request, _GONE, now=job.now())
            return
    obstacle = partial(drafting.find_obstacle, request)
    records = route_of(request.route).records(job, request, obstacle)
    if records is None:
        return
    with tenant_transaction(job.organization_id):
        # The PSA may have changed the invoice while Exact was asked for the customer.
        request.refresh_from_db()
        prepared = drafting.prepare(request, records=records, marker=document.copy_request.marker)
        if prepared.plan is None or prepared.problem is not None:
            copy_states.hold(request, prepared.problem or _GONE, now=job.now())
            return
        if attempts.count_sends(request) >= _most_steps(document, prepared.plan):
            copy_states.hold(request, _with_way_out(TOO_MANY_ATTEMPTS), now=job.now())
            return
        columns = prepared.columns | {"entry_number": None}
        attempt = copy_states.claim(
            request, fence=job.fence, worker=job.worker, now=job.now(), settle=_settle(), **columns
        )
        if attempt is None:
            return
    _Update(job, request, document, attempt, prepared.plan).run()


_GONE = Problem(
    "deleted_in_exact",
    gettext_lazy("The copy is no longer in Exact; it was deleted there."),
    gettext_lazy("Use Create new for a new copy."),
)


def _most_steps(document: PostedDocument, wanted: DocumentPlan) -> int:
    """Enough to write each line once, and for some lost answers; an entry that never gets there is not written for ever."""
    lines = len(wanted.lines) + len(document.payload.get("line_ids", ()))
    return attempts.MOST_SENDS + lines // _CHANGES_A_STEP


def _settle() -> timedelta:
    return timedelta(seconds=settings.COPY_SETTLE_SECONDS_GUARDED)


def _after_lost_answer(job: LaneJob, request: CopyRequest) -> None:
    """Wait until Exact has surely finished what it was doing; then the entry is read again."""
    now = job.now()
    with tenant_transaction(job.organization_id):
        if request.settle_until is not None and now < request.settle_until:
            copy_states.wait(
                request,
                at=request.settle_until,
                progress=sentence("An answer was lost; the entry is read again before going on"),
            )
        else:
            copy_states.surely_absent(request, now=now)


class _Update:
    """One step of one update: read, compare, write, read back."""

    def __init__(
        self,
        job: LaneJob,
        request: CopyRequest,
        document: PostedDocument,
        attempt: CopyAttempt,
        wanted: DocumentPlan,
    ) -> None:
        self.job = job
        self.request = request
        self.document = document
        self.attempt = attempt
        self.wanted = wanted
        self.route = route_of(request.route)
        self._given_up_at = time.monotonic() + attempts.send_lease().total_seconds()

    def _write_back(self, write: Callable[[], None]) -> None:
        write_back(self.job.organization_id, write, ends_at=self._given_up_at)

    def run(self) -> None:
        """Do the step; whatever happens, the request ends in a state that says what happened."""
        try:
            booked = self.route.get(self.job.client, self.document.exact_id)
            changes = changes_to(self.route.comparison, booked, self.wanted, last_sent=self._sent())
            for change in changes[:_CHANGES_A_STEP]:
                if not self.job.still_ours():
                    return
                try:
                    self.route.write(self.job.client, self.document.exact_id, change)
                except errors.NotFound:
                    # A line that somebody deleted in Exact meanwhile: the entry itself may well be there.
                    self._go_on()
                    return
            if len(changes) > _CHANGES_A_STEP:
                self._go_on()
                return
            if changes:
                booked = self.route.get(self.job.client, self.document.exact_id)
        except errors.NotFound:
            self._deleted()
        except errors.ExactError as error:
            self._failed(error)
        else:
            self._done(booked, changed=bool(changes))

    def _sent(self) -> DocumentDraft | None:
        draft = self.document.payload.get("draft")
        return self.route.draft(draft) if draft else None

    def _go_on(self) -> None:
        now = self.job.now()

        def write() -> None:
            attempts.finish(self.attempt, outcome=OUTCOMES[Outcome.EXECUTED], now=now)
            copy_states.send_again(
                self.request,
                fence=self.job.fence,
                now=now,
                at=now,
                progress=sentence("Changing it in Exact"),
            )

        self._write_back(write)

    def _done(self, booked: MadeDocument, *, changed: bool) -> None:
        now = self.job.now()

        def write() -> None:
            attempts.finish(self.attempt, outcome=OUTCOMES[Outcome.EXECUTED], now=now)
            adopting.updated(
                self.request,
                self.document,
                booked,
                self.wanted.draft,
                changed=changed,
                now=now,
                fence=self.job.fence,
            )

        self._write_back(write)

    def _deleted(self) -> None:
        now = self.job.now()

        def write() -> None:
            attempts.finish(self.attempt, outcome=OUTCOMES[Outcome.REFUSED], now=now)
            payment_status.mark_deleted(document=self.document, now=now)
            copy_states.hold(self.request, _GONE, now=now, fence=self.job.fence)

        self._write_back(write)

    def _failed(self, error: errors.ExactError) -> None:
        now = self.job.now()
        problem = Problem.from_error(error)
        is_read = isinstance(error, errors.Unavailable | errors.UnexpectedAnswer)
        did_nothing = is_read or error.outcome in NOTHING_HAPPENED

        def write() -> None:
            attempts.finish(
                self.attempt,
                outcome=OUTCOMES[Outcome.NOT_SENT if is_read else error.outcome],
                now=now,
                http_status=error.status,
                raw=problem.raw[:2000],
            )
            if did_nothing:
                copy_states.send_again(
                    self.request, fence=self.job.fence, now=now, at=now, progress=problem.sentence
                )
            elif error.outcome == Outcome.UNCERTAIN:
                copy_states.suspect(self.request, now=now, fence=self.job.fence)
            else:
                copy_states.hold(
                    self.request, _with_way_out(problem), now=now, fence=self.job.fence
                )

        self._write_back(write)
        if did_nothing:
            raise error


def _with_way_out(problem: Problem) -> Problem:
    way_out = sentence(
        "If Exact does not allow the change, use Create new, or credit the invoice and copy it again."
    )
    return Problem(problem.code, problem.sentence, together(problem.remedy, way_out), problem.raw)
