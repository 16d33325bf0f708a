"""A viewer's day: an account manager who only wants to know what is paid, and is offered nothing that changes anything."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection
from invoices.models import Invoice
from payments.models import SyncCursor
from tests.browser.conftest import HEIGHT, WIDTHS
from tests.whole_organization import make_whole_organization

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Whatever would change something: what sends a form, or opens a dialog with one. Language, theme and signing out are the
# viewer's own, and stand in the navigation.
_CHANGES = """[...document.querySelectorAll("main form[method=post i], main [hx-post], main [hx-get], main button, main .btn")]
    .filter(one => one.checkVisibility() && !one.closest("form[method=get i], summary"))
    .filter(one => one.matches("form, button, .btn, [hx-post]") || one.getAttribute("hx-target") === "#dialog-content")
    .map(one => one.outerHTML.slice(0, 200))"""


@pytest.fixture
def whole(live_server):
    """An agency whose one copied invoice is partly paid, as read from Exact a moment ago."""
    whole = make_whole_organization("Studio Noorderlicht")
    with tenant_transaction(whole.organization.pk):
        Invoice.objects.filter(pk=whole.copied_invoice.pk).update(
            payments_read_at=timezone.now(),
            exact_payment_status="partly_paid",
            payment_status="partly_paid",
            exact_paid_amount=40,
            paid_amount=40,
        )
        SyncCursor.objects.update(read_at=timezone.now())
        ExactConnection.objects.update(payments_synced_at=timezone.now())
    return whole


@pytest.fixture
def offers_nothing_that_changes(page, axe):
    """Judges the page as it stands, narrow and wide."""

    def judge() -> None:
        assert page.evaluate(_CHANGES) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            axe(page)

    return judge


def test_a_viewer_looks_up_what_is_paid_and_is_offered_nothing_that_changes_anything(
    page, sign_in, whole, offers_nothing_that_changes
):
    sign_in(page, whole.viewer)
    page.get_by_role("link", name="Invoices", exact=True).click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    offers_nothing_that_changes()

    page.locator("#id_copy").select_option("Copied")
    expect(rows).to_have_count(1)
    offers_nothing_that_changes()

    chip = page.locator(f"#copied-{whole.copied_invoice.pk}")
    card = page.locator("tbody .menu-list")
    chip.focus()
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Partly paid")
    offers_nothing_that_changes()
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()

    page.get_by_role("link", name=whole.copied_invoice.number).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(whole.copied_invoice.number)
    expect(page.locator("#invoice-payments")).to_contain_text("Studio Noorderlicht reference")
    offers_nothing_that_changes()
    page.locator("#copied-menu").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#copy-panel .menu-list")).to_contain_text("81.00 EUR open")
    offers_nothing_that_changes()

    page.keyboard.press("Escape")
    page.get_by_role("link", name="Payments", exact=True).click()
    expect(page.locator(".payment-table")).to_contain_text("Studio Noorderlicht reference")
    offers_nothing_that_changes()
    page.get_by_role("link", name="Still open").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Still open")
    offers_nothing_that_changes()

    # What was looked for is there for somebody who may copy.
    page.context.clear_cookies()
    sign_in(page, whole.admin)
    page.goto(reverse("invoice", args=[whole.copied_invoice.pk]))
    assert page.evaluate(_CHANGES) != []
