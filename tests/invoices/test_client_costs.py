"""Rules for cost centers and units on the screens (B-14): of service types, of clients, and in the copy dialog."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import (
    CostCenter,
    CostUnit,
    Deferral,
    ExactConnection,
    LaneMember,
    ReferenceList,
    ServiceTypeCost,
)
from integrations.reference_lists import COST_LISTS
from invoices.models import ClientCost
from tests import factories

pytestmark = pytest.mark.django_db


class Office:
    """A connection that has cost centers and units, two clients with open invoices, and its admin."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(
            organization=self.organization, use_costs=True, default_vat_code="2"
        )
        self.hosting = factories.make_service_type(organization=self.organization, name="Hosting")
        self.bakker, self.visser = (
            factories.make_client(organization=self.organization, name=name)
            for name in ("Bakker Media", "Visser Bouw")
        )
        with self.rows():
            for model, code in ((CostCenter, "DEV"), (CostCenter, "OLD"), (CostUnit, "SUPPORT")):
                model.objects.create(
                    connection=self.connection,
                    exact_id=uuid4(),
                    code=code,
                    description=code.title(),
                    is_blocked=code == "OLD",
                )
        admin = factories.make_user(organization=self.organization, role=Role.ADMIN)
        self.browser = factories.sign_in(admin)
        base = f"/settings/marketplace/{self.connection.pk}"
        self.mapping, self.page = f"{base}/mapping/", f"{base}/client-costs/"

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def add(self, client):
        return factories.make_invoice(
            organization=self.organization,
            subsidiary=self.connection.subsidiary,
            client=client,
            lines=[{"net_amount": "10.00", "rate": "21", "service": "Hosting"}],
        )

    def map(self, **values):
        typed = {
            "default_ledger": str(self.connection.default_ledger_exact_id),
            "default_vat_code": "2",
            "deferral": Deferral.OFF,
        }
        return self.browser.post(self.mapping, typed | values)

    def choose(self, client, center="", unit="", **values):
        typed = {
            "client": [str(client.pk)],
            f"center_{client.pk}": center,
            f"unit_{client.pk}": unit,
        }
        return self.browser.post(self.page, typed | values)

    def of_clients(self):
        with self.rows():
            rows = ClientCost.objects.values_list("client__name", "cost_center", "cost_unit")
            return set(rows)


@pytest.fixture
def office():
    return Office()


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_b14_a_service_types_rule_counts_what_it_touches_and_is_stored(office):
    office.add(office.bakker)
    rule = {
        "use_costs": "on",
        f"cost_center_of_type_{office.hosting.pk}": "DEV",
        f"cost_unit_of_type_{office.hosting.pk}": "SUPPORT",
    }

    counted = text(office.map(count="1", **rule))
    assert "Saving changes how 1 of 1 open invoices will be booked: cost center or" in counted
    assert office.map(**rule).status_code == 302
    with office.rows():
        row = ServiceTypeCost.objects.get()
    assert (row.service_type_id, row.cost_center, row.cost_unit) == (
        office.hosting.pk,
        "DEV",
        "SUPPORT",
    )
    # Switched off, the rules stay and are not used.
    office.map(**(rule | {"use_costs": ""}))
    with office.rows():
        assert ServiceTypeCost.objects.count() == 1
        assert not ExactConnection.objects.get().use_costs


def test_b14_what_exact_no_longer_has_is_refused(office):
    refused = office.map(**{"use_costs": "on", f"cost_center_of_type_{office.hosting.pk}": "OLD"})

    assert refused.status_code == 422


def test_b14_lists_are_asked_for_when_the_rules_begin_to_be_used(office):
    with office.rows():
        ReferenceList.objects.filter(kind__in=COST_LISTS).delete()
        ExactConnection.objects.update(use_costs=False)
        LaneMember.objects.all().delete()
    before = text(office.browser.get(office.mapping))
    assert "The lists are read from Exact once this is saved" in before

    answer = office.map(use_costs="on")

    assert answer["Location"] == office.mapping
    assert "being read from Exact. Choose them here" in text(office.browser.get(office.mapping))
    # What Exact says to it is told; saving again does not ask again, and leads on.
    with office.rows():
        ReferenceList.objects.filter(kind=COST_LISTS[0]).update(problem="No right to cost centers.")
    assert "No right to cost centers." in text(office.browser.get(office.mapping))
    assert office.map(use_costs="on")["Location"].endswith("/check/")
    with office.rows():
        asked = ReferenceList.objects.filter(kind__in=COST_LISTS, due_at__isnull=False)
        assert asked.count() == 2


def test_b14_a_client_is_found_counted_given_a_cost_center_and_freed_of_it(office):
    for client in (office.bakker, office.bakker, office.visser):
        office.add(client)
    found = text(office.browser.get(office.page, {"q": "bakker"}))
    assert "Bakker Media" in found
    assert "Visser Bouw" not in found

    counted = office.choose(office.bakker, "DEV", "SUPPORT", count="1")
    assert "Saving touches 2 open invoices." in text(counted)
    assert office.of_clients() == set()
    office.choose(office.bakker, "DEV", "SUPPORT")
    assert office.of_clients() == {("Bakker Media", "DEV", "SUPPORT")}
    # It is shown without a search, and what another page does not show stays.
    assert "Bakker Media" in text(office.browser.get(office.page))
    with office.rows():
        assert office.connection.events.filter(sentence__contains="units of clients").exists()
    office.choose(office.bakker)
    assert office.of_clients() == set()


def test_b14_nonsense_and_other_peoples_clients_store_nothing(office):
    stranger = factories.make_client(organization=factories.make_organization())

    assert office.choose(office.bakker, "OLD").status_code == 422
    assert office.choose(office.bakker, "NONSENSE").status_code == 422
    office.choose(stranger, "DEV")
    office.browser.post(office.page, {"client": ["x", "-1", "²", "9" * 30], "center_x": "DEV"})
    assert office.of_clients() == set()


def test_b14_the_dialog_says_why_a_line_has_its_cost_center(office):
    office.choose(office.bakker, "DEV")
    with office.rows():
        ServiceTypeCost.objects.create(
            connection=office.connection, service_type=office.hosting, cost_unit="SUPPORT"
        )
    invoice = office.add(office.bakker)

    shown = text(office.browser.get(f"/invoices/{invoice.pk}/copy/"))

    assert "DEV from client Bakker Media" in shown
    assert "SUPPORT from service type Hosting" in shown
