"""Works off copy requests in the lane of their division: sends each once, and looks in Exact when an answer was lost.

Before: `copy_requests.py` queued the wish. After: a PostedDocument, a finalized invoice, or a problem in words.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Case, IntegerField, Min, Value, When

from connector.crash_points import crash_point
from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import PASSING_FAULTS
from integrations.exact import errors
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from invoices import (
    adopting,
    attempts,
    connection_copies,
    copy_states,
    drafting,
    forgotten,
    invoice_numbers,
    looking_up,
    own_numbers,
    poison,
    read_backs,
    recovery,
    sending,
    sends,
    unneeded_files,
    updating,
)
from invoices.document_plan import DocumentDraft, MadeDocument, Records
from invoices.models import (
    AttemptOutcome,
    CopyKind,
    CopyRequest,
    CopyState,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.problems import Problem
from invoices.routes import route_of
from invoices.sends import NotedSend

logger = logging.getLogger(__name__)

_NUMBER_IN_USE = "already_exists"
_PERHAPS_IN_EXACT = (CopyState.SENDING, CopyState.UNKNOWN)
# One request that cannot be worked on must not hold up the others.
_SET_ASIDE = timedelta(minutes=15)
# Little beside the minutes of the settle delay that whoever waits for a second look has waited already, and at Exact's pace of
# a call a second long enough for several to come.
COMPANY_COMES_WITHIN = timedelta(seconds=30)


class CopyWork:
    """The lane work "copies": people wait for it, so it goes first."""

    name = "copies"
    priority = 10

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the connection's most urgent copy request is due."""
        if not connection.is_working:
            return None
        active = CopyRequest.objects.filter(connection=connection, state__in=ACTIVE_COPY_STATES)
        due = (
            active.aggregate(due=Min("next_at"))["due"],
            invoice_numbers.next_due_at(connection),
            read_backs.next_due_at(connection),
            None if recovery.is_under_way(connection) else unneeded_files.next_due_at(connection),
        )
        return min((at for at in due if at is not None), default=None)

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the next copy is looked up that Exact may have, or the next number is read."""
        if not connection.is_working:
            return None
        sent = CopyRequest.objects.filter(connection=connection, state__in=_PERHAPS_IN_EXACT)
        due = (sent.aggregate(due=Min("next_at"))["due"], invoice_numbers.next_due_at(connection))
        return min((at for at in due if at is not None), default=None)

    def step(self, job: LaneJob) -> None:
        """This function will take one due request one step further."""
        now = job.now()
        with tenant_transaction(job.organization_id):
            connection = ExactConnection.objects.get(pk=job.connection_id)
            if not connection.is_working:
                return
            copy_states.expire_abandoned(connection, now=now)
            connection_copies.cancel_outlived(connection, now=now)
            request = _next_request(connection, now, look_ups_only=job.look_ups_only)
            errand = _find_errand(job, connection, request)
            may_begin = (
                request is not None and errand is None and poison.begin_step(request, now=now)
            )
        if errand is not None:
            errand()
            return
        if request is None or not may_begin:
            return
        crash_point(f"step_begun:{request.marker}")
        try:
            _advance(job, request)
        except errors.HeldBack as held:
            if not held.endpoint:
                raise
            # Another request may need another part of Exact, so only this one waits.
            with tenant_transaction(job.organization_id):
                copy_states.wait(
                    request,
                    at=held.until,
                    progress=sentence("%(reason)s. It is tried again", reason=held.reason),
                )
        except (errors.TemporaryProblem, errors.Unauthorized, *PASSING_FAULTS):
            raise
        except Exception as error:  # whatever is wrong with this one, the others go on
            logger.exception("A copy was set aside", extra={"copy_request": request.pk})
            _set_aside(job, request, error)
        finally:
            poison.end_step(request)


def _find_errand(
    job: LaneJob, connection: ExactConnection, request: CopyRequest | None
) -> Callable[[], None] | None:
    """What is done before the request, or instead of one: reads for many copies at once, and tidying up."""
    now, is_pressed = job.now(), request is not None
    if numbers := invoice_numbers.due(connection, now=now, is_pressed=is_pressed):
        return partial(invoice_numbers.read, job, numbers)
    if job.look_ups_only:
        return None
    if booked := read_backs.due(connection, now=now, is_pressed=is_pressed):
        return partial(read_backs.read, job, booked)
    if is_pressed or recovery.is_under_way(connection):
        return None
    unneeded = unneeded_files.find_due(connection, now=now)
    return None if unneeded is None else partial(unneeded_files.delete, job, unneeded)


def _advance(job: LaneJob, request: CopyRequest) -> None:
    if recovery.keeps_back(job, request):
        return
    if request.kind == CopyKind.UPDATE:
        updating.step(job, request)
    elif request.kind == CopyKind.SEND:
        sending.step(job, request)
    elif request.state == CopyState.UNKNOWN:
        looking_up.look_up(job, request)
    else:
        _send(job, request)


def _set_aside(job: LaneJob, request: CopyRequest, error: Exception) -> None:
    reason = (
        Problem.from_error(error).sentence
        if isinstance(error, errors.ExactError)
        else sentence("Something unexpected went wrong.")
    )
    at = job.now() + _SET_ASIDE
    with tenant_transaction(job.organization_id):
        copy_states.wait(
            request, at=at, progress=sentence("%(reason)s It is tried again", reason=reason)
        )


def _next_request(
    connection: ExactConnection, now: datetime, *, look_ups_only: bool
) -> CopyRequest | None:
    """The due request: first what has to be looked up, then what is made and not sent, then what waits longest.

    A look that has just become due waits for company while there is other work: one serves several. The first look after a
    lost answer does not come here: the lane tries the line with it.
    """
    rank = Case(
        When(state=CopyState.UNKNOWN, next_at__lte=now - COMPANY_COMES_WITHIN, then=Value(0)),
        When(state=CopyState.UNKNOWN, then=Value(3)),
        When(kind=CopyKind.SEND, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    states = (CopyState.UNKNOWN,) if look_ups_only else (CopyState.QUEUED, CopyState.UNKNOWN)
    return (
        CopyRequest.objects.filter(connection=connection, state__in=states, next_at__lte=now)
        .select_related(
            "invoice__client", "invoice__contact", "connection__subsidiary", "requested_by"
        )
        .order_by(rank, "next_at", "id")
        .first()
    )


def _send(job: LaneJob, request: CopyRequest) -> None:
    if forgotten.take_back(job, request):
        return
    route = route_of(request.route)
    # Before anything is made for it, and before the send is noted.
    job.check_call("POST", route.made_at)
    records = route.records(job, request, partial(drafting.find_obstacle, request))
    if records is None:
        return
    with tenant_transaction(job.organization_id):
        noted = _note_send(job, request, records)
    if noted is None:
        return
    crash_point("after_claim_commit", request.pk)
    if not noted.may_begin():
        return
    crash_point("before_send", request.pk)
    draft = drafting.stored_draft(request)
    try:
        made = route.create(job.client, draft)
    except errors.ExactError as error:
        crash_point("after_response", request.pk)
        noted.failed(error, is_final=lambda problem: _is_final(request, problem))
        logger.info(
            "A copy was not confirmed",
            extra={"copy_request": request.pk, "outcome": error.outcome},
        )
        return
    crash_point("after_response", request.pk)
    noted.write_back(partial(_confirm, noted, made, draft))
    crash_point("after_confirm_commit", request.pk)


def _confirm(noted: NotedSend, made: MadeDocument, draft: DocumentDraft) -> None:
    """Write down what Exact made; when it was written before and only the news of that was lost, nothing changes."""
    now = noted.job.now()
    attempts.finish(
        noted.attempt,
        outcome=AttemptOutcome.EXECUTED,
        now=now,
        http_status=201,
        exact_id=str(made.exact_id),
    )
    document = adopting.adopt(noted.request, made, draft, now=now, fence=noted.job.fence)
    if document is None:
        adopting.note_stray(noted.request, made, now=now)
    crash_point("before_confirm_commit", noted.request.pk)


def _is_final(request: CopyRequest, problem: Problem) -> bool:
    """Whether a refusal needs no look: only that a number is taken can be of our own making."""
    if problem.code == _NUMBER_IN_USE:
        return False
    route_of(request.route).refused(request, problem)
    return True


def _note_send(job: LaneJob, request: CopyRequest, records: Records) -> NotedSend | None:
    """Freeze the payload and note the send, in one transaction that is committed before a byte leaves."""
    began_at = time.monotonic()
    now = job.now()
    request.refresh_from_db()
    if request.state != CopyState.QUEUED or not sends.may_be_noted(request, now=now):
        return None
    frozen: dict[str, Any] = {}
    if not request.payload_hash:
        prepared = drafting.prepare(request, records=records, marker=request.marker)
        if prepared.problem is not None:
            copy_states.hold(request, prepared.problem, now=now)
            return None
        frozen = prepared.columns
    number = frozen.get("entry_number", request.entry_number)
    journal = frozen.get("journal_code", request.journal_code)
    if own_numbers.is_on_its_way(request, journal, number, now=now):
        return None
    attempt = copy_states.claim(
        request,
        fence=job.fence,
        worker=job.worker,
        now=now,
        settle=own_numbers.settle_delay(request, journal, number),
        **frozen,
    )
    return None if attempt is None else NotedSend(job, request, attempt, began_at)
