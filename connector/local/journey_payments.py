"""What is paid in Exact and what the pages show of it: in part, in whole, with two others, edited, deleted, unmatched.

Payments are made at the sandbox's bank desk, as a bookkeeper makes them; each status is waited for in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.local.journey_steps import Journey, expect, wait, wait_for_status

_PART = "1000.00"
_REFERENCE = "DEMO-CHECK"
Entry = dict[str, Any]


def run(journey: Journey, entries: Sequence[Entry]) -> None:
    """This function will pay the first of these entries in every way, and once together with the others.

    Raises DemoFailed with the step and what the page said.
    """
    _directly(journey, entries[0])
    _in_bulk(journey, entries)
    _beside_a_mark(journey, entries[0])


def _directly(journey: Journey, entry: Entry) -> None:
    number, amount = entry["your_ref"], entry["amount"]
    with journey.step("The bank desk registers the payment; the invoice becomes paid"):
        payment = _pay(journey, [(entry, amount)])
        wait_for_status(journey, number, "Paid")
    with journey.step("The payment is edited to a part; the invoice is partly paid"):
        journey.books.bank("PATCH", f"payments/{payment}", {"lines": [_line(entry, _PART)]})
        wait_for_status(journey, number, "Partly paid")
    with journey.step("The payment is deleted; the invoice is open again, and its page says so"):
        journey.books.bank("DELETE", f"payments/{payment}")
        wait_for_status(journey, number, "Open")


def _in_bulk(journey: Journey, entries: Sequence[Entry]) -> None:
    with journey.step("One line on the bank statement pays three invoices"):
        payment = _pay(journey, [(entry, entry["amount"]) for entry in entries])
        for entry in entries:
            wait_for_status(journey, entry["your_ref"], "Paid")
    with journey.step("The line is unmatched; the three are open again"):
        journey.books.bank("POST", f"payments/{payment}/unmatch")
        for entry in entries:
            wait_for_status(journey, entry["your_ref"], "Open")
        journey.books.bank("DELETE", f"payments/{payment}")


def _beside_a_mark(journey: Journey, entry: Entry) -> None:
    finance, number = journey.finance, entry["your_ref"]
    with journey.step("A part is paid; the invoice is partly paid"):
        payment = _pay(journey, [(entry, _PART)])
        wait_for_status(journey, number, "Partly paid")
    with journey.step("Marked as paid by hand; Exact shows the part beside it"):
        address = finance.follow(finance.open(f"/invoices/?q={number}"), number).url
        page = finance.press(finance.follow(finance.open(address), "Mark as paid"), "Proceed")
        expect(page, "Exact shows 1,000.00 EUR of")
        wait_for_status(journey, number, "Paid")
    with journey.step("The payment is deleted; the invoice stays paid by hand"):
        journey.books.bank("DELETE", f"payments/{payment}")
        wait(finance, address, lambda seen: "Exact now shows nothing paid" in seen.text)
        wait_for_status(journey, number, "Paid")
    with journey.step("The mark is taken back; the invoice is open again"):
        finance.press(finance.follow(finance.open(address), "the mark by hand"), "Undo")
        wait_for_status(journey, number, "Open")


def _line(entry: Entry, amount: str) -> dict[str, str]:
    return {"entry_id": str(entry["entry_id"]), "amount": amount}


def _pay(journey: Journey, amounts: Sequence[tuple[Entry, str]]) -> str:
    """Register one line on the bank statement, on the day of the last entry; it returns its id."""
    order = {
        "division": amounts[0][0]["division"],
        "date": max(str(entry["entry_date"]) for entry, _ in amounts),
        "reference": _REFERENCE,
        "lines": [_line(entry, amount) for entry, amount in amounts],
    }
    return str(journey.books.bank("POST", "payments", order)["id"])
