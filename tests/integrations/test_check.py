"""The check of a connection for both routes, and Check now: D-11, H-18, H-19, H-45, H-46, RELIABILITY C10."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.users import set_divisions, user_by_name
from integrations import readiness
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactDivision,
    Item,
    Journal,
    LedgerAccount,
    Numbering,
    PaymentCondition,
    ReferenceList,
    Route,
    ServiceTypeItem,
    VatCode,
)
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERING = {Route.BOOKING: Numbering.PSA, Route.EXACT_INVOICE: Numbering.EXACT}


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def admin(organization):
    return factories.make_user(organization=organization, role=Role.ADMIN)


@pytest.fixture
def browser(admin):
    return factories.sign_in(admin)


def make(organization, route):
    connection = factories.make_connection(
        organization=organization, route=route, numbering=NUMBERING[route]
    )
    with tenant_transaction(organization.pk):
        connection.default_item_exact_id = factories.item_id(connection, "DESIGN")
        connection.default_vat_code = "2"
        connection.save()
    return connection


def findings(connection, kind=None):
    with tenant_transaction(connection.organization_id):
        connection = ExactConnection.objects.select_related("subsidiary").get(pk=connection.pk)
        found = readiness.check(connection, today=timezone.localdate())
    return [one for one in found if kind is None or one.kind == kind]


def change(connection, model, **values):
    code = values.pop("at", None)
    with tenant_transaction(connection.organization_id):
        rows = model.objects.filter(connection=connection)
        assert (rows.filter(code=code) if code else rows).update(**values)


@pytest.mark.parametrize("route", Route)
def test_d11_a_connection_that_is_in_order_has_a_tick_on_every_line(organization, route):
    assert findings(make(organization, route), "failed") == []
    assert findings(make(organization, route), "attention") == []


BROKEN = [
    (Route.BOOKING, Journal, {"at": "70", "is_blocked": True}, "is blocked in Exact"),
    (Route.BOOKING, Journal, {"at": "70", "is_gone": True}, "Journal 70 is not in Exact any more"),
    (Route.BOOKING, Journal, {"at": "70", "type": 90}, "is not a sales journal"),
    (Route.BOOKING, LedgerAccount, {"at": "8000", "type": 20}, "The default ledger can not be"),
    (Route.BOOKING, VatCode, {"at": "2", "is_gone": True}, "VAT code 2 of the default can not"),
    (Route.EXACT_INVOICE, Item, {"at": "DESIGN", "is_gone": True}, "is no longer for sale"),
    (Route.EXACT_INVOICE, Item, {"at": "DESIGN", "end_date": "2020-01-01"}, "is not sold any more"),
    (Route.EXACT_INVOICE, Item, {"at": "DESIGN", "start_date": "2099-01-01"}, "is not sold before"),
]


@pytest.mark.parametrize(("route", "model", "values", "sentence"), BROKEN)
def test_d11_what_exact_would_refuse_is_a_sentence_with_the_page_that_mends_it(
    organization, browser, route, model, values, sentence
):
    connection = make(organization, route)
    change(connection, model, **values)

    (failed,) = findings(connection, "failed")

    assert sentence in failed.sentence
    assert failed.step
    shown = browser.get(f"/settings/marketplace/{connection.pk}/check/").content.decode()
    assert f'href="/settings/marketplace/{connection.pk}/{failed.step}/"' in shown


def test_d11_an_item_of_a_service_type_that_ended_is_named(organization):
    connection = make(organization, Route.EXACT_INVOICE)
    design = factories.make_service_type(organization=organization, name="Design")
    with tenant_transaction(organization.pk):
        old = Item.objects.exclude(code="DESIGN").filter(connection=connection).first()
        Item.objects.filter(pk=old.pk).update(end_date="2020-01-01", is_sales_item=True)
        ServiceTypeItem.objects.create(
            connection=connection, service_type=design, item_exact_id=old.exact_id, vat_code="99"
        )

    sentences = [one.sentence for one in findings(connection, "failed")]

    assert any("of service type Design is not sold any more" in one for one in sentences)
    assert "VAT code 99 of service type Design can not be used any more. Choose another." in (
        sentences
    )


def test_d11_a_division_that_was_archived_is_named(organization):
    connection = make(organization, Route.BOOKING)
    with tenant_transaction(organization.pk):
        ExactDivision.objects.create(
            grant=connection.grant, code=connection.division, name="Old", is_usable=False
        )

    (failed,) = findings(connection, "failed")

    assert "is archived or blocked in Exact" in failed.sentence


@pytest.mark.parametrize("route", Route)
def test_h45_h46_without_any_payment_condition_both_remedies_are_named(organization, route):
    connection = make(organization, route)
    change(connection, PaymentCondition, is_gone=True)

    (told,) = findings(connection, "attention")

    assert "has no payment condition" in told.sentence
    assert "set it as the default there" in told.sentence
    assert "fill it in on the customers" in told.sentence
    assert told.step == "mapping"


def test_h46_a_chosen_payment_condition_that_is_gone_is_named(organization):
    connection = make(organization, Route.BOOKING)
    with tenant_transaction(organization.pk):
        ExactConnection.objects.update(payment_condition_code="30")
    assert "Invoices carry payment condition 30 30 dagen." in [
        one.sentence for one in findings(connection, "good")
    ]
    change(connection, PaymentCondition, is_gone=True)

    (failed,) = findings(connection, "failed")

    assert failed.sentence.startswith("Payment condition 30 is not in Exact any more.")


def test_h15_an_empty_default_without_code_2_blocks(organization):
    connection = make(organization, Route.EXACT_INVOICE)
    with tenant_transaction(organization.pk):
        ExactConnection.objects.update(default_vat_code="")
    assert findings(connection, "failed") == []
    change(connection, VatCode, at="2", is_blocked=True)

    (failed,) = findings(connection, "failed")

    assert "VAT code 2, which Exact takes then, is not in this division" in failed.sentence


# --- Check now ------------------------------------------------------------------------------------------------------


def check_address(connection):
    return f"/settings/marketplace/{connection.pk}/check/"


def text(response):
    return " ".join(response.content.decode().split())


def ask(browser, connection):
    """Press Check now, long enough after the lists were read."""
    with tenant_transaction(connection.organization_id):
        ReferenceList.objects.update(requested_at=timezone.now() - timedelta(minutes=5))
    return browser.post(f"{check_address(connection)}now/")


@pytest.mark.parametrize("route", Route)
def test_d11_check_now_takes_at_most_five_calls_and_writes_nothing(
    browser, organization, admin, sandbox, route
):
    connection = exact.connected(organization, sandbox, user=admin, route=route)
    before = timezone.now()

    assert ask(browser, connection)["Location"] == check_address(connection)
    shown = text(browser.get(check_address(connection)))
    assert 'Fetching lists from Exact… <span class="quiet"> 0 of 5 </span>' in shown
    assert f'hx-get="{check_address(connection)}"' in shown
    exact.fetch_lists(connection)

    made = exact.calls(sandbox)
    assert 0 < len(made) <= 5
    assert {call["method"] for call in made} == {"GET"}
    shown = text(browser.get(check_address(connection), headers={"HX-Request": "true"}))
    assert "Fetching" not in shown
    assert "As read from Exact" in shown
    assert "The Exact user who connected may open sales there." in shown
    with tenant_transaction(organization.pk):
        rows = ReferenceList.objects.filter(kind__in=readiness.lists_for(connection))
        assert all(row.refreshed_at > before for row in rows)


def test_check_now_pressed_twice_asks_exact_once(browser, organization, admin, sandbox):
    connection = exact.connected(organization, sandbox, user=admin)
    ask(browser, connection)
    exact.fetch_lists(connection)
    sandbox.sandbox.log.clear()

    browser.post(f"{check_address(connection)}now/")
    exact.fetch_lists(connection)

    assert exact.calls(sandbox) == []


def test_h18_h19_a_right_that_is_missing_is_shown_in_exacts_words_with_an_id_for_support(
    browser, organization, admin, sandbox
):
    connection = exact.connected(organization, sandbox, user=admin, route=Route.EXACT_INVOICE)
    scopes = {"scopes": {"Sales invoices": "none", "Financial accounting": "none"}}
    requests.patch(f"{sandbox.base_url}/_sandbox/applications", json=scopes, timeout=10)

    ask(browser, connection)
    exact.fetch_lists(connection)

    shown = text(browser.get(check_address(connection)))
    assert "lacks the right to sales invoices" in shown
    assert "Exact says: “Forbidden - Application Scope Violated." in shown
    with tenant_transaction(organization.pk):
        ids = ReferenceList.objects.exclude(problem_id="").values_list("problem_id", flat=True)
        assert len(ids) == 2
    assert all(one in shown for one in ids)


def let_anna_open(database, division):
    anna = user_by_name(database, exact.ANNA)
    assert anna is not None
    with database.transaction():
        set_divisions(database, anna, [division])


def test_c10_check_now_finds_a_division_that_was_lost_and_found_again(
    browser, organization, admin, sandbox
):
    connection = exact.connected(organization, sandbox, user=admin)
    database = sandbox.sandbox.database
    let_anna_open(database, exact.ZUID)

    ask(browser, connection)
    exact.fetch_lists(connection)

    assert exact.reload(connection).state == ConnectionState.NEEDS_ATTENTION
    assert "lost the right to it" in text(browser.get(check_address(connection)))
    let_anna_open(database, exact.NOORD)
    sandbox.sandbox.log.clear()

    ask(browser, exact.reload(connection))
    exact.fetch_lists(connection)

    assert exact.reload(connection).state == ConnectionState.READY
    assert len(exact.calls(sandbox)) <= 5


def test_the_check_is_shown_after_the_mapping_was_saved_and_on_the_marketplace(
    browser, organization
):
    connection = make(organization, Route.BOOKING)
    ledger = factories.ledger_id(connection, "8000")

    response = browser.post(
        f"/settings/marketplace/{connection.pk}/mapping/", {"default_ledger": ledger}
    )

    assert response["Location"] == check_address(connection)
    shown = text(browser.get("/settings/marketplace/"))
    assert f'href="{check_address(connection)}" aria-label="Check Exact Noord"' in shown
