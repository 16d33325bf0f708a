"""An answer that never came on the route "Exact invoice", at each of its four calls: never two of anything, nothing lost.

An e-mail cannot be taken back, so an invoice that Exact has printed is never printed again by itself (H-38).
"""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from invoices import copy_requests
from invoices.models import CopyState, DeliveryState, InvoiceState
from tests.journeys.world import World
from tests.journeys.written import (
    ONE_OF_EACH,
    ROUTE,
    Truth,
    document_of,
    held_requests,
    is_numbered,
    new_customers_invoice,
    states,
    truth,
)

CALLS = {
    "Accounts": "crm/Accounts",
    "Contacts": "crm/Contacts",
    "SalesInvoices": "salesinvoice/SalesInvoices",
    "PrintedSalesInvoices": "salesinvoice/PrintedSalesInvoices",
}
# Each call once with the plainest fault; what is special about another is the same at every call, so one will do.
EXECUTED = [
    *((call, "commit_then_drop") for call in CALLS),
    *(("PrintedSalesInvoices", one) for one in ("error_500_after_commit", "empty_201")),
    ("SalesInvoices", "error_500_after_commit"),
    ("Contacts", "garbage_json"),
]
NOT_EXECUTED = [
    *((call, "drop_before") for call in CALLS),
    *(("PrintedSalesInvoices", one) for one in ("generic_500", "maintenance_html")),
    ("SalesInvoices", "unavailable_503"),
    ("Contacts", "generic_500"),
]


@pytest.fixture
def world(transactional_db, exact) -> World:
    return World.begin(exact, **ROUTE)


def posts(world: World) -> list[str]:
    return [call.removeprefix("POST ") for call in world.calls(method="POST")]


@pytest.mark.parametrize(("call", "fault"), EXECUTED)
def test_reliability_a7_a9_a13_what_exact_did_is_found_and_not_asked_again(world, call, fault):
    invoice = new_customers_invoice(world)
    world.fault(fault, path=CALLS[call])

    world.copy(invoice)
    world.settle()

    assert truth(world, invoice) == ONE_OF_EACH
    assert posts(world) == list(CALLS)
    assert set(states(world, invoice).values()) == {CopyState.COPIED}
    document = document_of(world, invoice)
    assert document is not None
    lost = call == "PrintedSalesInvoices"
    assert document.delivery == (DeliveryState.UNSURE if lost else DeliveryState.SENT)
    fresh = world.fresh_invoice(invoice)
    assert (fresh.state, fresh.number) == (InvoiceState.FINALIZED, str(document.invoice_number))


@pytest.mark.parametrize(("call", "fault"), NOT_EXECUTED)
def test_reliability_a3_a11_what_exact_did_not_do_is_asked_again_after_two_looks(
    world, call, fault
):
    invoice = new_customers_invoice(world)
    world.fault(fault, path=CALLS[call])

    world.copy(invoice)
    world.settle()
    world.settle()

    assert truth(world, invoice) == ONE_OF_EACH
    assert sorted(posts(world)) == sorted([*CALLS, call])
    document = document_of(world, invoice)
    assert document is not None
    assert document.delivery == DeliveryState.SENT


@pytest.mark.parametrize("call", CALLS)
def test_reliability_a8_what_exact_does_after_we_stopped_waiting_is_waited_for(
    world, settings, call
):
    settings.COPY_SETTLE_SECONDS = 60
    invoice = new_customers_invoice(world)
    world.fault("late_commit", path=CALLS[call], delay_s=1.0)

    world.copy(invoice)
    end = time.monotonic() + 6
    before = truth(world, invoice)
    while truth(world, invoice) == before:
        assert time.monotonic() < end, "It did not happen in time"
        time.sleep(0.1)
    world.settle()
    world.settle()

    assert is_numbered(world, invoice)
    assert truth(world, invoice) == ONE_OF_EACH
    assert posts(world) == list(CALLS)


@pytest.mark.parametrize("call", CALLS)
def test_reliability_a10_a_500_with_a_sentence_is_looked_up_then_shown_and_can_be_tried_again(
    world, call
):
    invoice = new_customers_invoice(world)
    world.fault("validation_500", path=CALLS[call], text="De periode is afgesloten")

    world.copy(invoice)
    world.settle()

    made = list(CALLS).index(call)
    assert truth(world, invoice) == Truth(made > 0, made > 1, made > 2, 0, 0)
    [held] = held_requests(world, invoice)
    assert "period" in held.problem_sentence.lower()
    assert posts(world) == list(CALLS)[: made + 1]

    with world.rows():
        copy_requests.retry(copy_request=held, user=None, now=timezone.now())
    world.work_off()

    assert truth(world, invoice) == ONE_OF_EACH
    assert is_numbered(world, invoice)


def test_h38_trying_to_send_a_deleted_copy_again_never_sends_the_earlier_one(world):
    """Exact may print again and send a second e-mail: what a person asks to be sent is the copy they see."""
    world.control("PATCH", "switches", {"print_again": "sends_again"})
    invoice = new_customers_invoice(world)
    world.copy(invoice)
    world.fault(
        "validation_500", path=CALLS["PrintedSalesInvoices"], text="De periode is afgesloten"
    )
    world.copy(invoice, as_new=True)
    newest = document_of(world, invoice)
    assert newest is not None
    world.sandbox.sandbox.database.delete("salesinvoices", InvoiceID=str(newest.exact_id))

    for _ in range(3):
        for held in held_requests(world, invoice):
            with world.rows():
                copy_requests.retry(copy_request=held, user=None, now=timezone.now())
            world.work_off()

    assert truth(world, invoice) == ONE_OF_EACH
    [held] = held_requests(world, invoice)
    assert held.problem_code == "deleted_in_exact"
