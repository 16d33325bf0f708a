"""Printing and sending sales invoices, against the sandbox over real HTTP."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from integrations.exact import contacts, errors, printing, sales_entries, sales_invoices
from integrations.exact.printing import Delivery, PrintDraft, PrintResult
from tests.integrations.exact.invoicing import customer, draft
from tests.integrations.exact.support import ENTRY


def test_h38_h40_printing_numbers_books_and_sends(sandbox, exact):
    buyer = customer(exact, email="books@acme.example")
    made = sales_invoices.create(exact, draft(exact, buyer))

    result = printing.print_invoice(exact, PrintDraft(invoice_id=made.exact_id, send_email=True))

    assert [(one.way, one.succeeded) for one in result.deliveries] == [
        ("document", True),
        ("email", True),
    ]
    (printed,) = sales_invoices.read_headers(exact, [made.exact_id])
    assert printed.is_printed
    assert printed.invoice_number
    (entry,) = sales_entries.find_printed(
        exact, journal="70", invoice_number=printed.invoice_number
    )
    assert (entry.customer_id, entry.amount_fc) == (buyer.exact_id, made.amount_fc)
    assert entry.document_id == result.document_id
    with pytest.raises(errors.ValidationRefused):
        sales_invoices.delete(exact, made.exact_id)


def test_h30_the_contact_gets_the_e_mail(sandbox, exact):
    buyer = customer(exact, email="books@acme.example")
    person = {"first_name": "Eva", "last_name": "Jansen", "email": "eva@acme.example"}
    contact = contacts.create(
        exact, contacts.ContactDraft(account_id=buyer.exact_id, **person)
    ).exact_id
    made = sales_invoices.create(exact, draft(exact, buyer, contact_id=contact))
    assert made.contact_id == contact

    result = printing.print_invoice(exact, PrintDraft(invoice_id=made.exact_id, send_email=True))

    assert "eva@acme.example" in {one.way: one.text for one in result.deliveries}["email"]


def test_h32_a_credit_note_is_one_by_its_type(exact):
    buyer = customer(exact)
    made = sales_invoices.create(exact, draft(exact, buyer, type=sales_invoices.SALES_CREDIT_NOTE))
    assert made.is_credit_note


def test_h38_an_e_mail_that_failed_is_no_success_though_the_invoice_is_booked(exact):
    made = sales_invoices.create(exact, draft(exact, customer(exact)))

    result = printing.print_invoice(exact, PrintDraft(invoice_id=made.exact_id, send_email=True))

    failed = {one.way: one for one in result.deliveries}["email"]
    assert not failed.succeeded
    assert "E-mailadres" in failed.text
    assert sales_invoices.get(exact, made.exact_id).is_printed


def test_h38_a_text_of_failure_counts_also_beside_one_of_success():
    result = PrintResult.model_validate(
        {
            "Document": ENTRY,
            "DocumentCreationSuccess": "made",
            "EmailCreationSuccess": "sent",
            "EmailCreationError": "refused",
            "PostboxMessageCreationSuccess": "",
            "PeppolCreationError": "no number",
        }
    )

    assert result.deliveries == (
        Delivery("document", True, "made"),
        Delivery("email", False, "refused"),
        Delivery("peppol", False, "no number"),
    )


def test_h38_only_the_ways_that_are_wanted_are_sent():
    wished = PrintDraft(
        invoice_id=UUID(ENTRY), send_via_peppol=True, invoice_date=date(2024, 1, 31)
    )

    assert wished.to_body() == {
        "InvoiceID": UUID(ENTRY),
        "SendInvoiceViaPeppol": True,
        "InvoiceDate": date(2024, 1, 31),
    }


def test_a5_a_lost_answer_of_printing_is_unknown_and_the_status_tells(sandbox, exact):
    made = sales_invoices.create(exact, draft(exact, customer(exact)))
    sandbox.sandbox.faults.add(
        {"fault": "commit_then_drop", "method": "POST", "path": "PrintedSalesInvoices"}
    )

    with pytest.raises(errors.OutcomeUnknown):
        printing.print_invoice(exact, PrintDraft(invoice_id=made.exact_id))

    assert sales_invoices.get(exact, made.exact_id).is_printed
