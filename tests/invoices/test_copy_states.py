"""Each change of a copy request's state: from where it goes, what it writes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection
from invoices import copy_states, copy_verdicts, copy_words
from invoices.models import CopyAttempt, CopyKind, CopyRequest, CopyState, InvoiceEvent
from invoices.problems import Problem
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=7)
LONG = "Waiting for Exact's minute limit. " * 10
REFUSED = Problem("blocked", "The customer is blocked.", "Unblock it in Exact.", "raw " * 1000)
NO_COLUMNS = {
    "problem_code": "",
    "problem_sentence": "",
    "problem_remedy": "",
    "problem_raw": "",
}
PROBLEM_COLUMNS = {
    "problem_code": "blocked",
    "problem_sentence": "The customer is blocked.",
    "problem_remedy": "Unblock it in Exact.",
    "problem_raw": "raw " * 1000,
}
# What a request that is under way carries, so that a test sees what is cleared.
UNDER_WAY: dict[str, Any] = {
    "fence": 7,
    "attempt_count": 1,
    "next_at": NOW,
    "lease_until": NOW + timedelta(minutes=1),
    "settle_until": NOW - timedelta(minutes=1),
    "progress": "on its way",
    **PROBLEM_COLUMNS,
}
ALL = set(CopyState)
BOOKED = {CopyState.COPIED, CopyState.MISMATCH}


@dataclass(frozen=True)
class Office:
    """One agency with a connection; its requests are made in any state."""

    organization: Organization
    connection: ExactConnection

    def request(
        self, state: CopyState, *, outcome: str = "not_sent", is_booked: bool = False, **fields: Any
    ) -> CopyRequest:
        """A request that was sent once, with its attempt; with its document when it is booked."""
        invoice = factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary
        )
        request = factories.make_copy_request(
            invoice=invoice, connection=self.connection, state=state, **UNDER_WAY | fields
        )
        if state == CopyState.SENDING:
            request.attempts.update(outcome=outcome)
        else:
            factories.make_attempt(request, outcome=outcome)
        if is_booked or state in BOOKED:
            factories.make_posted_document(
                invoice=invoice, connection=self.connection, copy_request=request
            )
        return request


@pytest.fixture
def office():
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False)
    with tenant_transaction(organization.pk):
        yield Office(organization, connection)


def columns(request: CopyRequest, *names: str) -> dict[str, Any]:
    """What the row says, not what the object in memory says; and the object must say the same."""
    row = CopyRequest.objects.get(pk=request.pk)
    for name in names:
        assert getattr(request, name) == getattr(row, name), name
    return {name: getattr(row, name) for name in names}


def holds(request: CopyRequest, **expected: Any) -> bool:
    assert columns(request, *expected) == expected
    return True


def events(request: CopyRequest) -> list[tuple[str, str, datetime, dict[str, Any]]]:
    return [
        (event.kind, event.sentence, event.at, event.details)
        for event in InvoiceEvent.objects.filter(invoice=request.invoice)
    ]


def refuses(office: Office, change: Any, *states: CopyState) -> None:
    """The change leaves a request in any other state than these as it is."""
    for state in ALL - set(states):
        request = office.request(state)
        before = CopyRequest.objects.filter(pk=request.pk).values().get()

        assert not change(request), state

        assert CopyRequest.objects.filter(pk=request.pk).values().get() == before
        assert events(request) == []


# --- Sending ----------------------------------------------------------------------------------------------------------


def claim(request: CopyRequest) -> CopyAttempt | None:
    return copy_states.claim(
        request,
        fence=9,
        worker="worker-3",
        now=NOW,
        settle=timedelta(minutes=16),
        payload={"draft": {"lines": 2}},
        payload_hash="a" * 64,
    )


def test_a3_a_send_is_noted_with_everything_before_it_leaves(office, settings):
    settings.COPY_SEND_LEASE_SECONDS = 45
    request = office.request(
        CopyState.QUEUED, absent_lookups=2, unfinished_steps=1, lease_until=None, next_at=None
    )

    attempt = claim(request)

    assert holds(
        request,
        state=CopyState.SENDING,
        state_changed_at=NOW,
        fence=9,
        attempt_count=2,
        unfinished_steps=0,
        lease_until=NOW + timedelta(seconds=45),
        next_at=NOW + timedelta(seconds=45),
        last_sent_at=NOW,
        settle_until=NOW + timedelta(minutes=16),
        absent_lookups=0,
        progress="",
        payload={"draft": {"lines": 2}},
        payload_hash="a" * 64,
    )
    stored = CopyAttempt.objects.get(pk=attempt.pk)
    assert (stored.copy_request, stored.organization_id) == (request, office.organization.pk)
    assert (stored.number, stored.fence, stored.worker) == (2, 9, "worker-3")
    assert (stored.started_at, stored.finished_at, stored.outcome) == (NOW, None, "")
    assert stored.payload_hash == "a" * 64


def test_a16_what_somebody_else_has_taken_is_not_sent_a_second_time(office):
    refuses(office, claim, CopyState.QUEUED)

    assert not CopyAttempt.objects.exclude(number=1).exists()


@pytest.mark.parametrize("kind", CopyKind)
def test_b5_a_send_that_surely_did_nothing_waits_to_be_sent_again(office, kind):
    request = office.request(CopyState.SENDING, kind=kind)

    assert copy_states.send_again(request, fence=7, now=NOW, at=LATER, progress=LONG)

    assert holds(
        request,
        state=CopyState.QUEUED,
        state_changed_at=NOW,
        next_at=LATER,
        lease_until=None,
        progress=LONG[:200],
        **PROBLEM_COLUMNS,
    )
    assert events(request) == []


def test_a17_only_the_worker_that_sent_it_may_give_it_back(office):
    def give_back(request: CopyRequest, fence: int = 7) -> bool:
        return copy_states.send_again(request, fence=fence, now=NOW, at=LATER, progress="")

    refuses(office, give_back, CopyState.SENDING)
    request = office.request(CopyState.SENDING)

    assert not give_back(request, fence=8)

    assert holds(request, state=CopyState.SENDING, lease_until=UNDER_WAY["lease_until"])


@pytest.mark.parametrize("kind", CopyKind)
def test_nothing_is_sent_again_for_a_connection_that_was_disconnected(office, kind):
    request = office.request(CopyState.SENDING, kind=kind, connection_generation=3)

    assert copy_states.send_again(request, fence=7, now=NOW, at=LATER, progress="waiting")

    assert holds(request, state=CopyState.CANCELLED, state_changed_at=NOW, next_at=None)
    assert events(request) == [("copy_cancelled", copy_words.DISCONNECTED[kind], NOW, {})]


# --- A lost answer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "stored"), [({}, NO_COLUMNS), ({"problem": REFUSED}, PROBLEM_COLUMNS)]
)
@pytest.mark.parametrize("fence", [{}, {"fence": 7}])
def test_a7_a_lost_answer_is_looked_up_at_once_and_nothing_is_sent(office, problem, stored, fence):
    request = office.request(
        CopyState.SENDING, next_at=None, problem_code="old", problem_sentence="old"
    )

    assert copy_states.suspect(request, now=LATER, **problem, **fence)

    assert holds(
        request,
        state=CopyState.UNKNOWN,
        state_changed_at=LATER,
        next_at=LATER,
        lease_until=None,
        progress="The answer was lost; looking in Exact",
        **stored,
    )


def test_only_what_is_being_sent_can_lose_its_answer(office):
    refuses(office, lambda request: copy_states.suspect(request, now=NOW), CopyState.SENDING)
    request = office.request(CopyState.SENDING)

    assert not copy_states.suspect(request, now=NOW, fence=8)

    assert holds(request, state=CopyState.SENDING)


def test_a4_sends_whose_worker_is_gone_are_looked_up_and_their_attempts_closed(office):
    def sending(outcome: str = "", minutes: int = -1) -> CopyRequest:
        return office.request(
            CopyState.SENDING, outcome=outcome, lease_until=NOW + timedelta(minutes=minutes)
        )

    gone, answered = [sending(), sending()], sending(outcome="executed")
    alive, ends_now = sending(minutes=1), sending(minutes=0)
    waiting = office.request(CopyState.QUEUED, outcome="", lease_until=NOW - timedelta(minutes=1))
    elsewhere = Office(
        office.organization,
        factories.make_connection(organization=office.organization, lists=False),
    )
    other = elsewhere.request(CopyState.SENDING, outcome="", lease_until=NOW - timedelta(hours=1))

    assert copy_states.expire_abandoned(office.connection, now=NOW) == 3

    states = {
        request.pk: CopyRequest.objects.get(pk=request.pk).state
        for request in (*gone, answered, alive, ends_now, waiting, other)
    }
    assert [states[request.pk] for request in (*gone, answered)] == [CopyState.UNKNOWN] * 3
    assert [states[request.pk] for request in (alive, ends_now, other)] == [CopyState.SENDING] * 3
    assert states[waiting.pk] == CopyState.QUEUED
    for request in gone:
        attempt = request.attempts.get()
        assert (attempt.outcome, attempt.finished_at) == ("uncertain", NOW)
        assert attempt.evidence == {"reason": "the worker is gone"}
    assert answered.attempts.get().outcome == "executed"
    untouched = (alive, ends_now, waiting, other)
    assert {request.attempts.get().outcome for request in untouched} == {""}


@pytest.mark.parametrize("kind", [CopyKind.CREATE, CopyKind.SEND])
def test_a8_not_finding_it_is_noted_while_exact_may_still_commit(office, kind):
    request, sending = (
        office.request(CopyState.UNKNOWN, kind=kind),
        office.request(CopyState.SENDING),
    )

    for each in (request, sending):
        copy_states.still_absent(each, at=LATER, lookups=4)
        each.refresh_from_db()

    assert holds(
        request,
        state=CopyState.UNKNOWN,
        next_at=LATER,
        absent_lookups=4,
        progress=copy_words.STILL_ABSENT[kind],
    )
    assert holds(sending, next_at=NOW, absent_lookups=0, progress="on its way")


@pytest.mark.parametrize("kind", CopyKind)
def test_a3_what_exact_surely_does_not_have_waits_to_be_sent_again(office, kind):
    request = office.request(CopyState.UNKNOWN, kind=kind)

    assert copy_states.surely_absent(request, now=LATER, lookups=3)

    assert holds(
        request,
        state=CopyState.QUEUED,
        state_changed_at=LATER,
        next_at=LATER,
        absent_lookups=3,
        progress=str(copy_words.SAFE_AGAIN.get(kind, "")),
        **NO_COLUMNS,
    )
    assert events(request) == [("copy_absent", copy_words.ABSENT[kind], LATER, {})]


def test_an_update_is_read_again_without_counting_looks(office):
    request = office.request(CopyState.UNKNOWN, kind=CopyKind.UPDATE, absent_lookups=2)

    assert copy_states.surely_absent(request, now=NOW)

    assert holds(request, state=CopyState.QUEUED, absent_lookups=0)


def test_what_exact_does_not_have_is_not_sent_again_after_a_disconnection(office):
    request = office.request(CopyState.UNKNOWN, connection_generation=3)

    assert copy_states.surely_absent(request, now=LATER, lookups=2)

    assert holds(request, state=CopyState.CANCELLED, next_at=None)
    assert events(request) == [
        ("copy_cancelled", copy_words.DISCONNECTED[CopyKind.CREATE], LATER, {})
    ]


def test_only_what_was_looked_for_can_be_absent(office):
    refuses(
        office,
        lambda request: copy_states.surely_absent(request, now=NOW, lookups=2),
        CopyState.UNKNOWN,
    )


# --- Ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CopyKind)
def test_what_waits_is_cancelled_when_exact_is_disconnected(office, kind):
    request = office.request(CopyState.QUEUED, kind=kind)

    assert copy_states.end_for_disconnection(request, LATER)

    assert holds(request, state=CopyState.CANCELLED, state_changed_at=LATER, next_at=None)
    assert events(request) == [("copy_cancelled", copy_words.DISCONNECTED[kind], LATER, {})]


def test_what_may_have_left_is_not_cancelled_by_a_disconnection(office):
    refuses(
        office,
        lambda request: copy_states.end_for_disconnection(request, NOW),
        CopyState.QUEUED,
    )


@pytest.mark.parametrize("kind", CopyKind)
@pytest.mark.parametrize("state", [CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN])
def test_a10_a_refusal_is_held_until_a_person_chooses(office, state, kind):
    request = office.request(state, kind=kind, problem_sentence="old")

    assert copy_states.hold(request, REFUSED, now=LATER, fence=7)

    assert holds(
        request,
        state=CopyState.NEEDS_CHOICE,
        state_changed_at=LATER,
        next_at=None,
        lease_until=None,
        progress="",
        **PROBLEM_COLUMNS,
    )
    sentence = f"{copy_words.HELD[kind]} The customer is blocked."
    assert events(request) == [("copy_held", sentence, LATER, {"raw": ("raw " * 1000)[:2000]})]


def test_what_has_ended_or_belongs_to_another_send_is_not_held(office):
    refuses(
        office,
        lambda request: copy_states.hold(request, REFUSED, now=NOW),
        CopyState.QUEUED,
        CopyState.SENDING,
        CopyState.UNKNOWN,
    )
    request = office.request(CopyState.SENDING)

    assert not copy_states.hold(request, REFUSED, now=NOW, fence=8)

    assert holds(request, state=CopyState.SENDING)
    assert events(request) == []


def test_a21_what_is_not_ours_is_a_conflict(office):
    request = office.request(CopyState.UNKNOWN, problem_sentence="old")

    assert copy_states.conflict(request, REFUSED, now=LATER)

    assert holds(
        request,
        state=CopyState.CONFLICT,
        state_changed_at=LATER,
        next_at=None,
        progress="",
        **PROBLEM_COLUMNS,
    )
    assert events(request) == [("copy_conflict", "The customer is blocked.", LATER, {})]


def test_only_a_look_up_finds_a_conflict(office):
    refuses(
        office,
        lambda request: copy_states.conflict(request, REFUSED, now=NOW),
        CopyState.UNKNOWN,
    )


@pytest.mark.parametrize(
    ("state", "fence"),
    [
        (CopyState.SENDING, {"fence": 7}),
        (CopyState.SENDING, {}),
        (CopyState.UNKNOWN, {}),
        (CopyState.UNKNOWN, {"fence": 7}),
        # The answer came after the request was given up and queued again.
        (CopyState.QUEUED, {"fence": 7}),
    ],
)
@pytest.mark.parametrize("differs", ["", "Exact booked 120.00 EUR instead of 121.00 EUR."])
def test_a12_a_document_in_exact_ends_the_request(office, state, fence, differs):
    request = office.request(state, is_booked=True, problem_sentence="old")

    assert copy_states.complete(request, now=LATER, differs=differs, **fence)

    problem = NO_COLUMNS
    if differs:
        problem = {
            "problem_code": "mismatch",
            "problem_sentence": differs,
            "problem_remedy": "Compare both and correct it in Exact, or use Update existing.",
            "problem_raw": "",
        }
    assert holds(
        request,
        state=CopyState.MISMATCH if differs else CopyState.COPIED,
        state_changed_at=LATER,
        next_at=None,
        lease_until=None,
        progress="",
        **problem,
    )


def test_a_document_about_which_nothing_is_said_is_as_it_was_sent(office):
    request = office.request(CopyState.SENDING, is_booked=True)

    assert copy_states.complete(request, now=LATER)

    assert holds(request, state=CopyState.COPIED, **NO_COLUMNS)


def test_what_was_not_sent_is_not_called_copied(office):
    def complete(request: CopyRequest) -> bool:
        return copy_states.complete(request, now=NOW, differs="Another amount.")

    refuses(office, complete, CopyState.SENDING, CopyState.UNKNOWN)
    request = office.request(CopyState.SENDING, is_booked=True)

    assert not copy_states.complete(request, now=NOW, fence=8)

    assert holds(request, state=CopyState.SENDING)


def test_a_wish_that_is_fulfilled_already_ends_unsent(office):
    request = office.request(CopyState.QUEUED, is_booked=True)

    assert copy_states.end_unsent(request, now=LATER)

    assert holds(request, state=CopyState.COPIED, state_changed_at=LATER, next_at=None, progress="")
    refuses(office, lambda one: copy_states.end_unsent(one, now=NOW), CopyState.QUEUED)


def test_a12_a_copy_that_turns_out_to_differ_says_so(office):
    request = office.request(CopyState.COPIED)

    assert copy_verdicts.differs_after_all(request, "One cent less.", "Look in Exact.", now=LATER)

    assert holds(
        request,
        state=CopyState.MISMATCH,
        state_changed_at=LATER,
        problem_code="mismatch",
        problem_sentence="One cent less.",
        problem_remedy="Look in Exact.",
        problem_raw="",
    )
    assert events(request) == [("copy_differs", "One cent less.", LATER, {})]
    refuses(
        office,
        lambda one: copy_verdicts.differs_after_all(one, "x", "y", now=NOW),
        CopyState.COPIED,
    )


def test_a_step_is_put_off_with_its_reason_but_never_a_send_under_way(office):
    put_off, other = {CopyState.QUEUED, CopyState.UNKNOWN}, office.request(CopyState.QUEUED)
    for state in ALL:
        request = office.request(state)

        copy_states.wait(request, at=LATER, progress=LONG)

        request.refresh_from_db()
        assert request.state == state
        expected = (LATER, LONG[:200]) if state in put_off else (NOW, "on its way")
        assert (request.next_at, request.progress) == expected, state
    assert holds(other, next_at=NOW, progress="on its way")
