"""Connecting Exact in a browser: the dialog, Exact's own pages, the setup window, the pencil and the bin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Plan
from connector.tenancy.scope import tenant_transaction
from integrations.models import ConnectionState, ExactConnection
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

MARKETPLACE = "/settings/marketplace/"


@pytest.fixture
def agency():
    organization = make_organization(name="Studio Noorderlicht")
    make_subsidiary(organization=organization, name="Studio Noord B.V.")
    for name in ("Design", "Strategy and advice", "Training"):
        make_service_type(organization=organization, name=name)
    for rate in ("0", "9", "21"):
        make_tax_rate(organization=organization, percentage=rate)
    return organization


@pytest.fixture
def admin(agency):
    return make_user(organization=agency, name="Anna Visser")


@pytest.fixture
def exact_pages(sandbox, live_server, settings, watch):
    """Exact's own pages lead back to this server, and visiting them is no mistake."""
    settings.EXACT_REDIRECT_URI = f"{live_server.url}/exact/callback"
    yield sandbox
    watch.problems[:] = [
        problem
        for problem in watch.problems
        if not problem.startswith(f"foreign request: {sandbox.base_url}")
    ]


def the_connection(organization):
    with tenant_transaction(organization.pk):
        return ExactConnection.objects.select_related("subsidiary", "grant").get()


def log_on(page, decision):
    page.get_by_label("E-mail address").fill(exact.ANNA)
    page.get_by_label("Password").fill(exact.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=decision).click()


def test_from_connect_app_to_healthy(page, sign_in, look_at, agency, admin, exact_pages):
    """P-7 to P-25 in one go, consent refused first."""
    sign_in(page, admin)
    page.goto(MARKETPLACE)
    look_at(page, "marketplace-empty")

    page.get_by_role("link", name="Connect app").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(
        dialog.get_by_text("Choose the subsidiary that the invoices are billed from.")
    ).to_be_visible()
    look_at(page, "connect-errors")
    dialog.get_by_label("Name").fill("Exact Noord")
    dialog.get_by_label("Subsidiary").select_option(label="Studio Noord B.V.")
    dialog.get_by_label("Belgium").focus()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_label("Netherlands")).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("**/api/oauth2/auth**")
    log_on(page, "Refuse")

    expect(page.get_by_text("You did not allow the connection at Exact.")).to_be_visible()
    look_at(page, "login-refused")
    page.get_by_role("button", name="Log in at Exact again").click()
    page.wait_for_url("**/api/oauth2/auth**")
    log_on(page, "Allow")

    expect(page.get_by_text("You are logged in at Exact.")).to_be_visible()
    look_at(page, "setup-settings")
    page.get_by_label("The invoice keeps the number it has here").check()
    page.get_by_label("Studio Noord B.V. (1000001)").check()
    expect(page.get_by_text("Fetching lists from Exact…")).to_be_visible()
    exact.fetch_lists(the_connection(agency))
    journal = page.get_by_label("Default journal")
    expect(journal).to_be_visible()
    expect(page.get_by_label("The invoice keeps the number it has here")).to_be_checked()
    journal.select_option("70")
    page.get_by_label("Synchronize payments from Exact").check()
    page.get_by_role("button", name="Next").click()

    page.wait_for_url("**/mapping/")
    page.get_by_label("Default Exact ledger").select_option(index=1)
    table = page.get_by_role("table").filter(has_text="Service type")
    expect(table).to_be_hidden()
    page.get_by_label("Map service types to Exact ledger").check()
    expect(table).to_be_visible()
    table.get_by_label("Training").select_option(index=2)
    look_at(page, "setup-mapping")
    page.get_by_role("button", name="Next").click()

    page.wait_for_url("**/check/")
    look_at(page, "setup-check")
    page.get_by_role("link", name="Back", exact=True).click()
    expect(table.get_by_label("Training")).not_to_have_value("")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Finish").click()

    page.wait_for_url(f"**{MARKETPLACE}")
    expect(page.get_by_text("Healthy")).to_be_visible()
    page.get_by_role("link", name="Exact Noord", exact=True).click()
    expect(page.get_by_text("In sync", exact=True)).to_be_visible()
    look_at(page, "connection-health")
    page.get_by_role("main").get_by_role("link", name="Activity", exact=True).click()
    expect(page.get_by_role("heading", name="Activity", exact=True)).to_be_visible()
    look_at(page, "connection-activity")
    assert the_connection(agency).state == ConnectionState.READY


def test_pencil_and_bin_show_on_hover_and_on_focus(page, sign_in, look_at, agency, admin):
    """P-33, P-34: reachable with the mouse, by keyboard and by touch."""
    make_connection(organization=agency, name="Exact Noord", connected_by=admin)
    sign_in(page, admin)
    page.goto(MARKETPLACE)
    actions = page.locator(".connection-row .row-actions")
    pencil = page.get_by_role("link", name="Edit settings of Exact Noord")
    bin_ = page.get_by_role("link", name="Disconnect Exact Noord")
    expect(actions).to_have_css("opacity", "0")

    page.locator(".connection-row").hover()
    expect(actions).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(actions).to_have_css("opacity", "0")
    pencil.focus()
    expect(actions).to_have_css("opacity", "1")
    page.keyboard.press("Tab")
    expect(bin_).to_be_focused()

    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Invoices in Exact stay as they are.")).to_be_visible()
    expect(dialog.get_by_label("Name of the connection")).to_be_focused()
    page.keyboard.type("something else")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("This is not the name.")).to_be_visible()
    look_at(page, "disconnect")
    page.keyboard.press("Escape")
    expect(bin_).to_be_focused()

    page.keyboard.press("Enter")
    dialog.get_by_label("Name of the connection").fill("exact noord")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{MARKETPLACE}")
    expect(page.get_by_text("“Exact Noord” is disconnected.")).to_be_visible()


def test_every_state_of_a_connection(page, sign_in, look_at, agency, admin):
    """UI behaviors 1 and 2: state in words, icon and color; the reason beside it."""
    for name, state, reason in (
        ("Working", ConnectionState.READY, ""),
        ("Withdrawn", ConnectionState.NEEDS_CONSENT, "The permission was withdrawn at Exact."),
        ("Archived", ConnectionState.NEEDS_ATTENTION, "Studio Ost is archived in Exact."),
        ("Ended", ConnectionState.DISCONNECTED, ""),
        ("Begun", ConnectionState.SETUP_INCOMPLETE, ""),
    ):
        make_connection(
            organization=agency,
            name=name,
            state=state,
            state_reason=reason,
            connected_by=admin,
            payments_synced_at=timezone.now() - timedelta(minutes=4),
        )
    sign_in(page, admin)
    page.goto(MARKETPLACE)

    for word in ("Healthy", "Reconnect needed", "Needs attention", "Not connected"):
        expect(page.locator(".connection-list").get_by_text(word, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Resume setup of Begun")).to_be_visible()
    look_at(page, "marketplace-states")


def test_essential_sees_the_card_and_the_plan_that_is_needed(page, sign_in, look_at):
    """P-5."""
    organization = make_organization(plan=Plan.ESSENTIAL)
    sign_in(page, make_user(organization=organization))
    page.goto(MARKETPLACE)

    expect(page.get_by_role("button", name="Connect app")).to_be_disabled()
    expect(page.get_by_text("Your plan is Essential.")).to_be_visible()
    look_at(page, "marketplace-essential")


def test_the_whole_setup_works_without_javascript(
    browser, live_server, agency, admin, sandbox, settings
):
    """Every page is complete by a full load; the form may lead to Exact under the page's own policy."""
    settings.EXACT_REDIRECT_URI = f"{live_server.url}/exact/callback"
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/sign-in/?next={MARKETPLACE}")
    page.get_by_label("E-mail address").fill(admin.email)
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Connect app").click()
    page.get_by_label("Name").fill("Exact Noord")
    page.get_by_label("Subsidiary").select_option(label="Studio Noord B.V.")
    page.get_by_label("Netherlands").check()
    page.get_by_role("button", name="Continue to Exact").click()
    log_on(page, "Allow")
    page.get_by_label("Studio Noord B.V. (1000001)").check()
    page.get_by_label("The next number of the journal in Exact").check()
    page.get_by_role("button", name="Next").click()
    exact.fetch_lists(the_connection(agency))
    page.get_by_role("link", name="Look again").click()
    page.get_by_label("Default journal").select_option("70")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Manually select ledger on invoice").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Finish").click()

    expect(page.get_by_text("“Exact Noord” is connected.")).to_be_visible()
    assert the_connection(agency).numbering == "exact"
    context.close()
