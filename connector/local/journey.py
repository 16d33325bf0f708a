"""The demo's check: the main job through real pages and forms, without a person.

Connect Exact, copy an invoice, pay it at the sandbox's bank desk, see it paid, edit the payment, mark the invoice paid
by hand, delete the payment, take the mark back, see it open again. Each step is printed with its time; the first one
that fails ends the journey with a sentence.
"""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connector.local.demo import DemoFailed
from connector.local.pages import Page, PageProblem, Visitor

ADMIN = ("admin@demo.example", "demo-demo-demo")
FINANCE = ("finance@demo.example", "demo-demo-demo")
EXACT_USER = ("anna@studio-noord.example", "sandbox")
SUBSIDIARY = "Studio Noord B.V."
DIVISION = 1000001
INVOICE = "20260119"
AMOUNT = "8070.7"
_PATIENCE = 90  # seconds


@dataclass
class _Journey:
    web: str
    sandbox: str
    invoice: str = ""
    steps: int = field(default=0)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        self.steps += 1
        began = time.monotonic()
        try:
            yield
        except PageProblem as problem:
            raise DemoFailed(f"Step {self.steps}, {what}: {problem}") from problem
        sys.stdout.write(f"{self.steps:>3}. {what:<62} {time.monotonic() - began:5.1f} s\n")
        sys.stdout.flush()

    def entry(self) -> dict[str, Any]:
        """The one sales entry that Exact has for the invoice, past everything the product says."""
        with urllib.request.urlopen(f"{self.sandbox}/_sandbox/books/{DIVISION}/entries") as answer:  # noqa: S310  # the sandbox's address
            entries = json.load(answer)["entries"]
        found = [entry for entry in entries if entry["your_ref"] == INVOICE]
        if len(found) != 1:
            raise PageProblem(f"Exact has {len(found)} entries for invoice {INVOICE}.")
        return dict(found[0])

    def bank(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do something at the sandbox's bank desk."""
        request = urllib.request.Request(  # noqa: S310  # the sandbox's address
            f"{self.sandbox}/_sandbox/bank/{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310  # the sandbox's address
            content = answer.read()
        return dict(json.loads(content)) if content else {}


def run(web_url: str, sandbox_url: str) -> None:
    """This function will walk the whole journey. Raises DemoFailed with the step and what the page said."""
    journey = _Journey(web_url, sandbox_url)
    admin = _sign_in(journey, ADMIN, "The admin signs in")
    _connect(journey, admin)
    finance = _sign_in(journey, FINANCE, "The finance user signs in")
    _copy(journey, finance)
    _pay(journey, finance)


def _sign_in(journey: _Journey, who: tuple[str, str], what: str) -> Visitor:
    with journey.step(what):
        visitor = Visitor(journey.web)
        sign_in = visitor.open("/sign-in/")
        page = visitor.press(sign_in, "Sign in", username=who[0], password=who[1])
        _expect(page, "Sign out")
    return visitor


def _connect(journey: _Journey, admin: Visitor) -> None:
    with journey.step("App Marketplace: Connect app, subsidiary and country"):
        page = admin.follow(admin.open("/settings/marketplace/"), "Connect app")
        form = page.form("Continue to Exact")
        page = admin.press(
            page,
            "Continue to Exact",
            name="Exact Noord",
            subsidiary=page.option(form, "subsidiary", SUBSIDIARY),
            country="NL",
        )
    with journey.step("Exact: log in and allow access"):
        if not page.url.startswith(journey.sandbox):
            raise PageProblem(f"{page.url} is not Exact. It says: {page.text[:400]}")
        page = admin.press(page, "Log on", username=EXACT_USER[0], password=EXACT_USER[1])
        if page.url.startswith(journey.sandbox):
            page = admin.press(page, "Allow")
    with journey.step("Setup: division, numbering, payments"):
        form = page.form("Next")
        page = admin.press(
            page,
            "Next",
            division="1000001",
            numbering="psa",
            sync_payments="on",
        )
        page = _wait(admin, page.url, lambda seen: bool(_options(seen, "default_journal_code")))
        form = page.form("Next")
        page = admin.press(
            page,
            "Next",
            numbering="psa",
            sync_payments="on",
            default_journal_code=page.option(form, "default_journal_code", "70"),
        )
    with journey.step("Setup: ledger and service types"):
        page = _wait(admin, page.url, lambda seen: bool(_options(seen, "default_ledger")))
        form = page.form("Next")
        page = admin.press(page, "Next", default_ledger=page.option(form, "default_ledger", "8000"))
    with journey.step("Setup: check and finish"):
        page = admin.press(page, "Finish")
        page = _wait(admin, "/settings/marketplace/", lambda seen: "Studio Noord B.V." in seen.text)
        _expect(page, "1000001")


def _copy(journey: _Journey, finance: Visitor) -> None:
    with journey.step("An open invoice: Copy to Exact, Copy and Finalize"):
        page = finance.follow(finance.open(f"/invoices/?q={INVOICE}"), INVOICE)
        journey.invoice = page.url
        page = finance.press(finance.follow(page, "Copy to Exact"), "Copy and Finalize")
    with journey.step("The invoice is copied and finalized"):
        page = _wait(finance, journey.invoice, lambda seen: "Invoice copied" in seen.text)
        _expect(page, "Finalized")
    with journey.step("Exact has exactly one entry with its number"):
        entry = journey.entry()
        if entry["amount"] != AMOUNT:
            raise PageProblem(f"Exact booked {entry['amount']} instead of {AMOUNT}.")


def _pay(journey: _Journey, finance: Visitor) -> None:
    entry = journey.entry()
    line = {"entry_id": entry["entry_id"], "amount": AMOUNT}
    with journey.step("The bank desk registers the payment; the invoice becomes paid"):
        payment = journey.bank(
            "POST",
            "payments",
            {
                "division": DIVISION,
                "date": str(entry["entry_date"]),
                "reference": "DEMO-CHECK",
                "lines": [line],
            },
        )
        _wait_for_status(finance, journey, "Paid")
    with journey.step("The payment is edited to a part; the invoice is partly paid"):
        journey.bank(
            "PATCH", f"payments/{payment['id']}", {"lines": [line | {"amount": "1000.00"}]}
        )
        _wait_for_status(finance, journey, "Partly paid")
    with journey.step("Marked as paid by hand; Exact shows the part beside it"):
        page = finance.follow(finance.open(journey.invoice), "Mark as paid")
        page = finance.press(page, "Proceed")
        _expect(page, "Exact shows 1,000.00 EUR of")
        _wait_for_status(finance, journey, "Paid")
    with journey.step("The payment is deleted; the invoice stays paid by hand"):
        journey.bank("DELETE", f"payments/{payment['id']}")
        _wait(finance, journey.invoice, lambda seen: "Exact now shows nothing paid" in seen.text)
        _wait_for_status(finance, journey, "Paid")
    with journey.step("The mark is taken back; the invoice is open again"):
        page = finance.follow(finance.open(journey.invoice), "Undo the mark by hand")
        finance.press(page, "Undo")
        _wait_for_status(finance, journey, "Open")
    with journey.step("Still exactly one entry in Exact"):
        journey.entry()


def _wait_for_status(finance: Visitor, journey: _Journey, status: str) -> None:
    _wait(finance, f"/invoices/?q={INVOICE}", lambda seen: _row(seen) == status)


def _row(page: Page) -> str:
    """The payment status in the invoice's row of the list."""
    found = re.search(
        rf"{INVOICE}.*?EUR\s+Copied\s+Exact\s+\d+\s+(Open|Partly paid|Paid|In collection)",
        page.text,
    )
    return found[1] if found else ""


def _expect(page: Page, words: str) -> None:
    if words not in page.text:
        raise PageProblem(f"{page.url} does not say “{words}”. It says: {page.text[:600]}")


def _options(page: Page, name: str) -> list[tuple[str, str]]:
    for form in page.reader.forms:
        if name in form.options:
            return [option for option in form.options[name] if option[0]]
    return []


def _wait(visitor: Visitor, address: str, ready: Callable[[Page], bool]) -> Page:
    """Open the page again and again, as its own refresh does, until it is ready."""
    end = time.monotonic() + _PATIENCE
    while True:
        page = visitor.open(address)
        if ready(page):
            return page
        if time.monotonic() > end:
            raise PageProblem(f"{page.url} is not ready. It says: {page.text[:800]}")
        time.sleep(0.5)
