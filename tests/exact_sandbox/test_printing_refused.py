"""What cannot be printed stays as it was; what is printed can no longer be touched.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.exact_sandbox.exact_client import BE, BRAM, ExactClient

INVOICES, PRINTED = "salesinvoice/SalesInvoices", "salesinvoice/PrintedSalesInvoices"
NOBODY = "00000000-0000-0000-0000-000000000001"


def state(exact: ExactClient, invoice: Any) -> Any:
    return exact.get(f"{INVOICES}(guid'{invoice['InvoiceID']}')")


def not_printed(exact: ExactClient, invoice: Any, **more: Any) -> str:
    """Ask for a printing that must be refused whole; return Exact's text."""
    status, text = exact.error("POST", PRINTED, {"InvoiceID": invoice["InvoiceID"], **more})
    assert status == 500
    assert (state(exact, invoice)["Status"], state(exact, invoice)["InvoiceNumber"]) == (20, None)
    assert exact.truth() == exact.outbox() == exact.rows("documents/Documents") == []
    return text


def test_a_printed_invoice_can_no_longer_be_touched(log_on):
    bram = log_on(BRAM)
    invoice = bram.invoice()
    (line,) = bram.invoice_lines(invoice["InvoiceID"])
    bram.print_invoice(invoice["InvoiceID"])
    header = f"{INVOICES}(guid'{invoice['InvoiceID']}')"
    where = f"salesinvoice/SalesInvoiceLines(guid'{line['ID']}')"
    (entry,) = bram.truth()
    new_line = {"InvoiceID": invoice["InvoiceID"], "Item": bram.item()}

    for method, path, body in (
        ("POST", PRINTED, {"InvoiceID": invoice["InvoiceID"]}),
        ("PUT", header, {"YourRef": "x"}),
        ("PUT", header, {"InvoiceID": invoice["InvoiceID"]}),
        ("DELETE", header, None),
        ("PUT", where, {"Quantity": 2}),
        ("DELETE", where, None),
        ("POST", "salesinvoice/SalesInvoiceLines", new_line),
        ("DELETE", f"salesentry/SalesEntries(guid'{entry['entry_id']}')", None),
    ):
        assert bram.error(method, path, body) == (500, "Reeds verwerkt"), (method, path)
    assert len(bram.truth()) == 1
    assert bram.books_are_good()


def test_a_copy_that_bears_the_id_of_a_printed_invoice_touches_the_original(exact):
    invoice = exact.invoice()
    exact.print_invoice(invoice["InvoiceID"])
    key = invoice["InvoiceID"]

    for body in (
        exact.invoice_body({"Quantity": -1}, Type=8021, InvoiceID=key),
        exact.invoice_body({"Quantity": -1, "InvoiceID": key}, Type=8021),
    ):
        assert exact.error("POST", INVOICES, body) == (500, "Already processed")
    assert exact.invoice({"Quantity": -1}, Type=8021)["Status"] == 20


def test_a_closed_period_keeps_the_invoice_open(exact):
    exact.admin(close_period=[2026, 10])
    invoice = exact.invoice()

    text = not_printed(exact, invoice, InvoiceDate="2026-10-05T00:00:00")
    assert text == "Closed: Period 2026 / 10"

    exact.admin(open_period=[2026, 10])
    exact.print_invoice(invoice["InvoiceID"], InvoiceDate="2026-10-05T00:00:00")


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"block_journal": "70"}, "Blocked: Journal"),
        ({"block_gl_account": "8000"}, "Blocked: G/L Account"),
        ({"block_vat_code": "2"}, "Blocked: VAT code"),
        ({"remove_vat_codes": True}, "Not found: VAT code"),
    ],
)
def test_what_was_blocked_since_is_refused(exact, order, text):
    invoice = exact.invoice()
    exact.admin(**order)

    assert not_printed(exact, invoice) == text


def test_a_customer_blocked_since_is_refused(exact):
    invoice = exact.invoice()
    exact.admin(block_account=exact.customer())

    assert not_printed(exact, invoice) == "Blocked: Invoice to"


@pytest.mark.parametrize(
    "more",
    [
        {"ReportingPeriod": 13},
        {"ReportingYear": -1},
        {"InvoiceDate": "9999-12-31T00:00:00"},
        {"InvoiceDate": "9999-12-31T00:00:00", "ReportingYear": 2026, "ReportingPeriod": 1},
    ],
)
def test_a_period_that_does_not_exist_is_refused(exact, more):
    assert not_printed(exact, exact.invoice(), **more) == "Invalid reference: Period"


def test_an_invoice_of_a_closed_month_can_be_booked_in_an_open_period(exact):
    exact.admin(close_period=[2026, 10])
    invoice = exact.invoice()

    exact.print_invoice(
        invoice["InvoiceID"],
        InvoiceDate="2026-10-05T00:00:00",
        ReportingYear=2026,
        ReportingPeriod=11,
    )

    assert exact.truth()[0]["entry_date"] == "2026-10-05"


def test_an_unknown_invoice_or_one_of_another_division_is_refused(exact, log_on):
    invoice = exact.invoice()
    belgian = log_on(division=BE)

    for key in (NOBODY, invoice["InvoiceID"]):
        assert belgian.error("POST", PRINTED, {"InvoiceID": key}) == (
            500,
            "Invalid reference: Invoice",
        )
    assert exact.error("POST", PRINTED, {}) == (500, "Mandatory: Invoice")
    assert state(exact, invoice)["Status"] == 20


def test_printed_invoices_can_only_be_made(exact):
    invoice = exact.invoice()
    exact.print_invoice(invoice["InvoiceID"])

    assert exact.call("GET", PRINTED).status_code == 405
    assert exact.call("DELETE", f"{PRINTED}(guid'{invoice['InvoiceID']}')").status_code == 405


def test_an_answer_lost_at_printing_has_booked_and_mailed_once(exact):
    invoice = exact.invoice()
    body = {"InvoiceID": invoice["InvoiceID"], "SendEmailToCustomer": True}
    exact.fault("commit_then_drop", method="POST", path=PRINTED)

    with pytest.raises(requests.ConnectionError):
        exact.call("POST", PRINTED, body)

    assert exact.error("POST", PRINTED, body) == (500, "Already processed")
    assert len(exact.truth()) == len(exact.outbox()) == 1


def test_a_printing_that_never_arrived_has_done_nothing(exact):
    invoice = exact.invoice()
    exact.fault("drop_before", method="POST", path=PRINTED)

    with pytest.raises(requests.ConnectionError):
        exact.call("POST", PRINTED, {"InvoiceID": invoice["InvoiceID"]})

    assert not_printed(exact, invoice, ReportingPeriod=13) == "Invalid reference: Period"
