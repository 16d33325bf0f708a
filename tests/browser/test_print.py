"""The page of an invoice on paper: what it says, light and whole, without what only a screen can use."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from invoices.models import InvoiceLine
from tests import factories
from tests.browser.conftest import SCREENSHOTS
from tests.whole_organization import make_whole_organization

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

A4 = {"width": 680, "height": 960}
LIGHT_GROUND = "rgb(255, 255, 255)"
DARK_INK = "rgb(27, 34, 48)"
HIDDEN_ON_PAPER = "nav, button, .btn, .sidebar, .back-link, .menu-list, .modal"
# What a page would cut off: a box that scrolls, or is narrower or lower than what it holds.
_CUT = """[...document.querySelectorAll("main *")].filter(one => one.checkVisibility()
    && getComputedStyle(one).overflow !== "visible" && !one.matches(".visually-hidden")
    && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
    ).map(one => one.className)"""


@pytest.fixture
def whole(live_server):
    """A copied and paid invoice with more lines than a page holds, one of them with a long text."""
    whole = make_whole_organization("Studio Noorderlicht")
    with tenant_transaction(whole.organization.pk):
        line = InvoiceLine.objects.get(invoice=whole.copied_invoice)
        for position in range(2, 45):
            line.pk, line.position = None, position
            line.description = f"Design of page {position}" if position > 2 else "Research. " * 100
            line.save()
    return whole


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_invoice_is_printed_light_and_whole_without_navigation_and_buttons(
    page, sign_in, whole, theme
):
    finance = factories.make_user(organization=whole.organization, role=Role.FINANCE)
    invoice = whole.copied_invoice
    sign_in(page, finance)
    page.emulate_media(color_scheme=theme, media="screen")
    page.goto(reverse("invoice", args=[invoice.pk]))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    expect(page.get_by_role("button").first).to_be_visible()

    page.set_viewport_size(A4)
    page.emulate_media(color_scheme=theme, media="print")

    for one in page.locator(HIDDEN_ON_PAPER).all():
        expect(one).to_be_hidden()
    main = page.locator("main")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == LIGHT_GROUND
    expect(main.locator(".lines-table tbody td").first).to_have_css("color", DARK_INK)
    expect(page.locator(".topbar-organization")).to_have_text("Studio Noorderlicht Agency")
    for words in (invoice.number, invoice.client.name, "Invoice date", "Due"):
        expect(main.get_by_text(words).first).to_be_visible()
    expect(main.locator(".lines-table tbody tr")).to_have_count(44)
    expect(main.get_by_text("Design of page 44")).to_be_visible()
    expect(main.locator(".lines-table tfoot .total-row")).to_be_visible()
    expect(main.locator("#invoice-payments")).to_contain_text("Studio Noorderlicht reference")
    expect(main.get_by_text("Studio Noorderlicht event")).to_be_visible()
    assert page.evaluate(_CUT) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(
        path=SCREENSHOTS / f"invoice-on-paper-{A4['width']}-{theme}.jpg",
        type="jpeg",
        full_page=True,
    )
    page.pdf(path=SCREENSHOTS / f"invoice-on-paper-{theme}.pdf", format="A4", print_background=True)
