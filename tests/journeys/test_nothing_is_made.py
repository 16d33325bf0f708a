"""An invoice that cannot be copied leaves nothing in Exact: no customer, no contact, no document (B-4)."""

from __future__ import annotations

import pytest

from integrations.models import Numbering, Route
from invoices.models import CopyState, FileKind
from tests import factories
from tests.journeys.world import World

pytestmark = pytest.mark.django_db(transaction=True)


# More than 21 % of 100.00, which somebody has to accept first.
DOUBTED = {"vat_amount": "22.00"}


def known_client(world: World):
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    return client


@pytest.mark.parametrize("create_customer", [False, True], ids=["new client", "asked for"])
@pytest.mark.parametrize("route", list(Route))
def test_b4_no_customer_is_made_for_an_invoice_with_a_doubt(exact, route, create_customer):
    numbering = Numbering.EXACT if route == Route.EXACT_INVOICE else Numbering.PSA
    world = World.begin(exact, route=route, numbering=numbering)
    invoice = world.invoice(**DOUBTED)

    request = world.copy(invoice, create_customer=create_customer)

    assert request.state == CopyState.NEEDS_CHOICE
    assert world.calls(method="POST") == []

    request = world.copy(invoice, create_customer=create_customer, accept_difference=True)
    assert request.state == CopyState.COPIED
    assert world.calls(method="POST")[0] == "POST Accounts"


def test_b9_no_document_is_made_for_an_invoice_with_a_doubt(exact):
    world = World.begin(exact)
    invoice = world.invoice(client=known_client(world), **DOUBTED)
    factories.make_file(invoice=invoice, kind=FileKind.PDF)

    request = world.copy(invoice)

    assert request.state == CopyState.NEEDS_CHOICE
    assert world.calls(method="POST") == []

    assert world.copy(invoice, accept_difference=True).state == CopyState.COPIED
    assert "POST Documents" in world.calls(method="POST")


def test_h27_no_contact_is_made_for_an_invoice_with_a_doubt(exact):
    world = World.begin(exact, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)
    client = known_client(world)
    contact = factories.make_contact(client=client, email="anna@client.example")
    invoice = world.invoice(client=client, contact=contact, **DOUBTED)

    request = world.copy(invoice)

    assert request.state == CopyState.NEEDS_CHOICE
    assert world.calls(method="POST") == []

    assert world.copy(invoice, accept_difference=True).state == CopyState.COPIED
    assert "POST Contacts" in world.calls(method="POST")
