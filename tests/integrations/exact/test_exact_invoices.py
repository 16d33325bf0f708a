"""What the Exact invoice route asks of Exact, against the sandbox over real HTTP: items, contacts, invoices, printing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
import responses

from exact_sandbox.server import RunningSandbox
from integrations.exact import (
    accounts,
    contacts,
    documents,
    endpoints,
    errors,
    gl_accounts,
    items,
    printing,
    rights,
    sales_entries,
    sales_invoices,
)
from integrations.exact.client import CallRecord, ExactClient
from integrations.exact.printing import Delivery, PrintDraft, PrintResult
from integrations.exact.sales_invoices import SalesInvoiceDraft
from tests.integrations.exact.support import (
    CUSTOMER,
    ENTRY,
    LEDGER,
    USER,
    address,
    client,
)

PDF = b"%PDF-1.4 \x00\xff an invoice"


def customer(exact: ExactClient, **changes: Any) -> accounts.Account:
    values = {"name": f"Acme {uuid4()}", "country": "NL", "payment_condition": "30", **changes}
    return accounts.create(exact, accounts.AccountDraft.model_validate(values))


def item_id(exact: ExactClient, code: str = "HOSTING") -> UUID:
    return next(
        one.exact_id for page in items.list_items(exact) for one in page.rows if one.code == code
    )


def draft(exact: ExactClient, buyer: accounts.Account, **changes: Any) -> SalesInvoiceDraft:
    line = {"item_id": item_id(exact), "vat_code": "2", "quantity": "3", "net_price": "33.37"}
    return SalesInvoiceDraft.model_validate(
        {
            "customer_id": buyer.exact_id,
            "journal": "70",
            "currency": "EUR",
            "your_ref": "Website",
            "lines": [
                {**line, "description": "10 - Hosting", "notes": "May"},
                {**line, "quantity": "1", "from_date": "2024-05-01", "to_date": "2024-05-31"},
            ],
            **changes,
        }
    )


# --- items, ledger accounts, contacts ------------------------------------------------------------------------------


def test_items_are_read_and_later_only_those_that_changed(sandbox, exact, records):
    first = [row for page in items.list_items(exact) for row in page.rows]
    codes = {one.code: one for one in first}
    today = sandbox.sandbox.clock.now().date()

    assert codes["HOSTING"].is_sold_on(today)
    assert codes["HOSTING"].sales_vat_code == "2"
    assert not codes["LAPTOP"].is_sold_on(today)
    assert not codes["OLD"].is_sold_on(today)
    moments = [one.modified_at for one in first if one.modified_at]
    assert moments == sorted(moments)
    assert len(moments) == len(first)

    sandbox.sandbox.clock.advance(5)
    body = {"Description": "Hosting, renamed"}
    exact.put(endpoints.ITEMS, codes["HOSTING"].exact_id, body)
    since = moments[-1] + timedelta(seconds=1)
    changed = [row for page in items.list_items(exact, modified_since=since) for row in page.rows]

    assert [one.description for one in changed] == ["Hosting, renamed"]


def test_many_items_come_page_by_page_without_a_gap(exact, records):
    for number in range(70):
        body = {"Code": f"EXTRA{number:03d}", "Description": "More"}
        exact.request("POST", endpoints.ITEMS, body=body)
    records.clear()

    pages = list(items.list_items(exact))

    found = [row.exact_id for page in pages for row in page.rows]
    assert [len(page.rows) for page in pages][:-1] == [60] * (len(pages) - 1)
    assert len(pages) == len(records) >= 2
    assert len(set(found)) == len(found) >= 70


def test_p23_ledger_accounts_can_be_read_since_a_time(sandbox, exact):
    known = gl_accounts.list_gl_accounts(exact).rows
    sandbox.sandbox.clock.advance(5)
    exact.put(endpoints.GL_ACCOUNTS, known[0].exact_id, {"Description": "Renamed"})
    since = max(row.modified_at for row in known if row.modified_at) + timedelta(seconds=1)

    changed = gl_accounts.list_gl_accounts(exact, modified_since=since).rows

    assert [row.description for row in changed] == ["Renamed"]


def test_contacts_are_listed_by_account_and_made(exact):
    buyer, other = customer(exact), customer(exact)
    draft_of = {"first_name": "Eva", "last_name": "O'Hara", "email": "eva@acme.example"}
    contacts.create(exact, contacts.ContactDraft(account_id=other.exact_id, **draft_of))

    made = contacts.create(
        exact, contacts.ContactDraft(account_id=buyer.exact_id, phone="030 1234567", **draft_of)
    )

    (found,) = contacts.list_of_account(exact, buyer.exact_id)
    assert (found.exact_id, found.account_id) == (made.exact_id, buyer.exact_id)
    assert (found.full_name, found.email) == ("Eva O'Hara", "eva@acme.example")
    assert found.is_main


def test_a_contact_that_can_not_be_read_never_looks_like_absence():
    with responses.RequestsMock() as mocked:
        mocked.get(address("crm/Contacts"), json={"d": {"results": [{"ID": "odd"}]}})
        with pytest.raises(errors.UnexpectedAnswer):
            contacts.list_of_account(client(), UUID(CUSTOMER))


# --- sales invoices -------------------------------------------------------------------------------------------------


def test_an_invoice_is_made_found_changed_and_deleted(exact):
    buyer, started = customer(exact), datetime.now(UTC)

    made = sales_invoices.create(exact, draft(exact, buyer))

    assert (made.amount_fc, made.net_amount_fc) == (Decimal("161.51"), Decimal("133.48"))
    assert (made.customer_id, made.ordered_by_id) == (buyer.exact_id, buyer.exact_id)
    assert (made.invoice_number, made.entry_number, made.is_printed) == (None, None, False)
    found = sales_invoices.find_made(
        exact, customer_id=buyer.exact_id, created_after=started - timedelta(hours=2)
    )
    later = sales_invoices.find_made(
        exact, customer_id=buyer.exact_id, created_after=started + timedelta(hours=2)
    )
    assert ([one.exact_id for one in found], later) == ([made.exact_id], [])
    read = sales_invoices.get(exact, made.exact_id)
    assert read.lines is not None
    assert (read.lines[0].description, read.lines[0].notes) == ("10 - Hosting", "May")
    assert read.lines[1].from_date == date(2024, 5, 1)
    assert (read.lines[0].quantity, read.lines[0].net_price) == (Decimal(3), Decimal("33.37"))

    sales_invoices.update_header(exact, made.exact_id, {"Description": "Changed"})
    added = sales_invoices.create_line(exact, made.exact_id, draft(exact, buyer).lines[0])
    sales_invoices.update_line(exact, added.exact_id, {"Quantity": Decimal(1)})
    changed = sales_invoices.get(exact, made.exact_id)
    assert (changed.description, changed.line_count) == ("Changed", 3)
    assert changed.net_amount_fc == Decimal("166.85")
    sales_invoices.delete_line(exact, added.exact_id)

    sales_invoices.delete(exact, made.exact_id)
    with pytest.raises(errors.NotFound):
        sales_invoices.get(exact, made.exact_id)


def test_what_exact_never_changes_is_not_sent(exact):
    for name in ("OrderedBy", "InvoiceTo", "Journal", "SalesInvoiceLines"):
        with pytest.raises(ValueError, match=name):
            sales_invoices.update_header(exact, UUID(ENTRY), {name: "x"})


def test_another_account_may_pay(exact):
    buyer, payer = customer(exact), customer(exact)

    made = sales_invoices.create(exact, draft(exact, buyer, invoice_to_id=payer.exact_id))

    assert (made.customer_id, made.ordered_by_id) == (payer.exact_id, buyer.exact_id)


def test_headers_of_several_invoices_are_read_in_one_call(exact, records):
    buyer = customer(exact)
    made = [sales_invoices.create(exact, draft(exact, buyer)).exact_id for _ in range(2)]
    records.clear()

    found = sales_invoices.read_headers(exact, [*made, uuid4()])

    assert {one.exact_id for one in found} == set(made)
    assert len(records) == 1
    for wrong in ([], [uuid4()] * 16):
        with pytest.raises(ValueError, match="at a time"):
            sales_invoices.read_headers(exact, wrong)


def test_a_stored_invoice_draft_is_the_same_draft_again():
    line = {"item_id": LEDGER, "quantity": "1.5", "net_price": "0.333333", "to_date": "2024-02-29"}
    wished = SalesInvoiceDraft.model_validate(
        {"customer_id": CUSTOMER, "journal": "70", "lines": [line]}
    )
    stored = json.loads(json.dumps(wished.model_dump(mode="json")))

    assert SalesInvoiceDraft.model_validate(stored) == wished
    assert stored["lines"][0]["net_price"] == "0.333333"


INVOICE_FAULTS = [
    ("drop_before", errors.OutcomeUnknown, 0),
    ("commit_then_drop", errors.OutcomeUnknown, 1),
    ("garbage_json", errors.OutcomeUnknown, 1),
]


@pytest.mark.parametrize(("fault", "error", "made"), INVOICE_FAULTS)
def test_a5_to_a13_an_invoice_is_made_once_and_the_look_up_tells_the_truth(
    sandbox: RunningSandbox,
    exact: ExactClient,
    fault: str,
    error: type[errors.ExactError],
    made: int,
) -> None:
    buyer = customer(exact)
    wished = draft(exact, buyer)
    before = datetime.now(UTC) - timedelta(hours=2)
    sandbox.sandbox.faults.add({"fault": fault, "method": "POST", "path": "SalesInvoices"})

    with pytest.raises(error):
        sales_invoices.create(exact, wished)

    found = sales_invoices.find_made(exact, customer_id=buyer.exact_id, created_after=before)
    assert len(found) == made


# --- printing -------------------------------------------------------------------------------------------------------


def test_printing_numbers_books_and_sends(sandbox, exact):
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


def test_a_credit_note_is_one_by_its_type(exact):
    buyer = customer(exact)
    made = sales_invoices.create(exact, draft(exact, buyer, type=sales_invoices.SALES_CREDIT_NOTE))
    assert made.is_credit_note


def test_an_e_mail_that_failed_is_no_success_though_the_invoice_is_booked(exact):
    made = sales_invoices.create(exact, draft(exact, customer(exact)))

    result = printing.print_invoice(exact, PrintDraft(invoice_id=made.exact_id, send_email=True))

    failed = {one.way: one for one in result.deliveries}["email"]
    assert not failed.succeeded
    assert "E-mailadres" in failed.text
    assert sales_invoices.get(exact, made.exact_id).is_printed


def test_a_text_of_failure_counts_also_beside_one_of_success():
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


def test_only_the_ways_that_are_wanted_are_sent():
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


# --- documents ------------------------------------------------------------------------------------------------------


def test_a_pdf_is_filed_before_the_entry_that_names_it(exact):
    buyer, subject = customer(exact), f"Invoice {uuid4()}"
    document = documents.create_document(
        exact,
        documents.DocumentDraft(
            subject=subject,
            account_id=buyer.exact_id,
            document_date=date(2024, 1, 31),
            amount_fc=Decimal("121.00"),
            currency="EUR",
        ),
    )
    attached = documents.create_attachment(
        exact, documents.AttachmentDraft(document.exact_id, "invoice.pdf", PDF)
    )

    (found,) = documents.find_documents(exact, subject)
    (listed,) = documents.list_attachments(exact, document.exact_id)
    assert (found.exact_id, found.account_id) == (document.exact_id, buyer.exact_id)
    assert (listed.exact_id, listed.file_name) == (attached.exact_id, "invoice.pdf")
    assert listed.file_size == len(PDF)

    documents.delete_document(exact, document.exact_id)
    assert documents.find_documents(exact, subject) == []


def test_a_file_of_ten_megabytes_fits_and_a_larger_one_is_not_sent(exact):
    document = documents.create_document(exact, documents.DocumentDraft(subject="Large"))
    content = b"x" * documents.MAX_ATTACHMENT_BYTES

    attached = documents.create_attachment(
        exact, documents.AttachmentDraft(document.exact_id, "large.pdf", content)
    )

    assert attached.file_size == len(content)
    for wrong in (b"", content + b"x"):
        with pytest.raises(ValueError, match="can not be attached"):
            documents.AttachmentDraft(document.exact_id, "large.pdf", wrong)


def test_the_content_of_a_file_is_in_no_text_of_it():
    wished = documents.AttachmentDraft(UUID(ENTRY), "a.pdf", b"secret")
    assert "secret" not in f"{wished} {wished!r}"


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [endpoints.SALES_ENTRIES, endpoints.SALES_INVOICES])
def test_d11_a_missing_right_shows_in_one_call(
    sandbox: RunningSandbox, exact: ExactClient, records: list[CallRecord], path: str
) -> None:
    rights.check_readable(exact, path)
    records.clear()
    set_sales_right(sandbox, "none")

    with pytest.raises(errors.Forbidden):
        rights.check_readable(exact, path)

    set_sales_right(sandbox, "write")
    assert len(records) == 1


def set_sales_right(sandbox: RunningSandbox, level: str) -> None:
    answer = requests.patch(
        f"{sandbox.base_url}/_sandbox/users",
        json={"username": USER, "rights": {"sales": level}},
        timeout=10,
    )
    assert answer.ok, answer.text
