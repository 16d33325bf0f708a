"""Connecting Exact in a browser: the dialog, Exact's own pages, the setup window, the pencil and the bin."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Plan, Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ConnectionState, ExactConnection, ExactDivision, Subsidiary
from tests import exact, factories
from tests.browser.keyboard import choose, pick, press, tick
from tests.exact import sandbox, sandbox_server
from tests.factories import (
    make_connection,
    make_copy_request,
    make_invoice,
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


def log_on(page, decision, username=exact.ANNA):
    page.get_by_label("E-mail address").fill(username)
    page.get_by_label("Password").fill(exact.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=decision).click()


def test_behavior_03_the_wizard_keeps_what_was_entered_and_is_resumed_all_by_keyboard(
    page, sign_in, look_at, agency, admin, exact_pages
):
    """P-7 to P-25 in one go: consent refused first, left in the middle, back from the last step, then the first copy."""
    with tenant_transaction(agency.pk):
        subsidiary = Subsidiary.objects.get()
    invoice = make_invoice(organization=agency, subsidiary=subsidiary, number="27003001")
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
    expect(page.get_by_role("button", name="Log in at Exact again")).to_have_count(1)
    look_at(page, "login-refused")
    press(page, page.get_by_role("button", name="Log in at Exact again"))
    page.wait_for_url("**/api/oauth2/auth**")
    log_on(page, "Allow")

    expect(page.get_by_text("You are logged in at Exact.")).to_be_visible()
    look_at(page, "setup-settings")
    choose(page, page.get_by_label("Studio Noord B.V. (1000001)"))
    choose(page, page.get_by_label("The invoice keeps the number it has here"))
    expect(page.get_by_text("Fetching lists from Exact…")).to_be_visible()
    exact.fetch_lists(the_connection(agency))
    journal = page.get_by_label("Default journal")
    expect(journal).to_be_visible()
    expect(page.get_by_label("The invoice keeps the number it has here")).to_be_checked()
    pick(page, journal, "70")
    tick(page, page.get_by_label("Synchronize payments from Exact"))
    press(page, page.get_by_role("button", name="Next"))

    page.wait_for_url("**/mapping/")
    steps = page.get_by_role("list", name="Steps of the setup").get_by_role("listitem")
    expect(steps).to_have_text(
        [
            "Subsidiary and country",
            "Log-in at Exact",
            "Division and numbering",
            "Ledgers and VAT",
            "Check",
        ]
    )
    # Whoever closes the window finds the row, and goes on where they were.
    page.goto(MARKETPLACE)
    expect(page.locator(".connection-row .state")).to_have_text("Setup incomplete")
    press(page, page.get_by_role("link", name="Resume setup Exact Noord"))
    page.wait_for_url("**/mapping/")
    pick(page, page.get_by_label("Default Exact ledger"))
    table = page.get_by_role("table").filter(has_text="Service type")
    expect(table).to_be_hidden()
    tick(page, page.get_by_label("Map service types to Exact ledger"))
    expect(table).to_be_visible()
    pick(page, table.get_by_label("Training"))
    look_at(page, "setup-mapping")
    press(page, page.get_by_role("button", name="Next"))

    page.wait_for_url("**/check/")
    look_at(page, "setup-check")
    press(page, page.get_by_role("link", name="Back", exact=True))
    expect(table.get_by_label("Training")).not_to_have_value("")
    expect(page.get_by_label("Map service types to Exact ledger")).to_be_checked()
    press(page, page.get_by_role("button", name="Next"))
    press(page, page.get_by_role("button", name="Finish"))

    page.wait_for_url(f"**{MARKETPLACE}")
    expect(page.locator("main .state")).to_have_text(["Healthy", "Healthy"])
    press(page, page.get_by_role("link", name="Exact Noord", exact=True))
    expect(page.get_by_text("In sync", exact=True)).to_be_visible()
    look_at(page, "connection-health")
    press(page, page.get_by_role("main").get_by_role("link", name="Activity", exact=True))
    expect(page.get_by_role("heading", name="Activity", exact=True)).to_be_visible()
    look_at(page, "connection-activity")
    assert the_connection(agency).state == ConnectionState.READY

    press(page, page.get_by_role("region", name="Navigation").get_by_role("link", name="Invoices"))
    press(page, page.get_by_role("link", name=invoice.number))
    press(page, page.get_by_role("link", name="Copy to Exact"))
    submit = page.get_by_role("dialog").get_by_role("button", name="Copy and Finalize")
    expect(submit).to_be_visible()
    press(page, submit)
    expect(page.locator("#copy-panel")).to_contain_text("Copying…")


def test_behavior_01_the_card_and_each_connection_say_how_they_are(
    page, sign_in, look_at, agency, admin
):
    """Six words, each with its icon and color, the reason beside it, and the exact time of the last sync on focus."""
    four_minutes_ago = timezone.now() - timedelta(minutes=4)
    rows: list[tuple[str, ConnectionState, dict[str, Any]]] = [
        ("Working", ConnectionState.READY, {}),
        ("Withdrawn", ConnectionState.NEEDS_CONSENT, {"state_reason": "Withdrawn at Exact."}),
        ("Archived", ConnectionState.NEEDS_ATTENTION, {"state_reason": "Archived in Exact."}),
        ("Unread", ConnectionState.READY, {"payments_sync_problem": "Exact shows no payments."}),
        ("Ended", ConnectionState.DISCONNECTED, {}),
        ("Begun", ConnectionState.SETUP_INCOMPLETE, {}),
        ("Resting", ConnectionState.READY, {}),
    ]
    made = {
        name: make_connection(
            organization=agency,
            name=name,
            state=state,
            connected_by=admin,
            sync_payments=True,
            payments_synced_at=four_minutes_ago,
            **fields,
        )
        for name, state, fields in rows
    }
    with tenant_transaction(agency.pk):
        lanes.seat(made["Resting"])
        lanes.pause(made["Resting"])
    sign_in(page, admin)
    page.goto(MARKETPLACE)

    card = page.locator(".app-card-head")
    expect(card.locator(".state")).to_have_text("Reconnect needed")
    expect(card).to_contain_text("5 connections")
    last_sync = card.locator(".ago")
    exact_time = card.locator(".ago-exact")
    assert last_sync.locator("time").inner_text().replace("\xa0", " ") == "4 minutes ago"
    assert exact_time.bounding_box()["width"] <= 1
    last_sync.focus()
    expect(exact_time).to_have_text(f"{timezone.localtime(four_minutes_ago):%-d %b %Y %H:%M:%S}")
    assert exact_time.bounding_box()["width"] > 50
    for name, word, kind in (
        ("Working", "Healthy", "good"),
        ("Withdrawn", "Reconnect needed", "failed"),
        ("Archived", "Needs attention", "attention"),
        ("Unread", "Needs attention", "attention"),
        ("Ended", "Not connected", "neutral"),
        ("Begun", "Setup incomplete", "attention"),
        ("Resting", "Paused", "paused"),
    ):
        row = page.locator(".connection-row").filter(
            has=page.get_by_role("link", name=name, exact=True)
        )
        expect(row.locator(".state")).to_have_text(word)
        expect(row.locator(".state")).to_have_class(f"state state-{kind}")
        expect(row.locator(".state svg")).to_be_visible()
    expect(page.get_by_text("Exact shows no payments.")).to_be_visible()
    look_at(page, "marketplace-states")


def test_behavior_02_a_row_tells_its_facts_and_its_pencil_and_bin_are_always_within_reach(
    page, sign_in, agency, admin
):
    """P-33, P-34: facts of the row; what it offers shows on hover, on keyboard focus, and always on touch."""
    make_connection(
        organization=agency,
        name="Exact Noord",
        country="BE",
        division=1_234_567,
        division_name="Studio Noord B.V.",
        connected_by=admin,
        sync_payments=True,
        payments_synced_at=timezone.now() - timedelta(minutes=4),
        subsidiary=make_subsidiary(organization=agency, name="Studio Zuid BVBA"),
    )
    sign_in(page, admin)
    page.goto(MARKETPLACE)
    row = page.locator(".connection-row")
    for fact in (
        "Exact Noord",
        "Belgium",
        "Studio Noord B.V. (1234567)",
        "Studio Zuid BVBA",
        "Anna Visser",
        re.compile(r"Payments\s+On"),
        re.compile(r"Last sync\s+4.minutes.ago"),
    ):
        expect(row).to_contain_text(fact)
    actions = row.locator(".row-actions")
    pencil = page.get_by_role("link", name="Edit settings of Exact Noord")
    bin_ = page.get_by_role("link", name="Disconnect Exact Noord")
    expect(actions).to_have_css("opacity", "0")

    row.hover()
    expect(actions).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(actions).to_have_css("opacity", "0")
    pencil.focus()
    expect(actions).to_have_css("opacity", "1")
    page.keyboard.press("Tab")
    expect(bin_).to_be_focused()
    page.locator("h1").click()
    expect(actions).to_have_css("opacity", "0")

    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    expect(actions).to_have_css("opacity", "1")


def test_behavior_04_the_division_is_picked_and_never_assumed(page, sign_in, agency, admin):
    taken = make_connection(organization=agency, name="Exact Noord", division=1_000_001)
    begun = make_connection(
        organization=agency,
        name="Begun",
        division=None,
        lists=False,
        state=ConnectionState.SETUP_INCOMPLETE,
    )
    with tenant_transaction(agency.pk):
        for code, name, vat_number in (
            (1_000_001, "Studio Noord B.V.", "NL001234567B01"),
            (1_000_002, "Studio Zuid B.V.", "NL007654321B01"),
            (1_000_003, "Studio Ost GmbH", ""),
        ):
            ExactDivision.objects.create(
                grant=begun.grant, code=code, name=name, vat_number=vat_number
            )
    sign_in(page, admin)
    page.goto(f"{MARKETPLACE}{begun.pk}/settings/")

    divisions = page.get_by_role("group", name="Select your division")
    expect(divisions.get_by_role("radio", checked=True)).to_have_count(0)
    one_taken = divisions.get_by_role("radio", name=re.compile(r"Studio Noord B\.V\. \(1000001\)"))
    expect(one_taken).to_be_disabled()
    expect(one_taken).to_have_accessible_name(re.compile("Already connected as “Exact Noord”"))
    free = divisions.get_by_role("radio", name=re.compile(r"Studio Zuid B\.V\. \(1000002\)"))
    expect(free).to_be_enabled()
    expect(free).to_have_accessible_name(re.compile("VAT number NL007654321B01"))

    page.goto(f"{MARKETPLACE}{taken.pk}/settings/")
    expect(page.get_by_role("radio", name=re.compile("1000001"))).to_have_count(0)
    expect(page.get_by_text("For another division, use Connect app.")).to_be_visible()


def test_behavior_05_the_check_is_a_dry_run_with_a_way_out_of_every_red_line(
    page, sign_in, look_at, agency, admin
):
    connection = make_connection(
        organization=agency,
        name="Exact Noord",
        default_journal_code="90",
        payment_condition_code="99",
        route="exact_invoice",
        numbering="exact",
    )
    sign_in(page, admin)
    page.goto(f"{MARKETPLACE}{connection.pk}/check/")

    findings = page.locator(".finding")
    expect(findings.filter(has_text="can be used.")).to_have_class("finding finding-good")
    for problem in (
        re.compile("Journal 90 .*Choose another"),
        re.compile("Payment condition 99 is not in Exact any more"),
        re.compile("VAT code"),
    ):
        expect(findings.filter(has_text=problem).first).to_be_visible()
    red = page.locator(".finding-failed")
    assert red.count() >= 2
    for line in red.all():
        expect(line).to_contain_text("To be changed:")
        expect(line.get_by_role("link")).to_have_count(1)
    expect(
        page.get_by_text("The check reads a few lists at most, and writes nothing in Exact.")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Send a test invoice")).to_be_visible()
    look_at(page, "check-red")


def test_behavior_15_reconnecting_asks_for_the_same_division_and_disconnecting_for_the_name(
    page, sign_in, look_at, agency, admin, exact_pages
):
    connection = make_connection(
        organization=agency,
        name="Exact Noord",
        division=exact.NOORD,
        state=ConnectionState.NEEDS_CONSENT,
        state_reason="The permission was withdrawn at Exact.",
    )
    ledger = connection.default_ledger_exact_id
    make_copy_request(invoice=make_invoice(organization=agency), connection=connection)
    banner = "“Exact Noord” waits for a new log-in at Exact."
    femke = make_user(organization=agency, role=Role.FINANCE)
    assert banner not in factories.sign_in(femke).get("/invoices/").content.decode()
    sign_in(page, admin)
    expect(page.get_by_text(banner)).to_contain_text("1 invoice waits; none is lost.")

    page.get_by_role("main").get_by_role("link", name="Reconnect").click()
    page.get_by_role("button", name="Reconnect Exact Noord").click()
    page.wait_for_url("**/api/oauth2/auth**")
    log_on(page, "Allow", exact.CLAIRE)
    expect(
        page.get_by_text(re.compile(r"can not open Studio Noord B\.V\. \(1000001\) in Exact"))
    ).to_be_visible()
    assert the_connection(agency).state == ConnectionState.NEEDS_CONSENT
    look_at(page, "reconnect-refused", widths=(360,))
    page.get_by_role("button", name="Log in at Exact again").click()
    page.wait_for_url("**/api/oauth2/auth**")
    log_on(page, "Allow")

    page.wait_for_url(f"**{MARKETPLACE}")
    expect(page.get_by_text("“Exact Noord” is connected again")).to_be_visible()
    expect(page.get_by_text(banner)).to_be_hidden()
    again = the_connection(agency)
    assert (again.pk, again.state, again.default_ledger_exact_id) == (
        connection.pk,
        ConnectionState.READY,
        ledger,
    )

    bin_ = page.get_by_role("link", name="Disconnect Exact Noord")
    bin_.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_text(
        [
            re.compile(r"All syncing stops\..*1 waiting copy is canceled", re.DOTALL),
            re.compile(r"Invoices in Exact stay as they are\."),
            re.compile(r"You can reconnect at any time\."),
        ]
    )
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
    expect(page.get_by_text("“Exact Noord” is disconnected.")).to_contain_text(
        "1 waiting copy was canceled."
    )
    assert the_connection(agency).state == ConnectionState.DISCONNECTED


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
