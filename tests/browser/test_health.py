"""How a connection is doing, in a browser: what is wrong by cause, mended once; and a pause from its dialog to its end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import DivisionLane, ExactConnection, ExactGrant
from invoices.models import CopyRequest, CopyState
from payments.models import SyncCursor
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def connection(agency):
    """One invoice in Exact, one not asked for, and four that stand still for two causes, mended since."""
    connection = factories.make_connection(
        organization=agency,
        default_vat_code="2",
        sync_payments=True,
        payments_synced_at=timezone.now(),
    )
    now = timezone.now()
    with tenant_transaction(agency.pk):
        lanes.seat(connection)
        SyncCursor.objects.create(connection=connection, next_at=now + timedelta(minutes=11))
        ExactGrant.objects.update(issued_at=now)
    DivisionLane.objects.update(
        day_limit=5000,
        day_remaining=4312,
        day_reset_at=now + timedelta(hours=5),
        minute_remaining=58,
    )
    invoices = [
        factories.make_invoice(organization=agency, subsidiary=connection.subsidiary)
        for _ in range(6)
    ]
    factories.make_posted_document(invoice=invoices[0], connection=connection)
    for one in invoices[2:]:
        rate = one is not invoices[-1]
        factories.make_copy_request(
            invoice=one,
            connection=connection,
            state=CopyState.NEEDS_CHOICE,
            choices={"journal_code": "70"},
            problem_code="vat_missing" if rate else "period_closed",
            problem_sentence="Tax rate 9 % has no VAT code." if rate else "The period is closed.",
            problem_causes=[["vat_missing", "tax_rate", 9, "9 %", "tax_categories"]]
            if rate
            else [],
        )
    return connection


def test_behavior_13_what_fails_is_mended_by_cause_and_the_rest_of_its_health_is_told(
    page, sign_in, look_at, agency, connection
):
    """And an admin lets it rest, and go on."""
    sign_in(page, factories.make_user(organization=agency))
    page.goto(f"/settings/marketplace/{connection.pk}/health/")

    counters = page.locator(".counter")
    expect(counters).to_have_text(
        [re.compile(r"1\s+In sync"), re.compile(r"1\s+Not synced"), re.compile(r"4\s+Failing")]
    )
    causes = page.get_by_role("list", name="Why invoices stand still").get_by_role("listitem")
    expect(causes).to_have_text(
        [
            re.compile(
                r"Tax rate 9 % has no VAT code\..*3 invoices.*Open the tax categories.*Retry all 3",
                re.DOTALL,
            ),
            re.compile(r"The period is closed\..*1 invoice.*Retry", re.DOTALL),
        ]
    )
    facts = page.get_by_role("region", name="Connection")
    expect(facts).to_contain_text("4,312 of 5,000 today")
    until = timezone.localtime(timezone.now() + timedelta(days=30))
    expect(facts).to_contain_text(f"until {until:%-d %b %Y}")
    look_at(page, "health-failing")

    page.get_by_role("button", name="Retry all 3").click()
    expect(
        page.get_by_text("3 copies were asked for again, with the same choices.")
    ).to_be_visible()
    expect(causes).to_have_count(1)
    with tenant_transaction(agency.pk):
        assert CopyRequest.objects.filter(state=CopyState.QUEUED).count() == 3

    runs = page.get_by_role("region", name="What runs by itself")
    runs.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text(re.compile("were read a moment ago"))).to_be_visible()
    with tenant_transaction(agency.pk):
        ExactConnection.objects.update(payments_synced_at=timezone.now() - timedelta(minutes=4))
    runs.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text(re.compile("are being read from Exact"))).to_be_visible()
    expect(runs.get_by_role("button", name="Sync now")).to_be_disabled()

    pause = page.get_by_role("link", name="Pause", exact=True)
    pause.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("3 copies wait now.")
    look_at(page, "pause")
    page.keyboard.press("Escape")
    expect(pause).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("“Exact Noord” is paused: nothing is sent to Exact")).to_be_visible()
    expect(page.locator("#invoices-heading + .freshness .state")).to_have_text("Paused")
    look_at(page, "health-paused")
    page.get_by_role("button", name="Resume Exact Noord").click()
    expect(page.get_by_text("“Exact Noord” goes on.")).to_be_visible()
    expect(page.locator("#invoices-heading + .freshness .state")).to_have_text("Healthy")
