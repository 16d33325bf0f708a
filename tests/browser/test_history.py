"""The history in a browser: from the invoice to the run, from the run to the call (B-16)."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import (
    Direction,
    ExactCall,
    ExactCallBody,
    RecordOutcome,
    RunRecord,
    WorkRun,
)
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def invoice(agency):
    """An invoice with a run that copied it, beside a run that failed."""
    connection = factories.make_connection(organization=agency)
    invoice = factories.make_invoice(
        organization=agency, subsidiary=connection.subsidiary, number="27300001"
    )
    with tenant_transaction(agency.pk):
        make_run(connection, RecordOutcome.CREATED, "copied", invoice.pk)
        make_run(connection, RecordOutcome.FAILED, "", None)
    return invoice


def make_run(connection, outcome, kind, invoice_id):
    run = WorkRun.objects.create(
        connection=connection,
        work="copies" if kind else "payments",
        direction=Direction.OUT if kind else Direction.IN,
        started_at=timezone.now(),
        duration_ms=1234,
        call_count=1,
        **{f"{outcome}_count": 1},
    )
    path = "/api/v1/{division}/salesentry/SalesEntries"
    RunRecord.objects.create(
        run=run,
        step=1,
        kind=kind,
        outcome=outcome,
        subject_id=invoice_id,
        path="" if kind else path,
        call_count=1,
    )
    call = ExactCall.objects.create(
        run=run,
        step=1,
        at=run.started_at,
        method="POST",
        path=path,
        address="/api/v1/27/salesentry/SalesEntries",
        status=201 if kind else 503,
        duration_ms=300,
    )
    ExactCallBody.objects.create(call=call, at=run.started_at, sent='{\n "Journal": "70"\n}')


def test_behavior_14_history_leads_from_the_invoice_to_its_run_and_an_admin_to_the_call(
    page, sign_in, look_at, agency, invoice
):
    sign_in(page, factories.make_user(organization=agency, role=Role.ADMIN))
    page.goto(f"/invoices/{invoice.pk}/")
    page.get_by_role("link", name="Its history in Exact").click()
    expect(page.get_by_text("Only runs that did something to")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)

    page.get_by_role("link", name="All runs").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    look_at(page, "history-runs")
    page.get_by_label("Errors only").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("With errors")

    page.get_by_label("Errors only").uncheck()
    page.get_by_label("Invoice number, connection or person").fill("27300001")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").first.click()
    expect(page.locator("tbody")).to_contain_text("Copied to Exact")
    summary = page.locator("tbody summary")
    summary.focus()
    page.keyboard.press("Enter")
    look_at(page, "history-run")
    page.get_by_role("link", name=re.compile("POST")).click()
    expect(page.get_by_role("heading", name="Sales entries")).to_be_visible()
    expect(page.get_by_role("region", name="Sent")).to_contain_text("Journal")
    look_at(page, "history-call")


def test_behavior_14_a_finance_user_reads_sentences_and_no_raw_call(page, sign_in, agency, invoice):
    sign_in(page, factories.make_user(organization=agency, role=Role.FINANCE))
    page.goto("/activity/")
    page.get_by_role("link", name="Work with Exact").click()
    page.get_by_label("Errors only").check()
    page.get_by_role("button", name="Show").click()
    page.locator("tbody a").first.click()

    expect(page.locator("tbody")).to_contain_text("Exact refused or gave no usable answer")
    expect(page.locator("tbody summary")).to_have_count(0)
