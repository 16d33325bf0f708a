"""Update existing and the files at the entry (B-9): what is new is put there, what it replaces is taken out."""

from __future__ import annotations

import pytest

from connector.tenancy.scope import tenant_transaction
from invoices import exact_records
from invoices.models import AttachmentLink, CopyState, DocumentLink, FileKind, InvoiceFile
from tests import factories
from tests.journeys.shelf import Shelf
from tests.journeys.test_entry_files import (
    PDF,
    UBL,
    calls,
    known,
    replace_pdf,
    sentences,
    with_files,
)
from tests.journeys.world import reprice

__all__ = ["known"]

NEW_PDF = b"%PDF-1.7 the invoice as it was corrected"


@pytest.fixture
def copied(known):
    """An invoice with a PDF, which is in Exact."""
    invoice = with_files(known)
    known.copy(invoice)
    known.forget_calls()
    return invoice


def test_b9_an_update_replaces_the_pdf_in_the_same_document(known, copied):
    """Also in a division that refuses another document at an entry that is booked."""
    known.sandbox.sandbox.switches.set("entry_document_put", False)
    shelf = Shelf(known)
    [before] = shelf.documents(copied)
    replace_pdf(known, copied, NEW_PDF)
    known.forget_calls()

    request = known.update(copied)

    made = calls(known)
    [document] = shelf.documents(copied)
    assert request.state == CopyState.COPIED
    assert document["ID"] == before["ID"]
    assert shelf.files(document) == {f"{copied.number}.pdf": NEW_PDF}
    assert made == [
        "POST DocumentAttachments",
        "GET SalesEntries",
        "DELETE DocumentAttachments",
    ]
    assert len(sentences(known, copied, "file_put")) == 2
    assert len(sentences(known, copied, "file_removed")) == 1


def test_b9_an_update_of_the_amounts_leaves_the_files_alone(known, copied):
    reprice(known, copied, "200.00")

    known.update(copied)

    assert [call for call in calls(known) if "Document" in call] == []
    assert Shelf(known).documents(copied)[0]["FinancialTransactionEntryID"] == str(
        known.documents(copied)[0].exact_id
    )


def test_b9_an_update_brings_a_pdf_to_an_entry_that_has_none(known):
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    factories.make_file(invoice=invoice, content=PDF)

    request = known.update(invoice)

    shelf = Shelf(known)
    [document] = shelf.documents(invoice)
    [posted] = known.documents(invoice)
    assert request.state == CopyState.COPIED
    assert shelf.entry(posted.exact_id)["Document"] == document["ID"]
    assert shelf.files(document) == {f"{invoice.number}.pdf": PDF}


def test_b9_an_update_adds_a_file_and_takes_out_what_the_psa_took_away(known, copied):
    factories.make_file(invoice=copied, kind=FileKind.UBL, content=UBL, name=f"{copied.number}.xml")
    with known.rows():
        InvoiceFile.objects.filter(invoice=copied, kind=FileKind.PDF).delete()

    known.update(copied)

    shelf = Shelf(known)
    assert shelf.files(shelf.documents(copied)[0]) == {f"{copied.number}.xml": UBL}


@pytest.mark.parametrize("fault", ["commit_then_drop", "drop_before"])
def test_reliability_a27_a_lost_answer_of_a_replaced_file_leaves_the_new_one_once(
    known, copied, fault
):
    replace_pdf(known, copied, NEW_PDF)
    known.fault(fault, path="/DocumentAttachments")

    request = known.update(copied)
    known.settle()

    shelf = Shelf(known)
    assert known.fresh(request).state == CopyState.COPIED
    assert shelf.files(shelf.documents(copied)[0]) == {f"{copied.number}.pdf": NEW_PDF}


def test_b9_a_document_that_was_deleted_in_exact_is_made_anew_at_the_next_try(known, copied):
    shelf = Shelf(known)
    shelf.delete(shelf.documents(copied)[0])
    replace_pdf(known, copied, NEW_PDF)

    held = known.update(copied)
    again = known.update(copied)

    [document] = shelf.documents(copied)
    assert held.state == CopyState.NEEDS_CHOICE
    assert f"{copied.number}.pdf" in held.problem_sentence
    assert again.state == CopyState.COPIED
    assert shelf.files(document) == {f"{copied.number}.pdf": NEW_PDF}
    assert document["FinancialTransactionEntryID"] == str(known.documents(copied)[0].exact_id)


def test_b9_a_pdf_that_is_replaced_while_it_is_sent_is_put_right_by_the_next_update(
    known, monkeypatch
):
    invoice = with_files(known)
    monkeypatch.setattr(
        exact_records,
        "crash_point",
        lambda name: (
            replace_pdf(known, invoice, NEW_PDF) if name == "after_attachment_post" else None
        ),
    )
    known.copy(invoice)
    monkeypatch.undo()
    shelf = Shelf(known)
    sent = shelf.files(shelf.documents(invoice)[0])

    known.update(invoice)

    assert sent == {f"{invoice.number}.pdf": PDF}
    assert shelf.files(shelf.documents(invoice)[0]) == {f"{invoice.number}.pdf": NEW_PDF}


def test_b9_files_at_an_entry_are_seen_by_their_own_organization_only(known, copied):
    other = factories.make_organization()

    with tenant_transaction(other.pk):
        seen = (
            DocumentLink.objects.count(),
            AttachmentLink.objects.count(),
            InvoiceFile.objects.count(),
        )
    with known.rows():
        own = DocumentLink.objects.filter(copy_request__invoice=copied).count()

    assert (seen, own) == ((0, 0, 0), 1)
