"""Tax categories, and Subscription & integrations: H-1 to H-3, H-13, H-14, P-5."""

from __future__ import annotations

import re

import pytest

from connector.tenancy.models import Plan, Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection, TaxRateVatCode, VatCode
from tests import factories

pytestmark = pytest.mark.django_db

TAX = "/settings/tax-categories/"
SUBSCRIPTION = "/settings/subscription/"
CONFIRM = "/settings/marketplace/confirm/"
CONNECT = "/settings/marketplace/connect/"


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def browser(organization):
    return factories.sign_in(factories.make_user(organization=organization, role=Role.ADMIN))


def text(response):
    return " ".join(response.content.decode().split())


def codes(connection):
    with tenant_transaction(connection.organization_id):
        rows = TaxRateVatCode.objects.filter(connection=connection)
        return {row.tax_rate_id: row.vat_code for row in rows}


def test_h1_h2_the_accounting_section_has_a_tile_with_connect(browser):
    shown = text(browser.get(SUBSCRIPTION))

    assert "Subscription &amp; integrations" in shown
    assert "Professional" in shown
    section = shown[shown.index(">Accounting<") :]
    assert "Exact Online" in section
    assert f'href="{CONFIRM}"' in section
    assert f'href="{SUBSCRIPTION}"' in text(browser.get("/settings/members/"))


def test_h3_connecting_is_confirmed_and_nothing_is_stored_before(browser, organization):
    shown = text(browser.get(CONFIRM))

    assert "Nothing is stored yet." in shown
    proceed = re.search(rf'href="{CONNECT}"[^>]*>\s*Proceed', shown)
    cancel = re.search(rf'href="{SUBSCRIPTION}"[^>]*>\s*Cancel', shown)
    assert proceed
    assert cancel
    assert browser.get(CONNECT).status_code == 200
    with tenant_transaction(organization.pk):
        assert not ExactConnection.objects.exists()


def test_p5_h1_on_essential_the_tile_names_the_plan_and_connecting_is_refused():
    essential = factories.make_organization(name="Small", plan=Plan.ESSENTIAL)
    browser = factories.sign_in(factories.make_user(organization=essential, role=Role.ADMIN))

    shown = text(browser.get(SUBSCRIPTION))

    assert re.search(r'type="button" disabled aria-describedby="plan-note"', shown)
    assert "part of Professional and Ultimate" in shown
    assert browser.get(CONFIRM).status_code == 403
    assert browser.get(TAX).status_code == 403


@pytest.mark.parametrize("address", [TAX, SUBSCRIPTION, CONFIRM])
def test_h1_only_admins_may_open_these(organization, address):
    finance = factories.make_user(organization=organization, role=Role.FINANCE)

    assert factories.sign_in(finance).get(address).status_code == 403


def test_h13_h14_the_table_and_the_setup_change_the_same_records(browser, organization):
    high = factories.make_tax_rate(organization=organization, percentage="21")
    connection = factories.make_connection(organization=organization)
    south = factories.make_subsidiary(organization=organization, name="Studio Zuid")
    second = factories.make_connection(
        organization=organization, subsidiary=south, name="Exact Zuid"
    )
    shown = text(browser.get(TAX))
    assert "VAT 21%" in shown
    assert f"({connection.division})" in shown

    browser.post(TAX, {f"rate_{high.pk}_{connection.pk}": "2"})

    assert codes(connection) == {high.pk: "2"}
    assert codes(second) == {}
    mapping = text(browser.get(f"/settings/marketplace/{connection.pk}/mapping/"))
    (select,) = re.findall(rf'<select name="tax_rate_{high.pk}".*?</select>', mapping)
    assert re.search(r'<option value="2" selected', select)
    assert f'href="{TAX}"' in mapping

    browser.post(f"/settings/marketplace/{connection.pk}/mapping/", {f"tax_rate_{high.pk}": "1"})

    (select,) = re.findall(
        rf'<select name="rate_{high.pk}_{connection.pk}".*?</select>', text(browser.get(TAX))
    )
    assert re.search(r'<option value="1" selected', select)


def test_h13_a_vat_code_that_is_gone_is_refused_at_its_field_and_nothing_is_saved(
    browser, organization
):
    high = factories.make_tax_rate(organization=organization, percentage="21")
    connection = factories.make_connection(organization=organization)
    factories.map_tax_rate(connection=connection, tax_rate=high, vat_code="2")
    with tenant_transaction(organization.pk):
        VatCode.objects.filter(connection=connection, code="2").update(is_gone=True)

    response = browser.post(TAX, {f"rate_{high.pk}_{connection.pk}": "2"})

    assert response.status_code == 422
    assert "This VAT code is blocked or gone in Exact." in text(response)
    assert codes(connection) == {high.pk: "2"}


def test_h13_another_organizations_connections_are_not_there(browser, organization):
    stranger = factories.make_organization(name="Other")
    rate = factories.make_tax_rate(organization=stranger, percentage="9")
    foreign = factories.make_connection(organization=stranger, name="Foreign")
    factories.make_connection(organization=organization)
    factories.make_tax_rate(organization=organization, percentage="21")

    assert "Foreign" not in text(browser.get(TAX))
    browser.post(TAX, {f"rate_{rate.pk}_{foreign.pk}": "2"})

    assert codes(foreign) == {}


def test_h13_without_connections_or_rates_the_page_says_where_they_come_from(browser, organization):
    assert "No connection yet" in text(browser.get(TAX))
    factories.make_connection(organization=organization)
    assert "No tax rates yet" in text(browser.get(TAX))
