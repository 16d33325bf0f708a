"""The setup window through its pages, with the sandbox behind the lane: P-11 to P-28, P-33, P-35, P-57."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import connection_lifecycle, connection_setup, queries, token_store
from integrations.models import (
    ConnectionState,
    ExactConnection,
    Journal,
    LedgerAccount,
    Numbering,
    ReferenceList,
    ServiceTypeLedger,
    TaxRateVatCode,
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
def connection(organization, admin, sandbox):
    """Logged in at Exact; nothing chosen yet."""
    return exact.logged_in(organization, user=admin)


@pytest.fixture
def ready(organization, admin, sandbox):
    """A connection that works."""
    return exact.connected(organization, sandbox, user=admin)


def page(connection, name):
    return f"/settings/marketplace/{connection.pk}/{name}/"


def text(response):
    return " ".join(response.content.decode().split())


def settings_of(connection, **changes):
    values = {
        "name": connection.name,
        "subsidiary": connection.subsidiary_id,
        "numbering": connection.numbering or "psa",
        "default_journal_code": connection.default_journal_code,
    }
    if connection.sync_payments:
        values["sync_payments"] = "on"
    return {name: value for name, value in (values | changes).items() if value is not None}


def choose(browser, connection, division=exact.NOORD):
    """Choose the division as the page does, and let the lane fetch its lists."""
    response = browser.post(page(connection, "division"), {"division": division})
    assert response.status_code == 302, text(response)
    exact.fetch_lists(connection)


def ledger(connection, place=0):
    with tenant_transaction(connection.organization_id):
        return queries.list_revenue_ledgers(connection)[place]


# --- P-11: the window -----------------------------------------------------------------------------------------------


def test_p11_leaving_the_window_leaves_a_row_that_is_resumed(browser, connection):
    marketplace = text(browser.get("/settings/marketplace/"))

    assert "Setup incomplete" in marketplace
    assert "Resume setup" in marketplace
    response = browser.get(page(connection, "setup"))
    assert response["Location"] == page(connection, "settings")


def test_p11_next_is_refused_until_division_and_numbering_are_chosen(browser, connection):
    response = browser.post(page(connection, "settings"), {"name": "Exact", "numbering": ""})

    assert response.status_code == 422
    assert "Choose which system generates invoice numbers." in text(response)
    assert exact.reload(connection).state == ConnectionState.SETUP_INCOMPLETE


def test_p11_setup_can_not_be_finished_before_it_is_configured(browser, connection):
    assert browser.post(page(connection, "check"))["Location"] == page(connection, "settings")

    choose(browser, connection)
    response = browser.post(page(connection, "check"))

    assert response.status_code == 422
    assert exact.reload(connection).state == ConnectionState.SETUP_INCOMPLETE


# --- P-12 to P-15: numbering ----------------------------------------------------------------------------------------


def test_p12_numbering_has_two_values_and_is_required(browser, connection):
    shown = text(browser.get(page(connection, "settings")))

    assert "Which system generates invoice numbers?" in shown
    assert re.findall(r'name="numbering" value="(\w+)"', shown) == ["psa", "exact"]
    response = browser.post(page(connection, "settings"), settings_of(connection, numbering="both"))
    assert response.status_code == 422
    assert exact.reload(connection).numbering == ""


def test_p15_the_warning_about_numbers_stands_beside_the_field(browser, connection):
    shown = text(browser.get(page(connection, "settings")))

    assert 'aria-describedby="numbering-warning"' in shown
    assert "This decides the numbers in Exact." in shown


# --- P-16: division -------------------------------------------------------------------------------------------------


def test_p16_h7_divisions_come_from_exact_with_name_code_and_vat_number(browser, connection):
    shown = text(browser.get(page(connection, "settings")))

    with tenant_transaction(connection.organization_id):
        options = connection_setup.list_division_options(connection)
    assert {option.division.code for option in options} == {
        exact.NOORD,
        exact.ZUID,
        exact.OST,
        exact.ARCHIVED,
    }
    for option in options:
        assert option.division.name in shown
        assert f"({option.division.code})" in shown
    assert "VAT number" in shown


def test_p16_h8_no_division_is_picked_beforehand_when_several_can_be(browser, connection):
    shown = text(browser.get(page(connection, "settings")))

    assert not re.search(r'name="division"[^>]*checked', shown)


def test_p16_the_only_usable_division_is_ticked_visibly(browser, organization, admin, sandbox):
    connection = exact.logged_in(organization, user=admin, username=exact.BRAM)

    shown = text(browser.get(page(connection, "settings")))

    assert re.search(rf'value="{exact.NOORD}"[^>]*checked', shown)
    assert exact.reload(connection).division is None


def test_p16_the_division_is_required(browser, connection):
    response = browser.post(page(connection, "settings"), settings_of(connection))

    assert response.status_code == 422
    assert "Choose a division." in text(response)


def test_p16_an_archived_division_can_not_be_chosen(browser, connection):
    shown = text(browser.get(page(connection, "settings")))
    assert re.search(rf'value="{exact.ARCHIVED}" disabled', shown)

    response = browser.post(page(connection, "division"), {"division": exact.ARCHIVED})

    assert response.status_code == 422
    assert "Archived or blocked in Exact" in text(response)
    assert exact.reload(connection).division is None


@pytest.mark.parametrize("division", ["999", "-1", "1_0", "abc", "1000001.0", "٣"])
def test_p16_a_division_outside_the_list_is_refused(browser, connection, division):
    response = browser.post(page(connection, "division"), {"division": division})

    assert response.status_code == 422
    assert "Choose one of the divisions in the list." in text(response)
    assert exact.reload(connection).division is None


def test_p16_choosing_the_division_asks_the_lane_for_its_lists(browser, connection, sandbox):
    sandbox.sandbox.log.clear()
    browser.post(page(connection, "division"), {"division": exact.NOORD})

    shown = text(browser.get(page(connection, "settings")))

    assert "Fetching lists from Exact…" in shown
    assert f'hx-get="{page(connection, "journal")}"' in shown
    assert exact.calls(sandbox) == []
    exact.fetch_lists(connection)
    shown = text(browser.get(page(connection, "journal")))
    assert "Fetching" not in shown
    assert 'name="default_journal_code"' in shown


def test_choosing_a_division_keeps_what_was_typed(browser, connection):
    browser.post(
        page(connection, "division"),
        {
            "division": exact.NOORD,
            "name": "My name for it",
            "numbering": "exact",
            "sync_payments": "on",
        },
    )

    shown = text(browser.get(page(connection, "settings")))
    assert 'value="My name for it"' in shown
    assert re.search(r'value="exact"[^>]*checked', shown)
    assert re.search(r'name="sync_payments"[^>]*checked', shown)


def test_another_division_before_the_end_starts_over_with_its_own_lists(browser, connection):
    choose(browser, connection, exact.NOORD)
    with tenant_transaction(connection.organization_id):
        before = set(
            LedgerAccount.objects.filter(connection=connection).values_list("exact_id", flat=True)
        )

    choose(browser, connection, exact.ZUID)

    changed = exact.reload(connection)
    assert changed.division == exact.ZUID
    with tenant_transaction(connection.organization_id):
        after = set(
            LedgerAccount.objects.filter(connection=connection).values_list("exact_id", flat=True)
        )
    assert after
    assert not before & after


# --- P-17, P-18: journal --------------------------------------------------------------------------------------------


def test_p17_only_sales_journals_are_offered(browser, connection):
    choose(browser, connection)

    shown = text(browser.get(page(connection, "settings")))

    (select,) = re.findall(r'<select name="default_journal_code".*?</select>', shown)
    offered = [code for code in re.findall(r'<option value="(\w*)"', select) if code]
    with tenant_transaction(connection.organization_id):
        usable = list(
            Journal.objects.filter(
                connection=connection, type=Journal.SALES, is_blocked=False
            ).values_list("code", flat=True)
        )
    assert sorted(offered) == sorted(usable)
    assert offered


def test_p17_a_purchase_or_invented_journal_is_refused(browser, connection):
    choose(browser, connection)

    for code in ("20", "nonsense"):
        response = browser.post(
            page(connection, "settings"), settings_of(connection, default_journal_code=code)
        )
        assert response.status_code == 422
        assert "Choose a sales journal that can be booked in." in text(response)


def test_p18_the_default_journal_may_stay_empty(browser, connection):
    choose(browser, connection)

    response = browser.post(page(connection, "settings"), settings_of(connection))

    assert response["Location"] == page(connection, "mapping")
    assert exact.reload(connection).default_journal_code == ""


# --- P-2, P-19, P-20, P-57, P-60: payments --------------------------------------------------------------------------


def test_p2_payments_are_off_until_somebody_turns_them_on(browser, connection):
    choose(browser, connection)
    shown = text(browser.get(page(connection, "settings")))
    assert not re.search(r'name="sync_payments"[^>]*checked', shown)

    browser.post(page(connection, "settings"), settings_of(connection))

    assert exact.reload(connection).sync_payments is False


def test_p20_the_text_says_that_bulk_payments_are_recognized_and_p60_expenses_are_not(
    browser, connection
):
    shown = text(browser.get(page(connection, "settings")))

    assert "matched with several invoices are recognized as well" in shown
    assert "Expenses are not synchronized." in shown


def test_p57_payments_are_turned_on_later_without_a_new_consent(browser, ready, sandbox):
    response = browser.post(page(ready, "settings"), settings_of(ready, sync_payments="on"))

    assert response.status_code == 302
    changed = exact.reload(ready)
    assert changed.sync_payments is True
    assert changed.state == ConnectionState.READY
    assert changed.payments_sync_requested_at is not None
    assert exact.calls(sandbox) == []


# --- P-21 to P-28: the second screen --------------------------------------------------------------------------------


def test_p21_next_leads_to_the_second_screen_and_back_keeps_the_input(browser, connection):
    choose(browser, connection)
    response = browser.post(
        page(connection, "settings"), settings_of(connection, name="Typed", numbering="exact")
    )
    assert response["Location"] == page(connection, "mapping")

    chosen = str(ledger(connection).exact_id)
    back = browser.post(
        page(connection, "mapping"),
        {"default_ledger": chosen, "map_service_types": "on", "back": "1"},
    )
    assert back["Location"] == page(connection, "settings")
    second = text(browser.get(page(connection, "mapping")))
    assert re.search(rf'value="{chosen}"[^>]*selected', second)
    assert re.search(r'name="map_service_types"[^>]*checked', second)
    first = text(browser.get(page(connection, "settings")))
    assert 'value="Typed"' in first
    assert re.search(r'value="exact"[^>]*checked', first)


def test_p21_back_from_the_first_screen_keeps_what_was_typed_so_far(browser, connection):
    choose(browser, connection)
    incomplete = settings_of(connection, name="Typed", numbering="") | {"back": "1"}

    response = browser.post(page(connection, "settings"), incomplete)

    assert response["Location"] == page(connection, "begin")
    assert exact.reload(connection).name == "Typed"


def test_p11_a_setup_closed_right_after_its_division_was_chosen_resumes_there(browser, connection):
    division = {"division": exact.NOORD, "numbering": "psa"}
    browser.post(page(connection, "division"), division, headers={"HX-Request": "true"})

    assert browser.get(page(connection, "setup"))["Location"] == page(connection, "settings")


def test_p22_p23_the_default_ledger_is_one_of_the_revenue_accounts(browser, connection):
    choose(browser, connection)
    shown = text(browser.get(page(connection, "mapping")))

    (select,) = re.findall(r'<select name="default_ledger".*?</select>', shown)
    assert ledger(connection).code in select
    with tenant_transaction(connection.organization_id):
        others = LedgerAccount.objects.filter(connection=connection).exclude(
            type=LedgerAccount.REVENUE
        )
        debtor = others.first()
    assert str(debtor.exact_id) not in select
    response = browser.post(page(connection, "mapping"), {"default_ledger": debtor.exact_id})
    assert response.status_code == 422

    browser.post(page(connection, "mapping"), {"default_ledger": ledger(connection).exact_id})

    assert exact.reload(connection).default_ledger_exact_id == ledger(connection).exact_id


def test_p24_manual_ledger_is_kept(browser, connection):
    choose(browser, connection)

    browser.post(page(connection, "mapping"), {"manual_ledger": "on"})

    assert exact.reload(connection).manual_ledger is True
    shown = text(browser.get(page(connection, "mapping")))
    assert "Manually select ledger on invoice" in shown
    assert re.search(r'name="manual_ledger"[^>]*checked', shown)


def test_p25_p26_p27_service_types_get_ledgers_of_their_own(browser, organization, connection):
    design = factories.make_service_type(organization=organization, name="Design")
    training = factories.make_service_type(organization=organization, name="Training")
    choose(browser, connection)
    shown = text(browser.get(page(connection, "mapping")))
    assert "Map service types to Exact ledger" in shown
    assert "Design" in shown

    browser.post(
        page(connection, "mapping"),
        {
            "default_ledger": ledger(connection).exact_id,
            "map_service_types": "on",
            f"service_type_{design.pk}": ledger(connection, 1).exact_id,
            f"service_type_{training.pk}": "",
        },
    )

    with tenant_transaction(organization.pk):
        mapped = {
            row.service_type_id: row.ledger_exact_id for row in ServiceTypeLedger.objects.all()
        }
    assert mapped == {design.pk: ledger(connection, 1).exact_id}
    assert exact.reload(connection).map_service_types is True


def test_p25_clearing_the_checkbox_keeps_the_table_for_later(browser, organization, connection):
    design = factories.make_service_type(organization=organization, name="Design")
    choose(browser, connection)
    row = {f"service_type_{design.pk}": ledger(connection).exact_id}

    browser.post(page(connection, "mapping"), row | {"map_service_types": "on"})
    browser.post(page(connection, "mapping"), row)

    assert exact.reload(connection).map_service_types is False
    with tenant_transaction(organization.pk):
        assert ServiceTypeLedger.objects.count() == 1


def test_p28_the_link_about_service_types_leads_to_a_page(browser, connection):
    choose(browser, connection)
    shown = text(browser.get(page(connection, "mapping")))
    assert "Learn more about service types" in shown

    assert browser.get("/help/service-types/").status_code == 200
    assert browser.get("/help/vat-codes/").status_code == 200


def test_vat_codes_are_mapped_by_tax_rate(browser, organization, connection):
    high = factories.make_tax_rate(organization=organization, percentage="21")
    choose(browser, connection)
    with tenant_transaction(organization.pk):
        codes = list(queries.list_vat_codes(connection).values_list("code", flat=True))

    browser.post(
        page(connection, "mapping"),
        {f"tax_rate_{high.pk}": codes[1], "default_vat_code": codes[0]},
    )

    with tenant_transaction(organization.pk):
        (row,) = TaxRateVatCode.objects.all()
    assert (row.tax_rate_id, row.vat_code) == (high.pk, codes[1])
    assert exact.reload(connection).default_vat_code == codes[0]


def test_a_ledger_blocked_in_exact_since_is_shown_and_has_to_be_changed(browser, ready):
    with tenant_transaction(ready.organization_id):
        LedgerAccount.objects.filter(exact_id=ready.default_ledger_exact_id).update(is_blocked=True)

    shown = text(browser.get(page(ready, "mapping")))
    assert "(blocked or gone in Exact)" in shown
    response = browser.post(
        page(ready, "mapping"), {"default_ledger": ready.default_ledger_exact_id}
    )

    assert response.status_code == 422
    assert "is blocked or gone in Exact" in text(response)


# --- Check and finish -----------------------------------------------------------------------------------------------


def test_the_whole_setup_ends_in_a_working_connection(browser, connection, admin, sandbox):
    choose(browser, connection)
    browser.post(
        page(connection, "settings"),
        settings_of(connection, default_journal_code="70", sync_payments="on"),
    )
    response = browser.post(
        page(connection, "mapping"), {"default_ledger": ledger(connection).exact_id}
    )
    assert response["Location"] == page(connection, "check")
    checked = text(browser.get(page(connection, "check")))
    assert "Journal 70" in checked

    response = browser.post(page(connection, "check"))

    assert response["Location"] == "/settings/marketplace/"
    finished = exact.reload(connection)
    assert finished.state == ConnectionState.READY
    assert finished.numbering == Numbering.PSA
    with tenant_transaction(connection.organization_id):
        assert queries.find_connection_for(finished.subsidiary) == finished
        assert connection.events.filter(kind="ready", user=admin).count() == 1
    assert "Healthy" in text(browser.get("/settings/marketplace/"))


def test_the_check_names_what_is_missing_and_where_to_mend_it(browser, organization, connection):
    factories.make_tax_rate(organization=organization, percentage="21")
    choose(browser, connection)
    browser.post(page(connection, "settings"), settings_of(connection))
    browser.post(page(connection, "mapping"), {})

    shown = text(browser.get(page(connection, "check")))

    assert "No default ledger" in shown
    assert "No VAT code for VAT 21%" in shown
    assert f'href="{page(connection, "mapping")}"' in shown


def test_p36_two_connections_with_the_same_subsidiary_are_refused(
    browser, organization, admin, ready, sandbox
):
    second = exact.logged_in(organization, user=admin, subsidiary=ready.subsidiary, name="Second")
    choose(browser, second, exact.ZUID)
    browser.post(page(second, "settings"), settings_of(second))
    browser.post(page(second, "mapping"), {"manual_ledger": "on"})

    response = browser.post(page(second, "check"))

    assert response.status_code == 422
    assert "already go through “Exact Noord”" in text(response)
    assert exact.reload(second).state == ConnectionState.SETUP_INCOMPLETE


def test_p36_a_finished_connection_can_not_take_over_a_subsidiary_that_has_one(
    browser, organization, admin, ready
):
    south = factories.make_subsidiary(organization=organization, name="Studio Zuid")
    factories.make_connection(organization=organization, subsidiary=south, name="Exact Zuid")

    response = browser.post(page(ready, "settings"), settings_of(ready, subsidiary=south.pk))

    assert response.status_code == 422
    assert "already go through “Exact Zuid”" in text(response)
    assert exact.reload(ready).subsidiary != south


def test_p17_a_bank_journal_or_a_blocked_one_is_not_among_the_choices(organization):
    connection = factories.make_connection(organization=organization)

    with tenant_transaction(organization.pk):
        offered = [row.code for row in queries.list_usable_sales_journals(connection)]

    assert offered == ["70", "71"]


def test_p36_a_second_division_works_beside_the_first_and_routes_by_subsidiary(
    organization, admin, ready, sandbox
):
    south = factories.make_subsidiary(organization=organization, name="Studio Zuid")

    second = exact.connected(
        organization, sandbox, exact.ZUID, user=admin, subsidiary=south, journal=""
    )

    with tenant_transaction(organization.pk):
        assert queries.find_connection_for(ready.subsidiary) == ready
        assert queries.find_connection_for(south) == second
    assert ready.grant_id == second.grant_id


# --- P-33: the pencil -----------------------------------------------------------------------------------------------


def test_p33_the_pencil_opens_the_same_settings_filled_in(browser, ready):
    marketplace = text(browser.get("/settings/marketplace/"))
    assert f'href="{page(ready, "settings")}" aria-label="Edit settings of Exact Noord"' in (
        marketplace
    )

    shown = text(browser.get(page(ready, "settings")))

    assert 'value="Exact Noord"' in shown
    assert re.search(r'value="psa"[^>]*checked', shown)
    assert '<option value="70" selected>' in shown


def test_p33_the_division_of_a_finished_connection_is_locked(browser, ready):
    shown = text(browser.get(page(ready, "settings")))
    assert 'name="division"' not in shown
    assert "does not change" in shown

    response = browser.post(page(ready, "division"), {"division": exact.ZUID})

    assert response.status_code == 422
    assert exact.reload(ready).division == exact.NOORD


def test_p33_settings_are_changed_and_noted(browser, ready, admin):
    browser.post(page(ready, "settings"), settings_of(ready, name="Renamed", numbering="exact"))

    changed = exact.reload(ready)
    assert (changed.name, changed.numbering) == ("Renamed", Numbering.EXACT)
    with tenant_transaction(ready.organization_id):
        event = changed.events.first()
    assert event.sentence == "Settings changed: name, numbering."
    assert event.user_id == admin.pk
    assert "Settings changed: name, numbering." in text(browser.get(page(ready, "activity")))


def test_saving_without_a_change_notes_nothing(browser, ready):
    with tenant_transaction(ready.organization_id):
        before = ready.events.count()

    browser.post(page(ready, "settings"), settings_of(ready))

    with tenant_transaction(ready.organization_id):
        assert ready.events.count() == before


# --- P-35: one connection, one division -----------------------------------------------------------------------------


def test_p35_a_connected_division_is_disabled_with_the_reason(
    browser, organization, admin, ready, sandbox
):
    other = factories.make_subsidiary(organization=organization, name="Other")
    second = exact.logged_in(organization, user=admin, subsidiary=other, name="Second")

    shown = text(browser.get(page(second, "settings")))
    assert re.search(rf'value="{exact.NOORD}" disabled', shown)
    assert "Already connected as “Exact Noord”" in shown
    response = browser.post(page(second, "division"), {"division": exact.NOORD})

    assert response.status_code == 422
    assert exact.reload(second).division is None


def test_p35_connecting_a_disconnected_division_again_continues_its_row(
    browser, organization, admin, ready, sandbox
):
    with tenant_transaction(organization.pk):
        connection_lifecycle.disconnect(
            connection_lifecycle.get_for_change(ready.pk), user=admin, now=timezone.now()
        )
    begun = exact.logged_in(
        organization, user=admin, subsidiary=ready.subsidiary, name="Connected again"
    )

    response = browser.post(page(begun, "division"), {"division": exact.NOORD})

    assert response["Location"] == page(ready, "settings")
    with tenant_transaction(organization.pk):
        (only,) = ExactConnection.objects.all()
    assert only.pk == ready.pk
    assert only.name == "Connected again"
    assert only.default_journal_code == "70"
    assert only.default_ledger_exact_id == ready.default_ledger_exact_id
    assert browser.post(page(ready, "check"))["Location"] == "/settings/marketplace/"
    assert exact.reload(ready).state == ConnectionState.READY


def test_j14_names_from_exact_are_escaped(browser, connection):
    with tenant_transaction(connection.organization_id):
        options = connection_setup.list_division_options(connection)
        options[0].division.name = "<img src=x onerror=alert(1)>"
        options[0].division.save()

    shown = text(browser.get(page(connection, "settings")))

    assert "<img src=x" not in shown
    assert "&lt;img src=x" in shown


def test_lists_that_could_not_be_read_are_explained(browser, connection):
    choose(browser, connection)
    with tenant_transaction(connection.organization_id):
        ReferenceList.objects.filter(connection=connection, kind="journals").update(
            problem="Journals: Exact's answer was not understood."
        )

    shown = text(browser.get(page(connection, "settings")))

    assert "Journals: Exact&#x27;s answer was not understood." in shown


def test_a_login_lost_during_setup_is_said_with_a_button(browser, connection, sandbox):
    browser.post(page(connection, "division"), {"division": exact.NOORD})
    with tenant_transaction(connection.organization_id):
        token_store.mark_needs_consent(
            exact.reload(connection).grant, reason="It was withdrawn.", now=timezone.now()
        )

    shown = text(browser.get(page(connection, "settings")))

    assert "Nothing can be read from Exact until somebody logs in there: It was withdrawn." in shown
    assert f'action="{page(connection, "log-in")}"' in shown
    assert "Fetching" not in shown


def test_refreshing_twice_in_a_row_asks_exact_once(browser, ready, sandbox):
    with tenant_transaction(ready.organization_id):
        ReferenceList.objects.filter(connection=ready).update(
            requested_at=timezone.now() - timedelta(minutes=2)
        )

    first = browser.post(page(ready, "refresh"), {"step": "activity"}, follow=True)
    exact.fetch_lists(ready)
    sandbox.sandbox.log.clear()
    second = browser.post(page(ready, "refresh"), {"step": "activity"}, follow=True)
    exact.fetch_lists(ready)

    assert "being read from Exact again" in text(first)
    assert "asked for a moment ago" in text(second)
    assert exact.calls(sandbox) == []


def test_the_activity_page_tells_user_calls_left_and_each_list(browser, ready):
    shown = text(browser.get(page(ready, "activity")))

    assert "Anna de Vries (anna@studio-noord.example)" in shown
    assert "of 5,000" in shown
    for name in ("Journals", "Ledger accounts", "VAT codes", "Payment conditions", "Customers"):
        assert name in shown


def test_ui15_only_people_who_can_act_see_the_banner(browser, organization, ready):
    with tenant_transaction(organization.pk):
        token_store.mark_needs_consent(ready.grant, reason="Withdrawn.", now=timezone.now())
    finance = factories.sign_in(factories.make_user(organization=organization, role=Role.FINANCE))

    assert "waits for a new log-in at Exact" in text(browser.get("/settings/members/"))
    assert "waits for a new log-in" not in text(finance.get("/settings/members/"))


def test_p35_two_admins_choosing_the_same_division_at_once_end_in_one_connection(
    organization, admin, connection, sandbox
):
    other = exact.logged_in(
        organization,
        user=admin,
        subsidiary=factories.make_subsidiary(organization=organization),
        name="Other",
    )
    start = threading.Barrier(2)
    outcomes = []

    def choose_at_once(pk):
        try:
            start.wait(10)
            with tenant_transaction(organization.pk):
                row = connection_lifecycle.get_for_change(pk)
                connection_setup.choose_division(row, exact.NOORD, user=admin, now=timezone.now())
            outcomes.append("chosen")
        except connection_lifecycle.NotPossible as problem:
            outcomes.append(problem.sentence)
        finally:
            connections.close_all()

    workers = [
        threading.Thread(target=choose_at_once, args=(pk,)) for pk in (connection.pk, other.pk)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(outcome == "chosen" for outcome in outcomes) == [False, True]
