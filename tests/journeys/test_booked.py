"""What Exact really has is kept beside what was expected, whoever changed it and when, also of earlier copies."""

from __future__ import annotations

from decimal import Decimal

from integrations.exact import sales_entries
from invoices.models import (
    BreakKind,
    CopyState,
    InvoiceEvent,
    PostedDocumentState,
    ReconciliationBreak,
)
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
