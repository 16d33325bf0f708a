"""The first route in the demo's check: an invoice is booked in Exact, and paid there.

Connect Exact, copy an invoice, pay it at the sandbox's bank desk, see it paid, edit the payment, mark the invoice paid
by hand, delete the payment, take the mark back, see it open again.
"""

from __future__ import annotations

from typing import Any

from connector.local.journey_steps import (
    Journey,
    expect,
    log_in_at_exact,
    options,
    wait,
    wait_for_status,
)
from connector.local.pages import Page, PageProblem

SUBSIDIARY = "Studio Noord B.V."
DIVISION = 1000001
INVOICE = "20260119"
AMOUNT = "8070.7"


def run(journey: Journey) -> None:
    """This function will walk the first route. Raises DemoFailed with the step and what the page said."""
    _set_up(journey, _connect(journey))
    address = _copy(journey)
    entry = journey.books.entry(DIVISION, INVOICE)
    payment = _pay(journey, entry)
    _mark_as_paid(journey, address, payment)


def _connect(journey: Journey) -> Page:
    admin = journey.admin
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
        page = log_in_at_exact(journey, page)
    with journey.step("Setup: division, numbering, payments"):
        page = admin.press(
            page, "Next", division=str(DIVISION), numbering="psa", sync_payments="on"
        )
        page = wait(admin, page.url, lambda seen: bool(options(seen, "default_journal_code")))
        return admin.press(
            page,
            "Next",
            numbering="psa",
            sync_payments="on",
            default_journal_code=page.option(page.form("Next"), "default_journal_code", "70"),
        )


def _set_up(journey: Journey, page: Page) -> None:
    admin = journey.admin
    with journey.step("Setup: ledger and service types"):
        page = wait(admin, page.url, lambda seen: bool(options(seen, "default_ledger")))
        ledger = page.option(page.form("Next"), "default_ledger", "8000")
        page = admin.press(page, "Next", default_ledger=ledger)
    with journey.step("Setup: check and finish"):
        admin.press(page, "Finish")
        page = wait(admin, "/settings/marketplace/", lambda seen: SUBSIDIARY in seen.text)
        expect(page, str(DIVISION))


def _copy(journey: Journey) -> str:
    finance = journey.finance
    with journey.step("An open invoice: Copy to Exact, Copy and Finalize"):
        page = finance.follow(finance.open(f"/invoices/?q={INVOICE}"), INVOICE)
        address = page.url
        finance.press(finance.follow(page, "Copy to Exact"), "Copy and Finalize")
    with journey.step("The invoice is copied and finalized"):
        page = wait(finance, address, lambda seen: "Invoice copied" in seen.text)
        expect(page, "Finalized")
    with journey.step("Exact has exactly one entry with its number"):
        booked = journey.books.entry(DIVISION, INVOICE)["amount"]
        if booked != AMOUNT:
            raise PageProblem(f"Exact booked {booked} instead of {AMOUNT}.")
    return address


def _pay(journey: Journey, entry: dict[str, Any]) -> dict[str, Any]:
    line = {"entry_id": entry["entry_id"], "amount": AMOUNT}
    with journey.step("The bank desk registers the payment; the invoice becomes paid"):
        payment = journey.books.bank(
            "POST",
            "payments",
            {
                "division": DIVISION,
                "date": str(entry["entry_date"]),
                "reference": "DEMO-CHECK",
                "lines": [line],
            },
        )
        wait_for_status(journey, INVOICE, "Paid")
    with journey.step("The payment is edited to a part; the invoice is partly paid"):
        part = {"lines": [line | {"amount": "1000.00"}]}
        journey.books.bank("PATCH", f"payments/{payment['id']}", part)
        wait_for_status(journey, INVOICE, "Partly paid")
    return payment


def _mark_as_paid(journey: Journey, address: str, payment: dict[str, Any]) -> None:
    finance = journey.finance
    with journey.step("Marked as paid by hand; Exact shows the part beside it"):
        page = finance.press(finance.follow(finance.open(address), "Mark as paid"), "Proceed")
        expect(page, "Exact shows 1,000.00 EUR of")
        wait_for_status(journey, INVOICE, "Paid")
    with journey.step("The payment is deleted; the invoice stays paid by hand"):
        journey.books.bank("DELETE", f"payments/{payment['id']}")
        wait(finance, address, lambda seen: "Exact now shows nothing paid" in seen.text)
        wait_for_status(journey, INVOICE, "Paid")
    with journey.step("The mark is taken back; the invoice is open again"):
        finance.press(finance.follow(finance.open(address), "Undo the mark by hand"), "Undo")
        wait_for_status(journey, INVOICE, "Open")
    with journey.step("Still exactly one entry in Exact"):
        journey.books.entry(DIVISION, INVOICE)
