"""The route "Exact invoice", from the wish to the e-mail in the customer's mailbox, over real HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.exact import errors, printing, sales_invoices
from integrations.models import Numbering, Route, Sending, VatCode
from invoices import copy_requests, invoice_numbers, sending
from invoices.copy_refusals import CopyRefused
from invoices.models import (
    CopyRequest,
    CopyState,
    DeliveryState,
    Invoice,
    InvoiceKind,
    InvoiceState,
)
from tests import factories
from tests.journeys.world import DIVISION, World, reprice
from tests.journeys.written import emails, invoice_of, open_client, sending_of

THE_WAY = ["POST SalesInvoices", "POST PrintedSalesInvoices"]
NUMBER = ["GET SalesInvoices"]


JANUARY = date(2026, 1, 15)


@pytest.fixture
def closed_january(world):
    """The period of an invoice date is closed in Exact; printing is refused then, making the invoice is not."""
    world.control("POST", f"admin/{DIVISION}", {"close_period": [2026, 1]})
    yield
    world.control("POST", f"admin/{DIVISION}", {"open_period": [2026, 1]})


@pytest.fixture
def world(transactional_db, exact) -> World:
    return World.begin(exact, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)


def made(world, request):
    """The sales invoices in Exact that carry a mark of one of the invoice's requests."""
    with world.rows():
        marks = list(
            CopyRequest.objects.filter(invoice=request.invoice_id).values_list("marker", flat=True)
        )
    return [
        one
        for one in world.made_invoices()
        if any(f"[{mark}]" in (one["description"] or "") for mark in marks)
    ]


def test_h38_h40_exact_makes_numbers_books_and_sends_the_invoice_and_its_number_comes_back(world):
    invoice = invoice_of(world)

    request = world.copy(invoice)

    [document] = world.documents(invoice)
    [in_exact] = made(world, request)
    assert request.state == CopyState.COPIED
    assert (in_exact["status"], document.delivery) == (50, DeliveryState.SENT)
    assert world.fresh_invoice(invoice).number == str(in_exact["invoice_number"])
    assert world.fresh_invoice(invoice).state == InvoiceState.FINALIZED
    assert document.invoice_number == in_exact["invoice_number"]
    assert len(emails(world, invoice)) == 1


def test_the_first_invoice_of_a_new_customer_costs_four_posts_and_the_next_one_two(world):
    """H-22, H-28, H-38. Where Exact numbers at printing, one read brings the numbers of all that were printed."""
    client = factories.make_client(organization=world.organization)
    contact = factories.make_contact(client=client)

    world.copy(invoice_of(world, client=client, contact=contact))
    first = world.calls()
    world.forget_calls()
    world.copy(invoice_of(world, client=client, contact=contact))

    assert first == ["POST Accounts", "POST Contacts", *THE_WAY, *NUMBER]
    assert world.calls() == [*THE_WAY, *NUMBER]


def test_where_exact_numbers_at_entry_no_number_is_read(world):
    world.control("PATCH", "switches", {"sales_invoice_number": "at_entry"})

    request = world.copy(invoice_of(world))

    assert world.calls() == ["POST Accounts", "POST Contacts", *THE_WAY]
    assert request.state == CopyState.COPIED


def test_h29_h31_h36_header_and_lines_hold_what_the_invoice_says(world):
    invoice = invoice_of(
        world,
        subject="Website relaunch",
        reference="PO 7113",
        lines=[
            {
                "net_amount": "230.00",
                "rate": "21",
                "quantity": Decimal(2),
                "unit_price": Decimal(115),
                "description": "Design",
                "notes": "Two days",
            },
            {"net_amount": "10.00", "rate": "21", "description": "Travel " * 20},
        ],
    )

    request = world.copy(invoice)

    [in_exact] = made(world, request)
    [design, travel] = in_exact["lines"]
    assert in_exact["payment_reference"] == "Website relaunch - PO 7113"
    assert in_exact["your_ref"] == "PO 7113"
    assert in_exact["type"] == 8020
    assert (design["item_code"], design["vat_code"]) == ("SERVICE", "2")
    assert (design["description"], design["notes"]) == ("1 - Design", "Two days")
    assert (Decimal(design["quantity"]), Decimal(design["net_price"])) == (Decimal(2), Decimal(115))
    assert travel["description"].startswith("2 - Travel Travel")
    assert travel["notes"].startswith("2 - Travel Travel")
    assert in_exact["vat_amount"] == "50.4"


def test_h32_d6_a_credit_note_is_of_type_8021_and_books_negative(world):
    note = invoice_of(world, kind=InvoiceKind.CREDIT_NOTE)

    request = world.copy(note)

    [document] = world.documents(note)
    [in_exact] = made(world, request)
    assert in_exact["type"] == 8021
    assert document.gross_amount == -121
    assert document.entry_exact_id is not None
    assert request.state == CopyState.COPIED


def test_h38_a_created_invoice_that_is_not_sent_yet_resumes_at_sending(world, closed_january):
    invoice = invoice_of(world, invoice_date=JANUARY)

    world.copy(invoice)

    refused = sending_of(world, invoice)
    assert (refused.state, refused.problem_code) == (CopyState.NEEDS_CHOICE, "period_closed")
    assert world.fresh_invoice(invoice).state == InvoiceState.DRAFT
    world.forget_calls()
    world.control("POST", f"admin/{DIVISION}", {"open_period": [2026, 1]})
    with world.rows():
        copy_requests.retry(copy_request=refused, user=None, now=timezone.now())
    world.work_off()

    [document] = world.documents(invoice)
    assert world.calls(method="POST") == ["POST PrintedSalesInvoices"]
    assert document.delivery == DeliveryState.SENT
    assert len(made(world, refused)) == len(emails(world, invoice)) == 1
    assert world.fresh_invoice(invoice).state == InvoiceState.FINALIZED


def test_h38_a_send_that_was_cancelled_can_be_asked_for(world, monkeypatch):
    """The invoice is made in Exact and waits there; nothing is made again."""

    def cancelled_first(_job, request):
        with world.rows():
            copy_requests.cancel(copy_request=request, user=None, now=timezone.now())

    invoice = invoice_of(world)
    monkeypatch.setattr("invoices.sending.step", cancelled_first)
    world.copy(invoice)
    monkeypatch.undo()
    assert emails(world, invoice) == []

    with world.rows():
        request = copy_requests.request_sending(invoice=invoice, user=None, now=timezone.now())
    world.work_off()

    assert world.fresh(request).state == CopyState.COPIED
    assert len(made(world, request)) == len(emails(world, invoice)) == 1


def test_h38_what_exact_made_otherwise_is_not_sent_before_a_person_has_looked(world):
    """B-3: the VAT code charges something else in Exact than the mirror says."""
    with world.rows():
        VatCode.objects.filter(connection=world.connection, code="2").update(
            percentage=Decimal("0.19")
        )
    invoice = invoice_of(world, rate="19")

    request = world.copy(invoice)

    assert (request.state, request.problem_code) == (CopyState.MISMATCH, "mismatch")
    assert "121.00 EUR instead of 119.00 EUR" in request.problem_sentence
    assert emails(world, invoice) == []
    assert world.fresh_invoice(invoice).state == InvoiceState.DRAFT


def test_p49_update_existing_changes_what_is_not_printed_and_then_sends_it(world, closed_january):
    invoice = invoice_of(world, invoice_date=JANUARY)
    world.copy(invoice)
    refused = sending_of(world, invoice)
    with world.rows():
        Invoice.objects.filter(pk=invoice.pk).update(invoice_date=date(2026, 11, 20))
        copy_requests.cancel(copy_request=refused, user=None, now=timezone.now())
    reprice(world, world.fresh_invoice(invoice), "150.00")

    request = world.update(invoice)

    [document] = world.documents(invoice)
    [in_exact] = made(world, request)
    assert in_exact["amount"] == "181.5"
    assert (document.gross_amount, document.delivery) == (Decimal("181.50"), DeliveryState.SENT)


def test_d8_a_sent_invoice_is_not_changed_and_the_way_out_is_named(world):
    invoice = invoice_of(world)
    world.copy(invoice)

    with world.rows(), pytest.raises(CopyRefused) as refused:
        copy_requests.request_update(invoice=invoice, user=None, now=timezone.now())

    assert "can no longer be changed" in refused.value.sentence
    assert "Credit the invoice" in refused.value.remedy


def test_p51_create_new_makes_and_sends_a_second_invoice(world):
    invoice = invoice_of(world)
    world.copy(invoice)

    request = world.copy(invoice, as_new=True)

    both = made(world, request)
    assert len(both) == len(emails(world, invoice)) == 2
    # The PSA's own number stays the reference, although Exact has given the invoice another.
    assert {one["your_ref"] for one in both} == {invoice.number}
    assert len(world.documents(invoice)) == 2


def test_h38_an_email_that_exact_could_not_make_is_no_success(world):
    world.control("PATCH", "switches", {"printing_fails": "email"})
    invoice = invoice_of(world)

    world.copy(invoice)

    [document] = world.documents(invoice)
    [failed] = [one for one in document.delivery_results if not one["succeeded"]]
    assert document.delivery == DeliveryState.FAILED
    assert failed["way"] == "email"
    assert failed["text"]
    assert world.fresh_invoice(invoice).state == InvoiceState.FINALIZED
    assert emails(world, invoice) == []


@pytest.mark.parametrize("way", [Sending.NONE, Sending.EMAIL])
def test_the_way_that_a_person_chose_for_this_copy_counts(world, way):
    invoice = invoice_of(world)

    world.copy(invoice, sending=way)

    assert len(emails(world, invoice)) == (way == Sending.EMAIL)


def test_h38_what_somebody_sent_from_exact_meanwhile_is_not_sent_again(world, closed_january):
    """The invoice was refused here, printed in Exact by hand, and then tried again: one e-mail, and its number."""
    world.control("PATCH", "switches", {"print_again": "sends_again"})
    invoice = invoice_of(world, invoice_date=JANUARY)
    world.copy(invoice)
    [document] = world.documents(invoice)
    client = open_client(world)
    printing.print_invoice(
        client, printing.PrintDraft(invoice_id=document.exact_id, send_email=True)
    )

    with world.rows():
        copy_requests.retry(copy_request=sending_of(world, invoice), user=None, now=timezone.now())
    world.work_off()

    [document] = world.documents(invoice)
    assert document.delivery == DeliveryState.UNSURE
    assert len(emails(world, invoice)) == 1
    assert world.fresh_invoice(invoice).number == str(document.invoice_number)


def test_d4_an_odd_row_keeps_no_other_invoice_from_its_number(world, monkeypatch):
    odd, good = invoice_of(world), invoice_of(world)
    read_headers = sales_invoices.read_headers

    def unreadable(client, invoice_ids):
        if any(one in odd_ids for one in invoice_ids):
            raise errors.UnexpectedAnswer("A row does not fit")
        return read_headers(client, invoice_ids)

    odd_ids: list[object] = []
    later = timezone.now() + timedelta(hours=1)
    with monkeypatch.context() as patched:
        patched.setattr(invoice_numbers, "next_due_at", lambda _connection: later)
        patched.setattr(invoice_numbers, "due", lambda *_arguments, **_options: [])
        world.copy(odd)
        world.copy(good)
    odd_ids += [document.exact_id for document in world.documents(odd)]
    monkeypatch.setattr(sales_invoices, "read_headers", unreadable)

    world.resume()

    assert world.fresh_invoice(good).state == InvoiceState.FINALIZED
    assert world.fresh_invoice(odd).state == InvoiceState.DRAFT
    assert [document.delivery for document in world.documents(odd)] == [DeliveryState.SENT]


def test_h33_the_invoice_is_in_the_journal_that_was_chosen(world):
    request = world.copy(invoice_of(world), journal_code="71")

    [in_exact] = made(world, request)
    assert in_exact["journal"] == "71"


def test_h39_exact_is_given_no_layout_so_that_its_own_is_used(world):
    invoice = invoice_of(world)
    world.copy(invoice)
    [document] = world.documents(invoice)

    with world.rows():
        wish = CopyRequest.objects.select_related("connection", "invoice").get(
            pk=sending_of(world, invoice).pk
        )
        asked = sending.draft_for(wish, document).to_body()

    assert set(asked) == {"InvoiceID", "SendEmailToCustomer", "InvoiceDate"}
    [message] = emails(world, invoice)
    assert [file["content_type"] for file in message["attachments"]] == ["application/pdf"]


def test_h38_what_is_made_is_sent_before_the_next_one_is_made(world):
    """A batch that is interrupted leaves one invoice waiting in Exact at most."""
    client = factories.make_client(organization=world.organization)
    for _ in range(3):
        world.request(invoice_of(world, client=client))

    world.work_off()

    posts = [call for call in world.calls(method="POST") if "Invoices" in call]
    assert posts == THE_WAY * 3
