"""What a recovery must not overlook: rows that cannot be read, connections that were away, entries that printing made."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.models import User
from integrations import lanes
from integrations.connection_lifecycle import stages
from integrations.models import ConnectionState, ExactConnection, Numbering, Route
from invoices.models import CopyState, RecoveryPass
from tests import factories
from tests.journeys.backups import Backup
from tests.journeys.world import DIVISION, World
from tests.journeys.written import ROUTE, invoice_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def _order(*arguments: str) -> str:
    out = StringIO()
    call_command("recovery", *arguments, stdout=out)
    return out.getvalue()


def _restored(backup: Backup) -> None:
    backup.restore()
    _order("begin", "--backup-at", timezone.now().isoformat(), "--by", "Olga")


def _ask_again(world: World) -> None:
    """The time comes at which Exact is asked again, and it answers."""
    with world.rows():
        RecoveryPass.objects.update(next_at=timezone.now())
    world.resume()
    _order("finish")
    world.settle()


def test_reliability_f4_a_document_of_ours_that_cannot_be_read_never_looks_absent(world):
    """RELIABILITY B9 sets odd rows aside; here that would send the invoice again."""
    with world.rows():
        ExactConnection.objects.update(numbering=Numbering.EXACT)
    invoice = world.invoice(number="F-27070")
    request = world.request(invoice)
    backup = Backup(world.organization.pk)
    world.work_off()
    assert world.fresh(request).state == CopyState.COPIED

    _restored(backup)
    world.fault("wrong_division", method="GET")
    world.work_off()
    waits = _order("status")
    _ask_again(world)

    assert world.fresh(request).state == CopyState.COPIED
    assert len([one for one in world.entries() if request.marker in one["description"]]) == 1
    assert "or one of ours cannot be read" in waits


def test_reliability_f4_whoever_waits_reads_whose_right_in_exact_is_missing(world):
    _restored(Backup(world.organization.pk))
    request = world.request(world.invoice(number="F-27075"))
    with world.rows():
        user = ExactConnection.objects.get().grant.exact_user_name

    world.fault("forbidden_403", method="GET")
    world.work_off()
    call_command("exact_sends", "release", stdout=StringIO())
    world.work_off()

    told = (
        "Nothing is sent before Exact has shown its sales entries since the backup. It refuses that, or one of ours cannot be "
        f"read: look in Exact whether {user} has the right to read them"
    )
    assert world.fresh(request).progress == told
    assert f"{told}, goes on at " in _order("status")
    admin = factories.make_user(organization=world.organization)
    browser = factories.sign_in(admin)
    health = reverse("connection_health", args=[world.connection.pk])
    assert f"{told}, goes on at " in browser.get(health).content.decode()
    _ask_again(world)
    assert world.fresh(request).state == CopyState.COPIED


def test_reliability_f4_a_connection_that_the_backup_knows_as_disconnected_looks_up_too(world):
    """It was connected again after the backup, and copied; the restored database knows neither."""
    invoice = world.invoice(number="F-27080")
    with world.rows():
        connection = ExactConnection.objects.get()
        lanes.leave(connection)
        ExactConnection.objects.update(state=ConnectionState.DISCONNECTED)
    backup = Backup(world.organization.pk)
    with world.rows():
        _connect_again()
    assert world.copy(invoice).state == CopyState.COPIED

    _restored(backup)
    _order("finish")
    with world.rows():
        _connect_again()
    world.copy(invoice)
    world.settle()

    assert len(world.documents(invoice)) == 1
    assert len(world.entries("F-27080")) == 1


def _connect_again() -> None:
    connection = ExactConnection.objects.get()
    connection.state = ConnectionState.READY
    connection.save()
    lanes.seat(connection)
    lanes.ring(connection, at=timezone.now())


def test_reliability_f4_the_entry_that_printing_made_is_not_taken_for_the_invoice(
    exact, transactional_db
):
    """The connection books too, so what it reads of sales entries has the descriptions of printed invoices."""
    world = World.begin(exact, **ROUTE)
    with world.rows():
        ExactConnection.objects.update(route=Route.BOOKING)
    world.copy(world.invoice())
    with world.rows():
        ExactConnection.objects.update(route=Route.EXACT_INVOICE)
    waiting = invoice_of(world, subject="Waits for it")
    asked = invoice_of(world, client=waiting.client, contact=waiting.contact, subject="Wished")
    request = world.request(waiting)
    backup = Backup(world.organization.pk)
    world.work_off()
    world.copy(asked)
    world.resume()
    made = sorted(one["invoice_id"] for one in world.made_invoices())

    _restored(backup)
    world.work_off()
    _order("finish")
    world.resume()

    assert world.fresh(request).state == CopyState.COPIED
    [document] = world.documents(waiting)
    assert str(document.exact_id) in made
    assert len(world.documents(asked)) == 1
    assert sorted(one["invoice_id"] for one in world.made_invoices()) == made


def test_reliability_f4_a_connection_that_the_backup_does_not_know_looks_up_too(world):
    """It was set up after the backup, and copied; what the PSA sends again would be copied a second time."""
    invoice = world.invoice(number="F-27090")
    user = factories.make_user(organization=world.organization)
    with world.rows():
        lanes.leave(ExactConnection.objects.get())
        ExactConnection.objects.update(state=ConnectionState.SETUP_INCOMPLETE, division=None)
    backup = Backup(world.organization.pk)
    _set_up(world, user)
    assert world.copy(invoice).state == CopyState.COPIED

    _restored(backup)
    _order("finish")
    _set_up(world, user)
    request = world.copy(invoice)
    world.settle()

    assert world.fresh(request).state == CopyState.COPIED
    assert len(world.documents(invoice)) == 1
    assert len(world.entries("F-27090")) == 1


def _set_up(world: World, user: User) -> None:
    with world.rows():
        connection = ExactConnection.objects.get()
        connection.division = DIVISION
        connection.save()
        stages.make_ready(connection, user=user, now=timezone.now())
