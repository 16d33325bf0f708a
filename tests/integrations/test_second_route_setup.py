"""Setting up the route on which Exact writes and sends the invoice: D-1, H-9 to H-18, H-35, H-45, H-46."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import reference_lists
from integrations.forms import item_fields
from integrations.models import (
    ConnectionState,
    ExactConnection,
    Item,
    ListKind,
    Numbering,
    PaymentCondition,
    Route,
    Sending,
    ServiceTypeItem,
    ServiceTypeLedger,
    VatCode,
)
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def admin(organization):
    return factories.make_user(organization=organization, role=Role.ADMIN)


@pytest.fixture
def browser(admin):
    return factories.sign_in(admin)


@pytest.fixture
def connection(organization):
    """A ready connection of which Exact writes the invoices, its lists mirrored; Exact itself is not there."""
    connection = factories.make_connection(
        organization=organization, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT
    )
    with tenant_transaction(organization.pk):
        connection.default_item_exact_id = factories.item_id(connection, "DESIGN")
        connection.save()
    return connection


def page(connection, name):
    return f"/settings/marketplace/{connection.pk}/{name}/"


def text(response):
    return " ".join(response.content.decode().split())


def settings_of(connection, **changes):
    values = {
        "name": connection.name,
        "subsidiary": connection.subsidiary_id,
        "route": connection.route,
        "default_journal_code": "70",
    }
    return values | changes


def stored(connection):
    with tenant_transaction(connection.organization_id):
        return ExactConnection.objects.select_related("subsidiary", "grant").get(pk=connection.pk)


def map_items(browser, connection, **values):
    return browser.post(page(connection, "mapping"), {"default_item": "DESIGN"} | values)


# --- The first screen -----------------------------------------------------------------------------------------------


def test_d1_the_whole_setup_of_the_second_route_ends_in_a_working_connection(
    browser, organization, admin, sandbox
):
    connection = exact.logged_in(organization, user=admin)
    browser.post(
        page(connection, "division"), {"division": exact.NOORD, "route": Route.EXACT_INVOICE}
    )
    exact.fetch_lists(connection)

    onward = browser.post(page(connection, "settings"), settings_of(stored(connection)))
    assert onward["Location"] == page(connection, "mapping")
    onward = map_items(browser, connection, default_item="SERVICE", default_vat_code="")
    assert onward["Location"] == page(connection, "check")
    shown = text(browser.get(page(connection, "check")))
    assert "Lines are sold as SERVICE Dienstverlening" in shown
    assert "Lines without a VAT code get Exact&#x27;s usual code 2, which is 21% here." in shown
    onward = browser.post(page(connection, "check"))

    assert onward["Location"] == "/settings/marketplace/"
    finished = stored(connection)
    assert finished.state == ConnectionState.READY
    assert finished.route == Route.EXACT_INVOICE
    assert finished.numbering == Numbering.EXACT
    assert finished.sending == Sending.EMAIL


def test_d1_both_routes_are_explained_and_booking_is_ticked_at_first(
    browser, organization, admin, sandbox
):
    shown = text(browser.get(page(exact.logged_in(organization, user=admin), "settings")))

    assert re.findall(r'name="route" value="(\w+)"', shown) == ["booking", "exact_invoice"]
    assert re.search(r'value="booking" checked', shown)
    assert "Exact makes the invoice from items, numbers it and sends it" in shown


def test_h12_exact_numbers_in_a_journal_so_this_route_asks_for_one(browser, connection):
    response = browser.post(
        page(connection, "settings"), settings_of(connection, default_journal_code="")
    )

    assert response.status_code == 422
    assert "Choose the sales journal that Exact numbers in." in text(response)


def test_d1_the_psa_can_not_number_what_exact_writes(browser, connection):
    browser.post(page(connection, "settings"), settings_of(connection, numbering="psa"))

    assert stored(connection).numbering == Numbering.EXACT


def test_h38_how_exact_sends_and_the_sign_of_credit_notes_are_kept(browser, connection):
    browser.post(
        page(connection, "settings"),
        settings_of(connection, sending="peppol", credit_sign="positive"),
    )

    changed = stored(connection)
    assert (changed.sending, changed.credit_sign) == ("peppol", "positive")
    shown = text(browser.get(page(connection, "settings")))
    assert re.search(r'<details class="[^"]*unusual[^"]*" open', shown)


def test_d1_the_route_changes_later_and_the_lists_it_needs_are_asked_for(browser, organization):
    connection = factories.make_connection(organization=organization)
    with tenant_transaction(organization.pk):
        connection.reference_lists.filter(kind=ListKind.ITEMS).delete()
        connection.reference_lists.update(due_at=None)
    assert "Copies under way go on as they began" in text(browser.get(page(connection, "settings")))

    browser.post(page(connection, "settings"), settings_of(connection, route=Route.EXACT_INVOICE))

    with tenant_transaction(organization.pk):
        lists = reference_lists.freshness(connection)
    due = {kind for kind, row in lists.items() if row.due_at is not None}
    assert due == {ListKind.ITEMS, ListKind.RIGHTS}
    with tenant_transaction(organization.pk):
        sentence = connection.events.first().sentence
    assert sentence == "Settings changed: how invoices get into Exact, numbering."
    assert "Fetching lists from Exact…" in text(browser.get(page(connection, "mapping")))


def test_p21_back_keeps_the_route_that_was_ticked(browser, organization, admin, sandbox):
    connection = exact.logged_in(organization, user=admin)

    browser.post(
        page(connection, "settings"),
        {"name": "Typed", "route": "exact_invoice", "sending": "none", "back": "1"},
    )

    kept = stored(connection)
    assert (kept.name, kept.route, kept.sending) == ("Typed", "exact_invoice", "none")


# --- The second screen: items ---------------------------------------------------------------------------------------


def test_h11_h16_the_item_is_named_by_its_code_and_offered_with_its_description(
    browser, connection
):
    with tenant_transaction(connection.organization_id):
        design = Item.objects.get(connection=connection, code="DESIGN")
    shown = text(browser.get(page(connection, "mapping")))
    assert f'<option value="DESIGN">{design.description}</option>' in shown
    assert 'name="default_ledger"' not in shown

    map_items(browser, connection, default_item="  design ")

    assert stored(connection).default_item_exact_id == design.exact_id


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("NOSUCH", "Item NOSUCH is not in this division."),
        ("BOUGHT", "is no longer for sale in Exact."),
        ("ENDED", "is not sold any more after"),
        ("", "Choose the item that lines are sold as."),
    ],
)
def test_h10_h11_an_item_that_can_not_be_sold_is_refused_before_anything_is_saved(
    browser, connection, code, sentence
):
    with tenant_transaction(connection.organization_id):
        Item.objects.create(
            connection=connection, exact_id=uuid4(), code="BOUGHT", is_sales_item=False
        )
        Item.objects.create(
            connection=connection,
            exact_id=uuid4(),
            code="ENDED",
            end_date=timezone.localdate() - timedelta(days=1),
        )

    response = map_items(browser, connection, default_item=code, payment_condition="30")

    assert response.status_code == 422
    assert sentence in text(response)
    assert f'value="{code}"' in text(response) or not code
    assert stored(connection).payment_condition_code == ""


def test_h11_thousands_of_items_are_looked_up_while_typing(browser, connection, monkeypatch):
    monkeypatch.setattr(item_fields, "MOST_OPTIONS", 1)
    shown = text(browser.get(page(connection, "mapping")))
    assert f'hx-get="{page(connection, "items")}"' in shown
    assert '<option value="DESIGN">' not in shown

    found = browser.get(
        page(connection, "items"),
        {"default_item": "des"},
        headers={"HX-Request": "true", "HX-Trigger-Name": "default_item"},
    )

    assert re.findall(r'<option value="(\w+)">', text(found)) == ["DESIGN"]


def test_h35_service_types_have_items_and_vat_codes_of_their_own(browser, organization, connection):
    design = factories.make_service_type(organization=organization, name="Design")
    plain = factories.make_service_type(organization=organization, name="Plain")

    map_items(
        browser,
        connection,
        **{f"item_of_type_{design.pk}": "design", f"vat_of_type_{design.pk}": "2"},
    )

    with tenant_transaction(organization.pk):
        (row,) = ServiceTypeItem.objects.filter(connection=connection)
    assert row.service_type_id == design.pk != plain.pk
    assert row.item_exact_id == factories.item_id(connection, "DESIGN")
    assert row.vat_code == "2"


def test_h35_on_the_booking_route_a_service_type_has_a_vat_code_and_keeps_its_item(
    browser, organization, connection
):
    design = factories.make_service_type(organization=organization, name="Design")
    map_items(browser, connection, **{f"item_of_type_{design.pk}": "DESIGN"})
    with tenant_transaction(organization.pk):
        ExactConnection.objects.update(route=Route.BOOKING)

    browser.post(page(connection, "mapping"), {f"vat_of_type_{design.pk}": "2"})

    with tenant_transaction(organization.pk):
        (row,) = ServiceTypeItem.objects.filter(connection=connection)
        assert not ServiceTypeLedger.objects.exists()
    assert row.vat_code == "2"
    assert row.item_exact_id == factories.item_id(connection, "DESIGN")
    assert stored(connection).default_item_exact_id == factories.item_id(connection, "DESIGN")


def test_h15_an_empty_default_vat_code_needs_code_2_in_exact(browser, connection):
    assert map_items(browser, connection).status_code == 302
    with tenant_transaction(connection.organization_id):
        VatCode.objects.filter(connection=connection, code="2").update(is_blocked=True)

    response = map_items(browser, connection)

    assert response.status_code == 422
    assert "VAT code 2 is used, and this division does not have it for sales." in text(response)


def test_h46_a_payment_condition_of_the_connection_is_kept_and_a_gone_one_refused(
    browser, connection
):
    map_items(browser, connection, payment_condition="30")
    assert stored(connection).payment_condition_code == "30"
    with tenant_transaction(connection.organization_id):
        PaymentCondition.objects.update(is_gone=True)

    response = map_items(browser, connection, payment_condition="30")

    assert response.status_code == 422
    assert "This payment condition is blocked or gone in Exact." in text(response)


def test_p21_what_can_not_be_stored_is_there_again_after_going_back(browser, connection):
    with tenant_transaction(connection.organization_id):
        ExactConnection.objects.update(state=ConnectionState.SETUP_INCOMPLETE)

    back = map_items(browser, connection, default_item="NOSUCH", back="1")

    assert back["Location"] == page(connection, "settings")
    again = text(browser.get(page(connection, "mapping")))
    assert 'value="NOSUCH"' in again
    assert "Item NOSUCH is not in this division." in again


def test_h10_setup_is_not_finished_while_the_item_is_missing(browser, connection):
    with tenant_transaction(connection.organization_id):
        ExactConnection.objects.update(
            state=ConnectionState.SETUP_INCOMPLETE, default_item_exact_id=None
        )

    response = browser.post(page(connection, "check"))

    assert response.status_code == 422
    assert "Choose the item that lines are sold as." in text(response)
    assert stored(connection).state == ConnectionState.SETUP_INCOMPLETE


@pytest.mark.parametrize("name", ["settings", "mapping", "check", "activity", "disconnect"])
def test_h9_every_screen_of_a_connection_names_its_division_with_the_code(
    browser, connection, name
):
    shown = text(browser.get(page(connection, name)))

    assert "Studio Noord B.V." in shown
    assert f"({connection.division})" in shown


def test_another_organization_finds_no_items(connection):
    stranger = factories.make_organization(name="Other")
    browser = factories.sign_in(factories.make_user(organization=stranger, role=Role.ADMIN))

    assert browser.get(page(connection, "items"), {"text": "design"}).status_code == 404
