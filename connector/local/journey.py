"""The demo's check: both routes into Exact and the month-end through real pages and forms, without a person.

Each step is printed with its time; the first one that fails ends the journey with a sentence.
"""

from __future__ import annotations

from connector.local import journey_booking, journey_exact_invoice, journey_month_end, month_end
from connector.local.journey_steps import ADMIN, FINANCE, begin, sign_in


def run(web_url: str, sandbox_url: str) -> None:
    """This function will walk the whole journey. Raises DemoFailed with the step and what the page said."""
    journey = begin(web_url, sandbox_url)
    sign_in(journey, journey.admin, ADMIN, "The admin signs in")
    sign_in(journey, journey.finance, FINANCE, "The finance user signs in")
    journey_booking.run(journey)
    journey_exact_invoice.run(journey)
    month_end.prepare(web_url, sandbox_url)
    journey_month_end.run(journey)
