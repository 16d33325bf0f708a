"""What the chip of a copied invoice opens: by mouse, keyboard and touch, in the list as on the invoice's page."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from invoices.models import CopyRequest, Invoice
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    return factories.make_organization(name="Studio Noorderlicht")


@pytest.fixture
def femke(agency):
    return factories.make_user(organization=agency, role=Role.FINANCE, name="Femke Smit")


@pytest.fixture
def invoice(agency, femke):
    """Copied and partly paid, above others that are not copied."""
    connection = factories.make_connection(organization=agency)
    for at in range(3):
        factories.make_invoice(
            organization=agency, subsidiary=connection.subsidiary, number=str(27110010 + at)
        )
    invoice = factories.make_invoice(
        organization=agency, subsidiary=connection.subsidiary, number="27110001"
    )
    document = factories.make_posted_document(
        invoice=invoice,
        connection=connection,
        entry_number=27110001,
        gross_amount="121.00",
        vat_amount="21.00",
    )
    with tenant_transaction(agency.pk):
        Invoice.objects.filter(pk=invoice.pk).update(
            payments_read_at=timezone.now(),
            exact_payment_status="partly_paid",
            payment_status="partly_paid",
            exact_paid_amount=40,
            paid_amount=40,
        )
        CopyRequest.objects.filter(pk=document.copy_request_id).update(requested_by=femke)
    return invoice


def test_behavior_10_the_copied_chip_opens_a_card_by_mouse_keyboard_and_touch(
    page, browser, live_server, sign_in, look_at, femke, invoice
):
    sign_in(page, femke)
    page.goto("/invoices/")
    chip = page.locator(f"#copied-{invoice.pk}")
    card = page.locator("tbody .menu-list")
    update = card.get_by_role("link", name="Update existing")
    create = card.get_by_role("link", name="Create new")

    # By pointing at it; leaving it closes it, and a click keeps it.
    chip.hover()
    expect(card).to_contain_text("by Femke Smit")
    for words in ("27110001", "21.00 EUR", "121.00 EUR", "Partly paid", "81.00 EUR open"):
        expect(card).to_contain_text(words)
    look_at(page, "copied-card-in-list")
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()
    chip.click()
    page.mouse.move(5, 5)
    expect(update).to_be_visible()

    # By keyboard; closing it, and closing what it opened, leads back to the chip.
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(chip).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(update).to_be_focused()
    page.keyboard.press("Tab")
    expect(create).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Exact already has 27110001 for this invoice.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(chip).to_be_focused()

    chip.click()
    card.get_by_role("link", name="History of this invoice").click()
    expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    page.locator("#copied-menu").hover()
    expect(page.locator("#copy-panel .menu-list")).to_contain_text("81.00 EUR open")
    look_at(page, "copied-card-on-page")

    signed_in = page.context.storage_state()
    phone = browser.new_context(
        base_url=live_server.url,
        has_touch=True,
        viewport={"width": 360, "height": 740},
        storage_state=signed_in,
    )
    small = phone.new_page()
    small.goto("/invoices/")
    small.locator(f"#copied-{invoice.pk}").tap()
    expect(small.locator("tbody .menu-list")).to_contain_text("by Femke Smit")
    expect(small.get_by_role("link", name="Update existing")).to_be_in_viewport()
    phone.close()

    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=signed_in
    )
    bare = plain.new_page()
    bare.goto("/invoices/")
    bare.locator(f"#copied-{invoice.pk}").click()
    bare.get_by_role("link", name="Show the invoice").click()
    expect(bare.get_by_role("heading", level=1)).to_have_text("27110001")
    plain.close()
