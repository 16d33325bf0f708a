"""Paid by hand in a browser: the whole path by keyboard, both dialogs at both widths in both themes, and without scripts."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from invoices.models import HandPayment, InvoiceState
from tests import factories
from tests.browser.keyboard import walk_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def femke(agency):
    return factories.make_user(organization=agency, role=Role.FINANCE, name="Femke Smit")


@pytest.fixture
def invoice(agency):
    """An invoice of which Exact shows a part paid."""
    connection = factories.make_connection(
        organization=agency,
        lists=False,
        sync_payments=True,
        payments_synced_at=timezone.now() - timedelta(minutes=4),
    )
    invoice = factories.make_invoice(
        organization=agency,
        subsidiary=connection.subsidiary,
        client=factories.make_client(
            organization=agency, name="Van den Heuvel & Zonen Interieurbouw"
        ),
        lines=[{"net_amount": "12500.00", "rate": "21"}],
        number="27001001",
        invoice_date=date(2026, 11, 2),
        payment_status="partly_paid",
        paid_amount="4537.50",
        payments_read_at=timezone.now() - timedelta(minutes=4),
    )
    factories.make_posted_document(invoice=invoice, connection=connection)
    return invoice


def test_h42_to_h44_mark_as_paid_and_undo_by_keyboard_alone(page, sign_in, look_at, femke, invoice):
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/")
    part = page.get_by_role("region", name="Payments")
    expect(part.get_by_text("Partly paid")).to_be_visible()
    look_at(page, "paid-by-hand-before")
    opener = part.get_by_role("link", name="Mark as paid")
    walk_to(page, opener)
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Mark 27001001 as paid?")).to_be_visible()
    expect(dialog.get_by_label("Paid on")).to_be_focused()
    expect(dialog).to_contain_text("Exact shows 4,537.50 EUR of 15,125.00 EUR paid.")
    look_at(page, "paid-by-hand-dialog")

    # Cancel leaves everything as it was, and the focus where it came from.
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")

    # A day ahead is a sentence in the dialog; the note stays.
    tomorrow = timezone.localdate() + timedelta(days=1)
    dialog.get_by_label("Paid on").fill(tomorrow.isoformat())
    note = dialog.get_by_label("Note")
    walk_to(page, note)
    page.keyboard.type("Cash at the counter")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("This day is in the future.")).to_be_visible()
    expect(note).to_have_value("Cash at the counter")
    look_at(page, "paid-by-hand-dialog-error")
    dialog.get_by_label("Paid on").fill(timezone.localdate().isoformat())
    walk_to(page, dialog.get_by_role("button", name="Proceed"))
    page.keyboard.press("Enter")

    expect(page.get_by_text("27001001 counts as paid. Exact is not told.")).to_be_visible()
    expect(part.get_by_text("by hand", exact=True)).to_be_visible()
    expect(part).to_contain_text("Cash at the counter")
    expect(part).to_contain_text("10,587.50 EUR is open there")
    expect(page.get_by_role("region", name="Activity")).to_contain_text("Marked as paid by hand")
    look_at(page, "paid-by-hand")
    page.goto("/invoices/")
    expect(page.get_by_role("row", name=re.compile("27001001"))).to_contain_text("by hand")
    look_at(page, "paid-by-hand-list")

    page.goto(f"/invoices/{invoice.pk}/")
    walk_to(page, part.get_by_role("link", name="Undo the mark by hand"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading")).to_have_text("Take back that 27001001 is paid?")
    look_at(page, "paid-by-hand-undo")
    walk_to(page, dialog.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")

    expect(part.get_by_text("Partly paid")).to_be_visible()
    expect(part.get_by_role("link", name="Mark as paid")).to_be_visible()
    expect(page.get_by_role("region", name="Activity")).to_contain_text("Took back that Femke")


def test_h43_the_whole_path_without_scripts(browser, live_server, agency, femke):
    invoice = factories.make_invoice(
        organization=agency, number="27001002", state=InvoiceState.FINALIZED
    )
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/sign-in/?next=/invoices/{invoice.pk}/")
    page.get_by_label("E-mail address").fill(femke.email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("link", name="Mark as paid").click()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Mark as paid").click()
    page.get_by_role("button", name="Proceed").click()
    expect(page.get_by_text("27001002 counts as paid.")).to_be_visible()
    page.get_by_role("link", name="Undo the mark by hand").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The mark is taken back.")).to_be_visible()
    context.close()

    with tenant_transaction(agency.pk):
        mark = HandPayment.objects.get()
    assert (mark.user_id, mark.undone_by_id) == (femke.pk, femke.pk)


def test_d12_two_tabs_make_one_mark_and_the_second_is_told(page, sign_in, femke, invoice):
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/")
    other = page.context.new_page()
    other.goto(f"/invoices/{invoice.pk}/paid/")
    other.get_by_label("Paid on").wait_for()
    page.get_by_role("link", name="Mark as paid").click()
    page.get_by_role("button", name="Proceed").dblclick()
    expect(page.get_by_text("27001001 counts as paid. Exact is not told.")).to_be_visible()

    other.get_by_role("button", name="Proceed").click()

    expect(other.get_by_text("Femke Smit already marked it as paid")).to_be_visible()
    with tenant_transaction(invoice.organization_id):
        assert HandPayment.objects.count() == 1
