"""The states of a copy request: the only module that changes them, with `copy_verdicts.py`.

    queued -> sending -> copied | mismatch
                |-> queued          the send surely did nothing
                |-> needs_choice    Exact refuses; a person can mend it
                `-> unknown         the answer was lost: look in Exact
    copied -> mismatch                 Exact was read again, and booked something else
    unknown -> copied | mismatch | conflict | queued (surely absent) | needs_choice (refused and absent)
    needs_choice -> cancelled          a person chooses again: that is a new request

Each change is one conditional update, so that of two workers only one succeeds; PostgreSQL refuses any other
transition. All functions are called inside the organization's transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connector.sentences import Words, sentence, together
from integrations.models import ExactConnection
from invoices import attempts, copy_words, history
from invoices.locking import lock_invoices
from invoices.models import (
    AttemptOutcome,
    CopyAttempt,
    CopyKind,
    CopyRequest,
    CopyState,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.problems import NO_PROBLEM, Problem


def claim(
    request: CopyRequest,
    *,
    fence: int,
    worker: str,
    now: datetime,
    settle: timedelta,
    **frozen: Any,
) -> CopyAttempt | None:
    """This function will note that the request is about to be sent, before a byte leaves; None when it was taken.

    `frozen` are the payload's columns; after the first send PostgreSQL refuses to change them.
    """
    number = request.attempt_count + 1
    moved = move(
        request,
        (CopyState.QUEUED,),
        CopyState.SENDING,
        now=now,
        fence=fence,
        attempt_count=number,
        unfinished_steps=0,
        lease_until=now + attempts.send_lease(),
        next_at=now + attempts.send_lease(),
        last_sent_at=now,
        settle_until=now + settle,
        absent_lookups=0,
        progress="",
        **frozen,
    )
    if not moved:
        return None
    return CopyAttempt.objects.create(
        organization_id=request.organization_id,
        copy_request=request,
        number=number,
        fence=fence,
        worker=worker,
        started_at=now,
        payload_hash=request.payload_hash,
    )


def send_again(
    request: CopyRequest, *, fence: int, now: datetime, at: datetime, progress: Words
) -> bool:
    """This function will queue a request whose send surely did nothing."""
    moved = move(
        request,
        (CopyState.SENDING,),
        CopyState.QUEUED,
        now=now,
        fence_was=fence,
        next_at=at,
        lease_until=None,
        progress=progress,
    )
    if moved and _is_outlived(request):
        end_for_disconnection(request, now)
    return moved


def suspect(
    request: CopyRequest, *, now: datetime, fence: int | None = None, problem: Problem = NO_PROBLEM
) -> bool:
    """This function will mark a request whose answer was lost: nothing is sent until Exact was looked at.

    A problem says that Exact probably refused; it counts once the look-up has found nothing.
    """
    return move(
        request,
        (CopyState.SENDING,),
        CopyState.UNKNOWN,
        now=now,
        fence_was=fence,
        next_at=now,
        lease_until=None,
        progress=sentence("The answer was lost; looking in Exact"),
        problem=problem,
    )


def expire_abandoned(connection: ExactConnection, *, now: datetime) -> int:
    """This function will turn sends whose worker is gone into unknown ones; it returns how many."""
    abandoned = CopyRequest.objects.filter(
        connection=connection, state=CopyState.SENDING, lease_until__lt=now
    ).order_by("id")
    count = 0
    for request in abandoned:
        CopyAttempt.objects.filter(copy_request=request, outcome="").update(
            outcome=AttemptOutcome.UNCERTAIN,
            finished_at=now,
            evidence={"reason": "the worker is gone"},
        )
        count += suspect(request, now=now)
    return count


def still_absent(request: CopyRequest, *, at: datetime, lookups: int) -> None:
    """This function will note a look-up that found nothing while Exact may still commit."""
    CopyRequest.objects.filter(pk=request.pk, state=CopyState.UNKNOWN).update(
        absent_lookups=lookups,
        next_at=at,
        progress=copy_words.STILL_ABSENT[CopyKind(request.kind)],
    )


def surely_absent(request: CopyRequest, *, now: datetime, lookups: int = 0) -> bool:
    """This function will queue what was looked for in vain so often, unless Exact was disconnected since."""
    moved = move(
        request,
        (CopyState.UNKNOWN,),
        CopyState.QUEUED,
        now=now,
        next_at=now,
        absent_lookups=lookups,
        progress=copy_words.SAFE_AGAIN.get(CopyKind(request.kind), ""),
        problem=NO_PROBLEM,
    )
    if moved and _is_outlived(request):
        end_for_disconnection(request, now)
    elif moved:
        history.note(
            invoice=request.invoice,
            kind="copy_absent",
            sentence=copy_words.ABSENT[CopyKind(request.kind)],
            now=now,
        )
    return moved


def end_for_disconnection(request: CopyRequest, now: datetime) -> bool:
    """This function will cancel a waiting request of a connection that was disconnected; False when it went on."""
    if not move(request, (CopyState.QUEUED,), CopyState.CANCELLED, now=now, next_at=None):
        return False
    history.note(
        invoice=request.invoice,
        kind="copy_cancelled",
        sentence=copy_words.DISCONNECTED[CopyKind(request.kind)],
        now=now,
    )
    return True


def _is_outlived(request: CopyRequest) -> bool:
    """Whether the connection was disconnected since the wish: then a person asks again, or not."""
    generation: int = request.connection.generation
    return generation != request.connection_generation


def hold(
    request: CopyRequest, problem: Problem, *, now: datetime, fence: int | None = None
) -> bool:
    """This function will stop a request until a person chooses; the invoice stays as it was."""
    moved = move(
        request,
        (CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN),
        CopyState.NEEDS_CHOICE,
        now=now,
        fence_was=fence,
        next_at=None,
        lease_until=None,
        progress="",
        problem=problem,
    )
    if moved:
        history.note(
            invoice=request.invoice,
            kind="copy_held",
            sentence=together(copy_words.HELD[CopyKind(request.kind)], problem.sentence),
            now=now,
            details={"raw": problem.raw[:2000]},
        )
    return moved


def conflict(request: CopyRequest, problem: Problem, *, now: datetime) -> bool:
    """This function will stop a request because Exact holds something there that is not ours."""
    moved = move(
        request,
        (CopyState.UNKNOWN,),
        CopyState.CONFLICT,
        now=now,
        next_at=None,
        progress="",
        problem=problem,
    )
    if moved:
        history.note(
            invoice=request.invoice, kind="copy_conflict", sentence=problem.sentence, now=now
        )
    return moved


def complete(
    request: CopyRequest, *, now: datetime, differs: str = "", fence: int | None = None
) -> bool:
    """This function will end a request whose document is in Exact: copied, or copied with a difference.

    With a fence it is the answer to that send, which may come when the request was already queued again.
    """
    expected: tuple[CopyState, ...] = (CopyState.SENDING, CopyState.UNKNOWN)
    if fence is not None:
        expected = (*expected, CopyState.QUEUED)
    moved = move(
        request,
        expected,
        CopyState.COPIED,
        now=now,
        fence_was=fence,
        next_at=None,
        lease_until=None,
        progress="",
        problem=NO_PROBLEM,
    )
    if moved and differs:
        remedy = sentence("Compare both and correct it in Exact, or use Update existing.")
        problem = Problem("mismatch", differs, remedy)
        move(request, (CopyState.COPIED,), CopyState.MISMATCH, now=now, problem=problem)
    return moved


def end_unsent(request: CopyRequest, *, now: datetime) -> bool:
    """This function will end a waiting request because what it asks for turned out to be done already."""
    return move(request, (CopyState.QUEUED,), CopyState.COPIED, now=now, next_at=None, progress="")


def wait(request: CopyRequest, *, at: datetime, progress: Words) -> None:
    """This function will put a request's next step off and say why; a send that is under way is left alone."""
    CopyRequest.objects.filter(
        pk=request.pk, state__in=(CopyState.QUEUED, CopyState.UNKNOWN)
    ).update(next_at=at, progress=progress)


def move(
    request: CopyRequest,
    expected: tuple[CopyState, ...],
    state: CopyState,
    *,
    now: datetime,
    fence_was: int | None = None,
    problem: Problem | None = None,
    **values: Any,
) -> bool:
    """This function will make the one conditional update; False when somebody else changed the request first."""
    rows = CopyRequest.objects.filter(pk=request.pk, state__in=expected)
    if fence_was is not None:
        rows = rows.filter(fence=fence_was)
    columns: dict[str, Any] = {**values, **(problem.columns() if problem else {})}
    if state not in ACTIVE_COPY_STATES:
        # The invoice stands elsewhere after it.
        lock_invoices([request.invoice_id])
    if not rows.update(state=state, state_changed_at=now, **columns):
        return False
    request.refresh_from_db()
    return True
