"""What somebody reads in a browser while the worker, the broker, Exact or the line to the connector is down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import DivisionLane
from invoices.models import CopyRequest
from payments.models import SyncCursor
from tests import background, factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOTICE = "The work in the background gives no sign of life"
NOT_LOADED = "nothing was loaded"
UNSURE = "No answer came, so it is not known whether this was done. Reload the page to see it."
SOON = 20_000  # the notice looks again every 15 seconds
# What the browser and htmx note of a request that failed on purpose.
ON_PURPOSE = ("net::ERR_FAILED", "htmx:sendError", "Response Status Error Code 502")


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def connection(agency):
    connection = factories.make_connection(
        organization=agency,
        default_vat_code="2",
        sync_payments=True,
        payments_synced_at=timezone.now() - timedelta(minutes=9),
    )
    with tenant_transaction(agency.pk):
        lanes.seat(connection)
        SyncCursor.objects.create(
            connection=connection, next_at=timezone.now() + timedelta(minutes=6)
        )
    return connection


@pytest.fixture
def invoice(agency, connection):
    return factories.make_invoice(
        organization=agency,
        subsidiary=connection.subsidiary,
        client=factories.make_client(organization=agency, name="Bakker Media B.V."),
        number="26001042",
    )


@pytest.fixture
def finance(page, sign_in, agency, invoice):
    """Somebody at the invoice's page."""
    sign_in(page, factories.make_user(organization=agency, role=Role.FINANCE, name="Femke"))
    page.goto(f"/invoices/{invoice.pk}/")
    return page


@pytest.fixture
def lost(watch):
    """Answers that get lost on purpose are no mistake."""
    watch.allowed_statuses |= {502}
    yield
    watch.problems[:] = [
        problem for problem in watch.problems if not any(part in problem for part in ON_PURPOSE)
    ]


def copy(page) -> None:
    page.get_by_role("link", name="Copy to Exact").click()
    page.get_by_role("dialog").get_by_role("button", name="Copy and Finalize").click()


def wishes(invoice) -> int:
    with tenant_transaction(invoice.organization_id):
        count: int = CopyRequest.objects.filter(invoice=invoice).count()
    return count


def test_reliability_k4_a_copy_that_waits_for_a_dead_worker_says_so_until_it_is_back(
    finance, look_at
):
    background.worker_died()
    copy(finance)

    panel = finance.locator("#copy-panel")
    expect(panel).to_contain_text(background.STANDS_STILL)
    expect(panel).to_contain_text("Waiting")
    expect(panel).to_contain_text("You can leave this page.")
    finance.reload()
    notice = finance.get_by_role("status").filter(has_text=NOTICE)
    expect(notice).to_contain_text("What you ask for is kept and done once it runs again.")
    look_at(finance, "copy-stands-still")

    background.runs()
    expect(panel).to_contain_text("Copying…", timeout=SOON)
    expect(notice).to_be_hidden(timeout=SOON)


def test_reliability_k4_payments_and_the_comparison_say_that_the_broker_is_dead(finance, look_at):
    background.broker_died()
    finance.goto("/payments/")
    finance.get_by_role("button", name="Sync now").click()

    line = finance.locator("#payments").get_by_role("status")
    expect(line).to_contain_text(background.STANDS_STILL)
    expect(finance.locator("#payments .state", has_text="Waiting")).to_be_visible()
    look_at(finance, "payments-stand-still")

    background.runs()
    expect(line).to_have_text("Reading payments from Exact …")


def test_with_exact_down_a_copy_says_what_it_waits_for_and_until_when(finance, look_at):
    until = timezone.now() + timedelta(minutes=20)
    DivisionLane.objects.update(resume_at=until, resume_reason="Exact does not answer")
    copy(finance)

    panel = finance.locator("#copy-panel")
    expect(panel).to_contain_text("Waiting for Exact")
    expect(panel).to_contain_text("Exact does not answer, goes on")
    expect(panel).to_contain_text("You can leave this page.")
    expect(panel).not_to_contain_text(background.STANDS_STILL)
    look_at(finance, "copy-exact-down", widths=(360,))


def test_an_answer_that_was_lost_leaves_it_open_and_reloading_shows_that_it_was_done(
    finance, invoice, look_at, lost
):
    """The request arrived; only its answer did not."""

    def lose(route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.fallback()

    finance.route("**/copy/", lose)
    copy(finance)

    said = finance.get_by_role("dialog").get_by_role("alert")
    expect(said).to_have_text(UNSURE)
    look_at(finance, "answer-lost")
    assert wishes(invoice) == 1
    finance.reload()
    expect(finance.locator("#copy-panel")).to_contain_text("Copying…")


def test_a_proxy_that_answers_for_us_does_not_know_either(finance, invoice, lost):
    """Here the request did not even arrive: nobody can tell the two apart."""

    def answer(route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html")
        else:
            route.fallback()

    finance.route("**/copy/", answer)
    copy(finance)

    expect(finance.get_by_role("dialog").get_by_role("alert")).to_have_text(UNSURE)
    assert wishes(invoice) == 0
    finance.reload()
    expect(finance.locator("#copy-panel")).to_contain_text("Not copied")


@pytest.mark.parametrize(
    "fails",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=502, body="Bad gateway", content_type="text/plain"),
    ],
    ids=["no answer", "a proxy's answer"],
)
def test_what_only_reads_says_that_nothing_was_loaded(finance, lost, fails):
    finance.route("**/copy/", fails)
    finance.get_by_role("link", name="Copy to Exact").click()

    said = finance.locator("#messages").get_by_role("alert")
    expect(said).to_contain_text(NOT_LOADED)
    expect(said).not_to_contain_text("changed")
    finance.unroute("**/copy/")
    finance.get_by_role("link", name="Copy to Exact").click()
    expect(finance.get_by_role("dialog")).to_be_visible()


def test_an_answer_of_ours_says_itself_what_was_not_done(finance, invoice, watch):
    """A form from an old page is refused by the connector, which knows that nothing was changed."""
    watch.allowed_statuses |= {403}
    finance.get_by_role("link", name="Copy to Exact").click()
    expect(finance.get_by_role("dialog")).to_be_visible()
    finance.context.clear_cookies(name="csrftoken")
    finance.get_by_role("dialog").get_by_role("button", name="Copy and Finalize").click()

    said = finance.get_by_role("dialog").get_by_role("alert")
    expect(said).to_contain_text("the form was not accepted")
    expect(said).to_contain_text("Nothing was changed.")
    assert wishes(invoice) == 0
    watch.problems[:] = [
        one for one in watch.problems if "Response Status Error Code 403" not in one
    ]
