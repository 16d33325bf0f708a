"""The setup of the second route in the demo's check, from the tile to *Finish*."""

from __future__ import annotations

from connector.local.journey_steps import Journey, expect, log_in_at_exact, options, wait
from connector.local.pages import Page, PageProblem

NAME = "Exact Zuid"
SUBSIDIARY = "Studio Zuid BV"
DIVISION = 1000002
JOURNAL = "700"


def run(journey: Journey) -> None:
    """This function will set the route up. Raises DemoFailed with the step and what the page said."""
    page = _choose_division(journey, _connect(journey))
    _give_rates_their_codes(journey)
    _choose_items(journey, page)
    _finish(journey)


def _connect(journey: Journey) -> Page:
    admin = journey.admin
    with journey.step("Subscription & integrations: Connect on the Accounting tile, Proceed"):
        page = admin.open("/settings/subscription/")
        expect(page, "Accounting", "Exact Online")
        page = admin.follow(page, "Connect Exact Online")
        expect(page, "Read from Exact:", "Written there:")
        page = admin.follow(page, "Proceed")
        page = admin.press(
            page,
            "Continue to Exact",
            name=NAME,
            subsidiary=page.option(page.form("Continue to Exact"), "subsidiary", SUBSIDIARY),
            country="BE",
        )
    with journey.step("Exact: log in again"):
        page = log_in_at_exact(journey, page)
        expect(page, f"{SUBSIDIARY} ({DIVISION})")
    return page


def _choose_division(journey: Journey, page: Page) -> Page:
    admin = journey.admin
    with journey.step("Setup: division by its code, Exact writes the invoice, by e-mail"):
        chosen = {"route": "exact_invoice", "sending": "email", "sync_payments": "on"}
        page = admin.press(page, "Next", division=str(DIVISION), **chosen)
        expect(page, f"Division {SUBSIDIARY} ({DIVISION})")
        page = wait(admin, page.url, lambda seen: bool(options(seen, "default_journal_code")))
        journal = page.option(page.form("Next"), "default_journal_code", JOURNAL)
        return admin.press(page, "Next", **chosen, default_journal_code=journal)


def _give_rates_their_codes(journey: Journey) -> None:
    admin = journey.admin
    with journey.step("Tax categories: two rates get their VAT code of Exact"):
        address = "/settings/tax-categories/"
        page = wait(admin, address, lambda seen: f"BE 21 % in {NAME}" in seen.text)
        form = page.form("Save")
        codes = {"BE 21 %": "1 Btw 21%", "BE 6 %": "3 Btw 6%"}
        names = {rate: page.name_of(form, f"VAT code of {rate} in {NAME}") for rate in codes}
        wanted = {names[rate]: page.option(form, names[rate], code) for rate, code in codes.items()}
        page = admin.press(page, "Save", **wanted)
        expect(page, f"The VAT codes of {NAME} are saved.")
        shown = page.form("Save").values
        if any(shown[name] != [code] for name, code in wanted.items()):
            raise PageProblem(f"{page.url} does not show the codes that were chosen: {shown}")


def _choose_items(journey: Journey, page: Page) -> None:
    admin = journey.admin
    with journey.step("Setup: an item code that is not in Exact is refused with a sentence"):
        page = wait(admin, page.url, lambda seen: "Default item" in seen.text)
        condition = page.option(page.form("Next"), "payment_condition", "30 ")
        page = admin.press_in_vain(
            page, "Next", default_item="NOPE", payment_condition=condition, default_vat_code=""
        )
        expect(page, "Item NOPE is not in this division.")
    with journey.step("Setup: item by code, usual VAT code, payment condition"):
        form = page.form("Next")
        if form.values["payment_condition"] != [condition]:
            raise PageProblem(f"{page.url} lost what was chosen beside the wrong item.")
        page = admin.press(page, "Next", default_item="service")
        expect(page, "Check")


def _finish(journey: Journey) -> None:
    admin = journey.admin
    with journey.step("Check: all in order; finish"):
        address = admin.follow(admin.open("/settings/marketplace/"), f"Resume setup {NAME}").url
        page = wait(admin, address, lambda seen: seen.has_button("Finish"))
        expect(page, f"Division {SUBSIDIARY} ({DIVISION}) can be used.")
        if wrong := [sign for sign in page.reader.signs if sign in {"Attention", "To be changed"}]:
            raise PageProblem(f"{page.url} has {wrong}. It says: {page.text[:2000]}")
        admin.press(page, "Finish")
        page = wait(admin, "/settings/marketplace/", lambda seen: NAME in seen.text)
        expect(page, str(DIVISION))
