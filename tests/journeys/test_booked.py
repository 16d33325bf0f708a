"""What Exact really has is kept beside what was expected, whoever changed it and when, also of earlier copies."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from connector.tenancy.models import Role
from integrations.exact import sales_entries
from integrations.models import ConnectionState, ExactConnection
from invoices.booked.asking import compare_now
from invoices.models import (
    AcceptedDifference,
    BreakKind,
    CopyState,
    InvoiceEvent,
    PostedDocumentState,
    ReconciliationBreak,
    ReconciliationCursor,
)
from tests import factories
from tests.invoices.test_copy_dialog import text
from tests.journeys.test_reconciliation import (
    breaks,
    change_amount,
    copied,
    delete_in_exact,
    in_exact,
    known,
    night,
)

__all__ = ["known"]


def test_b5_what_exact_has_is_kept_whatever_was_expected(known):
    invoice = copied(known, number="27000201")
    [first] = known.documents(invoice)
    change_amount(known, first.exact_id, "500.00")

    night(known)

    [document] = known.documents(invoice)
    assert (first.seen_gross_amount, first.seen_vat_amount, first.seen_edits) == (121, 21, "")
    assert first.seen_number == "27000201"
    assert first.seen_customer_exact_id == first.customer_exact_id
    assert (document.seen_gross_amount, document.seen_vat_amount) == (605, 105)
    # What the copy is expected to be stays: the break is the difference between the two.
    assert (document.gross_amount, document.vat_amount) == (121, 21)
    assert document.seen_edits != ""
    assert document.seen_at > first.seen_at
    assert document.seen["lines"][0]["amount_fc"] == "500"

    assert known.update(invoice).state == CopyState.COPIED
    [updated] = known.documents(invoice)
    assert (updated.seen_gross_amount, updated.seen_edits) == (121, "")


def test_reliability_k3_a_change_of_the_vat_alone_is_told(known):
    """The total stays the same, so only the VAT return would have shown it."""
    invoice = copied(known)
    [document] = known.documents(invoice)
    client = in_exact(known)
    [line] = sales_entries.get(client, document.exact_id).lines or ()
    changes = {"AmountFC": Decimal("111.00"), "VATAmountFC": Decimal("10.00"), "VATCode": "2"}
    sales_entries.update_line(client, line.exact_id, changes)

    night(known)

    with known.rows():
        [row] = ReconciliationBreak.objects.filter(invoice=invoice)
    assert row.kind == BreakKind.CHANGED
    assert "was changed in Exact: VAT 10.00 EUR instead of 21.00 EUR." in row.sentence


def test_reliability_a24_an_earlier_copy_that_was_deleted_is_noted_and_nobody_misses_it(known):
    invoice = copied(known)
    [earlier] = known.documents(invoice)
    assert known.copy(invoice, as_new=True).state == CopyState.COPIED
    night(known)
    still = [(one.state, one.seen_at is not None) for one in known.documents(invoice)]
    delete_in_exact(known, earlier.exact_id)

    night(known, full=True)

    assert still == [
        (PostedDocumentState.CURRENT, True),
        (PostedDocumentState.SUPERSEDED, True),
    ]
    assert [one.state for one in known.documents(invoice)] == [
        PostedDocumentState.CURRENT,
        PostedDocumentState.DELETED_IN_EXACT,
    ]
    assert breaks(known, invoice) == []
    with known.rows():
        event = InvoiceEvent.objects.get(invoice=invoice, kind="deleted_in_exact")
    assert "It was an earlier copy" in event.sentence


def test_b5_compare_now_reads_everything_and_finds_what_was_deleted(known):
    invoice, other = copied(known), copied(known)
    night(known)
    [document] = known.documents(invoice)
    delete_in_exact(known, document.exact_id)
    now = timezone.now()

    with known.rows():
        asked = compare_now(ExactConnection.objects.get(pk=known.connection.pk), now=now)
    known.work_off()

    assert asked
    assert breaks(known, invoice) == [(BreakKind.MISSING, True)]
    assert known.documents(other)[0].seen_at >= now
    with known.rows():
        [cursor] = ReconciliationCursor.objects.all()
        assert (cursor.asked_at, cursor.began_at) == (None, None)
        assert cursor.next_at > now + timedelta(minutes=1)
        ExactConnection.objects.update(state=ConnectionState.NEEDS_CONSENT)
        assert not compare_now(ExactConnection.objects.get(pk=known.connection.pk), now=now)


def test_b3_the_page_puts_what_was_booked_beside_what_was_sent_and_reads_it_back(known):
    finance = factories.make_user(organization=known.organization, role=Role.FINANCE)
    browser = factories.sign_in(finance)
    invoice = copied(known, number="27000202")
    [document] = known.documents(invoice)
    page = f"/invoices/{invoice.pk}/"
    before = text(browser.get(page))
    known.forget_calls()
    change_amount(known, document.exact_id, "500.00")
    known.forget_calls()

    asked = text(browser.post(f"{page}read-back/", follow=True))
    calls_of_the_page = known.calls()
    known.work_off()

    assert "Exact has what was sent" in before
    assert "Exact is asked for the copy" in asked
    assert "Read it back now" not in asked
    assert calls_of_the_page == []
    assert known.calls() == ["GET SalesEntries"]
    after = text(browser.get(page))
    assert "Total 121.00 EUR 605.00 EUR Differs" in after
    assert "VAT 21.00 EUR 105.00 EUR Differs" in after
    assert "Amount 100.00 EUR 500.00 EUR Differs" in after
    assert "Number 27000202 27000202 Same" in after
    assert "3 differences" in after
    # What an update writes over is what somebody else wrote in Exact, not only what changed here.
    update = text(browser.get(f"{page}copy/update/"))
    assert "Line 1: amount 500.00 EUR 100.00 EUR" in update
    assert "Line 1: VAT 105.00 EUR 21.00 EUR" in update


def test_b5_a_difference_that_was_accepted_is_not_told_again_until_exact_changes_it(known):
    finance = factories.make_user(organization=known.organization, role=Role.FINANCE)
    browser = factories.sign_in(finance)
    invoice = copied(known, number="27000203")
    [document] = known.documents(invoice)
    change_amount(known, document.exact_id, "500.00")
    night(known)
    address = f"/drift/{known.connection.pk}/invoices/{invoice.pk}/accept/"
    facts = browser.get(address).context["form"]["facts"].value()

    browser.post(address, {"facts": facts, "reason": "Agreed"})
    accepted = breaks(known, invoice)
    night(known, full=True)
    same = breaks(known, invoice)
    change_amount(known, document.exact_id, "600.00")
    night(known)

    assert accepted == same == [(BreakKind.CHANGED, False)]
    assert breaks(known, invoice) == [(BreakKind.CHANGED, False), (BreakKind.CHANGED, True)]


def test_b5_a_copy_with_a_difference_that_was_accepted_counts_as_good_until_it_is_taken_back(
    known,
):
    finance = factories.make_user(organization=known.organization, role=Role.FINANCE)
    browser = factories.sign_in(finance)
    invoice = known.invoice(client=known.client, number="27000204")
    known.fault("null_gl")
    request = known.copy(invoice)
    address = f"/drift/{known.connection.pk}/invoices/{invoice.pk}/accept/"
    facts = browser.get(address).context["form"]["facts"].value()

    browser.post(address, {"facts": facts, "reason": "Booked by hand"})
    accepted = known.fresh(request).state
    night(known, full=True)
    after_a_night = (known.fresh(request).state, breaks(known, invoice))
    with known.rows():
        one = AcceptedDifference.objects.get()
    browser.post(f"/drift/accepted/{one.pk}/undo/")

    assert request.state == CopyState.MISMATCH
    assert accepted == CopyState.COPIED
    assert after_a_night == (CopyState.COPIED, [])
    asked_anew = known.fresh(request)
    assert asked_anew.state == CopyState.MISMATCH
    assert "no ledger account" in asked_anew.problem_sentence
