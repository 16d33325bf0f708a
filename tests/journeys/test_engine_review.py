"""What could lose or double an invoice between the lines: people, the PSA and Exact act while a copy is under way."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from integrations import connection_lifecycle, lanes, reference_lists
from integrations.exact import accounts, errors, sales_entries
from integrations.models import (
    ConnectionState,
    DivisionLane,
    ExactConnection,
    ExactCustomer,
    LaneMember,
    ListKind,
    Numbering,
)
from integrations.sessions import open_client
from invoices import (
    attempts,
    connection_copies,
    copy_requests,
    copy_states,
    drafting,
    posting,
    updating,
)
from invoices.document_changes import ChangeHeader
from invoices.models import (
    AttemptOutcome,
    CopyAttempt,
    CopyRequest,
    CopyState,
    CustomerLink,
    InvoiceEvent,
    PostedDocumentState,
)
from invoices.routes import route_of
from tests import factories
from tests.journeys.world import reprice


@pytest.fixture
def known(world):
    """A world whose client is linked, so that only the entry itself is at stake."""
    world.client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection,
        client=world.client,
        customer_exact_id=world.customer().exact_id,
    )
    return world


def booked(world, request: CopyRequest) -> list[dict[str, object]]:
    return [entry for entry in world.entries() if request.marker in entry["description"]]


def numbered_by_exact(world) -> None:
    with world.rows():
        ExactConnection.objects.filter(pk=world.connection.pk).update(numbering=Numbering.EXACT)


def disconnect(world) -> None:
    """What disconnecting does to copies and lane, tokens kept."""
    with world.rows():
        connection = ExactConnection.objects.get(pk=world.connection.pk)
        connection_copies.cancel_for_connection(connection=connection, now=timezone.now())
        lanes.leave(connection)
        connection.state = ConnectionState.DISCONNECTED
        connection.generation += 1
        connection.save()


def reconnect(world) -> None:
    with world.rows():
        connection = ExactConnection.objects.get(pk=world.connection.pk)
        connection.state = ConnectionState.READY
        connection.save()
        lanes.seat(connection)
        lanes.ring(connection, at=timezone.now())


def lost_and_not_found_yet(world, invoice, settings) -> CopyRequest:
    """A copy that is booked in Exact, but whose answer was lost, and the look at Exact failed too."""
    world.fault("commit_then_drop")
    world.fault("unavailable_503", method="GET")
    request = world.copy(invoice)
    assert request.state == CopyState.UNKNOWN
    return request


# --- Looking for a document whose answer was lost ---------------------------------------------------------------------


def test_reliability_a7_an_entry_that_exact_gave_another_number_is_found(known):
    """Whether Exact keeps our number is not sure, so nothing may depend on it."""
    switches = known.sandbox.sandbox.switches
    switches.set("entry_number", "ignored")
    switches.set("invoice_number", "ignored")
    invoice = known.invoice(client=known.client, number="27000991")
    known.fault("commit_then_drop")

    request = known.copy(invoice)
    known.settle()

    assert known.fresh(request).state == CopyState.COPIED
    assert len(booked(known, request)) == 1
    assert known.calls(method="POST") == ["POST SalesEntries"]


def test_reliability_a7_our_entry_is_found_behind_many_with_the_same_reference(known):
    """RELIABILITY I9: a reference may be used more often than a short answer shows."""
    invoice = known.invoice(client=known.client, number="2026/INV-77")
    for _ in range(11):
        known.copy(invoice, as_new=True)
    known.forget_calls()
    known.fault("commit_then_drop")

    request = known.copy(invoice, as_new=True)
    known.settle()

    assert known.fresh(request).state == CopyState.COPIED
    assert len(booked(known, request)) == 1
    assert known.calls(method="POST") == ["POST SalesEntries"]


def test_reliability_a21_the_number_of_another_year_is_no_conflict(known):
    number = "27000555"
    earlier = known.invoice(client=known.client, number=number)
    with known.rows():
        earlier.invoice_date = earlier.invoice_date.replace(year=earlier.invoice_date.year - 1)
        earlier.due_date = None
        earlier.save()
    assert known.copy(earlier).state == CopyState.COPIED
    invoice = known.invoice(client=known.client, number=number)
    known.fault("drop_before")

    request = known.copy(invoice)
    known.settle()

    assert known.fresh(request).state == CopyState.COPIED
    assert len(known.entries(number)) == 2


def test_reliability_a22_an_invoice_that_is_there_twice_is_said_and_nothing_is_sent(
    known, settings
):
    numbered_by_exact(known)
    invoice = known.invoice(client=known.client)
    request = lost_and_not_found_yet(known, invoice, settings)
    with known.rows():
        connection = ExactConnection.objects.get(pk=known.connection.pk)
    route_of("booking").create(
        open_client(connection, on_answer=lambda _record: None), drafting.stored_draft(request)
    )

    known.settle()

    fresh = known.fresh(request)
    assert fresh.state == CopyState.CONFLICT
    assert "2 times" in fresh.problem_sentence
    assert len(booked(known, request)) == 2


def test_reliability_a17_an_answer_that_comes_after_the_worker_was_given_up_is_kept(
    known, monkeypatch
):
    invoice = known.invoice(client=known.client)
    create = sales_entries.create

    def slowly(client, draft):
        answer = create(client, draft)
        with known.rows():
            CopyRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            copy_states.expire_abandoned(known.connection, now=timezone.now())
        return answer

    monkeypatch.setattr(sales_entries, "create", slowly)

    request = known.copy(invoice)

    with known.rows():
        [attempt] = CopyAttempt.objects.filter(copy_request=request)
    assert request.state == CopyState.COPIED
    assert attempt.outcome == AttemptOutcome.EXECUTED
    assert attempt.evidence["exact_id"] == booked(known, request)[0]["entry_id"]


def given_up_while_exact_is_at_it(world, monkeypatch) -> None:
    """The worker is paused so long that its send counts as absent; then its answer comes after all."""
    create = sales_entries.create

    def slowly(client, draft):
        answer = create(client, draft)
        with world.rows():
            CopyRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            copy_states.expire_abandoned(world.connection, now=timezone.now())
            CopyRequest.objects.update(settle_until=timezone.now())
            copy_states.surely_absent(CopyRequest.objects.get(), now=timezone.now(), lookups=2)
        return answer

    monkeypatch.setattr(sales_entries, "create", slowly)


def test_reliability_a17_a_late_answer_ends_the_copy_before_it_is_sent_again(known, monkeypatch):
    numbered_by_exact(known)
    given_up_while_exact_is_at_it(known, monkeypatch)

    request = known.copy(known.invoice(client=known.client))

    assert request.state == CopyState.COPIED
    assert len(booked(known, request)) == 1


def test_reliability_a17_a_late_answer_with_a_difference_is_no_reason_to_send_again(
    known, monkeypatch
):
    numbered_by_exact(known)
    given_up_while_exact_is_at_it(known, monkeypatch)
    monkeypatch.setattr("invoices.comparing.difference", lambda *_arguments: "Exact made it so.")

    request = known.copy(known.invoice(client=known.client))

    assert (request.state, request.problem_code) == (CopyState.MISMATCH, "mismatch")
    assert len(booked(known, request)) == 1


def test_reliability_a17_a_document_that_was_booked_after_its_copy_was_given_up_is_told_of(
    known, monkeypatch
):
    invoice = known.invoice(client=known.client)
    given_up_while_exact_is_at_it(known, monkeypatch)
    absent = copy_states.surely_absent

    def and_cancelled(request, *, now, lookups):
        absent(request, now=now, lookups=lookups)
        return copy_requests.cancel(copy_request=request, user=None, now=now)

    monkeypatch.setattr(copy_states, "surely_absent", and_cancelled)

    request = known.copy(invoice)

    with known.rows():
        [event] = InvoiceEvent.objects.filter(invoice=invoice, kind="copy_stray")
    [entry] = booked(known, request)
    assert request.state == CopyState.CANCELLED
    assert str(entry["entry_number"]) in event.sentence


# Numbers that the factories, which count from 26000001, never give to another invoice of the shared division.
@pytest.mark.parametrize(("kept", "first"), [(True, 27000881), (False, 27000883)])
def test_reliability_a8_only_a_division_that_keeps_our_numbers_is_waited_for_shortly(
    known, settings, kept, first
):
    """RELIABILITY A8: where Exact gives a number of its own, it would not refuse the second document."""
    settings.COPY_SETTLE_SECONDS = 60
    if not kept:
        switches = known.sandbox.sandbox.switches
        switches.set("entry_number", "ignored")
        switches.set("invoice_number", "ignored")
    known.copy(known.invoice(client=known.client, number=str(first)))
    known.fault("drop_before")

    request = known.copy(known.invoice(client=known.client, number=str(first + 1)))

    assert request.state == (CopyState.COPIED if kept else CopyState.UNKNOWN)


# --- Disconnecting in between -----------------------------------------------------------------------------------------


def test_reliability_c12_a_copy_that_exact_never_got_is_not_sent_after_a_reconnection(
    known, settings
):
    """Who disconnects expects that nothing is sent later by itself; the invoice can be copied anew."""
    settings.COPY_SETTLE_SECONDS = 60
    invoice = known.invoice(client=known.client)
    known.fault("drop_before")
    request = known.copy(invoice)

    disconnect(known)
    waiting = known.fresh(request)
    reconnect(known)
    known.settle()

    assert waiting.state == CopyState.UNKNOWN
    assert "disconnected" in waiting.progress
    assert known.fresh(request).state == CopyState.CANCELLED
    assert known.entries(invoice.number) == []
    assert known.copy(invoice).state == CopyState.COPIED


def test_reliability_c12_a_copy_that_exact_has_is_found_after_a_reconnection(known, settings):
    invoice = known.invoice(client=known.client)
    request = lost_and_not_found_yet(known, invoice, settings)

    disconnect(known)
    reconnect(known)
    known.settle()

    assert known.fresh(request).state == CopyState.COPIED
    assert len(booked(known, request)) == 1


def test_reliability_c11_nothing_is_sent_any_more_once_exact_is_disconnected(known, monkeypatch):
    """Disconnected between the note of the send and the send itself."""
    invoice = known.invoice(client=known.client)
    monkeypatch.setattr(
        posting,
        "crash_point",
        lambda name, *_: disconnect(known) if name == "after_claim_commit" else None,
    )

    request = known.request(invoice)
    lane = DivisionLane.objects.get(members__connection_id=known.connection.pk)
    lanes.run_turn(lane.pk, worker="test")

    assert known.fresh(request).state == CopyState.CANCELLED
    assert known.calls() == []


def test_reliability_c11_a_wish_that_slipped_in_while_exact_was_disconnected_is_not_done_later(
    known,
):
    invoice = known.invoice(client=known.client)
    request = factories.make_copy_request(
        invoice=invoice, connection=known.connection, choices={"journal_code": "70"}
    )
    disconnect(known)
    with known.rows():
        CopyRequest.objects.filter(pk=request.pk).update(state=CopyState.CANCELLED)
    slipped = factories.make_copy_request(
        invoice=invoice,
        connection=known.connection,
        choices={"journal_code": "70"},
        generation=1,
        next_at=timezone.now(),
    )

    reconnect(known)
    known.work_off()

    assert known.fresh(slipped).state == CopyState.CANCELLED
    assert known.calls() == []


def test_reliability_f1_copying_and_disconnecting_at_once_do_not_lock_each_other_out(known):
    """The one refers to the connection when it commits, the other takes the connection out of its lane."""
    invoice = known.invoice(client=known.client)
    asked = Event()

    def ask() -> None:
        try:
            with known.rows():
                request = known.request(invoice)
                asked.set()
                time.sleep(0.3)
            requests.append(request)
        finally:
            database.close()

    requests: list[CopyRequest] = []
    other = Thread(target=ask)
    with known.rows():
        connection = connection_lifecycle.get_for_change(known.connection.pk)
        other.start()
        assert asked.wait(5)
        time.sleep(0.6)
        lanes.leave(connection)
    other.join()

    assert known.fresh(requests[0]).state == CopyState.QUEUED


# --- Trying again -----------------------------------------------------------------------------------------------------


def test_trying_again_sends_what_the_invoice_and_the_settings_say_now(known):
    """What was refused is frozen; another try must not send the old amounts."""
    invoice = known.invoice(client=known.client)
    known.control("POST", "admin/1000001", {"close_period": [2026, 11]})
    refused = known.copy(invoice)
    known.control("POST", "admin/1000001", {"open_period": [2026, 11]})
    reprice(known, invoice, "200.00")

    with known.rows():
        again = copy_requests.retry(copy_request=refused, user=None, now=timezone.now())
        twice = copy_requests.retry(copy_request=refused, user=None, now=timezone.now())
    known.work_off()

    assert refused.state == CopyState.CANCELLED
    assert again is not None
    assert twice is None
    assert known.fresh(again).state == CopyState.COPIED
    [entry] = known.entries(invoice.number)
    assert entry["amount"] == "242"


def test_trying_again_without_a_connection_says_why(known):
    request = factories.make_copy_request(
        invoice=known.invoice(client=known.client),
        connection=known.connection,
        state=CopyState.NEEDS_CHOICE,
    )
    disconnect(known)

    with known.rows():
        again = copy_requests.retry(copy_request=request, user=None, now=timezone.now())

    fresh = known.fresh(request)
    assert again is None
    assert fresh.state == CopyState.NEEDS_CHOICE
    assert "not ready" in fresh.problem_sentence


def test_reliability_b5_an_outage_of_any_length_only_delays(known):
    """What surely never reached Exact does not use up the attempts."""
    invoice = known.invoice(client=known.client)
    known.fault("too_many_requests_minute", times=attempts.MOST_SENDS + 1)

    request = known.copy(invoice)
    for _ in range(attempts.MOST_SENDS + 1):
        DivisionLane.objects.update(minute_remaining=None)
        known.settle()

    assert known.fresh(request).state == CopyState.COPIED
    assert len(booked(known, request)) == 1


def test_reliability_e3_a_copy_whose_worker_dies_each_time_stops_after_some_attempts(known):
    invoice = known.invoice(client=known.client)
    known.fault("drop_before", times=attempts.MOST_SENDS)

    request = known.copy(invoice)
    for _ in range(attempts.MOST_SENDS):
        known.settle()

    assert known.fresh(request).state == CopyState.NEEDS_CHOICE
    assert known.fresh(request).problem_code == "too_many_attempts"


# --- The invoice changes meanwhile ------------------------------------------------------------------------------------


def test_reliability_i13_a_change_while_exact_was_asked_is_seen_as_one(known, settings):
    invoice = known.invoice(client=known.client)
    request = lost_and_not_found_yet(known, invoice, settings)

    reprice(known, invoice, "300.00")
    known.settle()

    [document] = known.documents(invoice)
    assert known.fresh(request).state == CopyState.COPIED
    assert document.gross_amount == 121
    assert document.content_hash != known.fresh_invoice(invoice).content_hash


# --- One broken row ---------------------------------------------------------------------------------------------------


def test_reliability_e3_a_copy_that_cannot_be_looked_up_does_not_hold_up_the_others(
    known, settings, monkeypatch
):
    broken = lost_and_not_found_yet(known, known.invoice(client=known.client), settings)
    find = sales_entries.find_sent

    def unreadable(client, sent):
        if any(one.your_ref == broken.your_ref for one in sent):
            raise errors.UnexpectedAnswer("An entry does not fit")
        return find(client, sent)

    monkeypatch.setattr(sales_entries, "find_sent", unreadable)
    other = known.request(known.invoice(client=known.client))

    known.settle()

    assert known.fresh(other).state == CopyState.COPIED
    assert known.fresh(broken).state == CopyState.UNKNOWN
    assert "It is tried again" in known.fresh(broken).progress


# --- Customers --------------------------------------------------------------------------------------------------------


def test_reliability_a25_a_customer_that_the_lists_brought_meanwhile_is_found_and_not_made_again(
    world,
):
    client = factories.make_client(organization=world.organization, name="Tussendoor Gelezen")
    world.fault("commit_then_drop", path="crm/Accounts")
    world.fault("unavailable_503", method="GET", path="crm/Accounts")
    request = world.copy(world.invoice(client=client))
    with world.rows():
        CopyRequest.objects.update(next_at=timezone.now() + timedelta(hours=1))
        reference_lists.request_refresh(
            world.connection, kinds=[ListKind.CUSTOMERS], now=timezone.now()
        )
    DivisionLane.objects.update(resume_at=None)
    world.work_off()
    with world.rows():
        mirrored = ExactCustomer.objects.filter(name=client.name).count()

    world.settle()
    world.settle()

    assert mirrored == 1
    assert world.fresh(request).state == CopyState.COPIED
    assert world.calls(method="POST") == ["POST Accounts", "POST SalesEntries"]


def test_reliability_a26_a_customer_whose_worker_stumbled_is_not_made_again_for_the_next_invoice(
    world, monkeypatch
):
    """The same turn of the same worker comes by again: holding the lane proves nothing about the earlier send."""
    client = factories.make_client(organization=world.organization, name="Gestruikeld")
    create = accounts.create

    def stumble(account_client, draft):
        create(account_client, draft)
        raise ZeroDivisionError

    monkeypatch.setattr(accounts, "create", stumble)
    requests = [world.request(world.invoice(client=client)) for _ in range(2)]
    world.work_off()
    monkeypatch.undo()
    with world.rows():
        CustomerLink.objects.update(sent_at=F("sent_at") - attempts.send_lease())

    world.settle()

    assert [world.fresh(request).state for request in requests] == [CopyState.COPIED] * 2
    assert world.calls(method="POST").count("POST Accounts") == 1


# --- Updating ---------------------------------------------------------------------------------------------------------


def test_reliability_a24_a_line_deleted_in_exact_meanwhile_does_not_make_the_document_look_gone(
    known, monkeypatch
):
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    reprice(known, invoice, "200.00")
    update_line = sales_entries.update_line
    refused: list[object] = []

    def gone_once(client, line_id, changes):
        if not refused:
            refused.append(line_id)
            raise errors.NotFound("Not found")
        update_line(client, line_id, changes)

    monkeypatch.setattr(sales_entries, "update_line", gone_once)

    request = known.update(invoice)

    [document] = known.documents(invoice)
    assert request.state == CopyState.COPIED
    assert document.state == PostedDocumentState.CURRENT
    assert known.entries(invoice.number)[0]["amount"] == "242"


def test_an_update_that_never_gets_there_ends_and_says_so(known, monkeypatch):
    """Exact stores something else than was written, each time: it is not written for ever."""
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    monkeypatch.setattr(updating, "_CHANGES_A_STEP", 1)
    monkeypatch.setattr(
        updating, "changes_to", lambda *_a, **_o: (ChangeHeader({"Description": "Other"}),) * 2
    )

    request = known.update(invoice)

    assert request.state == CopyState.NEEDS_CHOICE
    assert request.problem_code == "too_many_attempts"


def test_a_lost_answer_of_an_update_is_told_as_what_it_is(known):
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    reprice(known, invoice, "500.00")
    known.fault("drop_before", method="PUT", path="SalesEntryLines")

    known.update(invoice)
    known.settle()

    with known.rows():
        [event] = InvoiceEvent.objects.filter(invoice=invoice, kind="copy_absent")
    assert "is read again" in event.sentence


def test_work_is_due_again_after_a_new_log_in(known):
    """RELIABILITY C8: no member of a lane sleeps on while copies wait."""
    invoice = known.invoice(client=known.client)
    request = known.request(invoice)
    with known.rows():
        ExactConnection.objects.update(state=ConnectionState.NEEDS_CONSENT)
    known.work_off()
    asleep = LaneMember.objects.get(connection_id=known.connection.pk).due_at

    reconnect(known)
    known.work_off()

    # Awake in a week only, to renew an idle log-in.
    assert asleep is None or asleep > timezone.now() + timedelta(days=6)
    assert known.fresh(request).state == CopyState.COPIED
