"""Files in Exact whose entry never comes are taken away again, once, and never when an entry names them (B-9)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from integrations.models import DivisionLane
from invoices import copy_requests
from invoices.models import (
    AttachmentLink,
    CopyRequest,
    CopyState,
    DocumentLink,
    ExactRecordState,
    Invoice,
)
from tests.journeys.shelf import Shelf
from tests.journeys.test_entry_files import PDF, calls, known, sentences, start_and_stop, with_files

__all__ = ["known"]


def give_up(world, request: CopyRequest) -> None:
    """A person cancels; then time passes."""
    with world.rows():
        assert copy_requests.cancel(copy_request=request, user=None, now=timezone.now())
    DivisionLane.objects.update(minute_remaining=None, day_remaining=None)
    for _ in range(3):
        with world.rows():
            DocumentLink.objects.filter(next_at__isnull=False).update(next_at=timezone.now())
        world.settle()


@pytest.fixture
def blocked_journal(known):
    known.control("POST", "admin/1000001", {"block_journal": "70"})
    yield known
    known.control("POST", "admin/1000001", {"unblock_journal": "70"})


def test_b9_a_refused_entry_takes_its_document_away_again(known, blocked_journal):
    invoice = with_files(known)

    request = known.copy(invoice)

    made = calls(known)
    assert request.state == CopyState.NEEDS_CHOICE
    assert Shelf(known).documents(invoice) == []
    assert made.count("DELETE Documents") == 1
    assert sentences(known, invoice, "file_removed") == [
        "The PDF that was put into Exact for it was removed again."
    ]
    with known.rows():
        states = set(DocumentLink.objects.values_list("state", flat=True))
        states |= set(AttachmentLink.objects.values_list("state", flat=True))
    assert states == {ExactRecordState.REMOVED}


def test_b9_a_copy_that_is_tried_again_makes_its_own_document(known, blocked_journal):
    invoice = with_files(known)
    known.copy(invoice)
    known.control("POST", "admin/1000001", {"unblock_journal": "70"})

    request = known.copy(invoice)

    [document] = Shelf(known).documents(invoice)
    assert request.state == CopyState.COPIED
    assert request.marker in document["Subject"]


LIMIT = {"name": "too_many_requests_minute", "path": "SalesEntries"}


def test_b9_reliability_a27_a_cancelled_copy_takes_its_document_away_again(known):
    invoice = with_files(known)
    request = start_and_stop(known, invoice, **LIMIT)
    shelf = Shelf(known)
    [before] = shelf.documents(invoice)

    give_up(known, request)

    assert before["FinancialTransactionEntryID"] is None
    assert shelf.documents(invoice) == []
    assert len(sentences(known, invoice, "file_removed")) == 1


def test_reliability_a27_a_document_whose_answer_was_lost_is_found_and_taken_away(known):
    invoice = with_files(known)
    known.fault("commit_then_drop", path="/Documents")
    request = start_and_stop(
        known, invoice, name="unavailable_503", method="GET", path="/Documents"
    )
    assert len(Shelf(known).documents(invoice)) == 1

    give_up(known, request)

    assert Shelf(known).documents(invoice) == []
    assert known.entries(invoice.number) == []


def test_reliability_a27_a_document_that_was_never_made_is_not_looked_for_for_ever(known):
    invoice = with_files(known)
    known.fault("drop_before", path="/Documents")
    request = start_and_stop(
        known, invoice, name="unavailable_503", method="GET", path="/Documents"
    )

    give_up(known, request)

    with known.rows():
        assert not DocumentLink.objects.filter(next_at__isnull=False).exists()
    assert sentences(known, invoice, "file_removed") == []


@pytest.mark.parametrize("fault", ["commit_then_drop", "unavailable_503"])
def test_reliability_a27_deleting_survives_a_lost_answer(known, fault):
    invoice = with_files(known)
    request = start_and_stop(known, invoice, **LIMIT)
    known.fault(fault, method="DELETE", path="/Documents")

    give_up(known, request)

    assert Shelf(known).documents(invoice) == []
    assert len(sentences(known, invoice, "file_removed")) == 1


def test_reliability_a27_what_exact_does_not_let_go_is_told_once_and_left(known):
    invoice = with_files(known)
    request = start_and_stop(known, invoice, **LIMIT)
    known.fault("validation_500", method="DELETE", path="/Documents", text="Reeds verwerkt")
    known.forget_calls()

    give_up(known, request)

    [told] = sentences(known, invoice, "file_left")
    assert request.marker in told
    assert calls(known).count("DELETE Documents") == 1
    assert len(Shelf(known).documents(invoice)) == 1


def test_reliability_a27_a_document_that_an_entry_names_is_never_deleted(known):
    """Our entry's answer came too late, or somebody put the document at an entry of theirs."""
    entry = known.copy(known.invoice(client=known.client))
    invoice = with_files(known)
    request = start_and_stop(known, invoice, **LIMIT)
    shelf = Shelf(known)
    shelf.link(shelf.documents(invoice)[0], known.documents(entry.invoice)[0].exact_id)

    give_up(known, request)

    [document] = shelf.documents(invoice)
    assert shelf.files(document) == {f"{invoice.number}.pdf": PDF}
    with known.rows():
        assert not DocumentLink.objects.filter(next_at__isnull=False).exists()


def test_reliability_a27_a_conflict_takes_its_document_away_again(known):
    first = known.invoice(client=known.client, number="27000931")
    known.copy(first)
    invoice = with_files(known)
    with known.rows():
        Invoice.objects.filter(pk=invoice.pk).update(number="27000931")

    request = known.copy(invoice)

    assert request.state == CopyState.CONFLICT
    assert Shelf(known).documents(known.fresh_invoice(invoice)) == []
