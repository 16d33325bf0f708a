"""The test invoice (H-17) and what undoes it, from the admin's buttons to the mailbox, over real HTTP."""

from __future__ import annotations

import pytest
from django.urls import reverse

from connector.tenancy.models import Role
from integrations.models import ExactConnection, Numbering, Route
from integrations.psa.registry import CONNECTOR
from invoices.models import CopyRequest, Invoice, InvoiceKind, InvoiceState
from tests import factories
from tests.journeys.world import World


@pytest.fixture
def world(transactional_db, exact) -> World:
    return World.begin(exact, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)


@pytest.fixture
def admin(world):
    return factories.make_user(
        organization=world.organization, role=Role.ADMIN, email="controller@agency.example"
    )


def press(world, admin, **fields: str):
    """The admin presses *Send the test invoice*."""
    address = reverse("trial_invoice", args=[world.connection.pk])
    return factories.sign_in(admin).post(address, fields)


def trials(world, kind=InvoiceKind.INVOICE) -> list[Invoice]:
    with world.rows():
        return list(Invoice.objects.filter(source=CONNECTOR.name, kind=kind).order_by("id"))


def mailbox(world) -> list[str]:
    messages = world.control("GET", "outbox")["messages"]
    return [one["subject"] for one in messages if one["to"] == "controller@agency.example"]


def test_h17_the_page_says_what_will_happen_and_does_nothing_yet(world, admin):
    address = reverse("trial_invoice", args=[world.connection.pk])

    page = factories.sign_in(admin).get(address).content.decode()

    assert "controller@agency.example" in page
    assert "can not be taken back" in page
    assert trials(world) == []
    assert world.calls() == []


def test_h17_the_test_invoice_arrives_at_the_admin_and_its_number_is_shown(world, admin):
    before = len(mailbox(world))

    answer = press(world, admin)
    world.work_off()

    [invoice] = trials(world)
    page = factories.sign_in(admin).get(answer.headers["Location"]).content.decode()
    assert invoice.state == InvoiceState.FINALIZED
    assert invoice.number in page
    assert "Credit the test invoice" in page
    assert len(mailbox(world)) == before + 1


def test_h17_two_clicks_send_one_test_invoice(world, admin):
    press(world, admin)

    answer = press(world, admin)
    world.work_off()

    assert answer.status_code == 422
    assert "on its way already" in answer.content.decode()
    assert len(trials(world)) == 1


def test_h17_the_test_invoice_is_credited_once(world, admin):
    press(world, admin)
    world.work_off()
    [invoice] = trials(world)
    browser = factories.sign_in(admin)
    address = reverse("trial_invoice_credit", args=[invoice.pk])

    browser.post(address)
    browser.post(address)
    world.work_off()

    [note] = trials(world, InvoiceKind.CREDIT_NOTE)
    [document] = world.documents(note)
    assert note.original_id == invoice.pk
    assert document.gross_amount == -invoice.gross_amount
    assert document.sent_at is not None


def test_h17_a_test_that_would_be_refused_is_not_made(world, admin):
    """H-18: the page says why, and where to mend it."""
    with world.rows():
        ExactConnection.objects.filter(pk=world.connection.pk).update(default_item_exact_id=None)

    answer = press(world, admin)

    assert answer.status_code == 422
    assert "would be refused" in answer.content.decode()
    assert trials(world) == []
    with world.rows():
        assert not CopyRequest.objects.exists()


def test_h17_where_the_psa_sends_the_invoices_no_test_is_offered(world, admin):
    with world.rows():
        ExactConnection.objects.filter(pk=world.connection.pk).update(route=Route.BOOKING)

    assert press(world, admin).status_code == 422
    assert trials(world) == []
