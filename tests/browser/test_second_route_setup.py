"""Setting up the second route in a browser: Subscription & integrations, route, items, check, tax categories."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.scope import tenant_transaction
from integrations.forms import item_fields
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ReferenceList,
    Route,
    ServiceTypeItem,
    Subsidiary,
)
from tests import exact
from tests.exact import sandbox, sandbox_server
from tests.factories import (
    make_connection,
    make_organization,
    make_service_type,
    make_subsidiary,
    make_tax_rate,
    make_user,
)

__all__ = ["sandbox", "sandbox_server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    organization = make_organization(name="Studio Noorderlicht")
    make_subsidiary(organization=organization, name="Studio Noord B.V.")
    for name in ("Design", "Strategy and advice"):
        make_service_type(organization=organization, name=name)
    for rate in ("0", "9", "21"):
        make_tax_rate(organization=organization, percentage=rate)
    return organization


@pytest.fixture
def admin(agency):
    return make_user(organization=agency, name="Anna Visser")


def the_connection(organization):
    with tenant_transaction(organization.pk):
        return ExactConnection.objects.select_related("subsidiary", "grant").get()


def test_h1_to_h3_from_the_tile_to_the_first_form(page, sign_in, look_at, agency, admin):
    sign_in(page, admin)
    page.get_by_role("link", name="Subscription & integrations").click()
    expect(page.get_by_role("heading", name="Accounting")).to_be_visible()
    look_at(page, "subscription")

    page.get_by_role("link", name="Connect Exact Online").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Nothing is stored yet.")).to_be_visible()
    look_at(page, "connect-confirm")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Connect Exact Online").click()
    dialog.get_by_role("link", name="Proceed").click()

    expect(dialog.get_by_label("Subsidiary")).to_be_visible()
    with tenant_transaction(agency.pk):
        assert not ExactConnection.objects.exists()


def test_d1_the_second_route_from_division_to_finish(
    page, sign_in, look_at, agency, admin, sandbox
):
    """H-9 to H-15, H-35: each field of the other route is out of the way."""
    with tenant_transaction(agency.pk):
        subsidiary = Subsidiary.objects.get()
    connection = exact.logged_in(agency, user=admin, subsidiary=subsidiary)
    sign_in(page, admin)
    page.goto(f"/settings/marketplace/{connection.pk}/settings/")
    numbering = page.get_by_text("Which system generates invoice numbers?")
    sending = page.get_by_label("How does Exact send it?")
    expect(numbering).to_be_visible()
    expect(sending).to_be_hidden()

    page.get_by_label("Let Exact write and send the invoice").check()
    expect(numbering).to_be_hidden()
    expect(sending).to_be_visible()
    page.get_by_text("Unusual settings").click()
    expect(page.get_by_label("Amounts of a credit note")).to_be_visible()
    page.get_by_label("Studio Noord B.V. (1000001)").check()
    expect(page.get_by_text("Fetching lists from Exact…")).to_be_visible()
    exact.fetch_lists(the_connection(agency))
    expect(page.get_by_label("Default journal")).to_be_visible()
    page.get_by_label("Default journal").select_option("70")
    look_at(page, "second-route-settings")
    page.get_by_role("button", name="Next").click()

    page.wait_for_url("**/mapping/")
    expect(page.get_by_label("Default Exact ledger")).to_have_count(0)
    page.get_by_label("Default item").fill("NOSUCH")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Item NOSUCH is not in this division.")).to_be_visible()
    look_at(page, "second-route-item-unknown")
    page.get_by_label("Default item").fill("service")
    page.get_by_label("Item of Design").fill("DESIGN")
    page.get_by_label("VAT code of Design").select_option("2")
    look_at(page, "second-route-mapping")
    page.get_by_role("button", name="Next").click()

    page.wait_for_url("**/check/")
    expect(page.get_by_text("Lines are sold as SERVICE")).to_be_visible()
    look_at(page, "second-route-check")
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/settings/marketplace/")
    finished = the_connection(agency)
    assert (finished.state, finished.route) == (ConnectionState.READY, Route.EXACT_INVOICE)
    with tenant_transaction(agency.pk):
        assert ServiceTypeItem.objects.get().vat_code == "2"


def test_d11_check_now_shows_progress_and_then_what_it_found(
    page, sign_in, look_at, agency, admin, sandbox
):
    connection = exact.connected(agency, sandbox, user=admin, route=Route.EXACT_INVOICE)
    with tenant_transaction(agency.pk):
        ReferenceList.objects.update(requested_at=timezone.now() - timedelta(minutes=5))
    sign_in(page, admin)
    page.goto("/settings/marketplace/")
    page.locator(".connection-row").hover()
    page.get_by_role("link", name="Check Exact Noord").click()
    expect(page.get_by_text("Choose the item that lines are sold as.")).to_be_visible()

    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Fetching lists from Exact…")).to_be_visible()
    look_at(page, "check-now-reading")
    exact.fetch_lists(connection)

    expect(page.get_by_text("Fetching lists from Exact…")).to_be_hidden()
    expect(page.get_by_role("button", name="Check now")).to_be_visible()
    look_at(page, "check-now-done")


def test_h11_items_of_a_large_division_come_while_typing(page, sign_in, agency, admin, monkeypatch):
    monkeypatch.setattr(item_fields, "MOST_OPTIONS", 1)
    connection = make_connection(
        organization=agency, route=Route.EXACT_INVOICE, numbering="exact", connected_by=admin
    )
    sign_in(page, admin)
    page.goto(f"/settings/marketplace/{connection.pk}/mapping/")
    options = page.locator("#item-options option")
    expect(options).to_have_count(0)

    page.get_by_label("Item of Design").press_sequentially("ontw")

    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("value", "DESIGN")


def test_h13_h14_tax_categories_are_one_table_for_all_connections(
    page, sign_in, look_at, agency, admin
):
    make_connection(organization=agency, name="Exact Noord", connected_by=admin)
    make_connection(
        organization=agency,
        subsidiary=make_subsidiary(organization=agency, name="Studio Zuid"),
        name="Exact Zuid",
    )
    sign_in(page, admin)
    page.get_by_role("link", name="Tax categories").click()
    page.get_by_label("VAT code of VAT 21% in Exact Zuid").select_option("2")
    look_at(page, "tax-categories")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The VAT codes of Exact Zuid are saved.")).to_be_visible()
    expect(page.get_by_label("VAT code of VAT 21% in Exact Zuid")).to_have_value("2")
    expect(page.get_by_label("VAT code of VAT 21% in Exact Noord")).to_have_value("")
