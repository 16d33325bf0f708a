"""The second route in the demo's check: Exact writes the invoice from items, numbers it and e-mails it.

Step by step what a person does: the tile and its confirmation, the log-in, the setup, the check, a test invoice that is
credited, an invoice that goes out, its payment, and one whose e-mail Exact could not make.
"""

from __future__ import annotations

import re

from connector.local import journey_exact_setup
from connector.local.journey_exact_setup import DIVISION, JOURNAL, NAME
from connector.local.journey_steps import ADMIN, Journey, expect, wait, wait_for_status
from connector.local.pages import Page, PageProblem

INVOICE = "ZUID-2026-0043"
CONTACT = "invoices@havel.example"
AMOUNT = "12947.24"
ITEMS = ["SERVICE", "SERVICE", "PRINT"]
VAT_CODES = ["1", "1", "3"]
UNSENT_INVOICE = "ZUID-2026-0045"


def run(journey: Journey) -> None:
    """This function will walk the second route. Raises DemoFailed with the step and what the page said."""
    journey_exact_setup.run(journey)
    _send_test_invoice(journey)
    before = journey.books.count_made(DIVISION)
    number = _send(journey)
    _check_books(journey, number, before)
    _pay(journey, number)
    _send_in_vain(journey)


def _send_test_invoice(journey: Journey) -> None:
    admin, books = journey.admin, journey.books
    with journey.step("Test invoice: the page says what will happen"):
        page = admin.follow(admin.open("/settings/marketplace/"), f"Check {NAME}")
        page = admin.follow(page, "Send a test invoice")
        expect(page, "This makes one real invoice", ADMIN[0], "can not be taken back")
        if books.emails(DIVISION, ADMIN[0]):
            raise PageProblem("The test invoice was sent before the button was pressed.")
    with journey.step("It is sent, and its number is shown"):
        address = admin.press(page, "Send the test invoice").url
        page = wait(admin, address, _is_sent)
        expect(page, "Credit the test invoice")
        if len(books.emails(DIVISION, ADMIN[0])) != 1:
            raise PageProblem("The test invoice is not in the sandbox's outbox.")
    with journey.step("It is credited"):
        address = admin.press(page, "Credit the test invoice").url
        wait(admin, address, _is_sent)
        if len(books.emails(DIVISION, ADMIN[0])) != 2:
            raise PageProblem("The credit note is not in the sandbox's outbox.")


def _is_sent(page: Page) -> bool:
    return number_of(page) != "" and "Finalized" in page.text


def _is_booked_only(page: Page) -> bool:
    return "Booked, not sent · Exact" in page.text and "Finalized" in page.text


def number_of(page: Page) -> str:
    """The number that Exact gave, as the invoice's page shows it beside *Sent*."""
    found = re.search(r"Sent · Exact (\d+)", page.text)
    return found[1] if found else ""


def _send(journey: Journey) -> str:
    """Send the invoice and return the number that Exact gave it."""
    finance = journey.finance
    with journey.step("An open invoice: the dialog shows items, contact and sending"):
        page = finance.follow(finance.open(f"/invoices/?q={INVOICE}"), INVOICE)
        address = page.url
        expect(page, CONTACT, "In Exact: item PRINT")
        page = finance.follow(page, "Copy to Exact")
        expect(page, "Create new customer in Exact", "PRINT Drukwerk · the line's own")
        expect(page, f"books it in journal {JOURNAL} and e-mails it to Chloé Dubois, {CONTACT}")
    with journey.step("Copy, Finalize and Send; the number comes back"):
        finance.press(page, "Copy, Finalize and Send")
        page = wait(finance, address, _is_sent)
        number = number_of(page)
        expect(page, f"Number in Exact {number}", f"{number} in place of {INVOICE}")
        expect(finance.open(f"/invoices/?q={INVOICE}"), number)
    return number


def _check_books(journey: Journey, number: str, before: dict[str, int]) -> None:
    books = journey.books
    with journey.step("Exact has one account, contact, invoice, entry and e-mail with a PDF"):
        made = {kind: now - before[kind] for kind, now in books.count_made(DIVISION).items()}
        if set(made.values()) != {1}:
            raise PageProblem(f"Exact was asked for {made}.")
        invoice = books.sales_invoice(DIVISION, INVOICE)
        codes = [line["vat_code"] for line in invoice["lines"]]
        items = [line["item_code"] for line in invoice["lines"]]
        found = [str(invoice["invoice_number"]), invoice["amount"], codes, items]
        if found != [number, AMOUNT, VAT_CODES, ITEMS]:
            raise PageProblem(f"Exact's invoice is not the one that was sent: {invoice}")
        if books.entry(DIVISION, INVOICE)["entry_id"] != invoice["entry_id"]:
            raise PageProblem(f"The entry of invoice {number} is another one.")
        [message] = books.emails(DIVISION, CONTACT)
        if not books.attachment(message).startswith(b"%PDF-"):
            raise PageProblem(f"The e-mail “{message['subject']}” carries no PDF.")


def _pay(journey: Journey, number: str) -> None:
    entry = journey.books.entry(DIVISION, INVOICE)
    with journey.step("The bank desk registers its payment; the invoice becomes paid"):
        journey.books.bank(
            "POST",
            "payments",
            {
                "division": DIVISION,
                "date": str(entry["entry_date"]),
                "reference": "DEMO-CHECK",
                "lines": [{"entry_id": entry["entry_id"], "amount": AMOUNT}],
            },
        )
        wait_for_status(journey, number, "Paid")


def _send_in_vain(journey: Journey) -> None:
    finance, books = journey.finance, journey.books
    before = books.count_made(DIVISION)
    with journey.step("The next invoice: Exact can not make its e-mail, and the page says so"):
        books.set_switch("printing_fails", "email")
        try:
            page = finance.follow(finance.open(f"/invoices/?q={UNSENT_INVOICE}"), UNSENT_INVOICE)
            address = page.url
            page = finance.follow(page, "Copy to Exact")
            finance.press(page, "Copy, Finalize and Send")
            page = wait(finance, address, _is_booked_only)
        finally:
            books.reset_switch("printing_fails")
        expect(page, "the customer did not get it", "E-mail", "Send again")
        if len(books.emails(DIVISION, CONTACT)) != 1:
            raise PageProblem("An e-mail is in the outbox that could not be made.")
    with journey.step("It has cost two calls: its customer and contact are known"):
        made = {kind: now - before[kind] for kind, now in books.count_made(DIVISION).items()}
        if made != {"accounts": 0, "contacts": 0, "invoices": 1, "prints": 1}:
            raise PageProblem(f"Exact was asked for {made}.")
    with journey.step("Mark as paid, Proceed; Undo makes it open again"):
        page = finance.press(finance.follow(page, "Mark as paid"), "Proceed")
        expect(page, "Paid")
        page = finance.press(finance.follow(page, "the mark by hand"), "Undo")
        if "Mark as paid" not in page.text:
            raise PageProblem(f"{page.url} is not open again. It says: {page.text[:2000]}")
