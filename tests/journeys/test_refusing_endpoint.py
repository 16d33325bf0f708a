"""Twenty invoices that Exact refuses for one reason: it is asked five times, the rest wait and say why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connector.tenancy.models import Role
from integrations import lanes
from integrations.models import DivisionLane
from invoices.models import CopyRequest, CopyState
from tests import background, factories
from tests.journeys.test_bad_input import panel
from tests.journeys.world import World
from tests.payments.books import USER

_PATH = "/salesentry/SalesEntries"


@pytest.fixture
def refused(world):
    """Twenty copies asked for, and the Exact user may only look. Workers run."""
    background.runs()
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    world.control("DELETE", "limits")
    world.control("PATCH", "users", {"username": USER, "may_write": False})
    for _ in range(20):
        world.request(world.invoice(client=client))
    yield world
    world.control("PATCH", "users", {"username": USER, "may_write": True})


def refusals(world: World) -> int:
    log = world.control("GET", f"log?since={world.seen}&path={_PATH}&status=403")["entries"]
    return len(log)


def count(world: World, state: CopyState) -> int:
    with world.rows():
        return CopyRequest.objects.filter(state=state).count()


def after_the_cool_down(world: World) -> None:
    """A quarter of an hour and more goes by."""
    lane = DivisionLane.objects.get()
    for one in lane.breakers.values():
        one["open_until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    lane.save()
    with world.rows():
        CopyRequest.objects.filter(state=CopyState.QUEUED).update(next_at=timezone.now())
    world.resume()


def test_reliability_d6_a_batch_of_refused_invoices_cost_five_errors_and_one_for_each_probe(
    refused,
):
    refused.work_off()

    assert refusals(refused) == 5
    assert count(refused, CopyState.QUEUED) == 15
    assert refused.control("GET", "limits")["blocks"] == []
    with refused.rows():
        waiting = CopyRequest.objects.filter(state=CopyState.QUEUED).select_related("invoice")
        soon = timezone.now() + timedelta(minutes=14)
        assert not waiting.filter(next_at__lt=soon).exists()
        invoice = waiting[0].invoice
    browser = factories.sign_in(
        factories.make_user(organization=refused.organization, role=Role.FINANCE)
    )
    shown = panel(browser, invoice)
    assert "Exact refused several calls for sales entries within an hour" in shown
    assert "It is tried again, at " in shown

    after_the_cool_down(refused)
    assert refusals(refused) == 6
    assert count(refused, CopyState.QUEUED) == 14


def test_reliability_d5_once_exact_accepts_one_the_rest_go_on_by_themselves(refused):
    refused.work_off()
    refused.control("PATCH", "users", {"username": USER, "may_write": True})

    after_the_cool_down(refused)

    assert count(refused, CopyState.COPIED) == 15
    assert lanes.held_endpoints(refused.connection) == []
