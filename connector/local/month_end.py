"""Prepares the demo's month-end: its agency is connected to a division of its own, with rules for all work but three kinds.

It walks the pages and forms of a person who sets Exact up, once; a later start finds the connection there.
"""

from __future__ import annotations

from connector.local.journey_books import Books
from connector.local.journey_steps import (
    Journey,
    begin,
    choose_division,
    connect_app,
    log_in_at_exact,
    options,
    sign_in,
    wait,
)
from connector.local.pages import Form, Page

NAME = "Exact Maandwerk"
SUBSIDIARY = "Maandwerk B.V."
ADMIN = ("monthend-admin@demo.example", "demo-demo-demo")
# Not Photography, and of the tax rates not 9 %: these are what a person comes upon.
_LEDGERS = {
    "Design": "8000",
    "Development": "8010",
    "Strategy": "8020",
    "Copywriting": "8000",
    "Hosting": "8040",
    "Project management": "8030",
}
_RATE, _CODE = "NL 21 %", "2 BTW hoog"


def prepare(web_url: str, sandbox_url: str) -> None:
    """This function will connect the month-end's agency unless it is. Raises DemoFailed with the step and what the page said."""
    journey = begin(web_url, sandbox_url)
    sign_in(journey, journey.admin, ADMIN, "Month-end: its admin signs in")
    if NAME in journey.admin.open("/settings/marketplace/").text:
        return
    with journey.step("Month-end: its division in Exact"):
        division = _division(journey.books)
    page = _connect(journey, division)
    _give_rules(journey, page)


def _division(books: Books) -> int:
    """Its division; a start that was ended halfway left it there."""
    return books.division(SUBSIDIARY) or books.make_division("NL", SUBSIDIARY)


def _connect(journey: Journey, division: int) -> Page:
    with journey.step("Month-end: connect Exact, choose division and journal"):
        page = log_in_at_exact(journey, connect_app(journey, name=NAME, subsidiary=SUBSIDIARY))
        return choose_division(journey, page, division)


def _give_rules(journey: Journey, page: Page) -> None:
    admin = journey.admin
    with journey.step("Month-end: ledger accounts and VAT code"):
        address = "/settings/tax-categories/"
        rates = wait(admin, address, lambda seen: f"{_RATE} in {NAME}" in seen.text)
        form = rates.form("Save")
        field = rates.name_of(form, f"VAT code of {_RATE} in {NAME}")
        admin.press(rates, "Save", **{field: rates.option(form, field, _CODE)})
        page = wait(admin, page.url, lambda seen: bool(options(seen, "default_ledger")))
        form = page.form("Next")
        page = admin.press(
            page, "Next", map_service_types="on", default_vat_code="", **_ledgers(page, form)
        )
    with journey.step("Month-end: finish"):
        # By its address: a set-up without a default ledger is not resumed here, as it may be finished all the same.
        page = wait(admin, page.url, lambda seen: seen.has_button("Finish"))
        admin.press(page, "Finish")


def _ledgers(page: Page, form: Form) -> dict[str, str]:
    chosen = {}
    for service_type, ledger in _LEDGERS.items():
        field = page.name_of(form, service_type)
        chosen[field] = page.option(form, field, ledger)
    return chosen
