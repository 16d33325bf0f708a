"""A paused connection and the sandbox: not one call leaves, and what was asked for is done after the pause."""

from __future__ import annotations

from django.utils import timezone

from connector.tenancy.models import Role
from integrations import connection_lifecycle, reference_lists
from integrations.models import LaneMember
from invoices.models import CopyState
from tests import factories


def test_a_copy_waits_for_the_end_of_a_pause_says_so_and_is_booked_once(world):
    admin = factories.make_user(organization=world.organization)
    reader = factories.sign_in(
        factories.make_user(organization=world.organization, role=Role.FINANCE)
    )
    with world.rows():
        connection_lifecycle.pause(world.connection, user=admin, now=timezone.now())
        reference_lists.request_refresh(world.connection, now=timezone.now())
    invoice = world.invoice()
    seen = world.control("GET", "log")["entries"][-1]["seq"]

    request = world.copy(invoice)

    assert request.state == CopyState.QUEUED
    assert world.control("GET", f"log?since={seen}")["entries"] == []
    page = reader.get(f"/invoices/{invoice.pk}/").content.decode()
    assert "The connection is paused until an admin resumes it." in page
    assert "state-paused" in page
    assert "Waiting for Exact" not in page
    member = LaneMember.objects.get(connection_id=world.connection.pk)
    assert member.due_at is None or member.due_at > timezone.now()

    with world.rows():
        connection_lifecycle.resume(world.connection, user=admin, now=timezone.now())
    world.work_off()

    assert world.fresh(request).state == CopyState.COPIED
    assert len(world.entries(invoice.number)) == 1
