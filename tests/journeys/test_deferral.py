"""A line's period and cost center on their way: booked, read back, changed by an update, and no more than that."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from integrations import reference_lists
from integrations.exact import sales_entries
from integrations.models import CostCenter, CostUnit, Deferral, ExactConnection, ServiceTypeCost
from integrations.sessions import open_client
from invoices.models import ClientCost, CopyState
from tests import factories
from tests.exact import sandbox, sandbox_server
from tests.journeys.world import World

__all__ = ["sandbox", "sandbox_server"]

pytestmark = pytest.mark.django_db(transaction=True)

YEAR = {"period_from_date": date(2026, 11, 1), "period_to_date": date(2027, 10, 31)}
MONTH = {"period_from_date": date(2026, 11, 1), "period_to_date": date(2026, 11, 30)}
LINES = (
    {"net_amount": "1200.00", "rate": "21", "cost_center": "001cc", **YEAR},
    {"net_amount": "100.00", "rate": "21", "cost_unit": "PROJECT", **MONTH},
)


def test_b13_b14_period_and_cost_codes_are_booked_and_follow_an_update(sandbox, settings):
    settings.COPY_FIRST_READ_BACKS = 50
    world = World.begin(sandbox, deferral=Deferral.LATER)
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    invoice = world.invoice(client=client, number="27004001", lines=LINES)

    assert world.copy(invoice).state == CopyState.COPIED

    year, month = booked(world, invoice)
    assert (year.from_date, year.to_date) == (YEAR["period_from_date"], YEAR["period_to_date"])
    assert (month.from_date, month.to_date) == (None, None)
    assert (year.cost_center, month.cost_unit) == ("001CC", "PROJECT")

    with world.rows():
        line = invoice.lines.get(position=1)
        line.period_to_date, line.cost_center = date(2027, 4, 30), ""
        line.save()
    world.forget_calls()
    assert world.update(invoice).state == CopyState.COPIED
    assert world.calls(method="PUT") == ["PUT SalesEntryLines"]
    year, _month = booked(world, invoice)
    assert (year.to_date, year.cost_center) == (date(2027, 4, 30), None)

    world.forget_calls()
    world.update(invoice)
    assert world.calls(method="PUT") == []


def booked(world, invoice):
    (document,) = world.documents(invoice)
    with world.rows():
        connection = ExactConnection.objects.get(pk=world.connection.pk)
        client = open_client(connection, on_answer=lambda _record: None)
    lines = sales_entries.get(client, document.exact_id).lines or ()
    return sorted(lines, key=lambda line: line.line_number or 0)


def test_b14_cost_rules_read_the_lists_once_used_and_reach_exact(sandbox):
    world = World.begin(sandbox)
    with world.rows():
        assert not CostCenter.objects.exists()
        world.connection.use_costs = True
        world.connection.save()
        reference_lists.request_refresh(
            world.connection, kinds=reference_lists.COST_LISTS, now=timezone.now()
        )
    world.work_off()
    with world.rows():
        centers = CostCenter.objects.filter(is_gone=False).values_list("code", flat=True)
        assert set(centers) == {"001CC", "DESIGN", "DEV"}
        assert CostUnit.objects.filter(code="SUPPORT").exists()
        hosting = factories.make_service_type(organization=world.organization, name="Hosting")
        ServiceTypeCost.objects.create(
            connection=world.connection,
            service_type=hosting,
            cost_center="DEV",
            cost_unit="SUPPORT",
        )
        client = factories.make_client(organization=world.organization)
        ClientCost.objects.create(connection=world.connection, client=client, cost_center="DESIGN")
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    lines = (
        {"net_amount": "10.00", "rate": "21", "service": "Hosting"},
        {"net_amount": "20.00", "rate": "21", "cost_center": "001CC"},
    )
    invoice = world.invoice(client=client, number="27004002", lines=lines)

    assert world.copy(invoice).state == CopyState.COPIED

    costs = [(line.cost_center, line.cost_unit) for line in booked(world, invoice)]
    assert costs == [("DESIGN", "SUPPORT"), ("001CC", None)]
