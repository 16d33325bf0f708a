"""A worker killed between any two calls of the route "Exact invoice": one of everything in Exact, one e-mail sent."""

from __future__ import annotations

import pytest

from invoices.models import CopyState, DeliveryState, Invoice, InvoiceState
from tests.journeys.world import World
from tests.journeys.written import (
    ONE_OF_EACH,
    ROUTE,
    document_of,
    is_numbered,
    new_customers_invoice,
    states,
    truth,
)

pytestmark = pytest.mark.process

# In the order in which they come. After a lost answer the next worker finds what was made and goes on from there, so the
# places that follow an answer that came are reached alone only.
IN_TURN = (
    *("after_customer_claim", "after_customer_post", "after_contact_claim", "after_contact_post"),
    *("after_claim_commit", "before_send", "after_response", "after_print_claim", "after_print"),
)
ALONE = {
    "after_customer_post": DeliveryState.SENT,
    "after_contact_post": DeliveryState.SENT,
    "before_confirm_commit": DeliveryState.SENT,
    "after_print_claim": DeliveryState.SENT,
    # Exact has printed it, and its answer died with the worker: whether the e-mail left is not known here.
    "after_print": DeliveryState.UNSURE,
    "after_number_read": DeliveryState.SENT,
}


@pytest.fixture
def world(transactional_db, exact) -> World:
    return World.begin(exact, **ROUTE)


def assert_done_once(world: World, invoice: Invoice, delivery: DeliveryState) -> None:
    """Exact has one of each, and what we show of it is what happened."""
    assert truth(world, invoice) == ONE_OF_EACH
    assert set(states(world, invoice).values()) == {CopyState.COPIED}
    document = document_of(world, invoice)
    assert document is not None
    assert document.delivery == delivery
    fresh = world.fresh_invoice(invoice)
    assert (fresh.state, fresh.number) == (InvoiceState.FINALIZED, str(document.invoice_number))


@pytest.mark.parametrize("place", ALONE)
def test_reliability_a28_a_worker_killed_between_any_two_calls_makes_one_of_each(
    world, worker, sweep_until, place
):
    """H-22, H-28, H-29, H-38: account, contact, invoice, e-mail."""
    invoice = new_customers_invoice(world)
    world.request(invoice)
    first = worker(crash_at=place)
    sweep_until(lambda: not first.is_alive)

    worker()
    sweep_until(lambda: is_numbered(world, invoice))

    assert first.died_by_itself()
    assert_done_once(world, invoice, ALONE[place])


def test_reliability_a28_a_worker_killed_at_every_place_in_turn_makes_one_of_each(
    world, worker, sweep_until
):
    """Each worker takes over from one that died, and dies a step further."""
    invoice = new_customers_invoice(world)
    world.request(invoice)
    for place in IN_TURN:
        one = worker(crash_at=place)
        sweep_until(lambda one=one: not one.is_alive or is_numbered(world, invoice))
        assert one.died_by_itself(), place

    worker()
    sweep_until(lambda: is_numbered(world, invoice))

    assert_done_once(world, invoice, DeliveryState.UNSURE)
