"""Many invoices copied in one go, in a browser: ticks that stay, a result that moves by itself (B-4)."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from invoices.models import CopyRequest, CopyState
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MANY = 52  # one page and two more


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def connection(agency):
    connection = factories.make_connection(organization=agency)
    with tenant_transaction(agency.pk):
        lanes.seat(connection)
    rate = factories.make_tax_rate(organization=agency)
    factories.map_tax_rate(connection=connection, tax_rate=rate, vat_code="2")
    for at in range(MANY):
        factories.make_invoice(
            organization=agency,
            subsidiary=connection.subsidiary,
            number=str(27006000 + at),
            lines=[{"net_amount": "100.00", "rate": "21" if at else "9"}],
        )
    return connection


def refuse(agency, number):
    """Play what a worker writes when Exact refuses."""
    with tenant_transaction(agency.pk):
        CopyRequest.objects.filter(invoice__number=number).update(
            state=CopyState.NEEDS_CHOICE,
            next_at=None,
            state_changed_at=timezone.now(),
            problem_code="refused",
            problem_sentence="Exact does not take this.",
        )


def copy_the_rest(agency, connection, most=MANY):
    """Play what a worker writes when Exact has booked what waits, or some of it."""
    with tenant_transaction(agency.pk):
        ids = CopyRequest.objects.filter(state=CopyState.QUEUED).order_by("pk")
        waiting = CopyRequest.objects.filter(pk__in=list(ids.values_list("pk", flat=True)[:most]))
        for copy in waiting.select_related("invoice"):
            factories.make_posted_document(
                invoice=copy.invoice, connection=connection, copy_request=copy
            )
        waiting.update(state=CopyState.COPIED, next_at=None, state_changed_at=timezone.now())


def test_behavior_11_many_invoices_are_ticked_over_pages_copied_and_followed(
    page, sign_in, look_at, agency, connection
):
    sign_in(page, factories.make_user(organization=agency, role=Role.FINANCE))
    page.goto("/invoices/?sort=number")
    ticked = page.locator("[data-bulk-count]")
    page.get_by_label("All on this page").check()
    expect(ticked).to_have_text("50")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody input[type=checkbox]").first.focus()
    page.keyboard.press("Space")
    expect(ticked).to_have_text("51")
    page.locator("tbody input[type=checkbox]").last.click()
    expect(ticked).to_have_text("52")
    page.locator("tbody input[type=checkbox]").last.click()
    expect(page.locator("[data-bulk-totals]")).to_contain_text("6,159.00 EUR")
    look_at(page, "invoices-ticked")

    page.get_by_role("button", name="Copy to Exact").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Copy 51 invoices to Exact")
    groups = page.locator("#preflight")
    expect(groups.get_by_role("heading", level=2)).to_have_text("50 ready, 1 blocked")
    expect(page.locator("#announcer")).to_contain_text("50 ready")
    groups.get_by_text("1 invoice", exact=True).focus()
    page.keyboard.press("Enter")
    expect(groups.get_by_role("link", name="27006000")).to_be_visible()
    look_at(page, "bulk-before")
    page.get_by_role("button", name="Start copying").click()
    progress = page.locator("#bulk-progress")
    expect(progress.get_by_role("heading")).to_contain_text("51 under way")

    refuse(agency, "27006000")
    expect(progress.get_by_role("heading")).to_contain_text("50 under way")
    look_at(page, "bulk-under-way")
    # Somebody who leaves and comes back finds it as it is.
    page.goto("/invoices/")
    copy_the_rest(agency, connection)
    page.get_by_role("link", name="Bulk copies").click()
    page.get_by_role("main").get_by_role("listitem").get_by_role("link").click()
    expect(progress.get_by_role("heading")).to_contain_text("50 copied, 1 needs you, 1 cause")
    page.get_by_role("link", name="Needs you").click()
    expect(page.locator("#bulk-rows tbody tr")).to_have_count(1)
    expect(page.locator("#bulk-rows")).to_contain_text("Exact does not take this.")
    look_at(page, "bulk-done")


def test_b4_what_is_ticked_is_cleared_at_once_and_never_waits_for_somebody_else(
    page, sign_in, look_at, agency, connection
):
    sign_in(page, factories.make_user(organization=agency, role=Role.FINANCE))
    page.goto("/invoices/?sort=number")
    count, totals = page.locator("[data-bulk-count]"), page.locator("[data-bulk-totals]")
    clear = page.get_by_role("button", name="Clear selection")
    ticked = page.get_by_role("checkbox", name="Choose invoice", checked=True)
    expect(clear).to_be_hidden()
    page.get_by_label("All on this page").check()
    # A filter hides what is ticked; it still counts, and can be cleared without being looked for.
    page.goto("/invoices/?q=27006051")
    expect(count).to_have_text("50")
    expect(ticked).to_have_count(0)
    expect(totals).to_contain_text("EUR")
    look_at(page, "invoices-ticked-elsewhere")
    clear.focus()
    page.keyboard.press("Enter")
    expect(count).to_have_text("0")
    expect(totals).to_be_empty()
    expect(clear).to_be_hidden()
    expect(page.get_by_label("All on this page")).to_be_focused()
    page.get_by_label("All 1 that match").check()
    expect(count).to_have_text("1")
    clear.click()
    expect(page.get_by_label("All 1 that match")).not_to_be_checked()
    expect(ticked).to_have_count(0)
    page.get_by_role("button", name="Copy to Exact").click()
    expect(page.locator("#messages")).to_contain_text("Tick the invoices first.")

    # Ticks of one person are not the next one's, who signs in in the same tab.
    page.goto("/invoices/?sort=number")
    expect(count).to_have_text("0")
    page.get_by_label("All on this page").check()
    expect(count).to_have_text("50")
    expect(totals).to_contain_text("EUR")
    page.context.clear_cookies()
    sign_in(page, factories.make_user(organization=agency, role=Role.FINANCE))
    page.goto("/invoices/?sort=number")
    expect(count).to_have_text("0")
    expect(ticked).to_have_count(0)
    page.locator("tbody input[type=checkbox]").first.click()
    page.get_by_role("button", name="Copy to Exact").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Copy 1 invoice to Exact")


def test_b4_a_run_is_stopped_what_failed_is_retried_and_the_result_is_exported(
    page, sign_in, look_at, agency, connection
):
    sign_in(page, factories.make_user(organization=agency, role=Role.FINANCE))
    page.goto("/invoices/")
    page.get_by_label("All 52 that match").check()
    page.get_by_role("button", name="Copy to Exact").click()
    page.get_by_role("button", name="Start copying").click()
    heading = page.locator("#bulk-progress").get_by_role("heading")
    refuse(agency, "27006000")
    copy_the_rest(agency, connection, most=2)
    expect(heading).to_have_text("2 copied, 49 under way, 1 needs you, 1 cause")

    page.get_by_role("button", name="Stop").click()
    said = page.locator("#messages")
    expect(said).to_contain_text("Stopped: 49 copies were not sent and are given up.")
    expect(heading).to_have_text("2 copied, 1 needs you, 1 cause, 49 given up")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    look_at(page, "bulk-stopped")

    # What is not mended yet is not asked for again.
    page.get_by_role("button", name="Retry what failed").click()
    expect(said).to_contain_text("1 invoice still needs you and was left as it is")
    rate = factories.make_tax_rate(organization=agency, percentage="9")
    factories.map_tax_rate(connection=connection, tax_rate=rate, vat_code="1")
    page.get_by_role("button", name="Retry what failed").click()
    expect(said).to_contain_text("1 invoice is tried again.")
    expect(heading).to_have_text("2 copied, 1 under way, 49 given up")
    copy_the_rest(agency, connection)
    expect(heading).to_have_text("3 copied, 49 given up")

    page.get_by_role("link", name="Copied (3)").click()
    page.get_by_text("Export CSV").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Decimal comma").click()
    header, *lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert header.startswith("Number;Client;Date;Currency;Amount;Result")
    cells = [line.split(";") for line in lines]
    assert [row[0] for row in cells].count("27006000") == 1
    assert [row[5] for row in cells] == ["Copied"] * 3
    assert sorted(row[4] for row in cells) == ["109,00", "121,00", "121,00"]
