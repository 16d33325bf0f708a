"""The life of a copy request: the only module that changes its state.

    queued -> sending -> copied | mismatch
                |-> queued          the send surely did nothing
                |-> needs_choice    Exact refuses; a person can mend it
                `-> unknown         the answer was lost: look in Exact
    unknown -> copied | mismatch | conflict | queued (surely absent) | needs_choice (refused and absent)
    needs_choice -> cancelled          a person chooses again: that is a new request

Each change is one conditional update, so that of two workers only one succeeds; PostgreSQL refuses any other
transition.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max

from connector.tenancy.models import User
from integrations import lanes
from integrations.models import ConnectionState, ExactConnection
from invoices import history
from invoices.copy_choices import CopyChoices
from invoices.models import (
    AttemptOutcome,
    CopyAttempt,
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
    PostedDocumentState,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.problems import NO_PROBLEM, Problem

# No letters or digits that people mix up when they read a mark aloud.
_MARKER_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_MARKER_PART = 4
MOST_SENDS = 8
_LONGEST_PROGRESS = 200


def send_lease() -> timedelta:
    """This function will return how long a send may take before its worker counts as gone."""
    return timedelta(seconds=settings.COPY_SEND_LEASE_SECONDS)


class CopyRefused(Exception):
    """The request cannot be made; it reads well to a person."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


class AlreadyCopying(CopyRefused):
    """Somebody's copy of this invoice is under way."""

    def __init__(self, request: CopyRequest) -> None:
        self.by = str(request.requested_by) if request.requested_by else "someone else"
        self.at = request.requested_at
        super().__init__(
            f"This invoice is already being copied, started by {self.by}.", "Wait until it is done."
        )


class AlreadyCopied(CopyRefused):
    """The invoice is in Exact; copying it again must be asked for."""

    def __init__(self, document: PostedDocument) -> None:
        self.document = document
        super().__init__(
            f"This invoice is already in Exact as entry {document.entry_number}.",
            "Use Update existing to change it there, or Create new for a second one.",
        )


# --- Asking ---------------------------------------------------------------------------------------------------------


def request_copy(
    *,
    invoice: Invoice,
    connection: ExactConnection,
    choices: CopyChoices,
    user: User | None,
    now: datetime,
    as_new: bool = False,
) -> CopyRequest:
    """This function will queue a copy of the invoice as a new document in Exact.

    Raises AlreadyCopying, AlreadyCopied unless `as_new`, and CopyRefused when the connection cannot be used.
    """
    invoice = _lock(invoice)
    _refuse_while_active(invoice)
    document = newest_document(invoice)
    if document is not None and not as_new:
        raise AlreadyCopied(document)
    _require_working(connection, invoice)
    return _queue(
        invoice, connection, CopyKind.CREATE, choices.to_json(), choices.journal_code, user, now
    )


def request_update(
    *, invoice: Invoice, user: User | None, now: datetime, choices: CopyChoices | None = None
) -> CopyRequest:
    """This function will queue an update of the newest copy that still exists in Exact.

    Without choices those of the copy itself are used again. Raises AlreadyCopying and CopyRefused.
    """
    invoice = _lock(invoice)
    _refuse_while_active(invoice)
    document = newest_document(invoice)
    if document is None:
        raise CopyRefused(
            "There is no copy of this invoice in Exact to update.", "Use Create new instead."
        )
    _require_working(document.connection, invoice, same_subsidiary=False)
    chosen = choices.to_json() if choices else document.copy_request.choices
    return _queue(
        invoice, document.connection, CopyKind.UPDATE, chosen, document.journal_code, user, now
    )


def cancel(*, copy_request: CopyRequest, user: User | None, now: datetime) -> bool:
    """This function will give the request up; False when it is past the point where that is safe."""
    cancelled = _move(
        copy_request,
        (CopyState.QUEUED, CopyState.NEEDS_CHOICE, CopyState.CONFLICT),
        CopyState.CANCELLED,
        now=now,
        next_at=None,
    )
    if cancelled:
        history.note(
            invoice=copy_request.invoice,
            kind="copy_cancelled",
            sentence="The copy to Exact was cancelled.",
            user=user,
            now=now,
        )
    return cancelled


def has_documents(connection: ExactConnection) -> bool:
    """This function will tell whether documents were copied through the connection: its division is fixed then."""
    return PostedDocument.objects.filter(connection=connection).exists()


def count_waiting(connection: ExactConnection) -> int:
    """This function will return how many copies wait for the connection."""
    return CopyRequest.objects.filter(connection=connection, state__in=ACTIVE_COPY_STATES).count()


def cancel_for_connection(*, connection: ExactConnection, now: datetime) -> int:
    """This function will cancel what waits for a connection that is being disconnected; it returns how many.

    What has been sent and not been answered stays: its fate is looked up after a reconnection.
    """
    CopyRequest.objects.filter(
        connection=connection, state__in=(CopyState.SENDING, CopyState.UNKNOWN)
    ).update(
        progress="Exact was disconnected before it answered; reconnect to see whether the invoice is there"
    )
    waiting = CopyRequest.objects.filter(
        connection=connection, state=CopyState.QUEUED
    ).select_related("invoice")
    return sum(_end_for_disconnection(request, now) for request in waiting.order_by("id"))


def _end_for_disconnection(request: CopyRequest, now: datetime) -> bool:
    if not _move(request, (CopyState.QUEUED,), CopyState.CANCELLED, now=now, next_at=None):
        return False
    history.note(
        invoice=request.invoice,
        kind="copy_cancelled",
        sentence="The copy to Exact was cancelled because Exact was disconnected.",
        now=now,
    )
    return True


def cancel_outlived(connection: ExactConnection, *, now: datetime) -> int:
    """This function will cancel what was queued before the connection was last disconnected; it returns how many."""
    outlived = (
        CopyRequest.objects.filter(connection=connection, state=CopyState.QUEUED)
        .exclude(connection_generation=connection.generation)
        .select_related("invoice")
    )
    return sum(_end_for_disconnection(request, now) for request in outlived.order_by("id"))


def retry(*, copy_request: CopyRequest, user: User | None, now: datetime) -> CopyRequest | None:
    """This function will ask for a refused request again with the same choices, as a new wish.

    What was refused is frozen for good; the new wish is built from what the invoice and the settings say now. None
    when somebody was faster, or when the connection cannot be used: the refused request then says why.
    """
    invoice = _lock(copy_request.invoice)
    copy_request.refresh_from_db()
    if copy_request.state != CopyState.NEEDS_CHOICE:
        return None
    connection, kind = copy_request.connection, CopyKind(copy_request.kind)
    try:
        _require_working(connection, invoice, same_subsidiary=kind == CopyKind.CREATE)
    except CopyRefused as refusal:
        problem = Problem("connection_not_working", refusal.sentence, refusal.remedy)
        CopyRequest.objects.filter(pk=copy_request.pk).update(**problem.columns())
        return None
    return _queue(
        invoice, connection, kind, copy_request.choices, copy_request.journal_code, user, now
    )


def newest_document(invoice: Invoice) -> PostedDocument | None:
    """This function will return the newest copy that still exists in Exact: the one Update existing changes."""
    return (
        PostedDocument.objects.filter(invoice=invoice)
        .exclude(state=PostedDocumentState.DELETED_IN_EXACT)
        .select_related("connection", "copy_request")
        .order_by("-sequence", "-id")
        .first()
    )


def _lock(invoice: Invoice) -> Invoice:
    return Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)


def _refuse_while_active(invoice: Invoice) -> None:
    active = (
        CopyRequest.objects.filter(invoice=invoice, state__in=ACTIVE_COPY_STATES)
        .select_related("requested_by")
        .first()
    )
    if active is not None:
        raise AlreadyCopying(active)


def _require_working(
    connection: ExactConnection, invoice: Invoice, *, same_subsidiary: bool = True
) -> None:
    if same_subsidiary and connection.subsidiary_id != invoice.subsidiary_id:
        raise CopyRefused(
            "This connection belongs to another subsidiary.",
            "Copy the invoice through its own subsidiary's connection.",
        )
    if connection.is_working:
        return
    if connection.state == ConnectionState.NEEDS_CONSENT:
        raise CopyRefused(
            f"Exact has to be reconnected before {connection.name} can be used.",
            "Ask an admin to reconnect it in the App Marketplace.",
        )
    raise CopyRefused(
        f"{connection.name} is not ready: {connection.get_state_display().lower()}.",
        "Ask an admin to finish its set-up in the App Marketplace.",
    )


def _queue(
    invoice: Invoice,
    connection: ExactConnection,
    kind: CopyKind,
    choices: dict[str, Any],
    journal_code: str,
    user: User | None,
    now: datetime,
) -> CopyRequest:
    # What was refused before is answered by this new wish.
    for old in CopyRequest.objects.filter(
        invoice=invoice, state__in=(CopyState.NEEDS_CHOICE, CopyState.CONFLICT)
    ).order_by("id"):
        _move(
            old,
            (CopyState.NEEDS_CHOICE, CopyState.CONFLICT),
            CopyState.CANCELLED,
            now=now,
            next_at=None,
        )
    last = CopyRequest.objects.filter(invoice=invoice, connection=connection, kind=kind).aggregate(
        last=Max("generation")
    )
    generation = 0 if last["last"] is None else last["last"] + 1
    request = CopyRequest.objects.create(
        organization_id=invoice.organization_id,
        invoice=invoice,
        connection=connection,
        connection_generation=connection.generation,
        kind=kind,
        generation=generation,
        marker=_new_marker(),
        requested_by=user,
        requested_at=now,
        choices=choices,
        journal_code=journal_code,
        state_changed_at=now,
        next_at=now,
    )
    verb = "Copying to Exact" if kind == CopyKind.CREATE else "Updating the copy in Exact"
    history.note(
        invoice=invoice,
        kind="copy_requested",
        sentence=f"{verb} was started ({connection.name}, {connection.division_name}).",
        user=user,
        now=now,
        details={"copy_request": request.pk},
    )
    lanes.ring(connection, at=now)
    return request


def _new_marker() -> str:
    letters = "".join(secrets.choice(_MARKER_LETTERS) for _ in range(2 * _MARKER_PART))
    return f"{letters[:_MARKER_PART]}-{letters[_MARKER_PART:]}"


# --- Working (called by posting.py and updating.py, inside the organization's transaction) ---------------------------


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
    moved = _move(
        request,
        (CopyState.QUEUED,),
        CopyState.SENDING,
        now=now,
        fence=fence,
        attempt_count=number,
        lease_until=now + send_lease(),
        next_at=now + send_lease(),
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


def count_sends(request: CopyRequest) -> int:
    """This function will return how many attempts may have reached Exact; those that surely did not are free."""
    return (
        CopyAttempt.objects.filter(copy_request=request)
        .exclude(outcome__in=(AttemptOutcome.NOT_SENT, AttemptOutcome.NOT_EXECUTED))
        .count()
    )


def finish_attempt(
    attempt: CopyAttempt,
    *,
    outcome: AttemptOutcome,
    now: datetime,
    http_status: int | None = None,
    **evidence: Any,
) -> None:
    """This function will write down what an answer meant: always, whatever became of the request meanwhile.

    An answer that comes after its worker was given up still tells more than that it was lost.
    """
    CopyAttempt.objects.filter(pk=attempt.pk, outcome__in=("", AttemptOutcome.UNCERTAIN)).update(
        outcome=outcome, finished_at=now, http_status=http_status, evidence=evidence
    )


def send_again(
    request: CopyRequest, *, fence: int, now: datetime, at: datetime, progress: str
) -> bool:
    """This function will queue a request whose send surely did nothing."""
    moved = _move(
        request,
        (CopyState.SENDING,),
        CopyState.QUEUED,
        now=now,
        fence_was=fence,
        next_at=at,
        lease_until=None,
        progress=progress[:_LONGEST_PROGRESS],
    )
    if moved and _is_outlived(request):
        _end_for_disconnection(request, now)
    return moved


def suspect(
    request: CopyRequest, *, now: datetime, fence: int | None = None, problem: Problem = NO_PROBLEM
) -> bool:
    """This function will mark a request whose answer was lost: nothing is sent until Exact was looked at.

    A problem says that Exact probably refused; it counts once the look-up has found nothing.
    """
    return _move(
        request,
        (CopyState.SENDING,),
        CopyState.UNKNOWN,
        now=now,
        fence_was=fence,
        next_at=now,
        lease_until=None,
        progress="The answer was lost; looking in Exact",
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
        progress="Not in Exact yet; looking again before it is sent once more",
    )


def surely_absent(request: CopyRequest, *, now: datetime) -> bool:
    """This function will queue a request again that Exact surely does not have, unless Exact was disconnected since."""
    moved = _move(
        request,
        (CopyState.UNKNOWN,),
        CopyState.QUEUED,
        now=now,
        next_at=now,
        progress="",
        problem=NO_PROBLEM,
    )
    if moved and _is_outlived(request):
        _end_for_disconnection(request, now)
    elif moved:
        is_update = request.kind == CopyKind.UPDATE
        history.note(
            invoice=request.invoice,
            kind="copy_absent",
            sentence="An answer of Exact was lost; the entry is read again and the update goes on."
            if is_update
            else "Exact does not have the invoice; it is sent again.",
            now=now,
        )
    return moved


def _is_outlived(request: CopyRequest) -> bool:
    """Whether the connection was disconnected since the wish: then a person asks again, or not."""
    generation: int = request.connection.generation
    return generation != request.connection_generation


def hold(
    request: CopyRequest, problem: Problem, *, now: datetime, fence: int | None = None
) -> bool:
    """This function will stop a request until a person chooses; the invoice stays as it was."""
    moved = _move(
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
            sentence=f"Not copied. {problem.sentence}",
            now=now,
            details={"raw": problem.raw[:2000]},
        )
    return moved


def conflict(request: CopyRequest, problem: Problem, *, now: datetime) -> bool:
    """This function will stop a request because Exact holds something there that is not ours."""
    moved = _move(
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
    if fence is not None and not differs:
        expected = (*expected, CopyState.QUEUED)
    problem = NO_PROBLEM
    if differs:
        problem = Problem(
            "mismatch",
            differs,
            "Compare both and correct the entry in Exact, or use Update existing.",
        )
    return _move(
        request,
        expected,
        CopyState.MISMATCH if differs else CopyState.COPIED,
        now=now,
        fence_was=fence,
        next_at=None,
        lease_until=None,
        progress="",
        problem=problem,
    )


def wait(request: CopyRequest, *, at: datetime, progress: str) -> None:
    """This function will put a request's next step off and say why; a send that is under way is left alone."""
    CopyRequest.objects.filter(
        pk=request.pk, state__in=(CopyState.QUEUED, CopyState.UNKNOWN)
    ).update(next_at=at, progress=progress[:_LONGEST_PROGRESS])


def _move(
    request: CopyRequest,
    expected: tuple[CopyState, ...],
    state: CopyState,
    *,
    now: datetime,
    fence_was: int | None = None,
    problem: Problem | None = None,
    **values: Any,
) -> bool:
    """The one conditional update. False when somebody else changed the request first."""
    rows = CopyRequest.objects.filter(pk=request.pk, state__in=expected)
    if fence_was is not None:
        rows = rows.filter(fence=fence_was)
    columns: dict[str, Any] = {**values, **(problem.columns() if problem else {})}
    if not rows.update(state=state, state_changed_at=now, **columns):
        return False
    request.refresh_from_db()
    return True
