"""What the journeys of the demo's check share: steps with their time, people who sign in, pages that are waited for."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from connector.local.demo import DemoFailed
from connector.local.journey_books import Books
from connector.local.pages import Page, PageProblem, Visitor

ADMIN = ("admin@demo.example", "demo-demo-demo")
FINANCE = ("finance@demo.example", "demo-demo-demo")
EXACT_USER = ("anna@studio-noord.example", "sandbox")
_PATIENCE = 90  # seconds


@dataclass
class Journey:
    """Where the demo runs, who walks through it, and how many steps were taken."""

    web: str
    books: Books
    admin: Visitor
    finance: Visitor
    steps: int = field(default=0)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """This function will print a step with its time. Raises DemoFailed with the step and what the page said."""
        self.steps += 1
        began = time.monotonic()
        try:
            yield
        except PageProblem as problem:
            raise DemoFailed(f"Step {self.steps}, {what}: {problem}") from problem
        sys.stdout.write(f"{self.steps:>3}. {what:<72} {time.monotonic() - began:5.1f} s\n")
        sys.stdout.flush()


def begin(web_url: str, sandbox_url: str) -> Journey:
    """This function will return a journey in which nobody has signed in yet."""
    return Journey(web_url, Books(sandbox_url), Visitor(web_url), Visitor(web_url))


def sign_in(journey: Journey, visitor: Visitor, who: tuple[str, str], what: str) -> None:
    """This function will sign a person in."""
    with journey.step(what):
        page = visitor.open("/sign-in/")
        page = visitor.press(page, "Sign in", username=who[0], password=who[1])
        expect(page, "Sign out")


def connect_app(journey: Journey, *, name: str, subsidiary: str) -> Page:
    """This function will begin a Dutch connection in the App Marketplace, and return Exact's page to log in."""
    admin = journey.admin
    page = admin.follow(admin.open("/settings/marketplace/"), "Connect app")
    chosen = page.option(page.form("Continue to Exact"), "subsidiary", subsidiary)
    return admin.press(page, "Continue to Exact", name=name, subsidiary=chosen, country="NL")


def log_in_at_exact(journey: Journey, page: Page) -> Page:
    """This function will log in at Exact, allow access when that is asked, and return the page that follows here."""
    admin = journey.admin
    if not page.url.startswith(journey.books.sandbox):
        raise PageProblem(f"{page.url} is not Exact. It says: {page.text[:400]}")
    page = admin.press(page, "Log on", username=EXACT_USER[0], password=EXACT_USER[1])
    if page.url.startswith(journey.books.sandbox):
        page = admin.press(page, "Allow")
    return page


def choose_division(journey: Journey, page: Page, division: int) -> Page:
    """This function will choose a division, numbers from the PSA, payments and sales journal 70, and return the mapping's page."""
    admin = journey.admin
    chosen = {"numbering": "psa", "sync_payments": "on"}
    page = admin.press(page, "Next", division=str(division), **chosen)
    page = wait(admin, page.url, lambda seen: bool(options(seen, "default_journal_code")))
    journal = page.option(page.form("Next"), "default_journal_code", "70 ")
    return admin.press(page, "Next", **chosen, default_journal_code=journal)


def wait_for_status(journey: Journey, number: str, status: str) -> None:
    """This function will wait until the list of invoices shows the payment status of one."""
    wait(journey.finance, f"/invoices/?q={number}", lambda seen: _status(seen, number) == status)


def _status(page: Page, number: str) -> str:
    """The payment status in the invoice's row of the list."""
    found = re.search(
        rf"{number}.*?EUR\s+(?:Copied|Sent)\s+(?:Show the invoice\s+)?(?:Exact \d+\s+)?"
        r"(Open|Partly paid|Paid|In collection)",
        page.text,
    )
    return found[1] if found else ""


def expect(page: Page, *all_words: str) -> None:
    """This function will raise PageProblem unless the page says all of these words."""
    for words in all_words:
        if words not in page.text:
            raise PageProblem(f"{page.url} does not say “{words}”. It says: {page.text[:2000]}")


def options(page: Page, name: str) -> list[tuple[str, str]]:
    """This function will return what a select of the page offers, value and text, without the empty choice."""
    for form in page.reader.forms:
        if name in form.options:
            return [option for option in form.options[name] if option[0]]
    return []


def wait(visitor: Visitor, address: str, ready: Callable[[Page], bool]) -> Page:
    """This function will open the page again and again, as its own refresh does, until it is ready."""
    end = time.monotonic() + _PATIENCE
    while True:
        page = visitor.open(address)
        if ready(page):
            return page
        if time.monotonic() > end:
            raise PageProblem(f"{page.url} is not ready. It says: {page.text[:2000]}")
        time.sleep(0.5)
