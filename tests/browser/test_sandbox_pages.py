"""The sandbox's own pages, with data on them: narrow and wide, no error, nothing serious for axe."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, ViewportSize

from exact_sandbox.pages.page import Form
from exact_sandbox.pages.table import PAGES
from exact_sandbox.server import running_sandbox
from tests.browser.conftest import HEIGHT, SCREENSHOTS, THEMES, WIDTHS, Watch

pytestmark = pytest.mark.browser

DIVISION = 1000001
ANNA = "anna@studio-noord.example"


class Sandbox:
    """A running sandbox, as a program sees it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = requests.Session()
        token = self.control("POST", "tokens", {"username": ANNA})["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.http.headers["Accept"] = "application/json"

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.address}/_sandbox/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def exact(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(
            method, f"{self.address}/api/v1/{DIVISION}/{path}", json=body, timeout=10
        )
        assert answer.ok, answer.text
        return answer.json()["d"]


@pytest.fixture(scope="module")
def sandbox():
    """A sandbox in which everything that has a page has happened."""
    with running_sandbox() as running:
        sandbox = Sandbox(running.base_url)
        sandbox.control("POST", "switches", {"webhook_delivery": "manual"})
        subscription = {"CallbackURL": f"{running.base_url}/hook", "Topic": "Accounts"}
        sandbox.exact("POST", "webhooks/WebhookSubscriptions", subscription)
        sandbox.control("POST", "seed", {"division": DIVISION, "sales_entries": 60})
        customer = sandbox.exact("GET", "crm/Accounts?$filter=Status eq 'C'&$top=1&$select=ID")
        item = sandbox.exact("GET", "logistics/Items?$top=1&$select=ID")
        lines = [{"Item": item[0]["ID"], "Quantity": 2, "NetPrice": 100}]
        invoice: dict[str, Any] = {
            "OrderedBy": customer[0]["ID"],
            "Journal": "70",
            "SalesInvoiceLines": lines,
        }
        made = sandbox.exact("POST", "salesinvoice/SalesInvoices", {**invoice, "YourRef": "N" * 30})
        printed: dict[str, Any] = {"InvoiceID": made["InvoiceID"], "SendEmailToCustomer": True}
        printed["SenderEmailAddress"] = "administratie@studio-noord.example"
        sandbox.exact("POST", "salesinvoice/PrintedSalesInvoices", printed)
        sandbox.control("POST", "faults", {"fault": "slow", "path": "Nowhere", "probability": 0.5})
        sandbox.control("POST", "clock", {"advance_seconds": 3600})
        yield sandbox
        sandbox.http.close()


@pytest.fixture
def window(browser: Browser, sandbox):
    """A fresh window on the sandbox."""
    watch = Watch(origin=sandbox.address)
    context = browser.new_context(base_url=sandbox.address, reduced_motion="reduce", locale="en-GB")
    context.set_default_timeout(30_000)
    window = context.new_page()
    window.on("console", watch.heard)
    window.on("pageerror", watch.failed)
    window.on("request", watch.asked)
    yield window
    context.close()
    assert watch.problems == []


def addresses(sandbox: Sandbox) -> list[str]:
    """Every page of the sandbox, with the ids of records that are there."""
    entry = sandbox.control("GET", f"books/{DIVISION}/entries")["entries"][0]
    message = sandbox.control("GET", "outbox")["messages"][0]
    found = {
        "division": DIVISION,
        "entry": entry["entry_id"],
        "account": entry["customer"],
        "seq": sandbox.control("GET", "log?limit=1")["entries"][0]["seq"],
        "invoice": message["invoice_id"],
        "message": message["id"],
        "delivery": sandbox.control("GET", "webhooks")["deliveries"][-1]["id"],
    }
    return [
        re.sub(r"\{(\w+)\}", lambda match: str(found[match[1]]), page.path)
        for page in PAGES
        if not isinstance(page, Form)
    ]


def look(window: Page, name: str, axe) -> None:
    """Judge the page narrow and light, then wide and dark, with a screenshot of each."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    light, dark = THEMES  # a tuple that is zipped forgets which words it holds
    for width, theme in ((WIDTHS[0], light), (WIDTHS[1], dark)):
        window.set_viewport_size(ViewportSize(width=width, height=HEIGHT))
        window.emulate_media(color_scheme=theme, reduced_motion="reduce")
        shot = SCREENSHOTS / f"sandbox-{name}-{width}-{theme}.jpg"
        window.screenshot(path=shot, type="jpeg", full_page=True)
        overflow = window.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{name} scrolls sideways by {overflow} px at {width} px"
        axe(window)


@pytest.mark.timeout(180)
def test_every_page_of_the_sandbox(window, axe, sandbox):
    for number, address in enumerate(addresses(sandbox)):
        answer = window.goto(address)
        assert answer is not None
        assert answer.ok, f"{address}: {answer.status}"
        assert window.locator("h1").count() == 1, address
        name = re.sub(r"[^a-z]+", "-", address[:30]).strip("-") or "home"
        look(window, f"{number:02}-{name}", axe)


def test_a_payment_is_registered_with_the_keyboard_alone(window, axe, sandbox):
    window.set_viewport_size(ViewportSize(width=WIDTHS[-1], height=HEIGHT))
    window.goto(f"/bank-desk?division={DIVISION}")
    amount = window.get_by_label("Amount for", exact=False).first
    amount.focus()
    amount.press_sequentially("1,00")
    amount.press("Enter")

    message = window.get_by_role("status")

    assert "The payment is registered." in message.inner_text()
    assert "is still open" in message.inner_text()
    axe(window)
    first = window.get_by_role("link", name="To the content")
    window.keyboard.press("Tab")
    assert first.evaluate("link => link === document.activeElement")
