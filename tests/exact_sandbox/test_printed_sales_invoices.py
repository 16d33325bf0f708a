"""Printing numbers an invoice, books it, files its PDF and sends it.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.exact_sandbox.exact_client import DE, DIETER, ExactClient

INVOICES = "salesinvoice/SalesInvoices"


def state(exact: ExactClient, invoice: Any) -> Any:
    return exact.get(f"{INVOICES}(guid'{invoice['InvoiceID']}')")


# Booking.


def test_printing_books_the_invoice_with_the_next_number_of_its_journal(exact):
    assert exact.book(YourRef="INV-1")["EntryNumber"] == 26700001
    invoice = exact.invoice(
        {"NetPrice": 100, "Notes": "n", "Description": "1 - Design"},
        {"Item": exact.item("PRINT"), "Quantity": 2},
        YourRef="PSA-7",
        PaymentReference="Studio - 7",
        Description="Website",
        OrderNumber=12,
    )

    exact.print_invoice(invoice["InvoiceID"])

    printed = state(exact, invoice)
    assert (printed["Status"], printed["StatusDescription"]) == (50, "Processed")
    assert printed["InvoiceNumber"] == 26700002
    entry = exact.row("salesentry/SalesEntries", "InvoiceNumber eq 26700002")
    assert (entry["EntryNumber"], entry["Type"], entry["Status"]) == (26700002, 20, 20)
    assert entry["Customer"] == printed["InvoiceTo"]
    names = ("AmountFC", "AmountDC", "VATAmountFC", "YourRef", "PaymentReference", "OrderNumber")
    assert {name: entry[name] for name in names} == {name: printed[name] for name in names}
    assert (entry["DueDate"], entry["PaymentCondition"]) == (printed["DueDate"], "30")
    (term,) = exact.terms_of(entry["EntryID"])
    assert (term["AmountFC"], term["Status"], term["YourRef"]) == (-147.71, 20, "PSA-7")
    first, second = exact.truth()[1]["lines"]
    assert (first["gl_account_code"], first["description"], first["amount"]) == (
        "8000",
        "1 - Design",
        "100",
    )
    assert (second["gl_account_code"], second["vat_code"], second["quantity"]) == ("8050", "1", "2")
    assert exact.book(YourRef="INV-2")["EntryNumber"] == 26700003
    assert exact.books_are_good()


def test_every_view_tells_of_the_printed_invoice(exact):
    invoice = exact.invoice()
    exact.print_invoice(invoice["InvoiceID"])
    number = 26700001

    (receivable,) = exact.rows("cashflow/Receivables", filter=f"InvoiceNumber eq {number}")
    assert (receivable["AmountFC"], receivable["Status"]) == (-121, 20)
    (listed,) = exact.rows("read/financial/ReceivablesList")
    assert (listed["InvoiceNumber"], listed["Amount"]) == (number, 121)
    lines = exact.rows("financialtransaction/TransactionLines", filter=f"InvoiceNumber eq {number}")
    assert sorted(line["AmountDC"] for line in lines) == [-100, -21, 121]
    assert sum(line["AmountDC"] for line in lines) == 0


def test_a_printed_invoice_is_paid_like_any_other(exact):
    invoice = exact.invoice()
    exact.print_invoice(invoice["InvoiceID"])
    (entry,) = exact.truth()

    exact.pay((entry["entry_id"], "121"))

    assert exact.terms_of(entry["entry_id"])[0]["Status"] == 50
    assert exact.books_are_good()


def test_a_discount_reaches_the_books_to_the_cent(exact):
    invoice = exact.invoice(
        {"NetPrice": "33.33"}, {"NetPrice": "33.33"}, {"NetPrice": "33.34"}, AmountDiscount="10"
    )

    exact.print_invoice(invoice["InvoiceID"])

    (entry,) = exact.truth()
    assert entry["amount"] == "111"
    assert exact.books_are_good()


@pytest.mark.parametrize(
    ("code", "net", "vat"), [("4", "82.64", "17.36"), ("5", "100", "0"), ("0", "100", "0")]
)
def test_vat_is_booked_by_the_type_of_the_code(exact, code, net, vat):
    exact.print_invoice(exact.invoice({"NetPrice": 100, "VATCode": code})["InvoiceID"])

    (line,) = exact.truth()[0]["lines"]
    assert (line["amount"], line["vat_amount"]) == (net, vat)
    assert exact.books_are_good()


def test_a_foreign_currency_is_booked_at_the_rate_of_the_day(exact):
    invoice = exact.invoice({"NetPrice": 100}, Journal="71", Currency="USD")

    exact.print_invoice(invoice["InvoiceID"])

    (entry,) = exact.truth()
    assert (entry["amount"], entry["amount_dc"], entry["currency"]) == ("121", "111.32", "USD")
    assert exact.books_are_good()


def test_an_invoice_of_nothing_leaves_nothing_to_collect(exact):
    exact.print_invoice(exact.invoice({"Quantity": 0})["InvoiceID"])

    assert [term["status"] for term in exact.truth()[0]["terms"]] == [50]


def test_the_date_and_period_can_be_given_when_printing(exact):
    invoice = exact.invoice()

    exact.print_invoice(
        invoice["InvoiceID"],
        InvoiceDate="2026-10-05T00:00:00",
        ReportingYear=2026,
        ReportingPeriod=11,
    )

    (entry,) = exact.truth()
    assert (entry["entry_date"], entry["due_date"]) == ("2026-10-05", "2026-11-04")
    stored = exact.row("salesentry/SalesEntries", f"EntryID eq guid'{entry['entry_id']}'")
    assert (stored["ReportingYear"], stored["ReportingPeriod"]) == (2026, 11)
    assert exact.sales_invoices()[0]["invoice_date"] == "2026-10-05"


def test_a_due_date_that_was_given_stays_when_the_date_moves(exact):
    invoice = exact.invoice(DueDate="2027-01-15T00:00:00")

    exact.print_invoice(invoice["InvoiceID"], InvoiceDate="2026-10-05T00:00:00")

    assert exact.truth()[0]["due_date"] == "2027-01-15"


def test_the_year_of_the_number_is_that_of_the_books(exact):
    invoice = exact.invoice()

    exact.print_invoice(invoice["InvoiceID"], InvoiceDate="2025-12-31T00:00:00")

    assert state(exact, invoice)["InvoiceNumber"] == 25700001


def test_a_number_given_at_entry_is_kept(exact):
    exact.switch(sales_invoice_number="at_entry")
    first, second = exact.invoice(), exact.invoice()

    exact.print_invoice(second["InvoiceID"])
    exact.print_invoice(first["InvoiceID"])

    assert [entry["entry_number"] for entry in exact.truth()] == [26700002, 26700001]


def test_a_draft_can_be_printed(exact):
    exact.switch(new_sales_invoice_status="10")
    invoice = exact.invoice()

    exact.print_invoice(invoice["InvoiceID"])

    assert state(exact, invoice)["Status"] == 50


# Credit notes.


@pytest.mark.parametrize(("sign", "quantity"), [("negative", -1), ("positive", 1)])
def test_a_credit_note_is_booked_negative(exact, sign, quantity):
    exact.switch(sales_credit_note_sign=sign)
    note = exact.invoice({"Quantity": quantity, "NetPrice": 100}, Type=8021)
    assert note["AmountFC"] == 121 * quantity

    exact.print_invoice(note["InvoiceID"])

    (entry,) = exact.truth()
    assert (entry["amount"], entry["type"]) == ("-121", 21)
    assert exact.books_are_good()


def test_a_credit_note_can_be_matched_with_its_invoice(exact):
    for quantity, kind in ((1, 8020), (-1, 8021)):
        body = exact.invoice({"Quantity": quantity, "NetPrice": 100}, Type=kind)
        exact.print_invoice(body["InvoiceID"])
    entries = [entry["entry_id"] for entry in exact.truth()]

    answer = exact.control(
        "POST",
        "/_sandbox/bank/matches",
        {"division": exact.division, "entry_ids": entries, "date": "2026-11-26"},
    )

    assert answer.status_code == 201, answer.text
    assert [term["Status"] for term in exact.terms()] == [50, 50]
    assert exact.books_are_good()


# The document.


def test_the_pdf_is_filed_as_a_document_of_the_customer(exact):
    invoice = exact.invoice()
    answer = exact.print_invoice(invoice["InvoiceID"])
    number = state(exact, invoice)["InvoiceNumber"]

    document = exact.get(f"documents/Documents(guid'{answer['Document']}')")

    assert answer["DocumentCreationSuccess"] == f"Document {number} is created."
    assert answer["DocumentCreationError"] is None
    assert (document["Type"], document["Account"]) == (10, invoice["InvoiceTo"])
    assert (document["SalesInvoiceNumber"], document["AmountFC"]) == (number, 121)
    assert document["FinancialTransactionEntryID"] == invoice["InvoiceID"]
    exact.switch(attachment_on_get=True)
    (file,) = exact.rows(
        "documents/DocumentAttachments", filter=f"Document eq guid'{answer['Document']}'"
    )
    assert file["FileName"] == f"{number}.pdf"
    assert base64.b64decode(file["Attachment"]).startswith(b"%PDF-1.4")
    assert exact.truth()[0]["document"] == answer["Document"]


def test_the_invoice_keeps_only_the_document_that_was_linked_by_hand(exact):
    plain = exact.invoice()
    by_hand = exact.call("POST", "documents/Documents", {"Subject": "Brief", "Type": 55}).json()[
        "d"
    ]
    linked = exact.invoice(Document=by_hand["ID"])
    assert (linked["DocumentSubject"], linked["DocumentNumber"]) == ("Brief", by_hand["HID"])

    for invoice in (plain, linked):
        exact.print_invoice(invoice["InvoiceID"])

    assert state(exact, plain)["Document"] is None
    assert state(exact, linked)["Document"] == by_hand["ID"]


def test_a_document_that_cannot_be_made_is_told_and_the_invoice_booked(exact):
    exact.switch(attachment_megabytes=0)

    answer = exact.print_invoice(exact.invoice()["InvoiceID"])

    assert answer["DocumentCreationError"] == "Too large: Attachment"
    assert answer["Document"] is answer["DocumentCreationSuccess"] is None
    assert exact.rows("documents/Documents") == []
    assert len(exact.truth()) == 1


def test_texts_of_the_answer_are_in_the_users_language(log_on):
    dieter = log_on(DIETER, DE)
    body = {
        "OrderedBy": dieter.customer(),
        "Journal": "400",
        "SalesInvoiceLines": [{"Item": dieter.item()}],
    }
    invoice = dieter.call("POST", INVOICES, body).json()["d"]

    answer = dieter.print_invoice(invoice["InvoiceID"])

    assert answer["DocumentCreationSuccess"] == "Dokument 26400001 wurde erstellt."
