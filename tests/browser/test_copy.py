"""Copying an invoice in a browser: by keyboard alone, over the invoice's page, at both widths, in both themes."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactCustomer, VatCode
from invoices.models import CopyRequest, CopyState
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LINES = (
    {
        "net_amount": "4800.00",
        "rate": "21",
        "service": "Design",
        "description": "Design system, phase two",
    },
    {
        "net_amount": "1250.00",
        "rate": "9",
        "service": "Books",
        "description": "Annual report, 250 printed copies",
    },
    {
        "net_amount": "-200.00",
        "rate": "21",
        "service": "Design",
        "description": "Discount as agreed",
    },
)


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def femke(agency):
    return factories.make_user(
        organization=agency,
        role=Role.FINANCE,
        name="Femke de Boer",
        email="femke@noorderlicht.example",
    )


@pytest.fixture
def connection(agency):
    connection = factories.make_connection(
        organization=agency, map_service_types=True, default_vat_code="2"
    )
    design = factories.make_service_type(organization=agency, name="Design")
    factories.map_service_type(connection=connection, service_type=design, ledger="8010")
    for name, code, city in (
        ("Bakker Media B.V.", "10023", "Utrecht"),
        ("Bakker Advies", "10024", "Leiden"),
        ("Molen Logistiek B.V.", "10100", "Zwolle"),
    ):
        factories.make_customer(connection=connection, name=name, code=code, city=city)
    return connection


@pytest.fixture
def invoice(agency, connection):
    client = factories.make_client(
        organization=agency, name="Bakker Media B.V.", vat_number="NL001234567B01"
    )
    return factories.make_invoice(
        organization=agency,
        subsidiary=connection.subsidiary,
        client=client,
        lines=LINES,
        number="26001042",
        subject="Annual report and design system",
    )


def requests_of(invoice):
    with tenant_transaction(invoice.organization_id):
        return list(CopyRequest.objects.filter(invoice=invoice).order_by("id"))


def end_request(invoice, state, **fields):
    with tenant_transaction(invoice.organization_id):
        CopyRequest.objects.filter(invoice=invoice).update(state=state, next_at=None, **fields)


def press_until_focused(page, target, *, key="Tab", most=60):
    """Walks on with one key until the target has the focus; fails when a keyboard user would never get there."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    expect(target).to_be_focused()


def test_p37_p46_the_dialog_by_keyboard_alone(page, sign_in, look_at, femke, invoice):
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/")
    opener = page.get_by_role("link", name="Copy to Exact")
    press_until_focused(page, opener)
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Copy invoice 26001042 to Exact")).to_be_visible()
    expect(dialog.get_by_role("radio", name=re.compile("10023"))).to_be_checked()
    expect(dialog).to_contain_text("The name is the same")
    look_at(page, "copy-dialog")

    search = dialog.get_by_role("searchbox", name="Search customers in Exact")
    press_until_focused(page, search)
    page.keyboard.type("10024")
    advies = dialog.get_by_role("radio", name=re.compile("10024"))
    expect(advies).to_be_visible()
    press_until_focused(page, dialog.get_by_role("radio", checked=True))
    page.keyboard.press("ArrowDown")
    expect(advies).to_be_checked()
    submit = dialog.get_by_role("button", name="Copy and Finalize")
    press_until_focused(page, submit)
    page.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    panel = page.locator("#copy-panel")
    expect(panel).to_contain_text("Copying…")
    expect(panel).to_contain_text("started by Femke de Boer")
    chosen = requests_of(invoice)[0].choices
    assert chosen["journal_code"] == "70"
    assert len(chosen["line_vat_codes"]) == 1


def test_d10_customers_that_may_be_the_client_are_weighed_by_keyboard(
    page, sign_in, look_at, femke, invoice, connection
):
    blocked = factories.make_customer(
        connection=connection, name="Bakker & Zonen", vat_number="NL001234567B01", is_blocked=True
    )
    with tenant_transaction(invoice.organization_id):
        ExactCustomer.objects.filter(code="10023").update(vat_number="NL854321987B01")
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/copy/")

    field = page.get_by_role("group", name="Customer in Exact")
    expect(field).to_contain_text("2 customers in Exact may be this one, for different reasons.")
    expect(field.get_by_role("radio", checked=True)).to_have_count(0)
    expect(field.get_by_role("radio", name=re.compile(blocked.name))).to_have_accessible_name(
        re.compile("The VAT number NL001234567B01 is the same, but it is blocked in Exact")
    )
    namesake = field.get_by_role("radio", name=re.compile("10023"))
    expect(namesake).to_have_accessible_name(
        re.compile("The name is the same, but the VAT number is another: NL854321987B01")
    )
    expect(page.get_by_role("button", name="Copy and Finalize")).to_be_enabled()
    look_at(page, "copy-which-customer")

    field.get_by_role("radio", name=re.compile("Create new customer")).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Copy and Finalize").click()
    expect(page.locator("#copy-panel")).to_contain_text("Copying")
    assert requests_of(invoice)[0].choices["create_customer"] is True


def test_a_choice_is_checked_while_it_is_made(page, sign_in, look_at, femke, invoice):
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/copy/")
    check = page.locator("#copy-check")
    expect(check).to_contain_text("the same")

    page.get_by_label("VAT code of line 2").select_option("2")
    expect(check).to_contain_text("150.00 EUR difference")
    expect(page.get_by_role("button", name="Copy and Finalize")).to_be_disabled()
    page.get_by_label("Copy anyway, with the VAT that Exact books").check()
    expect(page.get_by_role("button", name="Copy and Finalize")).to_be_enabled()

    page.get_by_label("Ledger account of line 3").select_option(
        label="8020 Omzet strategie en advies"
    )
    expect(page.locator("#copy-form")).to_contain_text(
        "8020 Omzet strategie en advies · chosen for this line"
    )
    look_at(page, "copy-difference")


def test_p45_the_empty_vat_list(page, sign_in, look_at, femke, invoice, connection):
    with tenant_transaction(invoice.organization_id):
        VatCode.objects.all().delete()
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/copy/")

    expect(page.get_by_role("link", name="How to set up VAT codes")).to_be_visible()
    expect(page.get_by_role("button", name="Copy and Finalize")).to_be_disabled()
    look_at(page, "copy-no-vat-codes")


def test_the_panel_follows_the_work_without_a_reload(
    page, sign_in, look_at, femke, invoice, connection
):
    factories.make_copy_request(
        invoice=invoice, connection=connection, requested_by=femke, requested_at=timezone.now()
    )
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/")
    panel = page.locator("#copy-panel")
    expect(panel).to_contain_text("Copying…")
    look_at(page, "copy-under-way")
    page.evaluate("window.stayed = true")

    end_request(
        invoice,
        CopyState.NEEDS_CHOICE,
        problem_sentence="The period of 20 Nov 2026 is closed in Exact.",
        problem_remedy="Open the period in Exact, or change the invoice date in the PSA.",
        problem_raw="De periode is afgesloten: 2026 / 11",
    )

    expect(panel).to_contain_text("The period of 20 Nov 2026 is closed in Exact.")
    expect(page.get_by_role("link", name="Choose again")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("Needs a choice.")
    assert page.evaluate("window.stayed")
    look_at(page, "copy-needs-choice")


def test_p48_the_two_actions_by_mouse_keyboard_and_touch(
    page, sign_in, look_at, femke, invoice, connection
):
    factories.make_posted_document(invoice=invoice, connection=connection, entry_number=26700001)
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/")
    chip = page.locator("#copied-menu")
    update = page.get_by_role("link", name="Update existing")
    expect(chip).to_contain_text("Invoice copied · Exact 26700001")
    expect(update).to_be_hidden()

    chip.hover()
    expect(update).to_be_visible()
    look_at(page, "copied-menu")
    chip.click()
    expect(update).to_be_visible()
    page.mouse.move(5, 5)
    expect(update).to_be_visible()
    page.keyboard.press("Escape")
    expect(update).to_be_hidden()

    chip.focus()
    page.keyboard.press("Enter")
    expect(update).to_be_visible()
    page.keyboard.press("Tab")
    expect(update).to_be_focused()
    page.keyboard.press("Tab")
    create = page.get_by_role("link", name="Create new")
    expect(create).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Exact already has 26700001 for this invoice.")
    look_at(page, "copy-create-new")


def test_p49_update_existing_in_the_browser(page, sign_in, look_at, femke, invoice, connection):
    factories.make_posted_document(
        invoice=invoice, connection=connection, entry_number=26700001, content_hash="0" * 64
    )
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/copy/update/")

    expect(page.get_by_text("no new document is made")).to_be_visible()
    look_at(page, "copy-update")
