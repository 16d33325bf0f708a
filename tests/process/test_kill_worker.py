"""A worker killed at any moment of a copy, and started again: exactly one document in Exact."""

from __future__ import annotations

import time

import pytest

from invoices.models import CopyRequest, CopyState, Invoice
from tests import factories
from tests.journeys.shelf import Shelf

pytestmark = pytest.mark.process


@pytest.fixture
def invoice(world) -> Invoice:
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    return world.invoice(client=client)


def documents(world, invoice: Invoice) -> int:
    return len(world.entries(invoice.number))


def is_copied(world, request: CopyRequest) -> bool:
    return world.fresh(request).state == CopyState.COPIED


def test_reliability_a1_a_crash_before_the_wish_is_committed_leaves_nothing(world, invoice):
    def crash() -> None:
        with world.rows():
            world.request(invoice)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()

    world.work_off()

    with world.rows():
        assert not CopyRequest.objects.filter(invoice=invoice).exists()
    assert documents(world, invoice) == 0


def test_reliability_a2_a_wish_whose_message_was_lost_is_done_by_the_sweep(
    world, invoice, worker, sweep_until, monkeypatch
):
    monkeypatch.setattr("integrations.lanes.doorbell.nudge", lambda *_args, **_options: None)
    request = world.request(invoice)
    monkeypatch.undo()

    worker()
    sweep_until(lambda: is_copied(world, request))

    assert documents(world, invoice) == 1


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("A3", "after_claim_commit"),
        ("A4", "before_send"),
        ("A5", "after_response"),
        ("A6", "before_confirm_commit"),
    ],
)
def test_reliability_a3_to_a6_a_worker_killed_at_a_named_place(
    world, invoice, worker, sweep_until, row, place
):
    request = world.request(invoice)
    first = worker(crash_at=place)
    sweep_until(lambda: not first.is_alive)

    worker()
    sweep_until(lambda: is_copied(world, request))

    assert first.died_by_itself(), row
    assert documents(world, invoice) == 1
    assert len(world.documents(invoice)) == 1


@pytest.mark.parametrize(("row", "delay"), [("A4", 0.0), ("A5", 3.0)])
def test_reliability_a4_a5_a_worker_killed_while_exact_is_at_it(
    world, invoice, worker, sweep_until, row, delay
):
    """The request is on the wire: Exact has executed it or not, and the answer finds nobody."""
    world.fault("hang" if delay else "drop_before", delay_s=delay)
    request = world.request(invoice)
    first = worker()
    sweep_until(lambda: "POST SalesEntries" in world.calls())
    first.kill()
    time.sleep(delay)

    worker()
    sweep_until(lambda: is_copied(world, request))

    assert documents(world, invoice) == 1, row


def test_reliability_a7_an_answer_that_is_lost_on_the_way(world, invoice, worker, sweep_until):
    world.fault("commit_then_drop")
    request = world.request(invoice)

    worker()
    sweep_until(lambda: is_copied(world, request))

    assert documents(world, invoice) == 1
    assert world.calls(method="POST") == ["POST SalesEntries"]


@pytest.mark.parametrize("place", ["after_customer_claim", "after_customer_post"])
def test_reliability_a25_a_worker_killed_while_it_creates_the_customer(
    world, worker, sweep_until, place
):
    client = factories.make_client(organization=world.organization, name=f"Klant {place}")
    invoice = world.invoice(client=client)
    request = world.request(invoice)
    first = worker(crash_at=place)
    sweep_until(lambda: not first.is_alive)

    worker()
    sweep_until(lambda: is_copied(world, request))

    assert documents(world, invoice) == 1
    created = place == "after_customer_post"
    assert world.calls(method="POST").count("POST Accounts") == 1, created


@pytest.mark.parametrize(
    "place",
    [
        "after_document_claim",
        "after_document_post",
        "after_attachment_claim",
        "after_attachment_post",
    ],
)
def test_reliability_a27_a_worker_killed_while_it_puts_the_pdf_into_exact(
    world, invoice, worker, sweep_until, place
):
    """B-9: one document, one file in it, one entry that names it."""
    factories.make_file(invoice=invoice)
    request = world.request(invoice)
    first = worker(crash_at=place)
    sweep_until(lambda: not first.is_alive)

    worker()
    sweep_until(lambda: is_copied(world, request))

    shelf = Shelf(world)
    [document] = shelf.documents(invoice)
    [posted] = world.documents(invoice)
    assert first.died_by_itself()
    assert documents(world, invoice) == 1
    assert shelf.files(document) == {f"{invoice.number}.pdf": b"%PDF-1.4"}
    assert document["FinancialTransactionEntryID"] == str(posted.exact_id)


def test_reliability_a16_two_workers_and_many_messages_make_one_document(
    world, invoice, worker, sweep_until
):
    request = world.request(invoice)

    worker()
    worker()
    sweep_until(lambda: is_copied(world, request))

    assert documents(world, invoice) == 1
