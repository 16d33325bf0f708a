"""An answer of Exact that never came, or cannot be believed: never a second document, never a lost one."""

from __future__ import annotations

import time

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from connector.database_guard import CallInsideTransaction
from integrations import lanes
from integrations.exact import journals
from integrations.models import DivisionLane, ExactConnection, Numbering
from integrations.sessions import open_client
from invoices import posting
from invoices.models import (
    AttemptOutcome,
    CopyAttempt,
    CopyRequest,
    CopyState,
    CustomerLink,
    InvoiceState,
)
from tests import factories
from tests.journeys.world import reprice

MODES = pytest.mark.parametrize("numbering", [Numbering.PSA, Numbering.EXACT])


@pytest.fixture
def known(world):
    """A world whose client is linked, so that only the entry itself is at stake."""
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    world.client = client
    return world


def number_by(world, numbering: Numbering) -> None:
    with world.rows():
        world.connection.numbering = numbering
        world.connection.save()


def booked(world, request: CopyRequest) -> list[dict[str, object]]:
    return [entry for entry in world.entries() if request.marker in entry["description"]]


@MODES
@pytest.mark.parametrize(
    "fault", ["commit_then_drop", "error_500_after_commit", "empty_201", "garbage_json"]
)
def test_reliability_a7_a9_a13_what_was_booked_is_found_and_not_sent_again(known, fault, numbering):
    number_by(known, numbering)
    invoice = known.invoice(client=known.client)
    known.fault(fault)

    request = known.copy(invoice)

    assert request.state == CopyState.COPIED
    assert len(booked(known, request)) == 1
    assert known.calls(method="POST") == ["POST SalesEntries"]
    assert known.fresh_invoice(invoice).state == InvoiceState.FINALIZED


@MODES
@pytest.mark.parametrize(
    "fault", ["drop_before", "generic_500", "unavailable_503", "maintenance_html"]
)
def test_reliability_a3_a11_what_was_not_booked_is_sent_again_after_two_looks(
    known, fault, numbering
):
    number_by(known, numbering)
    invoice = known.invoice(client=known.client)
    known.fault(fault)

    known.copy(invoice)
    known.settle()

    with known.rows():
        request = CopyRequest.objects.get(invoice=invoice)
        outcomes = list(
            CopyAttempt.objects.filter(copy_request=request).values_list("outcome", flat=True)
        )
    assert request.state == CopyState.COPIED
    assert len(booked(known, request)) == 1
    assert outcomes == [AttemptOutcome.UNCERTAIN, AttemptOutcome.EXECUTED]
    assert known.calls() == ["POST SalesEntries", *["GET SalesEntries"] * 2, "POST SalesEntries"]


def test_reliability_a8_an_entry_that_exact_books_late_is_waited_for(known, settings):
    """Not there at the first look, there at the second: absent counts only after the settle delay."""
    settings.COPY_SETTLE_SECONDS = 60
    number_by(known, Numbering.EXACT)
    invoice = known.invoice(client=known.client)
    known.fault("late_commit", delay_s=1.5)

    request = known.copy(invoice)
    waiting = request.state
    _wait_until(lambda: booked(known, request))
    known.settle()

    assert waiting == CopyState.UNKNOWN
    assert known.fresh(request).state == CopyState.COPIED
    assert len(booked(known, request)) == 1


def test_reliability_a8_with_our_own_number_exact_itself_refuses_the_second(known):
    """The settle delay was too short; the entry comes while the second send is on its way."""
    invoice = known.invoice(client=known.client)
    known.fault("late_commit", delay_s=1.0)

    request = known.copy(invoice)
    _wait_until(lambda: booked(known, request))
    known.settle()

    assert known.fresh(request).state == CopyState.COPIED
    assert len(booked(known, request)) == 1


def test_reliability_a8_one_look_finds_whoever_waits_for_one(known, settings):
    """The second lost answer's look brings along the first copy, which is not due before its settle delay ends."""
    settings.COPY_SETTLE_SECONDS = settings.COPY_SETTLE_SECONDS_GUARDED = 600
    known.fault("late_commit", delay_s=1.0)
    first = known.copy(known.invoice(client=known.client))
    _wait_until(lambda: booked(known, first))
    known.forget_calls()
    known.fault("unavailable_503")
    second = known.copy(known.invoice(client=known.client))

    assert known.calls() == ["POST SalesEntries", "GET SalesEntries"]
    assert known.fresh(first).state == CopyState.COPIED
    assert known.fresh(second).state == CopyState.UNKNOWN
    assert len(booked(known, first)) == 1


def test_reliability_a10_a_500_with_a_sentence_is_looked_up_once_and_then_shown(known):
    invoice = known.invoice(client=known.client)
    known.control("POST", "admin/1000001", {"close_period": [2026, 11]})

    request = known.copy(invoice)

    known.control("POST", "admin/1000001", {"open_period": [2026, 11]})
    assert request.state == CopyState.NEEDS_CHOICE
    assert known.calls() == ["POST SalesEntries", "GET SalesEntries"]
    assert "period" in request.problem_sentence.lower()


def test_reliability_a21_a_number_that_somebody_else_used_is_a_conflict_and_never_overwritten(
    known,
):
    first = known.invoice(client=known.client, number="26123456")
    known.copy(first)
    other = known.invoice(client=known.client, number="26123456")

    request = known.copy(other)

    assert request.state == CopyState.CONFLICT
    assert "26123456" in request.problem_sentence
    assert len(known.entries("26123456")) == 1


def test_reliability_a21_of_two_invoices_with_one_number_the_second_waits_for_the_first(
    known, settings
):
    """With both on their way nobody could tell whose the entry is; afterwards Exact decides."""
    settings.COPY_SETTLE_SECONDS = settings.COPY_SETTLE_SECONDS_GUARDED = 60
    first, second = (known.invoice(client=known.client, number="27000301") for _ in range(2))
    known.fault("drop_before")
    request = known.copy(first)

    waiting = known.copy(second)
    posts = known.calls(method="POST")
    known.settle()
    known.settle()

    assert request.state == CopyState.UNKNOWN
    assert (waiting.state, posts) == (CopyState.QUEUED, ["POST SalesEntries"])
    assert "27000301" in waiting.progress
    assert known.fresh(request).state == CopyState.COPIED
    assert known.fresh(waiting).state == CopyState.CONFLICT
    assert len(known.entries("27000301")) == 1


def test_reliability_a23_a_look_up_that_fails_is_tried_later_and_nothing_is_sent_meanwhile(known):
    invoice = known.invoice(client=known.client)
    known.fault("commit_then_drop")
    known.fault("unavailable_503", method="GET")

    request = known.copy(invoice)
    state = request.state
    known.settle()

    assert state == CopyState.UNKNOWN
    assert known.fresh(request).state == CopyState.COPIED
    assert len(booked(known, request)) == 1


@pytest.mark.parametrize("limit", ["too_many_requests_minute", "too_many_requests_day"])
def test_reliability_d1_d2_a_limit_only_delays(known, limit):
    invoice = known.invoice(client=known.client)
    known.fault(limit)

    request = known.copy(invoice)
    state, progress = request.state, request.progress
    DivisionLane.objects.update(minute_remaining=None, day_remaining=None)
    known.settle()

    assert state == CopyState.QUEUED
    assert progress
    assert known.fresh(request).state == CopyState.COPIED


@pytest.mark.parametrize("fault", ["commit_then_drop", "error_500_after_commit"])
def test_reliability_a25_a_customer_whose_answer_was_lost_is_found(world, fault):
    client = factories.make_client(organization=world.organization, name=f"Verloren {fault}")
    invoice = world.invoice(client=client)
    world.fault(fault, path="crm/Accounts")

    request = world.copy(invoice)

    assert request.state == CopyState.COPIED
    assert world.calls(method="POST") == ["POST Accounts", "POST SalesEntries"]
    [entry] = world.entries(invoice.number)
    with world.rows():
        assert str(CustomerLink.objects.get(client=client).exact_id) == entry["customer"]


def test_reliability_a25_a_customer_whose_name_exact_cut_is_found_when_its_answer_was_lost(world):
    """Looked for as it was sent it is not there, and would be made a second time."""
    world.control("PATCH", "switches", {"account_name_length": 50})
    name = "Coöperatieve Vereniging van Zelfstandige Vormgevers en Schrijvers in het Noorden U.A."
    client = factories.make_client(organization=world.organization, name=name)
    world.fault("commit_then_drop", path="crm/Accounts")

    request = world.copy(world.invoice(client=client))

    assert request.state == CopyState.COPIED
    assert world.calls(method="POST") == ["POST Accounts", "POST SalesEntries"]


def test_reliability_a3_a_customer_that_was_not_created_is_created_after_two_looks(world):
    client = factories.make_client(organization=world.organization, name="Nooit Aangekomen")
    invoice = world.invoice(client=client)
    world.fault("drop_before", path="crm/Accounts")

    request = world.copy(invoice)
    world.settle()

    assert world.fresh(request).state == CopyState.COPIED
    assert world.calls(method="POST") == ["POST Accounts", "POST Accounts", "POST SalesEntries"]


@pytest.mark.parametrize("fault", ["commit_then_drop", "drop_before", "generic_500"])
def test_an_update_whose_answer_was_lost_converges(known, fault):
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    reprice(known, invoice, "500.00")
    known.fault(fault, method="PUT", path="SalesEntryLines")

    request = known.update(invoice)
    known.settle()

    assert known.fresh(request).state == CopyState.COPIED
    [entry] = known.entries(invoice.number)
    assert (entry["amount"], len(entry["lines"])) == ("605", 1)


def test_reliability_c8_a_withdrawn_consent_stops_the_work_and_loses_nothing(known):
    invoice = known.invoice(client=known.client)
    known.control("POST", "consent/revoke", {"username": "bram@studio-noord.example"})

    request = known.copy(invoice)

    assert request.state == CopyState.QUEUED
    assert known.entries(invoice.number) == []


def test_two_attempts_can_never_be_open_at_once(known):
    """RELIABILITY A16: the database refuses it, whatever the code does."""
    request = factories.make_copy_request(invoice=known.invoice(), connection=known.connection)

    def attempt(number: int) -> None:
        CopyAttempt.objects.create(
            copy_request=request,
            number=number,
            fence=1,
            worker="w",
            started_at=timezone.now(),
            payload_hash="",
        )

    with known.rows():
        attempt(1)
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt(2)


def test_reliability_k6_the_emergency_stop_holds_a_send_that_was_already_noted(known, monkeypatch):
    invoice = known.invoice(client=known.client)
    monkeypatch.setattr(
        posting,
        "crash_point",
        lambda name, *_: name == "after_claim_commit" and lanes.stop_all(reason="", who="Ann"),
    )

    request = known.request(invoice)
    lane = DivisionLane.objects.get(members__connection_id=known.connection.pk)
    lanes.run_turn(lane.pk, worker="test")

    assert known.fresh(request).state == CopyState.QUEUED
    assert known.calls() == []


def test_the_guard_refuses_a_call_inside_a_transaction(known):
    """RELIABILITY F7."""
    with known.rows():
        connection = ExactConnection.objects.get(pk=known.connection.pk)
    client = open_client(connection, on_answer=lambda _record: None)

    with known.rows(), pytest.raises(CallInsideTransaction):
        journals.list_journals(client)


def _wait_until(ready, seconds: float = 6.0) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "It did not happen in time"
        time.sleep(0.1)
