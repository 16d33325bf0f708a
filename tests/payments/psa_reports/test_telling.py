"""Payments are told to a PSA over real HTTP: once, in order, again after trouble, and never at somebody else's cost."""

from __future__ import annotations

import threading
import time

import pytest
from django.core import mail
from django.db import connection as database

from connector import key_rotation
from connector.celery import app
from integrations import hooks
from invoices import paid_by_hand
from invoices.models import Invoice, PaymentStatus
from payments.psa_reports import calling, endpoints, lines, recovery, telling
from payments.psa_reports.models import CallbackLine, EndpointState, ReportState
from tests import factories
from tests.invoices.test_api import Program
from tests.invoices.test_intake import plain_invoice
from tests.payments.psa_reports.poller import Poller
from tests.payments.psa_reports.psa import Agency, Call, always, running_psa

PARTLY, OPEN = PaymentStatus.PARTLY_PAID, PaymentStatus.OPEN


def test_reliability_g15_a_change_is_told_signed_and_the_same_state_again_is_not(
    agency, psa, clock
):
    secret = agency.calls(psa.url)
    invoice = agency.invoice("inv-1")
    from_a_file = agency.invoice("inv-2", source="csv_file")
    agency.settle(invoice, OPEN, "0")
    assert agency.tell() == 0, "open as it began is nothing to tell"

    agency.settle(invoice, PARTLY, "40.00")
    agency.settle(invoice, PARTLY, "40.00")
    agency.settle(from_a_file)

    assert agency.tell() == 1
    [call] = psa.calls
    assert call.is_signed_with(secret)
    assert call.headers["content-type"] == "application/json"
    assert int(call.headers["webhook-timestamp"]) == int(clock().timestamp())
    assert {key: call.data[key] for key in ("id", "status", "currency", "origin", "payments")} == {
        "id": "inv-1",
        "status": "partly_paid",
        "currency": "EUR",
        "origin": "exact",
        "payments": [],
    }
    amounts = [call.data[f"{name}_amount"] for name in ("gross", "paid", "open")]
    assert amounts == ["121.00", "40.00", "81.00"]
    assert agency.report(invoice).state == ReportState.TOLD
    agency.settle(invoice, PARTLY, "40.00")
    clock.later(days=1)
    assert agency.tell() == 0


def test_reliability_g16_a_mark_by_hand_is_told_and_what_the_psa_does_upon_it_brings_no_other_call(
    agency, psa, clock
):
    agency.calls(psa.url)
    program = Program(agency.organization)
    sent = program.send("POST", "invoices/", plain_invoice(state="finalized"))
    assert sent.status_code == 201
    with agency.rows():
        invoice = Invoice.objects.get(source_id="inv-1")
        mark = paid_by_hand.mark_paid(
            invoice=invoice,
            paid_date=factories.NOW.date(),
            note="",
            user=agency.admin,
            now=clock(),
        )

    assert agency.tell() == 1
    assert psa.kept["inv-1"]["origin"] == "person"
    assert psa.kept["inv-1"]["status"] == "paid"
    # The PSA stores it as its own "paid", which it sends with the invoice from then on.
    echo = plain_invoice(state="finalized") | {"paid_on": psa.kept["inv-1"]["paid_date"]}
    assert program.send("PUT", "invoices/inv-1/", echo).status_code == 200
    clock.later(hours=1)
    assert agency.tell() == 0

    with agency.rows():
        paid_by_hand.undo(mark=mark, user=agency.admin, now=clock())
    assert agency.tell() == 1
    assert (psa.kept["inv-1"]["origin"], psa.kept["inv-1"]["status"]) == ("exact", "open")


def test_reliability_g15_a_receiver_that_is_down_for_a_day_loses_nothing_and_others_are_told_at_once(
    agency, psa, clock
):
    with running_psa() as lost:
        agency.calls(lost.url)
    port = int(lost.url.rsplit(":", 1)[1].split("/")[0])
    other = Agency(clock)
    other.calls(psa.url)
    invoices = [agency.invoice(f"inv-{number}") for number in range(12)]
    theirs = other.invoice("theirs")
    tries = 0
    for hour in range(24):
        if hour % 2 == 0:
            agency.settle(invoices[hour // 2], PARTLY, "10.00")
            other.settle(theirs, PARTLY, f"{hour + 1}.00")
        before = len(psa.calls)
        tries += agency.tell() - (len(psa.calls) - before)
        assert psa.kept["theirs"]["paid_amount"] == f"{hour // 2 * 2 + 1}.00"
        clock.later(hours=1)
    agency.settle(invoices[0])
    assert agency.endpoint().state == EndpointState.ON
    assert "No connection" in agency.endpoint().last_answer
    assert 20 <= tries <= 24, "one try each time somebody looks, not one for each invoice"

    with running_psa(port) as back:
        clock.later(minutes=6)
        agency.tell()

        assert back.statuses == {"inv-0": "paid"} | {
            f"inv-{number}": "partly_paid" for number in range(1, 12)
        }
        assert len(back.calls) == 12
    assert set(psa.kept) == {"theirs"}
    assert agency.endpoint().failing_since is None


def test_reliability_g15_slow_receivers_share_their_places_and_the_others_wait_for_none_of_them(
    agency, psa, clock, monkeypatch
):
    monkeypatch.setattr(telling, "PLACES", 3)
    monkeypatch.setattr(telling, "SLOW_PLACES", 2)
    monkeypatch.setattr(calling, "DEADLINE", 1.2)
    agency.calls(psa.url)
    invoices = [agency.invoice(f"inv-{number}") for number in range(5)]
    with running_psa() as slow:
        slow.answer = sleep_first
        sleepers = [Agency(clock) for _ in range(3)]
        for sleeper in sleepers:
            sleeper.calls(slow.url)
            sleeper.settle(sleeper.invoice("late"))
        CallbackLine.objects.exclude(organization_id=agency.organization.pk).update(is_slow=True)
        for invoice in invoices:
            agency.settle(invoice)
        began = time.monotonic()
        agency.tell()

        assert len(psa.calls) == 5
        assert psa.calls[-1].at - began < 1.2, "they were told while the slow ones were waited for"
    for sleeper in sleepers:
        endpoint = sleeper.endpoint()
        assert (endpoint.failure_count, endpoint.last_answer) == (1, "No answer within 1 seconds.")


def sleep_first(_call: Call) -> int:
    """Answer later than anybody waits."""
    time.sleep(1.4)
    return 200


@pytest.mark.parametrize("down", [500, 302])
def test_reliability_g15_an_endpoint_that_only_fails_is_stopped_after_three_days_and_told_all_when_it_is_on_again(
    agency, psa, clock, down
):
    agency.calls(psa.url)
    psa.answer = always(down)
    psa.more_headers = {"Location": psa.url.replace("payments", "elsewhere")}
    invoice = agency.invoice("inv-1")
    agency.settle(invoice)
    while agency.endpoint().state == EndpointState.ON:
        agency.tell()
        clock.later(hours=7)
        assert len(psa.calls) < 20

    assert f"Answered {down}" in agency.endpoint().state_reason
    assert 10 <= len(psa.calls) <= 12
    assert len({call.headers["webhook-id"] for call in psa.calls}) == 1
    [message] = mail.outbox
    assert message.bcc == [agency.admin.email]
    assert psa.url in message.body
    assert "1 change of payments waits and nothing is lost" in message.body
    page = factories.sign_in(agency.admin).get("/invoices/").content.decode()
    assert "Your PSA has not been told about payments since" in page
    agency.settle(invoice, PARTLY, "40.00")
    clock.later(days=30)
    assert agency.tell() == 0

    psa.answer = always(200)
    factories.sign_in(agency.admin).post("/settings/psa-callback/on/")
    assert agency.tell() == 1
    assert psa.kept["inv-1"]["paid_amount"] == "40.00"
    page = factories.sign_in(agency.admin).get("/invoices/").content.decode()
    assert "has not been told" not in page


def test_reliability_g15_one_that_is_gone_is_stopped_at_once_and_what_it_did_not_take_waits(
    agency, psa
):
    agency.calls(psa.url)
    psa.answer = always(410)
    invoices = [agency.invoice(f"inv-{number}") for number in range(3)]
    for invoice in invoices:
        agency.settle(invoice)

    assert agency.tell() == 1
    assert "410 Gone" in agency.endpoint().state_reason
    assert len(mail.outbox) == 1
    assert {agency.report(invoice).state for invoice in invoices} == {ReportState.WAITING}


def test_reliability_g15_one_invoice_that_is_never_taken_holds_up_no_other_and_is_given_up(
    agency, psa, clock
):
    agency.calls(psa.url)
    psa.answer = lambda call: 422 if call.data["id"] == "odd" else 200
    odd = agency.invoice("odd")
    agency.settle(odd)
    for step in range(20):
        if agency.report(odd).state != ReportState.WAITING:
            break
        invoice = agency.invoice(f"inv-{step}")
        agency.settle(invoice)
        agency.tell()
        clock.later(seconds=7)
        agency.tell()
        assert agency.report(invoice).state == ReportState.TOLD
        clock.later(hours=6)

    assert agency.report(odd).state == ReportState.GIVEN_UP
    assert agency.endpoint().state == EndpointState.ON
    psa.answer = always(200)
    browser = factories.sign_in(agency.admin)
    browser.post(f"/settings/psa-callback/again/{agency.report(odd).pk}/")
    agency.tell()
    assert psa.kept["odd"]["status"] == "paid"


def test_a_receiver_that_asks_to_be_left_alone_is(agency, psa, clock):
    agency.calls(psa.url)
    psa.answer, psa.more_headers = always(429), {"Retry-After": "600"}
    invoice = agency.invoice("inv-1")
    agency.settle(invoice)
    agency.tell()
    clock.later(minutes=9)
    agency.settle(invoice, PARTLY, "1.00")
    assert agency.tell() == 0

    clock.later(minutes=2)
    psa.answer = always(200)
    assert agency.tell() == 1


def test_reliability_g15_what_changes_while_it_is_told_is_told_once_more(agency, psa, clock):
    agency.calls(psa.url)
    invoice = agency.invoice("inv-1")
    agency.settle(invoice, PARTLY, "40.00")
    tries = 0

    def change(_call: Call) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            # As another process would: over a connection of its own.
            other = threading.Thread(target=_pay_in_full)
            other.start()
            other.join()
        return 200

    def _pay_in_full() -> None:
        agency.settle(invoice)
        database.close()

    psa.answer = change
    assert agency.tell() == 2
    assert psa.kept["inv-1"]["status"] == "paid"
    ids = [call.headers["webhook-id"] for call in psa.calls]
    times = [call.data["changed_at"] for call in psa.calls]
    assert len(set(ids)) == 2
    assert times[0] < times[1], "with the clock standing still, too"


def test_two_workers_share_one_turn_and_a_line_that_was_taken_over_is_not_noted_twice(
    agency, psa, clock
):
    agency.calls(psa.url)
    invoice = agency.invoice("inv-1")
    agency.settle(invoice)
    assert lines.hold_turn("another worker", clock())
    assert agency.tell() == 0
    lines.end_turn("another worker", clock())

    def lose_the_line(_call: Call) -> int:
        thread = threading.Thread(target=_take_over)
        thread.start()
        thread.join()
        return 200

    def _take_over() -> None:
        CallbackLine.objects.update(fence=99)
        database.close()

    psa.answer = lose_the_line
    assert agency.tell() == 1
    assert agency.report(invoice).state == ReportState.WAITING
    psa.answer = always(200)
    assert agency.tell() == 0
    clock.later(seconds=lines.LEASE.total_seconds() + 1)
    agency.tell()
    clock.later(minutes=6)
    agency.tell()
    assert agency.report(invoice).state == ReportState.TOLD


def test_reliability_j12_an_address_that_leads_inside_is_not_called(agency, psa, settings):
    settings.PSA_CALLBACKS_TO_LOCALHOST = False
    agency.calls(psa.url)
    agency.settle(agency.invoice("inv-1"))

    agency.tell()

    assert psa.calls == []
    assert "private network" in agency.endpoint().last_answer


def test_reliability_c17_a_new_secret_signs_beside_the_old_one_for_a_week_and_survives_new_keys(
    agency, psa, clock, settings
):
    old = agency.calls(psa.url)
    invoice = agency.invoice("inv-1")

    def tell(paid: str) -> Call:
        agency.settle(invoice, PARTLY, paid)
        assert agency.tell() == 1
        return psa.calls[-1]

    def make_new(*, is_leaked: bool) -> str:
        with agency.rows():
            return endpoints.make_new_secret(
                agency.endpoint(), is_leaked=is_leaked, user=agency.admin, now=clock()
            )

    new = make_new(is_leaked=False)
    settings.ENCRYPTION_KEYS = [b"2" * 32, *settings.ENCRYPTION_KEYS]
    assert {one.model: one.rewritten for one in key_rotation.rotate()}["PsaEndpoint"] == 1
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]

    call = tell("1.00")
    assert (call.is_signed_with(old), call.is_signed_with(new)) == (True, True)
    clock.later(days=8)
    call = tell("2.00")
    assert (call.is_signed_with(old), call.is_signed_with(new)) == (False, True)
    newest = make_new(is_leaked=True)
    call = tell("3.00")
    assert (call.is_signed_with(new), call.is_signed_with(newest)) == (False, True)

    # With no key that opens it, calling stops and says what to do; a new secret is the way on.
    settings.ENCRYPTION_KEYS = [b"3" * 32]
    agency.settle(invoice, PARTLY, "4.00")
    assert agency.tell() == 0
    assert "Make a new one" in agency.endpoint().state_reason
    again = make_new(is_leaked=False)
    with agency.rows():
        endpoints.switch_on(agency.endpoint(), user=agency.admin, now=clock())
    assert agency.tell() == 1
    assert psa.calls[-1].is_signed_with(again)


def test_reliability_g18_after_a_restore_every_finalized_invoice_is_told_as_it_is(
    agency, psa, clock, monkeypatch
):
    monkeypatch.setattr(recovery, "STEP", 2)
    agency.calls(psa.url)
    connection = factories.make_connection(organization=agency.organization, lists=False)
    paid, *others = (agency.invoice(name) for name in ("paid", "open", "older", "oldest"))
    for invoice in (paid, *others):
        factories.make_posted_document(invoice=invoice, connection=connection)
    agency.invoice("draft")
    agency.settle(paid)
    agency.tell()
    # Told as paid after the backup, which does not know of it: without a new telling the PSA would believe it for ever.
    psa.kept["open"] = psa.kept["paid"] | {"id": "open"}
    poller = Poller(agency)
    assert poller.poll() == ["paid"]
    clock.later(hours=1)

    with agency.rows():
        hooks.restored(connection=connection, backup_at=clock(), now=clock())
    assert poller.poll() == [], "a restore itself begins with little work"

    agency.tell()
    open_ = dict.fromkeys(("open", "older", "oldest"), "open")
    assert psa.statuses == {"paid": "paid"} | open_
    assert sorted(poller.poll()) == ["older", "oldest", "open", "paid"]
    clock.later(hours=1)
    assert agency.tell() == 0


def test_the_figures_tell_how_many_wait_for_whom_and_the_broken_wait_for_nobody(
    agency, psa, clock, client, settings
):
    settings.METRICS_TOKEN = "t"
    failing = Agency(clock)
    for one, status in ((agency, 200), (failing, 500)):
        one.calls(psa.url)
        psa.answer = always(status)
        one.settle(one.invoice("inv-1"))
        one.tell()
    agency.settle(agency.invoice("inv-2"))

    text = client.get("/metrics", headers={"Authorization": "Bearer t"}).content.decode()

    figures = dict(
        line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("connector_psa")
    )
    assert figures['connector_psa_endpoints{state="on"}'] == "1.0"
    assert figures['connector_psa_endpoints{state="failing"}'] == "1.0"
    assert figures["connector_psa_reports_waiting"] == "2.0"
    assert figures["connector_psa_reports_given_up"] == "0.0"
    assert abs(float(figures["connector_psa_reports_oldest_seconds"])) < 60


def test_beat_has_callbacks_looked_at_within_a_minute_and_workers_know_the_task():
    app.loader.import_default_modules()
    entry = app.conf.beat_schedule["tell-psas"]

    assert entry["task"] == lines.TASK
    assert lines.TASK in app.tasks
    assert entry["schedule"] <= 60
