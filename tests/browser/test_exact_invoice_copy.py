"""Copying in a browser where Exact writes the invoice: through the real lane and the sandbox, by keyboard, to the number."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import Item, LaneMember, Route
from tests import factories
from tests.browser.keyboard import walk_to
from tests.browser.test_copy import LINES
from tests.exact import connected, run_lane, sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def femke(agency):
    return factories.make_user(organization=agency, role=Role.FINANCE, name="Femke de Boer")


@pytest.fixture
def connection(agency, sandbox):
    connection = connected(agency, sandbox, route=Route.EXACT_INVOICE, default_vat_code="2")
    with tenant_transaction(agency.pk):
        item = Item.objects.get(connection=connection, code="SERVICE")
        connection.default_item_exact_id = item.exact_id
        connection.save()
    return connection


@pytest.fixture
def invoice(agency, connection):
    client = factories.make_client(organization=agency, name="Kade Communicatie B.V.")
    invoice = factories.make_invoice(
        organization=agency,
        subsidiary=connection.subsidiary,
        client=client,
        number="",
        subject="Annual report and design system",
        lines=(
            *tuple(line | {"quantity": "1"} for line in LINES[:2]),
            LINES[2] | {"quantity": "0"},
        ),
    )
    with tenant_transaction(agency.pk):
        invoice.contact = factories.make_contact(
            client=client, last_name="Visser", email="sanne@kade.example"
        )
        invoice.save()
    return invoice


def work_off(connection):
    """Let the lane do what is due until nothing is."""
    for _ in range(20):
        run_lane(connection)
    assert LaneMember.objects.filter(connection_id=connection.pk).exists()


def test_h11_h30_h40_from_the_dialog_to_the_number_by_keyboard(
    page, sign_in, look_at, femke, invoice, connection, sandbox
):
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/")
    walk_to(page, page.get_by_role("link", name="Copy to Exact"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    item = dialog.get_by_role("combobox", name="Item of line 1")
    walk_to(page, item)
    page.keyboard.type("NOPE")
    page.keyboard.press("Tab")
    expect(dialog).to_contain_text("Line 1: item NOPE is not in this division.")
    expect(dialog.get_by_role("button", name="Copy, Finalize and Send")).to_be_disabled()
    walk_to(page, item, key="Shift+Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("design")
    page.keyboard.press("Tab")
    expect(dialog).to_contain_text("chosen for this line")
    expect(dialog).to_contain_text("Line 3 has quantity 0: Exact gets 1 piece of -200.00 EUR.")
    expect(dialog).to_contain_text("e-mails it to Sanne Visser, sanne@kade.example.")
    look_at(page, "exact-invoice-dialog")
    walk_to(page, dialog.get_by_role("button", name="Copy, Finalize and Send"))
    page.keyboard.press("Enter")

    panel = page.locator("#copy-panel")
    expect(panel).to_contain_text("Copying…")
    page.evaluate("window.stayed = true")
    work_off(connection)

    chip = page.locator("#copied-menu")
    expect(chip).to_contain_text("Sent · Exact")
    expect(page.locator("#invoice-rest")).to_contain_text("Number in Exact")
    assert page.evaluate("window.stayed")
    with tenant_transaction(invoice.organization_id):
        number = invoice.posted_documents.get().invoice_number
        invoice.refresh_from_db()
    assert number is not None
    assert invoice.number == str(number)
    expect(chip).to_have_text(f"Sent · Exact {number}")
    expect(panel.get_by_role("listitem").filter(has_text="E-mail")).to_contain_text(
        "sanne@kade.example"
    )
    look_at(page, "exact-invoice-sent")
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Create new")).to_be_visible()
    expect(page.get_by_role("link", name="Update existing")).to_have_count(0)
    look_at(page, "exact-invoice-menu")
    page.goto("/invoices/?copy=sent")
    expect(page.get_by_role("row").filter(has_text=str(number))).to_contain_text("Sent")
    look_at(page, "exact-invoice-list")


def test_h38_an_e_mail_that_exact_refused_is_shown_and_sent_again(
    page, sign_in, look_at, femke, invoice, connection, sandbox
):
    sandbox.sandbox.switches.set("printing_fails", "email")
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/copy/")
    page.get_by_label("VAT code of line 2").select_option("2")
    expect(page.locator("#copy-check")).to_contain_text("150.00 EUR difference")
    look_at(page, "exact-invoice-dialog-page")
    page.goto(f"/invoices/{invoice.pk}/")
    page.get_by_role("link", name="Copy to Exact").click()
    page.get_by_role("dialog").get_by_role("button", name="Copy, Finalize and Send").click()
    panel = page.locator("#copy-panel")
    expect(panel).to_contain_text("Copying…")
    work_off(connection)

    expect(page.locator("#copied-menu")).to_contain_text("Booked, not sent · Exact")
    expect(panel).to_contain_text("Exact could not make the invoice's document or message.")
    expect(page.locator("#invoice-rest")).to_contain_text("Number in Exact")
    look_at(page, "exact-invoice-not-sent")

    sandbox.sandbox.switches.set("printing_fails", "")
    send = page.get_by_role("link", name="Send again")
    walk_to(page, send)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("the customer may get a second message")
    look_at(page, "exact-invoice-send-again")
    walk_to(page, dialog.get_by_role("button", name="Send again"))
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("Sending…")
    work_off(connection)

    expect(panel).to_contain_text("does not send it a second time")
    look_at(page, "exact-invoice-sent-before")

    walk_to(page, page.get_by_role("link", name="Send again"))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="It was sent already").click()
    expect(page.locator("#copied-menu")).to_contain_text("Sent · Exact")
    expect(panel).to_contain_text("Marked as sent by Femke de Boer.")


def test_h11_thousands_of_items_are_looked_up_while_typing(page, sign_in, femke, agency):
    connection = factories.make_connection(
        organization=agency,
        route=Route.EXACT_INVOICE,
        numbering="exact",
        default_vat_code="2",
        sending="none",
    )
    with tenant_transaction(agency.pk):
        Item.objects.bulk_create(
            Item(
                organization=agency,
                connection=connection,
                exact_id=uuid4(),
                code=f"N{number:05d}",
                description=f"Dienst {number}",
            )
            for number in range(600)
        )
    invoice = factories.make_invoice(organization=agency, subsidiary=connection.subsidiary)
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/copy/")
    suggested = page.locator("#item-options option")
    expect(suggested).to_have_count(0)

    item = page.get_by_role("combobox", name="Item", exact=False).first
    item.focus()
    page.keyboard.type("dienst 599")
    expect(suggested).to_have_count(1)
    expect(suggested).to_have_attribute("value", "N00599")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("N00599")
    page.keyboard.press("Tab")

    expect(page.locator("#item-help")).to_contain_text("Dienst 599")
    expect(page.locator("#copy-form")).to_contain_text(
        "N00599 Dienst 599 · chosen for this invoice"
    )
    expect(page.get_by_role("button", name="Copy and Finalize")).to_be_enabled()
