"""After a restore a document in Exact becomes only its own invoice's: what is not sure waits for a person (RELIABILITY F3, F4)."""

from __future__ import annotations

from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.models import LaneMember, Numbering
from invoices import copy_requests
from invoices.models import CopyRequest, CopyState, ForgottenDocument
from tests import factories
from tests.journeys.backups import Backup
from tests.journeys.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def restored(world: World, backup: Backup) -> None:
    backup.restore()
    command("recovery", "begin", "--backup-at", timezone.now().isoformat(), "--by", "Olga")
    world.work_off()
    command("recovery", "finish")
    world.resume()


def retainer(world: World, client: Any, **fields: Any) -> Any:
    """One of many that say the same of themselves."""
    return world.invoice(client=client, subject=f"Retainer {world.organization.pk}", **fields)


def unclaimed(world: World) -> list[str]:
    with world.rows():
        rows = ForgottenDocument.objects.filter(
            settled_at=None, description__startswith=f"Retainer {world.organization.pk}"
        )
        return [row.your_ref for row in rows]


def test_reliability_f4_another_clients_document_that_says_the_same_is_not_taken_over(world):
    backup = Backup(world.organization.pk)
    theirs = retainer(
        world, factories.make_client(organization=world.organization), number="F-27101"
    )
    assert world.copy(theirs).state == CopyState.COPIED

    restored(world, backup)
    ours = retainer(world, factories.make_client(organization=world.organization), number="F-27102")

    assert world.copy(ours).state == CopyState.COPIED
    assert len(world.entries("F-27102")) == len(world.entries("F-27101")) == 1
    assert world.documents(ours)[0].your_ref == "F-27102"
    assert unclaimed(world) == ["F-27101"]


def test_reliability_f4_where_exact_numbers_the_customer_tells_them_apart(exact, transactional_db):
    world = World.begin(exact, numbering=Numbering.EXACT)
    client, other = (
        factories.make_client(organization=world.organization, vat_number=number)
        for number in ("NL001234567B01", "NL009876543B01")
    )
    backup = Backup(world.organization.pk)
    theirs = retainer(world, client)
    assert world.copy(theirs).state == CopyState.COPIED
    [document] = world.documents(theirs)

    restored(world, backup)
    ours, resent = retainer(world, other), retainer(world, client)
    world.forget_calls()
    copied = world.copy(ours)
    assert (copied.state, copied.problem_sentence) == (CopyState.COPIED, "")
    assert "POST SalesEntries" in world.calls(method="POST")
    world.forget_calls()

    assert world.copy(resent).state == CopyState.COPIED
    assert world.calls(method="POST") == []
    assert [one.exact_id for one in world.documents(resent)] == [document.exact_id]
    assert world.documents(ours)[0].exact_id != document.exact_id


def test_reliability_f4_what_may_be_anothers_waits_until_it_is_dismissed(exact, transactional_db):
    """Two accounts may be the client, so that the document's customer does not tell whether it is its own."""
    world = World.begin(exact, numbering=Numbering.EXACT)
    backup = Backup(world.organization.pk)
    theirs = retainer(world, factories.make_client(organization=world.organization, name="Anna"))
    assert world.copy(theirs).state == CopyState.COPIED
    [document] = world.documents(theirs)

    restored(world, backup)
    ours = retainer(world, factories.make_client(organization=world.organization, name="Bruno"))
    for _ in range(2):
        factories.make_customer(connection=world.connection, name="Bruno")
    world.forget_calls()
    held = world.copy(ours)

    assert (held.state, held.problem_code) == (CopyState.NEEDS_CHOICE, "forgotten_by_restore")
    assert "which may be this invoice or another one's" in held.problem_sentence
    assert world.calls(method="POST") == []
    assert str(document.exact_id) in command("forgotten", "list")
    with pytest.raises(CommandError, match="No such document"):
        command("forgotten", "dismiss", str(uuid4()))
    with pytest.raises(CommandError, match="Name the document"):
        command("forgotten", "dismiss")
    command("forgotten", "dismiss", str(document.exact_id))
    assert str(document.exact_id) not in command("forgotten", "list")
    copied = world.copy(ours, create_customer=True)
    assert (copied.state, copied.problem_sentence) == (CopyState.COPIED, "")
    assert world.documents(ours)[0].exact_id != document.exact_id


def test_reliability_c15_f4_in_a_shared_division_no_document_of_another_organization_is_taken_over(
    world,
):
    backup = Backup(world.organization.pk)
    theirs = world.invoice(number="F-27110")
    assert world.copy(theirs).state == CopyState.COPIED
    [document] = world.documents(theirs)
    backup.restore()
    # To this organization it is the copy of somebody else, whose connection works through the same lane.
    lane = LaneMember.objects.get(connection_id=world.connection.pk).lane
    stranger = factories.make_organization()
    LaneMember.objects.create(
        lane=lane, organization_id=stranger.pk, connection_id=world.connection.pk + 10**6
    )
    ours = world.invoice(number="F-27110")

    command("recovery", "begin", "--backup-at", timezone.now().isoformat(), "--by", "Olga")
    world.work_off()
    command("recovery", "finish")
    world.resume()

    assert world.documents(ours) == []
    held = world.copy(ours)
    assert (held.state, held.problem_code) == (CopyState.NEEDS_CHOICE, "forgotten_by_restore")
    command("forgotten", "dismiss", str(document.exact_id))
    # It is asked for again by itself. Exact tells what else is wrong: nothing of theirs became ours.
    world.work_off()
    assert world.fresh(held).state == CopyState.CANCELLED
    assert document.exact_id not in {one.exact_id for one in world.documents(ours)}


def test_reliability_f4_not_ours_on_the_health_page_lets_the_copy_go_on(exact, transactional_db):
    world = World.begin(exact, numbering=Numbering.EXACT)
    client = factories.make_client(organization=world.organization, vat_number="NL001234567B01")
    backup = Backup(world.organization.pk)
    theirs = retainer(world, client)
    assert world.copy(theirs).state == CopyState.COPIED
    [document] = world.documents(theirs)
    restored(world, backup)
    lane = LaneMember.objects.get(connection_id=world.connection.pk).lane
    stranger = factories.make_organization()
    LaneMember.objects.create(
        lane=lane, organization_id=stranger.pk, connection_id=world.connection.pk + 10**6
    )
    ours = retainer(world, client)
    held = world.copy(ours)
    assert (held.state, held.problem_code) == (CopyState.NEEDS_CHOICE, "forgotten_by_restore")
    admin = factories.sign_in(factories.make_user(organization=world.organization))
    address = f"/settings/marketplace/{world.connection.pk}/health/"
    # What other tests left in these books is forgotten as well, and the page shows the first of them.
    forgotten = admin.get(address).context["forgotten"].count
    with world.rows():
        row = ForgottenDocument.objects.get(exact_id=document.exact_id)

    answer = admin.post(f"{address}forgotten/{row.pk}/dismiss/", follow=True)

    told = " ".join(answer.content.decode().split())
    assert "1 copy was asked for again" in told
    assert answer.context["forgotten"].count == forgotten - 1
    world.work_off()
    [copied] = world.documents(ours)
    assert copied.exact_id != document.exact_id
    assert world.fresh(held).state == CopyState.CANCELLED


def test_reliability_f4_a_wish_that_was_tried_before_the_backup_is_not_sent_beside_a_later_one(
    world,
):
    invoice = world.invoice(number="F-27120")
    tried = world.request(invoice)
    with world.rows():
        # Its first send was refused for want of calls, and it waits for its second.
        CopyRequest.objects.filter(pk=tried.pk).update(attempt_count=1)
    backup = Backup(world.organization.pk)
    with world.rows():
        copy_requests.cancel(copy_request=tried, user=None, now=timezone.now())
    assert world.copy(invoice).state == CopyState.COPIED

    restored(world, backup)
    world.settle()

    tried = world.fresh(tried)
    assert (tried.state, tried.progress) == (CopyState.COPIED, "")
    assert len(world.entries("F-27120")) == 1


def test_reliability_f4_a_copy_that_was_made_anew_is_named_before_another_one_is_made(world):
    invoice = world.invoice(number="F-27130")
    assert world.copy(invoice).state == CopyState.COPIED
    backup = Backup(world.organization.pk)
    assert world.copy(invoice, as_new=True).state == CopyState.COPIED
    assert len(world.entries("F-27130")) == 2

    restored(world, backup)
    world.forget_calls()
    held = world.copy(invoice, as_new=True)

    assert (held.state, held.problem_code) == (CopyState.NEEDS_CHOICE, "forgotten_by_restore")
    assert world.calls(method="POST") == []
    assert len(world.entries("F-27130")) == 2
