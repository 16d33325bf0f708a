"""Works off copy requests in the lane of their division: sends each once, and looks in Exact when an answer was lost.

Before: `copy_requests.py` queued the wish. After: a PostedDocument, a finalized invoice, or a problem in words.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, IntegerField, Min, Value, When

from connector.crash_points import crash_point
from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors, sales_entries
from integrations.exact.errors import Outcome
from integrations.exact.sales_entries import BookedEntry
from integrations.lane_work import LaneJob
from integrations.models import ExactConnection
from invoices import booking, copy_requests, copy_states, customers, drafting, updating
from invoices.models import (
    AttemptOutcome,
    CopyAttempt,
    CopyKind,
    CopyRequest,
    CopyState,
    PostedDocument,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.outcomes import OUTCOMES
from invoices.problems import NO_PROBLEM, TOO_MANY_ATTEMPTS, Problem

logger = logging.getLogger(__name__)

# A send that could not begin this soon after it was noted is not begun at all.
_LONGEST_HESITATION = 10.0
_LOOKUPS_BEFORE_ABSENT = 2
_NUMBER_IN_USE = "already_exists"
# One request that cannot be worked on must not hold up the others.
_SET_ASIDE = timedelta(minutes=15)


class CopyWork:
    """The lane work "copies": people wait for it, so it goes first."""

    name = "copies"
    priority = 10

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the connection's most urgent copy request is due."""
        if not connection.is_working:
            return None
        active = CopyRequest.objects.filter(connection=connection, state__in=ACTIVE_COPY_STATES)
        due: datetime | None = active.aggregate(due=Min("next_at"))["due"]
        return due

    def step(self, job: LaneJob) -> None:
        """This function will take one due request one step further."""
        now = job.now()
        with tenant_transaction(job.organization_id):
            connection = ExactConnection.objects.get(pk=job.connection_id)
            if not connection.is_working:
                return
            copy_states.expire_abandoned(connection, now=now)
            copy_requests.cancel_outlived(connection, now=now)
            request = _next_request(connection, now)
        if request is None:
            return
        try:
            _advance(job, request)
        except (errors.TemporaryProblem, errors.Unauthorized):
            raise
        except Exception as error:  # whatever is wrong with this one, the others go on
            logger.exception("A copy was set aside", extra={"copy_request": request.pk})
            _set_aside(job, request, error)


def _advance(job: LaneJob, request: CopyRequest) -> None:
    if request.kind == CopyKind.UPDATE:
        updating.step(job, request)
    elif request.state == CopyState.UNKNOWN:
        _look_up(job, request)
    else:
        _send(job, request)


def _set_aside(job: LaneJob, request: CopyRequest, error: Exception) -> None:
    reason = (
        Problem.from_error(error).sentence
        if isinstance(error, errors.ExactError)
        else "Something unexpected went wrong."
    )
    at = job.now() + _SET_ASIDE
    with tenant_transaction(job.organization_id):
        copy_states.wait(request, at=at, progress=f"Tried again at {at:%H:%M} UTC. {reason}")


def _next_request(connection: ExactConnection, now: datetime) -> CopyRequest | None:
    """The due request: first what has to be looked up, then what waits longest."""
    rank = Case(
        When(state=CopyState.UNKNOWN, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return (
        CopyRequest.objects.filter(
            connection=connection, state__in=(CopyState.QUEUED, CopyState.UNKNOWN), next_at__lte=now
        )
        .select_related("invoice__client", "connection__subsidiary", "requested_by")
        .order_by(rank, "next_at", "id")
        .first()
    )


@dataclass(frozen=True, slots=True)
class _Send:
    """One noted send: what goes out and the attempt it is noted in."""

    request: CopyRequest
    attempt: CopyAttempt
    draft: sales_entries.SalesEntryDraft


def _send(job: LaneJob, request: CopyRequest) -> None:
    customer_id = customers.CustomerMaker(job, request).ensure()
    if customer_id is None:
        return
    claimed_at = time.monotonic()
    with tenant_transaction(job.organization_id):
        noted = _note_send(job, request, customer_id)
    if noted is None:
        return
    crash_point("after_claim")
    if time.monotonic() - claimed_at > _LONGEST_HESITATION or not job.still_ours():
        _give_back(job, noted)
        return
    crash_point("before_send")
    try:
        booked = sales_entries.create(job.client, noted.draft)
    except errors.ExactError as error:
        crash_point("after_response")
        _after_error(job, noted, error)
        return
    crash_point("after_response")
    with tenant_transaction(job.organization_id):
        copy_states.finish_attempt(
            noted.attempt,
            outcome=AttemptOutcome.EXECUTED,
            now=job.now(),
            http_status=201,
            entry_id=str(booked.entry_id),
        )
        document = booking.adopt(request, booked, noted.draft, now=job.now(), fence=job.fence)
        if document is None:
            booking.note_stray(request, booked, now=job.now())
        crash_point("before_confirm")


def _note_send(job: LaneJob, request: CopyRequest, customer_exact_id: UUID) -> _Send | None:
    """Freeze the payload and note the send, in one transaction that is committed before a byte leaves."""
    now = job.now()
    request.refresh_from_db()
    if request.state != CopyState.QUEUED:
        return None
    if copy_states.count_sends(request) >= copy_states.MOST_SENDS:
        copy_states.hold(request, TOO_MANY_ATTEMPTS, now=now)
        return None
    frozen: dict[str, Any] = {}
    if not request.payload_hash:
        prepared = drafting.prepare(
            request, customer_exact_id=customer_exact_id, marker=request.marker
        )
        if prepared.problem is not None:
            copy_states.hold(request, prepared.problem, now=now)
            return None
        frozen = prepared.columns
    attempt = copy_states.claim(
        request,
        fence=job.fence,
        worker=job.worker,
        now=now,
        settle=_settle(request, frozen.get("entry_number", request.entry_number)),
        **frozen,
    )
    if attempt is None:
        return None
    return _Send(request, attempt, drafting.stored_draft(request))


def _settle(request: CopyRequest, entry_number: int | None) -> timedelta:
    """How long Exact may take to commit: short where it refuses a second document with our number by itself."""
    guarded = entry_number is not None and _keeps_our_numbers(request.connection)
    return timedelta(
        seconds=settings.COPY_SETTLE_SECONDS_GUARDED if guarded else settings.COPY_SETTLE_SECONDS
    )


def _keeps_our_numbers(connection: ExactConnection) -> bool:
    """Whether the division was seen to keep a number of ours; the journal's settings may make it give its own."""
    seen = (
        PostedDocument.objects.filter(connection=connection)
        .exclude(copy_request__entry_number=None)
        .order_by("-id")
        .values_list("entry_number", "copy_request__entry_number")
        .first()
    )
    return seen is not None and seen[0] == seen[1]


def _give_back(job: LaneJob, noted: _Send) -> None:
    now = job.now()
    with tenant_transaction(job.organization_id):
        copy_states.finish_attempt(
            noted.attempt, outcome=AttemptOutcome.NOT_SENT, now=now, reason="the lane was lost"
        )
        copy_states.send_again(noted.request, fence=job.fence, now=now, at=now, progress="")


def _after_error(job: LaneJob, noted: _Send, error: errors.ExactError) -> None:
    """Write down what the answer means, and hand limits and faults of the line to the lane."""
    now = job.now()
    problem = Problem.from_error(error)
    with tenant_transaction(job.organization_id):
        copy_states.finish_attempt(
            noted.attempt,
            outcome=OUTCOMES[error.outcome],
            now=now,
            http_status=error.status,
            raw=problem.raw[:2000],
        )
        if error.outcome in {Outcome.NOT_SENT, Outcome.REFUSED_UNEXECUTED}:
            copy_states.send_again(
                noted.request, fence=job.fence, now=now, at=now, progress=problem.sentence
            )
        elif error.outcome == Outcome.REFUSED and problem.code != _NUMBER_IN_USE:
            copy_states.hold(noted.request, problem, now=now, fence=job.fence)
        else:
            is_refusal = error.outcome in {Outcome.PROBABLY_REFUSED, Outcome.REFUSED}
            copy_states.suspect(
                noted.request,
                now=now,
                fence=job.fence,
                problem=problem if is_refusal else NO_PROBLEM,
            )
    if error.outcome in {Outcome.NOT_SENT, Outcome.REFUSED_UNEXECUTED}:
        raise error
    logger.info(
        "A copy was not confirmed",
        extra={"copy_request": noted.request.pk, "outcome": error.outcome},
    )


# --- An answer was lost -----------------------------------------------------------------------------------------------


def _look_up(job: LaneJob, request: CopyRequest) -> None:
    """Read Exact: adopt what is ours, stop at what is not, and send again only what surely is not there."""
    found = _find(job, request)
    now = job.now()
    ours = [entry for entry in found if request.marker in entry.description]
    with tenant_transaction(job.organization_id):
        request.refresh_from_db()
        if request.state != CopyState.UNKNOWN:
            return
        if len(ours) == 1:
            booking.adopt(request, ours[0], drafting.stored_draft(request), now=now)
        elif ours:
            _booked_twice(request, ours, now)
        elif taken := [entry for entry in found if _has_our_number(request, entry)]:
            _conflict(request, taken, now)
        elif request.problem_code:
            copy_states.hold(
                request,
                Problem.of(request),
                now=now,
            )
        else:
            _absent(request, now)


def _find(job: LaneJob, request: CopyRequest) -> list[BookedEntry]:
    draft = drafting.stored_draft(request)
    return sales_entries.find_sent(
        job.client,
        your_ref=request.your_ref,
        journal=draft.journal,
        entry_number=draft.entry_number,
    )


def _has_our_number(request: CopyRequest, entry: BookedEntry) -> bool:
    """Whether the entry holds the number we asked for; numbers begin anew with each year."""
    draft = drafting.stored_draft(request)
    is_same_year = entry.entry_date is None or entry.entry_date.year == draft.entry_date.year
    return (
        entry.entry_number == draft.entry_number
        and entry.journal in {None, draft.journal}
        and is_same_year
    )


def _absent(request: CopyRequest, now: datetime) -> None:
    lookups = request.absent_lookups + 1
    settled = request.settle_until is None or now >= request.settle_until
    if settled and lookups >= _LOOKUPS_BEFORE_ABSENT:
        copy_states.surely_absent(request, now=now)
        return
    # Exact may still be working on it: finding it is always safe, not finding it only counts later.
    at = now if settled or request.settle_until is None else request.settle_until
    copy_states.still_absent(request, at=at, lookups=lookups)


def _booked_twice(request: CopyRequest, ours: list[BookedEntry], now: datetime) -> None:
    numbers = ", ".join(str(entry.entry_number) for entry in ours)
    copy_states.conflict(
        request,
        Problem(
            "booked_twice",
            f"Exact has this invoice {len(ours)} times: entries {numbers}.",
            "Delete these entries in Exact, then copy the invoice again.",
        ),
        now=now,
    )


def _conflict(request: CopyRequest, found: list[BookedEntry], now: datetime) -> None:
    numbers = ", ".join(str(entry.entry_number) for entry in found)
    copy_states.conflict(
        request,
        Problem(
            "number_in_use",
            f"Exact already has entry {numbers} in journal {request.journal_code}, and it is not a copy of this invoice.",
            "Check that entry in Exact. If it is this invoice, delete or renumber it there; then copy again.",
        ),
        now=now,
    )
