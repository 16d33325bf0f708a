"""The database is restored from a backup while Exact has gone on: nothing is doubled, nothing is lost (RELIABILITY F3, F4)."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from connector import database_identity
from connector.models import Heartbeat
from integrations.models import DivisionLane, ExactConnection, Numbering, Route
from integrations.tasks import run_lane, sweep_lanes
from invoices import copy_requests
from invoices.models import CopyState, DeliveryState, Invoice, InvoiceState, RecoveryPass
from payments.models import SyncCursor
from tests.journeys.backups import Backup
from tests.journeys.world import World
from tests.journeys.written import invoice_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def _order(*arguments: str) -> str:
    out = StringIO()
    call_command("recovery", *arguments, stdout=out)
    return out.getvalue()


def _begin() -> str:
    return _order("begin", "--backup-at", timezone.now().isoformat(), "--by", "Olga")


def _restored(backup: Backup) -> None:
    """The backup is put back, and the drill of docs/operations.md is done up to its end."""
    backup.restore()
    _begin()


def test_reliability_f4_what_was_copied_after_the_backup_is_found_and_nothing_is_doubled(world):
    known, waiting, asked, new, later = (
        world.invoice(number=f"F-2700{number}", subject=f"Design {number}") for number in range(5)
    )
    client = known.client
    world.copy(known)
    request = world.request(waiting)
    backup = Backup(world.organization.pk)
    world.work_off()
    world.copy(asked)
    forgotten = world.invoice(number="F-27009", subject="Design 9", client=client)
    world.copy(forgotten)
    assert [len(world.entries(f"F-2700{number}")) for number in (0, 1, 2, 9)] == [1, 1, 1, 1]

    _restored(backup)
    # Not one byte is written while it is looked up, whatever people ask for.
    again = world.request(new)
    world.forget_calls()
    world.work_off()

    assert world.calls(method="POST") == []
    assert world.fresh(request).state == CopyState.COPIED
    assert [one.your_ref for one in world.documents(waiting)] == ["F-27001"]
    # Nobody here knew that this one was asked for; its number says whose it is.
    assert world.fresh_invoice(asked).state == InvoiceState.FINALIZED
    assert len(world.documents(asked)) == 1

    assert "1 of 1 connections have looked up everything." in _order("finish")
    world.resume()

    assert world.fresh(again).state == CopyState.COPIED
    # The PSA sends the invoice again that came after the backup, and somebody copies it again.
    with world.rows():
        assert not Invoice.objects.filter(number="F-27009").exists()
    resent = world.invoice(number="F-27009", subject="Design 9")
    world.forget_calls()
    assert world.copy(resent).state == CopyState.COPIED
    assert world.calls(method="POST") == []
    assert world.copy(later).state == CopyState.COPIED
    assert [len(world.entries(f"F-2700{number}")) for number in (0, 1, 2, 3, 4, 9)] == [1] * 6


def test_reliability_f4_an_invoice_that_exact_wrote_and_sent_is_not_sent_twice(
    exact, transactional_db
):
    world = World.begin(exact, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)
    waiting = invoice_of(world, subject="Waits for the restore")
    request = world.request(waiting)
    backup = Backup(world.organization.pk)
    world.work_off()
    world.resume()
    forgotten = invoice_of(
        world, client=waiting.client, contact=waiting.contact, number="", subject="Came after it"
    )
    assert world.copy(forgotten).state == CopyState.COPIED
    world.resume()
    mails = world.control("GET", "outbox")
    assert len(world.made_invoices("the restore")) == len(world.made_invoices("after it")) == 1

    _restored(backup)
    world.work_off()
    _order("finish")
    world.resume()
    resent = invoice_of(
        world, client=waiting.client, contact=waiting.contact, number="", subject="Came after it"
    )
    again = world.copy(resent)
    world.resume()

    assert world.fresh(request).state == CopyState.COPIED
    assert again.state == CopyState.COPIED
    assert len(world.made_invoices("the restore")) == len(world.made_invoices("after it")) == 1
    assert world.control("GET", "outbox") == mails
    for invoice in (waiting, resent):
        (document,) = world.documents(invoice)
        assert document.delivery in {DeliveryState.SENT, DeliveryState.UNSURE}


def test_reliability_f4_what_a_person_has_to_mend_or_gave_up_is_taken_over_later_and_not_sent_again(
    world,
):
    mended, cancelled = (world.invoice(number=f"F-2705{number}") for number in range(2))
    requests = [world.request(mended), world.request(cancelled)]
    backup = Backup(world.organization.pk)
    world.work_off()
    assert [len(world.entries(f"F-2705{number}")) for number in range(2)] == [1, 1]

    _restored(backup)
    with world.rows():
        ledger = world.connection.default_ledger_exact_id
        ExactConnection.objects.update(default_ledger_exact_id=None)
        copy_requests.cancel(copy_request=requests[1], user=None, now=timezone.now())
    world.work_off()
    _order("finish")

    held = world.fresh(requests[0])
    assert (held.state, held.problem_code) == (CopyState.NEEDS_CHOICE, "forgotten_by_restore")
    assert "before the database was restored" in held.problem_sentence
    with world.rows():
        ExactConnection.objects.update(default_ledger_exact_id=ledger)
    assert world.copy(mended).state == CopyState.COPIED
    assert world.copy(cancelled).state == CopyState.COPIED
    assert [len(world.entries(f"F-2705{number}")) for number in range(2)] == [1, 1]


def test_reliability_f4_what_exact_has_several_times_waits_for_a_person(world):
    backup = Backup(world.organization.pk)
    twice = world.invoice(number="F-27060")
    world.copy(twice)
    world.copy(twice, as_new=True)
    first, second = (document.exact_id for document in world.documents(twice))

    _restored(backup)
    world.work_off()
    _order("finish")
    resent = world.invoice(number="F-27060")
    held = world.copy(resent)

    assert (held.state, held.problem_code) == (CopyState.NEEDS_CHOICE, "forgotten_by_restore")
    assert "2 times" in held.problem_sentence
    world.control("POST", "admin/1000001", {"delete_entry": str(second)})
    assert world.copy(resent).state == CopyState.COPIED
    assert [one.exact_id for one in world.documents(resent)] == [first]
    assert len(world.entries("F-27060")) == 1


def test_reliability_f3_nothing_is_sent_before_what_may_be_on_its_way_has_settled(world, settings):
    invoice = world.invoice(number="F-27020")
    settings.COPY_SETTLE_SECONDS = 3600
    _begin()
    request = world.request(invoice)
    world.work_off()

    with pytest.raises(CommandError, match="Not finished"):
        _order("finish")
    assert DivisionLane.objects.filter(is_stopped=True).count() == 1
    assert "is read once more, when all of it is there, goes on at" in _order("status")

    # Not even when somebody releases the lane too early.
    call_command("exact_sends", "release", stdout=StringIO())
    world.resume()
    assert world.entries("F-27020") == []
    assert world.fresh(request).state == CopyState.QUEUED
    assert "restored" in world.fresh(request).progress

    with world.rows():
        RecoveryPass.objects.update(settled_at=timezone.now(), next_at=timezone.now())
    world.resume()
    _order("finish")
    world.settle()
    copied = world.fresh(request)
    assert (copied.state, copied.problem_sentence) == (CopyState.COPIED, "")
    # Sent, and not taken for one of the many that say the same.
    assert len(world.entries("F-27020")) == 1


@pytest.mark.parametrize("is_another", [True, False], ids=["another database", "a disk's copy"])
def test_reliability_f3_f4_a_restore_is_noticed_and_recovery_begins_and_ends_by_itself(
    world, is_another
):
    number = "F-27030" if is_another else "F-27031"
    invoice = world.invoice(number=number)
    sweep_lanes()
    request = world.request(invoice)
    backup = Backup(world.organization.pk)
    world.work_off()
    assert len(world.entries(number)) == 1
    sweep_lanes()

    backup.restore()
    if is_another:
        # What the backup says of itself is the name of the cluster it was taken from.
        notes = Heartbeat.objects.filter(name__startswith="database:")
        notes.update(name="database:27/00000001")
    lane = DivisionLane.objects.get()
    run_lane(lane_id=lane.pk)
    assert world.fresh(request).state == CopyState.QUEUED

    sweep_lanes()
    lane.refresh_from_db()
    assert (lane.is_stopped, lane.stopped_by) == (True, "The connector")
    world.work_off()
    sweep_lanes()

    lane.refresh_from_db()
    assert not lane.is_stopped
    assert world.fresh(request).state == CopyState.COPIED
    assert len(world.entries(number)) == 1
    assert Heartbeat.objects.filter(name__startswith="database:").count() == 1


def test_a_database_that_does_not_say_which_one_it_is_changes_nothing(monkeypatch):
    monkeypatch.setattr(database_identity, "_NAMES", "SELECT no_such_function()")
    Heartbeat.objects.create(name="database:27/00000001", at=timezone.now())

    sweep_lanes()

    assert database_identity.known_until() is None


def test_reliability_g12_payments_are_read_from_the_start_after_a_restore(world):
    with world.rows():
        SyncCursor.objects.create(
            connection=world.connection, read_at=timezone.now(), terms_timestamp=10**9
        )

    told = _begin()

    assert "1 connections look up" in told
    assert "1 work" in told
    with world.rows():
        assert SyncCursor.objects.get().read_at is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say with --backup-at"),
        (["--backup-at", "yesterday"], "is not a time"),
        (["--backup-at", "2026-11-21T03:00:00"], "needs a time zone"),
        (["--backup-at", "2126-11-21T03:00:00+00:00"], "lies in the future"),
    ],
)
def test_the_time_of_the_backup_has_to_be_told(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        _order("begin", *arguments)
