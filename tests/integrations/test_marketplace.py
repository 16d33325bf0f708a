"""The App Marketplace, disconnecting and reconnecting: P-5 to P-9, P-29 to P-36, P-61 to P-64."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from connector.tenancy.models import AuditEvent, Organization, Plan, Role
from connector.tenancy.scope import tenant_transaction
from integrations import queries, token_store
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactGrant,
    LaneMember,
    ServiceTypeLedger,
)
from invoices.models import CopyRequest, CopyState, PostedDocument
from tests import exact, factories

MARKETPLACE = "/settings/marketplace/"
CONNECT = "/settings/marketplace/connect/"


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def admin(organization):
    return factories.make_user(organization=organization, role=Role.ADMIN, name="Ada Admin")


@pytest.fixture
def browser(admin):
    return factories.sign_in(admin)


@pytest.fixture
def ready(organization, admin, sandbox):
    return exact.connected(organization, sandbox, user=admin)


def text(response):
    return " ".join(response.content.decode().split())


def page(connection, name):
    return f"{MARKETPLACE}{connection.pk}/{name}/"


def all_connections(organization):
    with tenant_transaction(organization.pk):
        return list(ExactConnection.objects.order_by("id"))


# --- P-5: plans -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_p5_essential_shows_the_card_and_names_the_plan():
    organization = factories.make_organization(plan=Plan.ESSENTIAL)
    browser = factories.sign_in(factories.make_user(organization=organization))

    shown = text(browser.get(MARKETPLACE))

    assert "Exact Online" in shown
    assert re.search(r"<button[^>]*disabled[^>]*>Connect app</button>", shown)
    assert "Your plan is Essential" in shown
    assert "Professional" in shown
    assert f'href="{CONNECT}"' not in shown


@pytest.mark.django_db
def test_p5_essential_is_refused_with_403_wherever_it_tries():
    organization = factories.make_organization(plan=Plan.ESSENTIAL)
    browser = factories.sign_in(factories.make_user(organization=organization))
    subsidiary = factories.make_subsidiary(organization=organization)
    connection = factories.make_connection(organization=organization, subsidiary=subsidiary)
    form = {"name": "Exact", "subsidiary": subsidiary.pk, "country": "NL"}

    refused = [browser.post(CONNECT, form), browser.get(CONNECT)]
    steps = ("log-in", "division", "settings", "mapping", "check", "refresh", "begin")
    refused += [browser.post(page(connection, name), form) for name in steps]

    assert [response.status_code for response in refused] == [403] * len(refused)
    assert all("Professional and Ultimate" in text(response) for response in refused)
    assert len(all_connections(organization)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("plan", [Plan.PROFESSIONAL, Plan.ULTIMATE])
def test_p5_professional_and_ultimate_may_connect(plan):
    organization = factories.make_organization(plan=plan)
    browser = factories.sign_in(factories.make_user(organization=organization))

    assert f'href="{CONNECT}"' in text(browser.get(MARKETPLACE))
    assert browser.get(CONNECT).status_code == 200


@pytest.mark.django_db
def test_p5_an_organization_that_went_back_to_essential_may_still_disconnect(organization, browser):
    connection = factories.make_connection(organization=organization)
    with tenant_transaction(organization.pk):
        Organization.objects.filter(pk=organization.pk).update(plan=Plan.ESSENTIAL)

    assert browser.get(page(connection, "disconnect")).status_code == 200


# --- P-6: who -------------------------------------------------------------------------------------------------------

PAGES = ("settings", "mapping", "check", "activity", "disconnect", "begin", "setup", "journal")
ACTIONS = ("settings", "mapping", "check", "disconnect", "begin", "log-in", "division", "refresh")


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.FINANCE, Role.VIEWER])
def test_p6_only_admins_get_in(organization, role):
    connection = factories.make_connection(organization=organization)
    browser = factories.sign_in(factories.make_user(organization=organization, role=role))

    responses = [browser.get(MARKETPLACE), browser.get(CONNECT), browser.post(CONNECT)]
    responses += [browser.get(page(connection, name)) for name in PAGES]
    responses += [browser.post(page(connection, name)) for name in ACTIONS]

    assert [response.status_code for response in responses] == [403] * len(responses)
    assert "Admin" in text(responses[0])
    (unchanged,) = all_connections(organization)
    assert unchanged.state == ConnectionState.READY


@pytest.mark.django_db
def test_p6_strangers_are_asked_to_sign_in(client, organization):
    connection = factories.make_connection(organization=organization)

    for name in PAGES:
        response = client.get(page(connection, name))
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")


@pytest.mark.django_db
def test_another_organization_gets_404_and_changes_nothing(organization):
    connection = factories.make_connection(organization=organization, name="Secret name")
    other = factories.make_organization(name="Other")
    browser = factories.sign_in(factories.make_user(organization=other))
    form = {"confirmation": "Secret name", "division": 1, "name": "Taken over"}

    responses = [browser.get(page(connection, name)) for name in PAGES]
    responses += [browser.post(page(connection, name), form) for name in ACTIONS]

    assert [response.status_code for response in responses] == [404] * len(responses)
    assert not any("Secret name" in text(response) for response in responses)
    assert "Secret name" not in text(browser.get(MARKETPLACE))
    (unchanged,) = all_connections(organization)
    assert (unchanged.name, unchanged.state) == ("Secret name", ConnectionState.READY)


@pytest.mark.django_db
def test_j2_the_subsidiary_of_another_organization_is_refused(organization, browser):
    factories.make_subsidiary(organization=organization)
    foreign = factories.make_subsidiary(organization=factories.make_organization(name="Other"))

    response = browser.post(CONNECT, {"name": "Exact", "subsidiary": foreign.pk, "country": "NL"})

    assert response.status_code == 422
    assert "Choose one of your active subsidiaries." in text(response)
    assert all_connections(organization) == []


# --- P-7 to P-9: the card and the dialog ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_p7_exact_is_a_card_with_connect_app(browser):
    shown = text(browser.get(MARKETPLACE))

    assert "Exact Online" in shown
    assert ">Connect app</a>" in shown
    assert "Not connected" in shown


@pytest.mark.django_db
def test_p8_the_active_subsidiaries_are_offered_and_one_is_required(organization, browser):
    factories.make_subsidiary(organization=organization, name="Active B.V.")
    archived = factories.make_subsidiary(
        organization=organization, name="Archived B.V.", archived_at=timezone.now()
    )
    shown = text(browser.get(CONNECT))
    assert "Active B.V." in shown
    assert "Archived B.V." not in shown

    for subsidiary in ("", archived.pk):
        response = browser.post(
            CONNECT, {"name": "Exact", "subsidiary": subsidiary, "country": "NL"}
        )
        assert response.status_code == 422
        assert 'value="Exact"' in text(response)
    assert all_connections(organization) == []


@pytest.mark.django_db
def test_p9_exactly_belgium_the_netherlands_and_germany_are_offered(organization, browser):
    subsidiary = factories.make_subsidiary(organization=organization)
    shown = text(browser.get(CONNECT))

    assert re.findall(r'name="country" value="(\w+)"', shown) == ["BE", "NL", "DE"]
    assert [name for name in ("Belgium", "Netherlands", "Germany") if name in shown] == [
        "Belgium",
        "Netherlands",
        "Germany",
    ]
    for country in ("FR", "XX", ""):
        response = browser.post(
            CONNECT, {"name": "Exact", "subsidiary": subsidiary.pk, "country": country}
        )
        assert response.status_code == 422


@pytest.mark.django_db
def test_d14_further_countries_are_switched_on_by_a_setting(organization, browser, settings):
    factories.make_subsidiary(organization=organization)
    settings.EXACT_COUNTRIES = ["NL", "FR"]

    shown = text(browser.get(CONNECT))

    assert re.findall(r'name="country" value="(\w+)"', shown) == ["NL", "FR"]


@pytest.mark.django_db
def test_an_organization_without_subsidiaries_is_told_where_they_come_from(browser):
    assert "No subsidiaries yet" in text(browser.get(CONNECT))


@pytest.mark.django_db
def test_the_dialog_is_the_same_form_without_the_page_around_it(organization, browser):
    factories.make_subsidiary(organization=organization)

    shown = text(browser.get(CONNECT, headers={"HX-Request": "true"}))

    assert 'id="dialog-title"' in shown
    assert "<html" not in shown


@pytest.mark.django_db
def test_from_the_dialog_htmx_is_sent_to_exact(organization, browser):
    subsidiary = factories.make_subsidiary(organization=organization)

    response = browser.post(
        CONNECT,
        {"name": "Exact", "subsidiary": subsidiary.pk, "country": "NL"},
        headers={"HX-Request": "true"},
    )

    assert response["HX-Redirect"].startswith("https://start.exactonline.nl/api/oauth2/auth?")


# --- P-29 to P-34: the rows -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_p29_p30_p31_p32_a_row_tells_name_country_division_subsidiary_person_and_payments(
    organization, admin, browser
):
    subsidiary = factories.make_subsidiary(organization=organization, name="Studio Zuid BVBA")
    factories.make_connection(
        organization=organization,
        subsidiary=subsidiary,
        name="Our Belgian books",
        country="BE",
        division=777123,
        division_name="Zuid Division",
        connected_by=admin,
        sync_payments=True,
        payments_synced_at=timezone.now() - timedelta(minutes=4),
    )

    (row,) = re.findall(r'<li class="connection-row.*?</li>', text(browser.get(MARKETPLACE)))

    for fact in (
        "Our Belgian books",
        "Belgium",
        "Zuid Division",
        "(777123)",
        "Studio Zuid BVBA",
        "Ada Admin",
        "4 minutes ago",
        "Healthy",
    ):
        assert fact in row.replace("\xa0", " ")
    assert re.search(r"<dt>Payments</dt> <dd>\s*On\s*</dd>", row)


@pytest.mark.django_db
def test_p33_p34_pencil_and_bin_are_links_with_names(organization, browser):
    connection = factories.make_connection(organization=organization, name="Noord")

    shown = text(browser.get(MARKETPLACE))

    assert f'href="{page(connection, "settings")}" aria-label="Edit settings of Noord"' in shown
    assert f'href="{page(connection, "disconnect")}"' in shown
    assert 'aria-label="Disconnect Noord"' in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("states", "word"),
    [
        ([], "Not connected"),
        ([ConnectionState.DISCONNECTED], "Not connected"),
        ([ConnectionState.READY], "Healthy"),
        ([ConnectionState.READY, ConnectionState.SETUP_INCOMPLETE], "Setup incomplete"),
        ([ConnectionState.READY, ConnectionState.NEEDS_ATTENTION], "Needs attention"),
        ([ConnectionState.NEEDS_ATTENTION, ConnectionState.NEEDS_CONSENT], "Reconnect needed"),
    ],
)
def test_the_card_tells_the_state_that_most_needs_somebody(organization, browser, states, word):
    for state in states:
        factories.make_connection(organization=organization, state=state)

    head = text(browser.get(MARKETPLACE)).split("connection-list")[0]

    assert f"<span>{word}</span>" in head


# --- P-34, P-61 to P-63: disconnect ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_p34_p61_the_bin_asks_for_the_name_and_states_three_facts(browser, ready):
    shown = text(browser.get(page(ready, "disconnect")))
    assert "All syncing stops." in shown
    assert "Invoices in Exact stay as they are." in shown
    assert "You can reconnect at any time." in shown

    response = browser.post(page(ready, "disconnect"), {"confirmation": "wrong"})
    assert response.status_code == 422
    assert exact.reload(ready).state == ConnectionState.READY
    browser.post(page(ready, "disconnect"), {"confirmation": " exact noord "})

    assert exact.reload(ready).state == ConnectionState.DISCONNECTED
    with tenant_transaction(ready.organization_id):
        assert AuditEvent.objects.filter(action="connection_disconnected").count() == 1


@pytest.mark.django_db(transaction=True)
def test_p62_disconnecting_stops_all_work_and_cancels_what_is_queued(browser, organization, ready):
    invoice = factories.make_invoice(organization=organization, subsidiary=ready.subsidiary)
    request = factories.make_copy_request(invoice=invoice, connection=ready)

    browser.post(page(ready, "disconnect"), {"confirmation": ready.name})

    assert not LaneMember.objects.filter(connection_id=ready.pk).exists()
    with tenant_transaction(organization.pk):
        assert CopyRequest.objects.get(pk=request.pk).state == CopyState.CANCELLED
        assert queries.find_connection_for(ready.subsidiary) is None
    assert exact.reload(ready).generation == ready.generation + 1


@pytest.mark.django_db(transaction=True)
def test_p63_disconnecting_calls_exact_not_at_all_and_keeps_the_documents(
    browser, organization, ready, sandbox
):
    invoice = factories.make_invoice(organization=organization, subsidiary=ready.subsidiary)
    factories.make_posted_document(invoice=invoice, connection=ready)

    browser.post(page(ready, "disconnect"), {"confirmation": ready.name})

    assert exact.calls(sandbox) == []
    with tenant_transaction(organization.pk):
        assert PostedDocument.objects.filter(connection=ready).count() == 1


@pytest.mark.django_db(transaction=True)
def test_disconnecting_wipes_the_tokens_unless_another_connection_uses_them(
    browser, organization, admin, ready, sandbox
):
    south = factories.make_subsidiary(organization=organization, name="Zuid")
    second = exact.connected(
        organization, sandbox, exact.ZUID, user=admin, subsidiary=south, journal=""
    )

    browser.post(page(ready, "disconnect"), {"confirmation": ready.name})
    assert token_store.access_token(organization_id=organization.pk, grant_id=second.grant.pk)

    browser.post(page(second, "disconnect"), {"confirmation": second.name})
    with tenant_transaction(organization.pk):
        (grant,) = ExactGrant.objects.all()
    assert bytes(grant.refresh_token_encrypted) == b""
    assert bytes(grant.access_token_encrypted) == b""


@pytest.mark.django_db(transaction=True)
def test_a_setup_that_was_never_finished_is_removed(browser, organization, admin, sandbox):
    begun = exact.logged_in(organization, user=admin)

    shown = text(browser.get(page(begun, "disconnect")))
    assert "Setup was never finished" in shown
    browser.post(page(begun, "disconnect"), {"confirmation": begun.name})

    assert all_connections(organization) == []


# --- P-64: reconnect ------------------------------------------------------------------------------------------------


def reconnect(browser, connection, *, username=exact.ANNA, follow=False):
    response = browser.post(page(connection, "log-in"))
    back = exact.walk_login(response["Location"], username=username)
    return browser.get(exact.local(back), follow=follow)


@pytest.mark.django_db(transaction=True)
def test_p64_reconnecting_keeps_mappings_links_and_settings(browser, organization, ready, sandbox):
    design = factories.make_service_type(organization=organization)
    with tenant_transaction(organization.pk):
        ServiceTypeLedger.objects.create(
            connection=ready,
            service_type=design,
            ledger_exact_id=ready.default_ledger_exact_id,
        )
    invoice = factories.make_invoice(organization=organization, subsidiary=ready.subsidiary)
    document = factories.make_posted_document(invoice=invoice, connection=ready)
    browser.post(page(ready, "disconnect"), {"confirmation": ready.name})
    assert "Reconnect" in text(browser.get(MARKETPLACE))

    response = reconnect(browser, ready)

    assert response["Location"] == MARKETPLACE
    again = exact.reload(ready)
    assert again.state == ConnectionState.READY
    assert again.default_journal_code == "70"
    assert LaneMember.objects.filter(connection_id=ready.pk).exists()
    with tenant_transaction(organization.pk):
        assert ServiceTypeLedger.objects.filter(connection=ready).count() == 1
        assert PostedDocument.objects.get(pk=document.pk).connection_id == ready.pk


@pytest.mark.django_db(transaction=True)
def test_c13_c14_reconnecting_as_somebody_without_the_division_is_refused(
    browser, organization, ready
):
    browser.post(page(ready, "disconnect"), {"confirmation": ready.name})

    response = reconnect(browser, ready, username=exact.CLAIRE, follow=True)

    assert "can not open" in text(response)
    assert "Log in at Exact again" in text(response)
    assert exact.reload(ready).state == ConnectionState.DISCONNECTED
    with tenant_transaction(organization.pk):
        stranger = ExactGrant.objects.get(exact_user_name="Claire Dubois")
    assert bytes(stranger.refresh_token_encrypted) == b""


@pytest.mark.django_db(transaction=True)
def test_p64_reconnecting_as_another_user_with_rights_works(browser, organization, ready):
    browser.post(page(ready, "disconnect"), {"confirmation": ready.name})

    reconnect(browser, ready, username=exact.BRAM)

    again = exact.reload(ready)
    assert again.state == ConnectionState.READY
    assert again.grant.exact_user_name == "Bram Jansen"


@pytest.mark.django_db(transaction=True)
def test_c12_a_lost_consent_is_renewed_and_queued_work_goes_on(browser, organization, ready):
    invoice = factories.make_invoice(organization=organization, subsidiary=ready.subsidiary)
    request = factories.make_copy_request(invoice=invoice, connection=ready)
    with tenant_transaction(organization.pk):
        token_store.mark_needs_consent(ready.grant, reason="Withdrawn.", now=timezone.now())
    shown = text(browser.get(MARKETPLACE))
    assert "Reconnect needed" in shown
    assert "Withdrawn." in shown

    reconnect(browser, ready)

    assert exact.reload(ready).state == ConnectionState.READY
    with tenant_transaction(organization.pk):
        assert CopyRequest.objects.get(pk=request.pk).state == CopyState.QUEUED
    assert LaneMember.objects.get(connection_id=ready.pk).due_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_reconnecting_when_the_subsidiary_goes_another_way_asks_for_a_choice(
    browser, organization, admin, ready, sandbox
):
    browser.post(page(ready, "disconnect"), {"confirmation": ready.name})
    exact.connected(
        organization, sandbox, exact.ZUID, user=admin, subsidiary=ready.subsidiary, journal=""
    )

    reconnect(browser, ready)

    again = exact.reload(ready)
    assert again.state == ConnectionState.SETUP_INCOMPLETE
    assert "already go through" in again.state_reason
