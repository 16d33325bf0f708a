"""The month-end in the demo's check: as far as the look before the start, which needs no minutes of Exact's limit."""

from __future__ import annotations

from connector.local.journey_steps import Journey, expect, sign_in
from connector.local.pages import Visitor

_FINANCE = ("monthend@demo.example", "demo-demo-demo")


def run(journey: Journey) -> None:
    """This function will choose the month's 200 invoices. Raises DemoFailed unless nine of them need a person."""
    visitor = Visitor(journey.web)
    sign_in(journey, visitor, _FINANCE, "Month-end: its finance user signs in")
    with journey.step("All 200 invoices chosen: 191 are ready, and three causes hold nine"):
        page = visitor.press(visitor.open("/invoices/"), "Copy to Exact", all="on")
        expect(page, "Copy 200 invoices to Exact")
        page = visitor.open(f"{page.url}preflight/")
        expect(page, "191 ready", "NL 9 %", "Photography", "Tulp Bouw N.V.")
