"""One send: when it may be noted and begun, what each answer makes of it, and when not finding it counts."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors
from integrations.exact.errors import Outcome
from integrations.lanes import LaneJob
from invoices import attempts, sends
from invoices.models import AttemptOutcome, CopyAttempt, CopyRequest, CopyState
from invoices.problems import NO_PROBLEM, TOO_MANY_ATTEMPTS, Problem
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=3)
MINUTE = timedelta(minutes=1)
FENCE = 7


def make_request(state: CopyState = CopyState.SENDING, **fields: Any) -> CopyRequest:
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False)
    invoice = factories.make_invoice(
        organization=organization, subsidiary=connection.subsidiary, number="27000101"
    )
    defaults: dict[str, Any] = {"fence": FENCE, "attempt_count": 1, "settle_until": NOW}
    return factories.make_copy_request(
        invoice=invoice, connection=connection, state=state, **defaults | fields
    )


def row(request: CopyRequest) -> CopyRequest:
    with tenant_transaction(request.organization_id):
        return CopyRequest.objects.get(pk=request.pk)


def attempts_of(request: CopyRequest) -> list[CopyAttempt]:
    with tenant_transaction(request.organization_id):
        return list(CopyAttempt.objects.filter(copy_request=request).order_by("number"))


def noted(
    request: CopyRequest, *, is_ours: bool = True, began_at: float | None = None, fence: int = FENCE
) -> sends.NotedSend:
    """The send that the request's attempt notes."""
    client: Any = None
    job = LaneJob(
        organization_id=request.organization_id,
        connection_id=request.connection_id,
        client=client,
        fence=fence,
        worker="worker-3",
        now=lambda: LATER,
        still_ours=lambda: is_ours,
    )
    started = time.monotonic() if began_at is None else began_at
    return sends.NotedSend(job, request, attempts_of(request)[-1], started)


# --- Before it leaves -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "may"),
    [
        ([], True),
        (["uncertain"] * 7, True),
        (["uncertain"] * 8, False),
        (["executed", "refused", "probably_refused", *["uncertain"] * 4, ""], False),
        # What surely did nothing is free.
        ([*["uncertain"] * 7, *["not_sent"] * 3, *["not_executed"] * 3], True),
    ],
)
def test_a_copy_whose_answers_are_lost_eight_times_is_shown_to_a_person(outcomes, may):
    request = make_request(CopyState.QUEUED)
    for number, outcome in enumerate(outcomes, start=1):
        factories.make_attempt(request, number=number, outcome=outcome)
    other = make_request(CopyState.QUEUED)
    factories.make_attempt(other, number=9, outcome="uncertain")

    with tenant_transaction(request.organization_id):
        assert sends.may_be_noted(request, now=NOW) is may

    stored = row(request)
    assert stored.state == (CopyState.QUEUED if may else CopyState.NEEDS_CHOICE)
    assert Problem.of(stored) == (NO_PROBLEM if may else TOO_MANY_ATTEMPTS)
    assert stored.state_changed_at == NOW


@pytest.mark.parametrize(
    ("waited", "is_ours", "may"),
    [(0.0, True, True), (10.0, True, True), (10.01, True, False), (0.0, False, False)],
)
def test_a17_a_worker_that_slept_or_lost_its_lane_does_not_begin(monkeypatch, waited, is_ours, may):
    request = make_request()
    send = noted(request, is_ours=is_ours, began_at=100.0)
    monkeypatch.setattr(sends, "time", SimpleNamespace(monotonic=lambda: 100.0 + waited))

    assert send.may_begin() is may

    stored, attempt = row(request), attempts_of(request)[0]
    if may:
        assert (stored.state, attempt.outcome) == (CopyState.SENDING, "")
        return
    assert (stored.state, stored.next_at, stored.progress) == (CopyState.QUEUED, LATER, "")
    assert stored.state_changed_at == LATER
    assert (attempt.outcome, attempt.finished_at) == (AttemptOutcome.NOT_SENT, LATER)
    assert (attempt.http_status, attempt.evidence) == (None, {"reason": "the lane was lost"})


def test_a17_what_another_worker_sends_meanwhile_is_not_given_back():
    request = make_request(fence=FENCE + 1)

    assert not noted(request, is_ours=False).may_begin()

    assert row(request).state == CopyState.SENDING


# --- The answer -------------------------------------------------------------------------------------------------------

REFUSED: dict[str, Any] = {
    "status": 400,
    "messages": ("Blocked: Customer",),
    "raw_text": "all of it",
}
ANSWERS = [
    ("not sent", errors.NotSent("x"), False, CopyState.QUEUED, AttemptOutcome.NOT_SENT),
    (
        "limit",
        errors.Throttled("x", limit="minute", reset_at=LATER, status=429),
        True,
        CopyState.QUEUED,
        AttemptOutcome.NOT_EXECUTED,
    ),
    (
        "token",
        errors.Unauthorized("x", status=401),
        True,
        CopyState.QUEUED,
        AttemptOutcome.NOT_EXECUTED,
    ),
    (
        "refused",
        errors.ValidationRefused("x", **REFUSED),
        False,
        CopyState.UNKNOWN,
        AttemptOutcome.REFUSED,
    ),
    (
        "refused for good",
        errors.ValidationRefused("x", **REFUSED),
        True,
        CopyState.NEEDS_CHOICE,
        AttemptOutcome.REFUSED,
    ),
    (
        "500 with a sentence",
        errors.ValidationRefused(
            "x", **REFUSED | {"status": 500, "outcome": Outcome.PROBABLY_REFUSED}
        ),
        True,
        CopyState.UNKNOWN,
        AttemptOutcome.PROBABLY_REFUSED,
    ),
    (
        "lost",
        errors.OutcomeUnknown("x"),
        True,
        CopyState.UNKNOWN,
        AttemptOutcome.UNCERTAIN,
    ),
]


@pytest.mark.parametrize(
    ("error", "is_final", "state", "outcome"),
    [case[1:] for case in ANSWERS],
    ids=[case[0] for case in ANSWERS],
)
def test_a7_a9_a10_what_an_answer_makes_of_a_send(error, is_final, state, outcome):
    request = make_request()
    asked: list[Problem] = []

    def ends_it(problem: Problem) -> bool:
        asked.append(problem)
        return is_final

    raised: errors.ExactError | None = None
    try:
        noted(request).failed(error, is_final=ends_it)
    except errors.ExactError as passed_on:
        raised = passed_on

    problem = Problem.from_error(error)
    stored, attempt = row(request), attempts_of(request)[0]
    assert (stored.state, stored.state_changed_at) == (state, LATER)
    assert (attempt.outcome, attempt.finished_at) == (outcome, LATER)
    assert (attempt.http_status, attempt.evidence) == (error.status, {"raw": problem.raw})
    # The lane has to know of limits, tokens and a line that is down.
    assert raised is (error if state == CopyState.QUEUED else None)
    assert asked == ([problem] if error.outcome is Outcome.REFUSED else [])
    is_refused = error.outcome in {Outcome.REFUSED, Outcome.PROBABLY_REFUSED}
    assert Problem.of(stored) == (problem if is_refused else NO_PROBLEM)
    if state == CopyState.QUEUED:
        assert (stored.next_at, stored.progress) == (LATER, problem.sentence[:200])


def test_a10_a_refusal_is_looked_up_unless_somebody_says_that_it_is_final():
    request = make_request()

    noted(request).failed(errors.ValidationRefused("x", **REFUSED))

    assert row(request).state == CopyState.UNKNOWN


@pytest.mark.parametrize("error", [case[1] for case in ANSWERS], ids=[case[0] for case in ANSWERS])
def test_a17_a_late_answer_is_kept_and_moves_nothing_that_is_another_workers(error):
    request = make_request(fence=FENCE + 1)
    send = noted(request)

    try:
        send.failed(error, is_final=lambda _: True)
    except errors.ExactError:
        assert error.outcome in {Outcome.NOT_SENT, Outcome.REFUSED_UNEXECUTED}

    assert row(request).state == CopyState.SENDING
    assert attempts_of(request)[0].outcome != ""


def test_only_the_beginning_of_a_huge_refusal_is_kept_with_the_attempt():
    request = make_request()
    long = errors.ValidationRefused("x", status=400, messages=("Blocked: " + "é" * 3000,))

    noted(request).failed(long)

    assert attempts_of(request)[0].evidence == {"raw": ("Blocked: " + "é" * 3000)[:2000]}


def test_f5_an_answer_is_written_for_as_long_as_nobody_else_may_give_the_send_up(
    monkeypatch, settings
):
    settings.COPY_SEND_LEASE_SECONDS = 45
    request = make_request()
    written: list[Any] = []
    monkeypatch.setattr(sends, "write_back", lambda *given, **named: written.append((given, named)))

    def write() -> None:
        """What came of it."""

    noted(request, began_at=100.0).write_back(write)

    assert written == [((request.organization_id, write), {"ends_at": 145.0})]


@pytest.mark.parametrize("known", ["", "uncertain", "executed", "refused"])
def test_what_is_known_of_an_attempt_is_never_overwritten(known):
    request = make_request(CopyState.UNKNOWN)
    attempt = factories.make_attempt(request, outcome=known)
    factories.make_attempt(request, number=2, outcome="uncertain")

    with tenant_transaction(request.organization_id):
        attempts.finish(
            attempt, outcome=AttemptOutcome.NOT_SENT, now=LATER, http_status=503, reason="late"
        )

    stored, other = attempts_of(request)
    assert (other.outcome, other.finished_at) == ("uncertain", None)
    if known in {"", "uncertain"}:
        assert (stored.outcome, stored.finished_at) == (AttemptOutcome.NOT_SENT, LATER)
        assert (stored.http_status, stored.evidence) == (503, {"reason": "late"})
    else:
        assert (stored.outcome, stored.finished_at, stored.evidence) == (known, None, {})


# --- Looking for it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("looked", "settle_until", "state", "lookups", "next_at"),
    [
        (0, NOW - MINUTE, CopyState.UNKNOWN, 1, NOW),
        (1, NOW - MINUTE, CopyState.QUEUED, 2, NOW),
        (1, NOW, CopyState.QUEUED, 2, NOW),
        (4, NOW - MINUTE, CopyState.QUEUED, 5, NOW),
        (0, None, CopyState.UNKNOWN, 1, NOW),
        (1, None, CopyState.QUEUED, 2, NOW),
        # Exact may still be working on it: however often it was looked for, absent does not count yet.
        (0, NOW + MINUTE, CopyState.UNKNOWN, 1, NOW + MINUTE),
        (7, NOW + MINUTE, CopyState.UNKNOWN, 8, NOW + MINUTE),
    ],
)
def test_a3_a8_absent_counts_after_two_looks_and_the_settle_delay(
    looked, settle_until, state, lookups, next_at: datetime
):
    request = make_request(CopyState.UNKNOWN, absent_lookups=looked, settle_until=settle_until)

    with tenant_transaction(request.organization_id):
        sends.not_found(request, now=NOW)

    stored = row(request)
    assert (stored.state, stored.absent_lookups, stored.next_at) == (state, lookups, next_at)
    assert stored.attempt_count == 1
