"""The invoice's files in the copy dialog, in a real browser (B-9)."""

from __future__ import annotations

from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from invoices.models import CopyRequest, FileKind
from tests import factories


def test_b9_the_files_go_along_unless_the_box_is_cleared_by_keyboard(page, sign_in, look_at):
    agency = factories.make_organization(name="Studio Noorderlicht")
    femke = factories.make_user(organization=agency, role=Role.FINANCE)
    connection = factories.make_connection(organization=agency, default_vat_code="2")
    with tenant_transaction(agency.pk):
        connection.default_ledger_exact_id = factories.ledger_id(connection, "8000")
        connection.save()
    invoice = factories.make_invoice(
        organization=agency, subsidiary=connection.subsidiary, number="27001042"
    )
    factories.make_file(invoice=invoice)
    factories.make_file(invoice=invoice, kind=FileKind.UBL, content=b"<Invoice/>")
    sign_in(page, femke)
    page.goto(f"/invoices/{invoice.pk}/copy/")

    box = page.get_by_role("checkbox", name="Put the PDF and UBL beside the booking in Exact")
    expect(box).to_be_checked()
    look_at(page, "copy-files")
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Copy and Finalize").click()

    expect(page.locator("#copy-panel")).to_contain_text("Copying")
    with tenant_transaction(agency.pk):
        assert CopyRequest.objects.get(invoice=invoice).choices["with_files"] is False
