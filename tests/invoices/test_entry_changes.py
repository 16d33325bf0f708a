"""What Update existing writes: only what differs, lines in a safe order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from integrations.exact.sales_entries import BookedEntry
from invoices import document_changes
from invoices.copy_choices import CopyChoices
from invoices.document_changes import AddLine, ChangeHeader, ChangeLine, RemoveLine
from invoices.routes import route_of
from tests.invoices.test_sales_entry import INVOICE, LINE, OTHER_LEDGER, plan


def changes_to(present, made, *, last_sent=None):
    return document_changes.changes_to(
        route_of("booking").comparison, present, made, last_sent=last_sent
    )


def booked(made, **changes):
    """What Exact holds after the plan was posted: codes padded and fields filled in as Exact does."""
    draft = made.draft
    raw = {
        "EntryID": str(uuid4()),
        "EntryNumber": 26700001,
        "InvoiceNumber": 26700001,
        "AmountFC": made.gross,
        "VATAmountFC": made.vat,
        "Currency": draft.currency,
        "Rate": Decimal(1),
        "Customer": str(draft.customer_id),
        "Journal": draft.journal,
        "YourRef": draft.your_ref,
        "Description": draft.description,
        "EntryDate": "/Date(1795219200000)/",
        "DueDate": "/Date(1797811200000)/",
        "SalesEntryLines": [
            {
                "ID": str(UUID(int=100 + number)),
                "LineNumber": number,
                "AmountFC": planned.net,
                "VATAmountFC": planned.vat,
                "VATCode": f"{line.vat_code}  ",
                "GLAccount": str(line.gl_account_id),
                "Description": line.description,
                "Quantity": line.quantity or Decimal(1),
            }
            for number, (line, planned) in enumerate(zip(draft.lines, made.lines, strict=True), 1)
        ],
    }
    return BookedEntry.model_validate(raw | changes)


SECOND = replace(LINE, line_id=8, position=2, net=Decimal("50.00"), description="Hosting")
TWO_LINES = replace(
    INVOICE, net=Decimal(150), vat=Decimal("31.50"), gross=Decimal("181.50"), lines=(LINE, SECOND)
)


@pytest.mark.parametrize("code", ["2", "4"])
def test_p49_an_unchanged_invoice_writes_nothing(code):
    made = plan(TWO_LINES, choices=CopyChoices(journal_code="70", vat_code=code))

    assert changes_to(booked(made), made, last_sent=made.draft) == ()


def test_p49_only_what_changed_is_written():
    before = plan(TWO_LINES)
    dearer = replace(SECOND, net=Decimal("60.00"))
    after = plan(
        replace(
            TWO_LINES,
            subject="Website and hosting",
            net=Decimal(160),
            vat=Decimal("33.60"),
            gross=Decimal("193.60"),
            lines=(LINE, dearer),
        )
    )

    assert changes_to(booked(before), after, last_sent=before.draft) == (
        ChangeHeader({"Description": "Website and hosting [K7Q2-9F3M]"}),
        ChangeLine(
            UUID(int=102),
            {"AmountFC": Decimal("60.00"), "VATCode": "2", "VATAmountFC": Decimal("12.60")},
        ),
    )


def test_p49_lines_are_added_and_removed_last():
    one, two = plan(INVOICE), plan(TWO_LINES)

    assert changes_to(booked(one), two, last_sent=one.draft) == (AddLine(two.draft.lines[1]),)
    assert changes_to(booked(two), one, last_sent=two.draft) == (RemoveLine(UUID(int=102)),)


def test_p49_another_ledger_and_other_notes_are_changes_of_their_line():
    before = plan(INVOICE)
    after = plan(
        replace(INVOICE, lines=(replace(LINE, notes="See annex"),)),
        choices=CopyChoices(journal_code="70", ledger_exact_id=OTHER_LEDGER),
    )

    assert changes_to(booked(before), after, last_sent=before.draft) == (
        ChangeLine(UUID(int=101), {"GLAccount": OTHER_LEDGER, "Notes": "See annex"}),
    )


def test_p49_what_was_changed_in_exact_is_overwritten():
    made = plan(INVOICE)

    assert changes_to(booked(made, YourRef="typed by hand"), made, last_sent=made.draft) == (
        ChangeHeader({"YourRef": "26001"}),
    )


def test_an_entry_read_without_its_lines_is_not_compared():
    made = plan()

    with pytest.raises(ValueError, match="with its lines"):
        changes_to(booked(made, SalesEntryLines={"__deferred": {}}), made)


def test_d5_numbers_that_exact_gave_are_left_alone():
    made = plan(use_guard=True)

    assert changes_to(booked(made, EntryNumber=26700099), made, last_sent=made.draft) == ()


def test_a_line_whose_vat_code_changes_gets_amount_and_vat_with_it():
    before = plan(INVOICE)
    low = replace(LINE, percentage=Decimal(9))
    after = plan(
        replace(INVOICE, vat=Decimal("9.00"), gross=Decimal("109.00"), lines=(low,)),
        choices=CopyChoices(journal_code="70", vat_code="1"),
    )

    assert changes_to(booked(before), after, last_sent=before.draft) == (
        ChangeLine(
            UUID(int=101),
            {"AmountFC": Decimal("100.00"), "VATCode": "1", "VATAmountFC": Decimal("9.00")},
        ),
    )
