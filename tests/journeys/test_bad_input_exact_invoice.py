"""Bad input on the route "Exact invoice": a sentence that says what to do, nothing lost, and nothing half-made unseen."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.models import Item, Numbering, Route, Sending, VatCode
from invoices.models import CopyState, InvoiceKind, InvoiceState
from tests import factories
from tests.journeys.world import World


@pytest.fixture
def world(transactional_db, exact) -> World:
    return World.begin(exact, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)


def customer(world, **fields):
    """A client that is a customer of Exact."""
    client = factories.make_client(organization=world.organization, **fields)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    return client


def copied(world, *, sending=Sending.NONE, choices=None, **fields):
    """What becomes of such an invoice, and how many sales invoices it left in Exact."""
    fields.setdefault("client", customer(world))
    invoice = world.invoice(**fields)
    before = len(world.made_invoices())
    request = world.copy(invoice, sending=sending, **(choices or {}))
    return request, len(world.made_invoices()) - before


def line(**fields):
    return {"net_amount": "100.00", "rate": "21", **fields}


@pytest.mark.parametrize(
    ("item_code", "problem", "said"),
    [
        ("NOPE", "item_unknown", "NOPE"),
        ("OLD", "item_blocked", "OLD"),
        ("LAPTOP", "item_blocked", "LAPTOP"),
    ],
)
def test_h11_h35_an_item_that_can_not_be_sold_is_named_before_anything_is_sent(
    world, item_code, problem, said
):
    request, made = copied(world, lines=[line(item_code=item_code)])

    assert (request.state, request.problem_code) == (CopyState.NEEDS_CHOICE, problem)
    assert said in request.problem_sentence
    assert request.problem_remedy
    assert made == 0


def test_h34_an_item_that_was_ended_in_exact_since_is_refused_there_and_explained(world):
    """The mirror still has it as sold; Exact's own words are kept beside the explanation (H-18)."""
    with world.rows():
        Item.objects.filter(connection=world.connection, code="OLD").update(
            end_date=None, is_sales_item=True
        )

    request, made = copied(world, lines=[line(item_code="OLD")])

    assert (request.state, request.problem_code) == (CopyState.NEEDS_CHOICE, "item_blocked")
    assert "item" in request.problem_sentence.casefold()
    assert request.problem_raw
    assert made == 0


def test_h15_without_a_default_vat_code_and_without_code_2_nothing_is_guessed(world):
    with world.rows():
        world.connection.default_vat_code = ""
        world.connection.save()
        VatCode.objects.filter(connection=world.connection, code="2").update(is_blocked=True)

    request, made = copied(world)

    assert request.state == CopyState.NEEDS_CHOICE
    assert request.problem_code.startswith("vat_")
    assert "2" in request.problem_sentence
    assert made == 0


def test_h30_an_invoice_that_nobody_can_receive_is_not_made(world):
    with world.rows():
        world.connection.customers.update(email="")

    request, made = copied(world, sending=Sending.EMAIL, client=customer(world, email=""))

    assert (request.state, request.problem_code) == (CopyState.NEEDS_CHOICE, "email_missing")
    assert "e-mail" in request.problem_sentence
    assert made == 0


def test_h32_a_credit_note_larger_than_its_invoice_is_asked_about(world):
    client = customer(world)
    original = world.invoice(client=client, net="50.00")

    request, made = copied(world, client=client, kind=InvoiceKind.CREDIT_NOTE, original=original)
    again, made_again = copied(
        world,
        client=client,
        kind=InvoiceKind.CREDIT_NOTE,
        original=original,
        choices={"accept_difference": True},
    )

    assert request.state == CopyState.NEEDS_CHOICE
    assert "60.50" in request.problem_sentence
    assert made == 0
    assert (again.state, made_again) == (CopyState.COPIED, 1)


def test_an_invoice_of_nothing_is_asked_about_and_then_made(world):
    nothing = [line(net_amount="0.00")]

    request, made = copied(world, lines=nothing)
    again, made_again = copied(world, lines=nothing, choices={"accept_difference": True})

    assert request.state == CopyState.NEEDS_CHOICE
    assert made == 0
    assert (again.state, made_again) == (CopyState.COPIED, 1)


def test_h36_a_line_of_quantity_nothing_is_one_piece_of_its_amount(world):
    request, made = copied(world, lines=[line(quantity=Decimal(0), unit_price=Decimal(100))])

    [in_exact] = world.made_invoices(f"[{request.marker}]")
    assert (request.state, made) == (CopyState.COPIED, 1)
    assert Decimal(in_exact["lines"][0]["quantity"]) == 1
    assert Decimal(in_exact["amount"]) == 121


def test_h38_an_email_that_exact_refuses_is_shown_and_the_invoice_is_booked(world):
    client = customer(world)
    contact = factories.make_contact(client=client, email="not an address")
    invoice = world.invoice(client=client, contact=contact)

    request = world.copy(invoice, sending=Sending.EMAIL)

    [document] = world.documents(invoice)
    failed = [one for one in document.delivery_results if not one["succeeded"]]
    assert request.state == CopyState.COPIED
    assert [one["way"] for one in failed] == ["email"]
    assert world.fresh_invoice(invoice).state == InvoiceState.FINALIZED
