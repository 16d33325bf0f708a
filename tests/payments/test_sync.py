"""Payments registered in Exact come back: through the sandbox, with its bank desk."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from invoices.models import PostedDocument, PostedDocumentState
from tests.payments.books import FIRST_RUN, RUN, Books

THIRD = date(2026, 11, 3)
FIFTH = date(2026, 11, 5)


@pytest.fixture(
    params=[("negative", False), ("positive", True)],
    ids=lambda positions: f"{positions[0]}-{'zeroed' if positions[1] else 'kept'}",
)
def either_way(request: pytest.FixtureRequest, books: Books) -> Books:
    """The books in each position of the switches about facts of payments that nobody is sure of."""
    sign, zeroed = request.param
    books.division.switch(receivable_sign=sign, zero_when_matched=zeroed)
    return books


def test_p2_nothing_is_scheduled_while_the_toggle_is_untouched(books):
    off = Books.start(books.division, sync_payments=False)

    assert off.due_at() is None
    assert off.read() == []


def test_p3_an_invoice_paid_in_exact_is_paid_here_after_the_next_run(either_way):
    invoice = either_way.invoice()
    either_way.read()
    assert either_way.status(invoice) == ("open", "0.00")

    either_way.pay((invoice, "121.00"))
    either_way.read()

    assert either_way.status(invoice) == ("paid", "121.00")
    assert either_way.refreshed(invoice).paid_date == THIRD
    assert "Paid: 121.00 EUR on 3 Nov 2026." in either_way.history(invoice)
    [payment] = either_way.payments(invoice)
    assert (payment.amount, payment.paid_date) == (Decimal(121), THIRD)


def test_p4_three_payments_of_30_30_and_40_percent_are_three_records(either_way):
    invoice = either_way.invoice()
    seen = []
    for amount, day in [("36.30", "2026-11-03"), ("36.30", "2026-11-04"), ("48.40", "2026-11-05")]:
        either_way.pay((invoice, amount), day=day)
        either_way.read()
        seen.append(either_way.status(invoice))

    assert seen == [("partly_paid", "36.30"), ("partly_paid", "72.60"), ("paid", "121.00")]
    assert either_way.amounts(invoice) == [Decimal("36.30"), Decimal("36.30"), Decimal("48.40")]
    assert either_way.refreshed(invoice).paid_date == FIFTH


def test_p4_parts_that_were_paid_before_the_first_run_are_found(either_way):
    invoice = either_way.invoice()
    either_way.pay((invoice, "36.30"))
    either_way.pay((invoice, "48.40"))

    either_way.read()

    assert either_way.status(invoice) == ("partly_paid", "84.70")
    assert len(either_way.payments(invoice)) == 2


def test_p52_a_run_costs_two_calls_whatever_the_number_of_invoices(books):
    books.read()
    invoices = [books.invoice() for _ in range(12)]
    for invoice in invoices[:10]:
        books.pay((invoice, "121.00"))

    assert books.read() == RUN
    assert [books.status(invoice)[0] for invoice in invoices] == ["paid"] * 10 + ["open"] * 2
    assert books.read() == RUN


def test_p53_a_changed_payment_stays_the_same_record(either_way):
    invoice = either_way.invoice()
    payment_id = either_way.pay((invoice, "121.00"))
    either_way.read()
    [before] = either_way.payments(invoice)

    either_way.edit(payment_id, lines=either_way.lines((invoice, "100.00")), date="2026-11-05")
    either_way.read()

    [after] = either_way.payments(invoice)
    assert after.pk == before.pk
    assert (after.amount, after.paid_date) == (Decimal(100), FIFTH)
    assert after.first_seen_at == before.first_seen_at < after.changed_at
    assert either_way.payments(invoice, removed=True) == []
    assert either_way.status(invoice) == ("partly_paid", "100.00")


def test_p53_a_changed_date_alone_is_seen(books):
    invoice = books.invoice()
    payment_id = books.pay((invoice, "121.00"))
    books.read()

    books.edit(payment_id, date="2026-11-05")
    books.read()

    assert books.refreshed(invoice).paid_date == FIFTH
    assert "The payment date was changed in Exact to 5 Nov 2026." in books.history(invoice)


def test_p54_a_deleted_payment_opens_the_invoice_and_stays_as_history(either_way):
    invoice = either_way.invoice()
    payment_id = either_way.pay((invoice, "121.00"))
    either_way.read()

    before = datetime.now(UTC)
    either_way.delete(payment_id)
    either_way.later(hours=2)
    either_way.read()

    assert either_way.status(invoice) == ("open", "0.00")
    assert either_way.refreshed(invoice).paid_date is None
    assert either_way.payments(invoice) == []
    [removed] = either_way.payments(invoice, removed=True)
    assert (removed.amount, removed.removed_at) == (Decimal(121), either_way.now)
    # When it was deleted, not when that was seen; Exact says it to the millisecond.
    seen = before - timedelta(milliseconds=1) <= removed.deleted_in_exact_at <= datetime.now(UTC)
    assert seen, removed.deleted_in_exact_at
    assert removed.deleted_by_exact_id is not None
    assert either_way.history(invoice)[-1] == (
        "Open again: the payment of 121.00 EUR was deleted in Exact."
    )


def test_p54_one_of_two_payments_deleted_leaves_the_invoice_partly_paid(either_way):
    invoice = either_way.invoice()
    first = either_way.pay((invoice, "36.30"))
    either_way.read()
    either_way.pay((invoice, "84.70"), day="2026-11-05")
    either_way.read()

    either_way.delete(first)
    either_way.read()

    assert either_way.status(invoice) == ("partly_paid", "84.70")
    assert either_way.amounts(invoice) == [Decimal("84.70")]
    assert [one.amount for one in either_way.payments(invoice, removed=True)] == [Decimal("36.30")]


def test_p54_an_unmatched_payment_opens_the_invoice(either_way):
    invoice = either_way.invoice()
    payment_id = either_way.pay((invoice, "36.30"))
    either_way.read()

    either_way.unmatch(payment_id)
    either_way.read()

    assert either_way.status(invoice) == ("open", "0.00")


def test_p55_a_run_only_reads(books):
    invoice = books.invoice()
    books.pay((invoice, "121.00"))

    assert {call.split()[0] for call in books.read()} == {"GET"}


def test_p56_what_the_psa_calls_paid_changes_nothing_in_exact(books):
    invoice = books.invoice(psa_paid_date=THIRD)

    assert books.read() == FIRST_RUN
    assert books.status(invoice) == ("open", "0.00")


def test_p59_one_bank_line_matched_to_several_invoices_pays_each_of_them(either_way):
    first, second, third = (either_way.invoice(net) for net in ("100.00", "200.00", "300.00"))
    either_way.read()

    either_way.pay((first, "121.00"), (second, "242.00"), (third, "100.00"), reference="BULK 7")
    either_way.read()

    assert either_way.status(first) == ("paid", "121.00")
    assert either_way.status(second) == ("paid", "242.00")
    assert either_way.status(third) == ("partly_paid", "100.00")


def test_p58_a_deleted_bulk_payment_opens_all_its_invoices(either_way):
    first, second = either_way.invoice(), either_way.invoice("200.00")
    payment_id = either_way.pay((first, "121.00"), (second, "242.00"))
    either_way.read()

    either_way.delete(payment_id)
    either_way.read()

    assert either_way.status(first) == either_way.status(second) == ("open", "0.00")


def test_p60_only_receivables_are_read_so_no_expenses(books):
    assert books.read() == FIRST_RUN
    assert books.read() == RUN


def test_a_credit_note_is_settled_against_its_invoice(either_way):
    invoice = either_way.invoice()
    credit_note = either_way.invoice(kind="credit_note")
    body = {
        "division": either_way.division.code,
        "date": "2026-11-03",
        "entry_ids": [either_way.entry_id(invoice), either_way.entry_id(credit_note)],
    }
    either_way.division.control("POST", "bank/matches", body, expect=201)

    either_way.read()

    assert either_way.status(invoice) == ("credited", "121.00")
    assert either_way.status(credit_note) == ("paid", "121.00")
    # Exact's EndDate is the highest invoice date of what is matched, not the day of the matching.
    today = datetime.now(UTC).date()
    assert f"Settled: 121.00 EUR on {today:%-d %b %Y}." in either_way.history(credit_note)


@pytest.mark.parametrize("status", [30, 40])
def test_a_direct_debit_under_way_is_in_collection_not_paid(either_way, status):
    invoice = either_way.invoice()
    body = {
        "division": either_way.division.code,
        "entry_id": either_way.entry_id(invoice),
        "status": status,
    }
    either_way.division.control("POST", "bank/collections", body)

    either_way.read()
    assert either_way.status(invoice) == ("in_collection", "0.00")

    either_way.division.control("POST", "bank/collections", body | {"status": 20})
    either_way.read()
    assert either_way.status(invoice) == ("open", "0.00")
    assert either_way.history(invoice)[-1] == (
        "Open again: it is no longer in collection in Exact."
    )


def test_an_invoice_that_was_paid_before_the_first_run_shows_as_paid(books):
    """The original shows only payments made after the sync was turned on; here earlier ones count too."""
    off = Books.start(books.division, sync_payments=False)
    invoice = off.invoice()
    off.pay((invoice, "121.00"))
    with off.rows():
        off.connection.sync_payments = True
        off.connection.save()

    off.read()

    assert off.status(invoice) == ("paid", "121.00")


def test_an_entry_deleted_in_exact_is_marked_and_never_sent_again_by_itself(books):
    invoice = books.invoice()
    payment_id = books.pay((invoice, "21.00"))
    books.read()
    books.delete(payment_id)  # Exact keeps an entry that money has touched
    order = {"delete_entry": books.entry_id(invoice)}

    books.division.control("POST", f"admin/{books.division.code}", order, expect=204)
    calls = books.read()

    assert calls == RUN
    with books.rows():
        document = PostedDocument.objects.get(invoice=invoice)
    assert document.state == PostedDocumentState.DELETED_IN_EXACT
    assert books.status(invoice) == ("open", "0.00")
    assert any("was deleted in Exact" in sentence for sentence in books.history(invoice))


def test_the_newest_copy_counts_and_the_earlier_one_again_when_that_is_deleted(books):
    invoice = books.invoice()
    earlier = books.entry_id(invoice)
    books.copy(invoice)
    books.division.control(
        "POST",
        "bank/payments",
        {
            "division": books.division.code,
            "date": "2026-11-03",
            "reference": "",
            "lines": [{"entry_id": earlier, "amount": "121.00"}],
        },
        expect=201,
    )
    books.read()
    assert books.status(invoice) == ("open", "0.00")

    order = {"delete_entry": books.entry_id(invoice)}
    books.division.control("POST", f"admin/{books.division.code}", order, expect=204)
    books.read()

    assert books.status(invoice) == ("paid", "121.00")


def test_a_document_that_is_linked_after_its_terms_came_by_is_settled_too(books):
    """A copy whose answer was lost is adopted later; Exact does not send its term again."""
    invoice = books.invoice()
    books.pay((invoice, "121.00"))
    with books.rows():
        document = PostedDocument.objects.get(invoice=invoice)
        entry_id, document.entry_exact_id = document.entry_exact_id, uuid4()
        document.save()
    books.read()
    assert books.status(invoice) == ("open", "0.00")

    with books.rows():
        document.entry_exact_id, document.updated_at = entry_id, books.now
        document.save()
    books.read()

    assert books.status(invoice) == ("paid", "121.00")


def test_another_organization_with_the_same_division_has_its_own_rows(books):
    other = Books.start(books.division)
    invoice = books.invoice()
    books.pay((invoice, "121.00"))

    other.read()
    assert books.status(invoice) == ("open", "0.00")
    books.read()

    assert books.status(invoice) == ("paid", "121.00")
    with other.rows():
        assert other.payments(invoice) == []


def test_a_cursor_older_than_two_months_reads_everything_again(books):
    """RELIABILITY G13: Exact forgets deletions after two months, so what it no longer has is gone."""
    invoice = books.invoice()
    payment_id = books.pay((invoice, "36.30"))
    books.read()
    books.delete(payment_id)
    books.division.sandbox.sandbox.database.execute("DELETE FROM deleted")
    books.later(days=61)

    books.read()

    assert books.status(invoice) == ("open", "0.00")
    assert books.cursor().full_started_at is None
