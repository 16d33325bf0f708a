"""The first route in the demo's check: connect Exact, and book three invoices there; `journey_payments` pays them."""

from __future__ import annotations

from connector.local import journey_payments
from connector.local.journey_steps import (
    Journey,
    choose_division,
    connect_app,
    expect,
    log_in_at_exact,
    options,
    wait,
)
from connector.local.pages import Page, PageProblem

SUBSIDIARY = "Studio Noord B.V."
DIVISION = 1000001
INVOICE, AMOUNT = "20260119", "8070.7"
# Of other clients, for one line on the bank statement that pays all three.
OTHERS = ("20260109", "20260110")


def run(journey: Journey) -> None:
    """This function will walk the first route. Raises DemoFailed with the step and what the page said."""
    _set_up(journey, _connect(journey))
    _copy(journey)
    for number in OTHERS:
        with journey.step(f"Invoice {number} is copied too"):
            _press_copy(journey, number)
    journey_payments.run(
        journey, [journey.books.entry(DIVISION, number) for number in (INVOICE, *OTHERS)]
    )
    with journey.step("Still exactly one entry in Exact"):
        journey.books.entry(DIVISION, INVOICE)


def _connect(journey: Journey) -> Page:
    with journey.step("App Marketplace: Connect app, subsidiary and country"):
        page = connect_app(journey, name="Exact Noord", subsidiary=SUBSIDIARY)
    with journey.step("Exact: log in and allow access"):
        page = log_in_at_exact(journey, page)
    with journey.step("Setup: division, numbering, payments"):
        return choose_division(journey, page, DIVISION)


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


def _copy(journey: Journey) -> None:
    with journey.step("An open invoice: Copy to Exact, Copy and Finalize; it is finalized"):
        copied = _press_copy(journey, INVOICE)
        expect(copied, "Finalized")
    with journey.step("The copied invoice opens in Exact"):
        expect(journey.finance.follow(copied, "Open in Exact"), "Sales entry", INVOICE)
    with journey.step("Exact has exactly one entry with its number"):
        booked = journey.books.entry(DIVISION, INVOICE)["amount"]
        if booked != AMOUNT:
            raise PageProblem(f"Exact booked {booked} instead of {AMOUNT}.")


def _press_copy(journey: Journey, number: str) -> Page:
    finance = journey.finance
    page = finance.follow(finance.open(f"/invoices/?q={number}"), number)
    finance.press(finance.follow(page, "Copy to Exact"), "Copy and Finalize")
    return wait(finance, page.url, lambda seen: "Invoice copied" in seen.text)
