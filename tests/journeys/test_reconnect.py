"""A consent that ends while invoices wait, and the person who logs in again: RELIABILITY C8 and C12; and B-18."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from connector.tenancy.models import AuditEvent, Role
from exact_sandbox.users import user_by_name
from integrations import exact_login
from integrations.models import ConnectionState, ExactConnection, ExactGrant
from invoices.models import Client, CopyState
from tests import exact as exact_helpers, factories
from tests.journeys.world import World

_COUNT = 12


@pytest.fixture
def held(world: World):
    """Twelve invoices wait for a connection whose consent was withdrawn at Exact."""
    admin = factories.make_user(organization=world.organization, role=Role.ADMIN)
    factories.make_user(organization=world.organization, role=Role.FINANCE)
    _belongs_to(world, exact_helpers.BRAM)
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    invoices = [world.invoice(client=client) for _ in range(_COUNT)]
    requests = [world.request(invoice) for invoice in invoices]
    _withdraw(world)
    for _ in range(3):
        world.work_off()
    return admin, invoices, requests


def _withdraw(world: World) -> None:
    """The consent ends at Exact, which is noticed when the tokens are renewed."""
    world.control("POST", "consent/revoke", {"username": exact_helpers.BRAM})
    grant = connection_of(world).grant
    assert grant is not None
    exact_helpers.age_tokens(grant, 580, world.sandbox)


def _belongs_to(world: World, username: str) -> None:
    """The stored log-in is that of this Exact user."""
    user = user_by_name(world.sandbox.sandbox.database, username)
    assert user is not None
    with world.rows():
        ExactGrant.objects.update(exact_user_id=user.id)


def connection_of(world: World) -> ExactConnection:
    with world.rows():
        return ExactConnection.objects.select_related("grant").get(pk=world.connection.pk)


def states(world: World, requests) -> set[str]:
    return {world.fresh(request).state for request in requests}


def test_reliability_c8_what_waits_is_told_once_and_goes_on_after_the_login(world, held):
    admin, invoices, requests = held
    assert connection_of(world).state == ConnectionState.NEEDS_CONSENT
    assert states(world, requests) == {CopyState.QUEUED}
    assert len(mail.outbox) == 1
    assert "12 invoices wait and none is lost" in mail.outbox[0].body
    page = factories.sign_in(admin).get("/", follow=True).content.decode()
    assert len(re.findall(r"12 invoices", page)) == 1

    exact_helpers.log_in(connection_of(world), user=admin, username=exact_helpers.BRAM)
    world.work_off()

    assert connection_of(world).state == ConnectionState.READY
    assert states(world, requests) == {CopyState.COPIED}
    assert [len(world.entries(invoice.number)) for invoice in invoices] == [1] * _COUNT
    assert len(mail.outbox) == 1
    assert "12 invoices" not in factories.sign_in(admin).get("/", follow=True).content.decode()


def test_reliability_c8_a_second_loss_is_told_again(world, held):
    admin, _, _ = held
    exact_helpers.log_in(connection_of(world), user=admin, username=exact_helpers.BRAM)
    world.work_off()
    _withdraw(world)
    with world.rows():
        client = Client.objects.get()
    invoice = world.invoice(client=client)

    request = world.request(invoice)
    world.work_off()

    assert world.fresh(request).state == CopyState.QUEUED
    assert len(mail.outbox) == 2
    assert "1 invoice waits and none is lost" in mail.outbox[1].body


def test_reliability_c12_another_user_with_the_division_takes_over_what_waits(world, held):
    admin, invoices, requests = held
    before = connection_of(world).grant_id
    assert before is not None

    exact_helpers.log_in(connection_of(world), user=admin, username=exact_helpers.ANNA)
    world.work_off()

    assert states(world, requests) == {CopyState.COPIED}
    assert [len(world.entries(invoice.number)) for invoice in invoices] == [1] * _COUNT
    with world.rows():
        assert connection_of(world).grant_id != before
        assert ExactGrant.objects.get(pk=before).refresh_token_encrypted == b""


def test_a_colleague_takes_over_a_connection_that_works_and_everything_stays(world):
    ada = factories.make_user(organization=world.organization, role=Role.ADMIN, name="Ada Admin")
    bea = factories.make_user(organization=world.organization, role=Role.ADMIN, name="Bea Admin")
    exact_helpers.log_in(connection_of(world), user=ada, username=exact_helpers.BRAM)
    with world.rows():
        before = connection_of(world)
        # Another connection that lives by the same log-in keeps it.
        other = ExactConnection.objects.create(
            name="Exact Zuid", subsidiary=before.subsidiary, country="NL", grant=before.grant
        )
    waiting = [world.request(world.invoice()) for _ in range(2)]
    page = factories.sign_in(bea).get(f"/settings/marketplace/{before.pk}/hand-over/")
    told = " ".join(page.content.decode().split())
    assert "Bram Jansen" in told
    assert "2 copies that wait go on." in told
    assert "Exact Zuid" in told

    # One who may not open the division changes nothing.
    with pytest.raises(exact_login.LoginProblem, match="can not open"):
        exact_helpers.log_in(before, user=bea, username=exact_helpers.CLAIRE)
    assert connection_of(world).grant_id == before.grant_id
    exact_helpers.log_in(before, user=bea, username=exact_helpers.ANNA)
    world.work_off()

    after = connection_of(world)
    assert (after.connected_by, after.state) == (bea, ConnectionState.READY)
    assert (after.division, after.default_journal_code, after.default_ledger_exact_id) == (
        before.division,
        before.default_journal_code,
        before.default_ledger_exact_id,
    )
    assert states(world, waiting) == {CopyState.COPIED}
    with world.rows():
        assert ExactGrant.objects.get(connections=other).refresh_token_encrypted != b""
        event = AuditEvent.objects.filter(action="connection_handed_over").latest("at")
    assert "Bea Admin connects it now as Anna" in event.sentence
    assert "before: Ada Admin as Bram Jansen" in event.sentence


def test_reliability_c14_a_user_without_the_division_changes_nothing(world, held):
    admin, _, requests = held

    with pytest.raises(exact_login.LoginProblem, match="can not open"):
        exact_helpers.log_in(connection_of(world), user=admin, username=exact_helpers.CLAIRE)
    world.work_off()

    assert connection_of(world).state == ConnectionState.NEEDS_CONSENT
    assert states(world, requests) == {CopyState.QUEUED}
