"""The rules of a connection in a browser: what a change touches is said while it is made, what is suggested is one click (B-12, B-14)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import CostCenter, CostUnit, TaxRateVatCode
from invoices.models import ClientCost
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Office:
    """A connection with open invoices of two tax rates, of which one has no VAT code, and cost centers."""

    def __init__(self) -> None:
        self.organization = factories.make_organization(name="Studio Noorderlicht")
        self.admin = factories.make_user(
            organization=self.organization, role=Role.ADMIN, name="Anna Visser"
        )
        self.connection = factories.make_connection(
            organization=self.organization, use_costs=True, map_service_types=True
        )
        high = factories.make_tax_rate(organization=self.organization)
        factories.map_tax_rate(connection=self.connection, tax_rate=high, vat_code="2")
        with tenant_transaction(self.organization.pk):
            for model, code, name in (
                (CostCenter, "DEV", "Ontwikkeling"),
                (CostUnit, "SUPPORT", "Onderhoud"),
            ):
                model.objects.create(
                    connection=self.connection, exact_id=uuid4(), code=code, description=name
                )
        for country, rates in (("NL", ["21"]), ("NL", ["21", "9"]), ("DE", ["21"])):
            client = factories.make_client(
                organization=self.organization, country=country, vat_number=f"{country}123456789"
            )
            factories.make_invoice(
                organization=self.organization,
                subsidiary=self.connection.subsidiary,
                client=client,
                lines=[
                    {"net_amount": "100.00", "rate": rate, "service": "Omzet ontwerp"}
                    for rate in rates
                ],
            )
        self.base = f"/settings/marketplace/{self.connection.pk}"


@pytest.fixture
def office(live_server):
    return Office()


def test_b12_b14_a_change_says_what_it_touches_and_a_suggestion_is_one_click(
    page, sign_in, look_at, office
):
    sign_in(page, office.admin)
    page.goto(f"{office.base}/mapping/")
    said = page.locator("#touched")
    expect(said).to_contain_text("3 invoices are not in Exact yet")
    look_at(page, "mapping-suggestions")

    page.get_by_label("VAT 21%", exact=True).select_option("4")
    expect(said).to_contain_text("Saving changes how 3 of 3 open invoices will be booked")
    look_at(page, "mapping-touched")
    page.get_by_label("VAT 21%", exact=True).select_option("2")
    expect(said).to_contain_text("Saving changes nothing for the 3 invoices")
    page.get_by_label("Cost center of Omzet ontwerp").select_option("DEV")
    expect(said).to_contain_text("cost center or cost unit: 3")

    # What is typed beside it is not lost.
    page.get_by_role("button", name="Use 1 BTW laag").click()
    expect(page.get_by_text("From now on VAT 9% uses 1 BTW laag")).to_be_visible()
    expect(page.get_by_label("Cost center of Omzet ontwerp")).to_have_value("DEV")
    expect(page.get_by_label("VAT 9%", exact=True)).to_have_value("1")
    with tenant_transaction(office.organization.pk):
        assert TaxRateVatCode.objects.filter(vat_code="1").exists()

    page.get_by_role("link", name="Cost centers and units of clients").click()
    page.get_by_label("Find a client").fill("client")
    page.keyboard.press("Enter")
    page.get_by_label("Cost unit of Client").first.select_option("SUPPORT")
    expect(said).to_contain_text("Saving touches 1 open invoice.")
    look_at(page, "client-costs")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The cost centers and units of clients are saved.")).to_be_visible()
    with tenant_transaction(office.organization.pk):
        assert ClientCost.objects.get().cost_unit == "SUPPORT"
