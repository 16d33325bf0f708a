"""The person in Exact who receives an invoice: H-25 to H-28 and H-30, over real HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from integrations import sessions
from integrations.exact import contacts
from integrations.models import ExactConnection, Numbering, Route
from invoices import recovery
from invoices.models import ContactLink, CopyState, ExactRecordState, RecoveryPass
from tests import factories
from tests.journeys.world import World

POSTS = ["POST SalesInvoices", "POST PrintedSalesInvoices"]


@pytest.fixture
def world(transactional_db, exact) -> World:
    return World.begin(exact, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)


@pytest.fixture
def client(world):
    """A client that is a customer of Exact already."""
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    return client


def exact_client(world):
    with world.rows():
        connection = ExactConnection.objects.select_related("grant").get(pk=world.connection.pk)
    return sessions.open_client(connection, on_answer=lambda _record: None)


def add_in_exact(world, account: UUID, email: str, name: str = "Bakker") -> UUID:
    """Somebody makes a contact in Exact itself."""
    draft = contacts.ContactDraft(account_id=account, first_name="Bo", last_name=name, email=email)
    made = contacts.create(exact_client(world), draft).exact_id
    world.forget_calls()
    return made


def contacts_of(world, account: UUID) -> list[contacts.Contact]:
    return contacts.list_of_account(exact_client(world), account)


def invoice_for(world, client, contact, **fields: Any):
    return world.invoice(client=client, contact=contact, **fields)


def receiver(world, request) -> str:
    """The contact of the invoice that Exact made of the request."""
    [made] = world.made_invoices(f"[{request.marker}]")
    return str(made["contact"])


def test_h25_h26_a_contact_with_the_address_is_found_at_the_account_and_used(world, client):
    account = world.customer().exact_id
    contact = factories.make_contact(client=client, email="Jo.Bakker@example.com")
    known = add_in_exact(world, account, "jo.bakker@EXAMPLE.com")

    request = world.copy(invoice_for(world, client, contact))

    assert receiver(world, request) == str(known)
    assert world.calls(method="POST") == POSTS


def test_h27_a_contact_of_another_account_is_left_there_and_a_new_one_is_made(world, client):
    account = world.customer().exact_id
    contact = factories.make_contact(client=client, email="shared@example.com")
    with world.rows():
        other = world.connection.customers.filter(status="C").exclude(exact_id=account).first()
    elsewhere = add_in_exact(world, other.exact_id, "shared@example.com")

    request = world.copy(invoice_for(world, client, contact))

    found = {one.exact_id: one for one in contacts_of(world, account)}
    used = UUID(receiver(world, request))
    assert used != elsewhere
    assert found[used].email == "shared@example.com"
    assert elsewhere in {one.exact_id for one in contacts_of(world, other.exact_id)}


def test_h28_a_contact_that_is_nowhere_is_made_once_under_the_account(world, client):
    contact = factories.make_contact(client=client, first_name="Sanne", last_name="de Wit")

    first = world.copy(invoice_for(world, client, contact))
    world.forget_calls()
    second = world.copy(invoice_for(world, client, contact))

    made = [
        one for one in contacts_of(world, world.customer().exact_id) if one.email == contact.email
    ]
    assert [one.full_name for one in made] == ["Sanne de Wit"]
    assert receiver(world, first) == receiver(world, second) == str(made[0].exact_id)
    assert world.calls(method="POST") == POSTS


def test_h28_f4_a_contact_that_a_restore_forgot_is_not_made_twice_at_an_account_of_a_moment_ago(
    world,
):
    """RELIABILITY F4: of its own new account it is known otherwise that it has no contacts, and nobody looks."""
    contact = factories.make_contact(
        client=factories.make_client(organization=world.organization), email="again@example.org"
    )
    first = world.copy(invoice_for(world, contact.client, contact))
    with world.rows():
        ContactLink.objects.filter(contact=contact).delete()
        now = timezone.now()
        recovery.begin(connection=world.connection, backup_at=now, now=now)
        RecoveryPass.objects.update(done_at=now, next_at=None)

    second = world.copy(invoice_for(world, contact.client, contact))

    assert receiver(world, second) == receiver(world, first)
    [account] = {one["invoice_to"] for one in world.made_invoices(f"[{second.marker}]")}
    assert len(contacts_of(world, UUID(str(account)))) == 1


def test_h28_two_contacts_of_the_psa_with_one_address_are_one_person_in_exact(world, client):
    both = [factories.make_contact(client=client, email="books@example.org") for _ in range(2)]

    requests = [world.copy(invoice_for(world, client, contact)) for contact in both]

    assert len({receiver(world, request) for request in requests}) == 1


def test_h30_another_address_is_another_person_to_exact(world, client):
    contact = factories.make_contact(client=client, email="old@example.net")
    first = world.copy(invoice_for(world, client, contact))
    with world.rows():
        contact.email = "new@example.net"
        contact.save()

    second = world.copy(invoice_for(world, client, contact))

    messages = world.control("GET", "outbox")["messages"]
    sent_to = [one["to"] for one in messages if one["to"].endswith("@example.net")]
    assert sorted(sent_to) == ["new@example.net", "old@example.net"]
    assert receiver(world, first) != receiver(world, second)


def test_h30_without_a_contact_the_account_gets_the_invoice(world, client):
    request = world.copy(world.invoice(client=client))

    [made] = world.made_invoices(f"[{request.marker}]")
    assert made["contact"] is None
    assert request.state == CopyState.COPIED


def test_h28_a_contact_with_one_name_is_made_as_exact_wants_two(world, client):
    contact = factories.make_contact(client=client, first_name="", last_name="Administratie")

    world.copy(invoice_for(world, client, contact))

    [made] = [
        one for one in contacts_of(world, world.customer().exact_id) if one.email == contact.email
    ]
    assert (made.first_name, made.last_name) == ("-", "Administratie")


def test_a_contact_that_was_deleted_in_exact_is_looked_for_anew_at_the_next_try(world, client):
    contact = factories.make_contact(client=client)
    with world.rows():
        ContactLink.objects.create(
            connection=world.connection,
            contact=contact,
            account_exact_id=world.customer().exact_id,
            email=contact.email,
            state=ExactRecordState.LINKED,
            exact_id=UUID(int=77),
        )
    invoice = invoice_for(world, client, contact)

    refused = world.copy(invoice)
    again = world.copy(invoice)

    assert (refused.state, refused.problem_code) == (CopyState.NEEDS_CHOICE, "contact_invalid")
    assert again.state == CopyState.COPIED
    assert receiver(world, again) != str(UUID(int=77))
