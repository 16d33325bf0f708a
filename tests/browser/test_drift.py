"""The drift report in a browser: edited and deleted in Exact, compared, seen, one accepted, one mended (B-5)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from integrations.exact import sales_entries
from integrations.models import ExactConnection
from payments.models import ReceivableTerm, TermStatus
from payments.shares import SALES_ENTRY
from tests import factories
from tests.journeys.conftest import exact, running_exact, world
from tests.journeys.test_reconciliation import change_amount, delete_in_exact, in_exact

__all__ = ["exact", "running_exact", "world"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBERS = {"edited": "27000401", "deleted": "27000402", "vat": "27000403", "equal": "27000404"}


@pytest.fixture
def month(world, settings):
    """Last month, copied and read back; one invoice was never copied, and one entry is Exact's own."""
    settings.COPY_FIRST_READ_BACKS = 50
    day = timezone.localdate().replace(day=1) - timedelta(days=10)
    client = factories.make_client(organization=world.organization, name="Bakker Media B.V.")
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    invoices = {
        name: world.invoice(client=client, number=number, invoice_date=day)
        for name, number in NUMBERS.items()
    }
    for invoice in invoices.values():
        world.request(invoice)
    world.work_off()
    world.invoice(client=client, number="27000405", invoice_date=day)
    with world.rows():
        ExactConnection.objects.update(payments_synced_at=timezone.now())
        ReceivableTerm.objects.create(
            connection=world.connection,
            exact_id=uuid4(),
            timestamp=1,
            entry_exact_id=uuid4(),
            account_exact_id=world.customer().exact_id,
            transaction_type=SALES_ENTRY,
            status=TermStatus.OPEN,
            amount=Decimal("484.00"),
            currency="EUR",
            invoice_date=day,
            your_ref="By hand in Exact",
            journal_code="70",
            entry_number=27000499,
        )
    return invoices


def change_in_exact(world, invoices):
    """What a bookkeeper does there without telling anybody."""
    documents = {name: world.documents(invoice)[0] for name, invoice in invoices.items()}
    change_amount(world, documents["edited"].exact_id, "500.00")
    delete_in_exact(world, documents["deleted"].exact_id)
    client = in_exact(world)
    [line] = sales_entries.get(client, documents["vat"].exact_id).lines or ()
    changes = {"AmountFC": Decimal("111.00"), "VATAmountFC": Decimal("10.00"), "VATCode": "2"}
    sales_entries.update_line(client, line.exact_id, changes)


def test_b5_what_was_changed_in_exact_is_compared_seen_accepted_and_mended(
    page, sign_in, look_at, world, month
):
    sign_in(page, factories.make_user(organization=world.organization, role=Role.FINANCE))
    page.get_by_role("link", name="Drift report").click()
    main = page.get_by_role("main")
    expect(main.get_by_role("link", name="Equal 4")).to_be_visible()
    expect(main).to_contain_text("Missing in Exact")
    change_in_exact(world, month)

    page.get_by_role("button", name="Compare now").click()
    expect(main).to_contain_text("Exact is asked in the background.")
    world.work_off()

    row = {name: page.get_by_role("row", name=number) for name, number in NUMBERS.items()}
    # The page finds out by itself.
    expect(row["edited"]).to_contain_text("Another amount", timeout=20_000)
    expect(row["edited"]).to_contain_text("605.00 EUR")
    expect(row["vat"]).to_contain_text("21.00 EUR → 10.00 EUR")
    expect(row["deleted"]).to_contain_text("Deleted in Exact")
    expect(row["deleted"].get_by_role("link", name="Create new")).to_be_visible()
    expect(row["equal"]).to_have_count(0)
    # 4 x 121 here; there 605 instead of 121, one gone, one never sent, and an entry of 484 that is its own.
    expect(main).to_contain_text("Difference 726.00 EUR")
    look_at(page, "drift", whole=True)

    row["vat"].get_by_role("link", name="Accept").click()
    dialog = page.get_by_role("dialog")
    look_at(page, "drift-accept")
    dialog.get_by_label("Why this is right").fill("Agreed with the tax office")
    page.keyboard.press("Enter")
    expect(main).to_contain_text("Accepted. It is asked anew when either side changes.")
    expect(row["vat"]).to_have_count(0)
    page.get_by_role("link", name="Accepted 1").click()
    expect(row["vat"]).to_contain_text("Agreed with the tax office")
    page.go_back()

    row["edited"].get_by_role("link", name="Update existing").click()
    expect(dialog).to_contain_text("It is read once more before anything is written.")
    expect(dialog.get_by_role("row", name="Line 1: amount")).to_contain_text("500.00 EUR")
    look_at(page, "update-difference")
    dialog.get_by_role("button", name="Update existing").click()
    expect(page.get_by_role("heading", name="Sent and booked")).to_be_visible()
    world.work_off()
    expect(page.locator("#booked")).to_contain_text("Exact has what was sent")
    look_at(page, "invoice-booked")
    page.get_by_role("link", name="Drift report").click()
    expect(row["edited"]).to_have_count(0)
