"""Payments of invoices that Exact writes: the entry that printing made is found, then all is as with a booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.exact import sales_invoices
from invoices.models import DeliveryState, PostedDocument, PostedDocumentState
from payments import entry_links
from payments.entry_links import Entry, Printed, choose
from tests.payments.written import WrittenBooks

RUN = ["GET /sync/Deleted", "GET /sync/Cashflow/PaymentTerms"]
DAY = date(2026, 11, 20)
ACCOUNT = UUID(int=7)


@pytest.fixture
def written(books) -> WrittenBooks:
    # A customer of its own: what other tests settled on the same day is not mixed up with it.
    division = books.division
    return WrittenBooks.start(replace(division, customer_id=division.new_customer()))


@pytest.fixture(
    params=[
        {},
        {"receivable_sign": "positive", "zero_when_matched": True},
        {"sales_invoice_number": "at_entry", "zero_when_matched": True},
        {"sales_credit_note_sign": "positive", "receivable_sign": "positive"},
    ],
    ids=lambda positions: ",".join(positions) or "likelier",
)
def either_way(request, written):
    """In each position of the switches about numbers, signs and amounts that nobody is sure of."""
    written.division.switch(**request.param)
    yield written
    written.division.sandbox.sandbox.switches.reset(*request.param)


def linked(books: WrittenBooks, invoice) -> bool:
    return str(books.document(invoice).entry_exact_id) == books.entry_id(invoice)


# --- Through the sandbox ---------------------------------------------------------------------------------------------


def test_h41_p52_an_invoice_that_exact_wrote_is_paid_here_after_the_next_run(either_way):
    invoice = either_way.sold()
    either_way.read()
    assert linked(either_way, invoice)
    assert either_way.status(invoice) == ("open", "0.00")

    either_way.pay((invoice, "121.00"))

    assert either_way.read() == RUN
    assert either_way.status(invoice) == ("paid", "121.00")


def test_h41_p53_p54_parts_edits_and_deletions_are_followed(either_way):
    invoice = either_way.sold()
    first = either_way.pay((invoice, "36.30"))
    either_way.read()
    assert either_way.status(invoice) == ("partly_paid", "36.30")
    either_way.pay((invoice, "84.70"), day="2026-11-05")
    either_way.read()
    assert either_way.status(invoice) == ("paid", "121.00")

    either_way.edit(first, lines=either_way.lines((invoice, "30.00")))
    either_way.read()
    assert either_way.status(invoice) == ("partly_paid", "114.70")
    either_way.delete(first)
    either_way.read()

    assert either_way.status(invoice) == ("partly_paid", "84.70")
    assert len(either_way.payments(invoice, removed=True)) == 1


def test_h41_terms_that_came_before_the_number_was_read_count_after_it(written):
    invoice = written.written()
    written.print(invoice)
    written.pay((invoice, "121.00"))
    written.read()
    assert written.document(invoice).entry_exact_id is None
    assert written.status(invoice) == ("open", "0.00")

    written.read_number(invoice)
    written.read()

    assert linked(written, invoice)
    assert written.status(invoice) == ("paid", "121.00")


def test_h41_an_earlier_copy_whose_number_was_read_after_its_terms_and_a_later_copys_counts_too(
    written,
):
    """Its terms came by without a document to settle, and by then the invoice had been read through the later copy."""
    invoice = written.written()
    written.print(invoice)
    earlier, entry_id = written.document(invoice), written.entry_id(invoice)
    written.write(invoice)
    written.print(invoice)
    written.read_number(invoice)
    written.read()
    order = {"delete_entry": written.entry_id(invoice)}
    written.division.control("POST", f"admin/{written.division.code}", order, expect=204)
    payment = {
        "division": written.division.code,
        "date": "2026-11-03",
        "reference": "",
        "lines": [{"entry_id": entry_id, "amount": "121.00"}],
    }
    written.division.control("POST", "bank/payments", payment, expect=201)
    written.read()
    assert written.status(invoice) == ("open", "0.00")

    [made] = sales_invoices.read_headers(written.division.client, [earlier.exact_id])
    with written.rows():
        PostedDocument.objects.filter(pk=earlier.pk).update(invoice_number=made.invoice_number)
    written.read()

    assert written.status(invoice) == ("paid", "121.00")


def test_h41_p58_one_bank_line_pays_invoices_of_both_routes(either_way):
    booked, made = either_way.invoice(), either_way.sold("200.00")
    credit_note = either_way.sold("50.00", kind="credit_note")
    either_way.pay((booked, "121.00"), (made, "181.50"))
    entries = [either_way.entry_id(one) for one in (made, credit_note)]
    body = {"division": either_way.division.code, "date": "2026-11-03", "entry_ids": entries}
    either_way.division.control("POST", "bank/matches", body, expect=201)

    either_way.read()

    assert either_way.status(booked) == ("paid", "121.00")
    assert either_way.status(made) == ("paid", "242.00")
    assert either_way.status(credit_note) == ("paid", "60.50")


def test_h41_a_payment_in_another_currency_counts_in_the_invoices_own(written):
    invoice = written.sold(journal="71", currency="USD")
    written.pay((invoice, "100.00"))

    written.read()

    assert written.status(invoice) == ("partly_paid", "100.00")
    [payment] = written.payments(invoice)
    assert (payment.amount, payment.currency) == (Decimal(100), "USD")


def test_h41_an_invoice_that_is_not_printed_has_no_terms_and_is_not_deleted(either_way):
    invoice = either_way.written()

    either_way.read()
    either_way.read()

    document = either_way.document(invoice)
    assert (document.state, document.entry_exact_id) == (PostedDocumentState.CURRENT, None)
    assert either_way.refreshed(invoice).payments_read_at is None


def test_h41_an_entry_deleted_in_exact_is_said_to_be(written):
    invoice = written.sold()
    number = written.document(invoice).invoice_number
    written.read()

    order = {"delete_entry": written.entry_id(invoice)}
    written.division.control("POST", f"admin/{written.division.code}", order, expect=204)
    written.read()

    assert written.document(invoice).state == PostedDocumentState.DELETED_IN_EXACT
    assert any(
        sentence.startswith(f"Invoice {number} was deleted")
        for sentence in written.history(invoice)
    )


@pytest.mark.parametrize("key", ["invoice", "line"])
def test_h41_an_invoice_deleted_before_it_was_printed_is_said_to_be_where_exact_names_it(
    written, key
):
    written.division.switch(deleted_sales_invoice_key=key)
    invoice = written.written()
    other = written.written()
    written.read()
    made = written.document(invoice).exact_id
    sales_invoices.delete(written.division.client, made)

    written.read()

    written.division.sandbox.sandbox.switches.reset("deleted_sales_invoice_key")
    told = key == "invoice"
    assert (written.document(invoice).state == PostedDocumentState.DELETED_IN_EXACT) == told
    assert ("The invoice was deleted in Exact." in " ".join(written.history(invoice))) == told
    assert written.document(other).state == PostedDocumentState.CURRENT


def test_h41_two_documents_that_would_have_one_entry_get_none(written, caplog):
    """RELIABILITY G17: the entry of the first was deleted and its number used again, so nobody can tell whose is whose."""
    first, second = written.sold(number="27001234"), written.written()
    with written.rows():
        row = PostedDocument.objects.get(invoice=first)
        PostedDocument.objects.filter(invoice=second).update(
            invoice_number=row.invoice_number,
            your_ref=row.your_ref,
            sent_at=written.now,
            delivery=DeliveryState.SENT,
        )

    written.read()

    assert written.document(first).entry_exact_id is None
    assert written.document(second).entry_exact_id is None
    assert "Two printed invoices would have the same entry" in caplog.text


def test_p52_linking_takes_the_same_queries_for_one_invoice_and_for_many(written):
    def count() -> int:
        with written.rows(), CaptureQueriesContext(database) as queries:
            entry_links.link_entries(connection=written.connection, now=written.now)
        return len(queries)

    def forget() -> None:
        with written.rows():
            PostedDocument.objects.filter(connection=written.connection).update(entry_exact_id=None)

    written.sold()
    written.read()
    forget()
    one = count()
    invoices = [written.sold() for _ in range(6)]
    written.read()
    forget()

    assert count() == one
    assert all(linked(written, invoice) for invoice in invoices)


# --- The rule --------------------------------------------------------------------------------------------------------


def printed(**fields) -> Printed:
    values: dict[str, Any] = {
        "journal": "70",
        "account_id": ACCOUNT,
        "invoice_date": DAY,
        "reference": "27000001",
        "amount": Decimal(121),
    }
    return Printed(**values | fields)


def entry(**fields) -> Entry:
    values: dict[str, Any] = {
        "exact_id": uuid4(),
        "journal": "70",
        "account_id": ACCOUNT,
        "invoice_date": DAY,
        "reference": "27000001",
        "amount": Decimal("121.0000"),
    }
    return Entry(**values | fields)


@pytest.mark.parametrize(
    ("fields", "is_ours"),
    [
        ({}, True),
        ({"journal": "71"}, False),
        ({"account_id": uuid4()}, False),
        ({"account_id": None}, False),
        # Numbers begin anew each year: a year ago the same customer had the same number for the same amount.
        ({"invoice_date": DAY - timedelta(days=365)}, False),
        ({"invoice_date": DAY - timedelta(days=31)}, True),
        ({"invoice_date": None}, True),
        # A person changed the invoice in Exact before it was printed.
        ({"amount": Decimal(60)}, True),
        ({"reference": "PO 7"}, True),
        ({"amount": None, "reference": "PO 7"}, True),
        # A number that was used again, for something else.
        ({"amount": Decimal(60), "reference": "PO 7"}, False),
    ],
)
def test_h41_one_entry_with_the_number_is_ours_unless_it_says_otherwise(fields, is_ours):
    candidate = entry(**fields)

    assert choose(printed(), [candidate]) == (candidate if is_ours else None)


@pytest.mark.parametrize(
    ("others", "is_found"),
    [
        ([{"reference": "PO 7"}], True),
        ([{"amount": Decimal(60)}], True),
        ([{"reference": "PO 7"}, {"amount": Decimal(60)}], True),
        ([{"journal": "71"}, {"account_id": uuid4()}], True),
        ([{}], False),
        ([{"invoice_date": DAY - timedelta(days=3)}], False),
    ],
)
def test_h41_of_several_entries_the_one_that_fits_is_ours_and_none_is_guessed(others, is_found):
    ours = entry()
    candidates = [*(entry(**fields) for fields in others), ours]

    assert choose(printed(), candidates) == (ours if is_found else None)


def test_h41_without_a_reference_the_amount_alone_tells_two_entries_apart():
    ours, other = entry(reference=""), entry(reference="", amount=Decimal(60))

    assert choose(printed(reference=""), [other, ours]) == ours
    assert choose(printed(reference="", amount=Decimal(5)), [other, ours]) is None
    assert choose(printed(), []) is None
