"""The PDF and UBL of an invoice at its entry in Exact (B-9): once each, whatever answer is lost, and gone when not needed."""

from __future__ import annotations

import hashlib

import pytest

from integrations.models import DivisionLane
from invoices.models import (
    CopyRequest,
    CopyState,
    DocumentLink,
    FileKind,
    Invoice,
    InvoiceEvent,
    InvoiceFile,
)
from tests import factories
from tests.journeys.shelf import Shelf
from tests.journeys.world import World

PDF = b"%PDF-1.7 \x00\xff the invoice as it was sent"
UBL = b"<Invoice>the same in UBL</Invoice>"
PARTS = ("/documents/", "/salesentry/", "/crm/Accounts")


@pytest.fixture
def known(world):
    """A world whose client is linked, so that only the files and the entry are at stake."""
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    world.client = client
    return world


def with_files(world, *kinds):
    invoice = world.invoice(client=world.client)
    for kind in kinds or (FileKind.PDF,):
        name = f"{invoice.number}.{'pdf' if kind == FileKind.PDF else 'xml'}"
        content = PDF if kind == FileKind.PDF else UBL
        factories.make_file(invoice=invoice, kind=kind, content=content, name=name)
    return invoice


def calls(world: World) -> list[str]:
    """Every call about copies and files since the last count, in order."""
    log = world.control("GET", f"log?since={world.seen}")["entries"]
    return [
        f"{entry['method']} {entry['path'].rsplit('/', 1)[-1].split('(')[0]}"
        for entry in log
        if any(part in entry["path"] for part in PARTS) and "/sync/" not in entry["path"]
    ]


def sentences(world: World, invoice: Invoice, kind: str) -> list[str]:
    with world.rows():
        return list(
            InvoiceEvent.objects.filter(invoice=invoice, kind=kind).values_list(
                "sentence", flat=True
            )
        )


def replace_pdf(world: World, invoice: Invoice, content: bytes, name: str = "") -> None:
    """The PSA sent another PDF."""
    with world.rows():
        file = InvoiceFile.objects.get(invoice=invoice, kind=FileKind.PDF)
        file.content, file.size = content, len(content)
        file.sha256 = hashlib.sha256(content).hexdigest()
        file.name = name or file.name
        file.save()


def start_and_stop(world, invoice, **fault) -> CopyRequest:
    """A copy that got as far as the fault, and waits."""
    world.fault(**fault)
    return world.copy(invoice)


# --- What is there, and what it costs ---------------------------------------------------------------------------------


def test_b9_the_pdf_is_at_the_entry_and_costs_two_calls_more(known):
    invoice = with_files(known)

    request = known.copy(invoice)

    made = calls(known)
    shelf = Shelf(known)
    [document] = shelf.documents(invoice)
    [posted] = known.documents(invoice)
    assert request.state == CopyState.COPIED
    assert made == ["POST Documents", "POST DocumentAttachments", "POST SalesEntries"]
    assert shelf.entry(posted.exact_id)["Document"] == document["ID"]
    assert document["FinancialTransactionEntryID"] == str(posted.exact_id)
    assert shelf.files(document) == {f"{invoice.number}.pdf": PDF}
    assert document["Subject"] == f"Invoice {invoice.number} [{request.marker}]"
    assert (document["Type"], document["Account"]) == (10, str(known.customer().exact_id))
    assert (document["AmountFC"], document["Currency"]) == (121, "EUR")


def test_b9_with_ubl_it_costs_four_calls_and_without_files_one(known):
    both = with_files(known, FileKind.PDF, FileKind.UBL)
    none = known.invoice(client=known.client)

    known.copy(both)
    made = calls(known)
    known.forget_calls()
    known.copy(none)

    shelf = Shelf(known)
    [document] = shelf.documents(both)
    assert made == [
        "POST Documents",
        "POST DocumentAttachments",
        "POST DocumentAttachments",
        "POST SalesEntries",
    ]
    assert calls(known)[:1] == ["POST SalesEntries"]
    assert shelf.files(document) == {f"{both.number}.pdf": PDF, f"{both.number}.xml": UBL}
    assert shelf.entry(known.documents(none)[0].exact_id)["Document"] is None


def test_b9_a_name_that_exact_does_not_take_is_written_otherwise(known):
    invoice = with_files(known)
    replace_pdf(known, invoice, PDF, name="Invoice 2703: “design” <v2>.pdf")

    assert known.copy(invoice).state == CopyState.COPIED

    shelf = Shelf(known)
    assert list(shelf.files(shelf.documents(invoice)[0])) == ["Invoice 2703- “design” -v2-.pdf"]


def test_b9_create_new_makes_a_second_document_of_its_own(known):
    invoice = with_files(known)
    known.copy(invoice)

    known.copy(invoice, as_new=True)

    shelf = Shelf(known)
    second, first = known.documents(invoice)
    assert {document["FinancialTransactionEntryID"] for document in shelf.documents(invoice)} == {
        str(first.exact_id),
        str(second.exact_id),
    }
    assert all(
        shelf.files(document) == {f"{invoice.number}.pdf": PDF}
        for document in shelf.documents(invoice)
    )


def test_b9_a_person_can_copy_without_the_files(known):
    invoice = with_files(known)

    request = known.copy(invoice, with_files=False)

    assert request.state == CopyState.COPIED
    assert calls(known) == ["POST SalesEntries"]


# --- Answers that are lost --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("Documents", "commit_then_drop"),
        ("Documents", "drop_before"),
        ("DocumentAttachments", "empty_201"),
        ("DocumentAttachments", "generic_500"),
        ("SalesEntries", "commit_then_drop"),
        ("SalesEntries", "drop_before"),
    ],
)
def test_reliability_a3_a7_a_lost_answer_leaves_one_document_one_file_and_one_entry(
    known, path, fault
):
    invoice = with_files(known)
    known.fault(fault, path=f"/{path}")

    request = known.copy(invoice)
    known.settle()

    shelf = Shelf(known)
    [document] = shelf.documents(invoice)
    [posted] = known.documents(invoice)
    [entry] = [one for one in known.entries() if request.marker in one["description"]]
    assert known.fresh(request).state == CopyState.COPIED
    assert shelf.files(document) == {f"{invoice.number}.pdf": PDF}
    assert entry["entry_id"] == document["FinancialTransactionEntryID"] == str(posted.exact_id)
    with known.rows():
        assert not DocumentLink.objects.filter(next_at__isnull=False).exists()


# --- Files that Exact does not take -----------------------------------------------------------------------------------


def test_b9_a_file_that_is_too_large_for_exact_is_named_and_can_be_left_out(known):
    known.sandbox.sandbox.switches.set("attachment_megabytes", 0)
    invoice = with_files(known)

    held = known.copy(invoice)
    gone = Shelf(known).documents(invoice)
    without = known.copy(invoice, with_files=False)

    assert held.state == CopyState.NEEDS_CHOICE
    assert f"{invoice.number}.pdf" in held.problem_sentence
    assert "without its files" in held.problem_remedy
    assert gone == []
    assert without.state == CopyState.COPIED


def test_b9_without_rights_to_documents_the_copy_is_held_and_can_go_without(known):
    person = {"username": "bram@studio-noord.example"}
    known.control("PATCH", "users", person | {"rights": {"documents": "none"}})
    invoice = with_files(known)

    held = known.copy(invoice)
    without = known.copy(invoice, with_files=False)

    known.control("PATCH", "users", person | {"rights": {"documents": "write"}})
    assert held.state == CopyState.NEEDS_CHOICE
    assert "invoice's files" in held.problem_sentence
    assert "without its files" in held.problem_remedy
    assert without.state == CopyState.COPIED


@pytest.mark.parametrize("content", [PDF + b" anew", None])
def test_b9_a_file_that_changes_while_its_copy_waits_goes_along_as_it_is_then(known, content):
    invoice = with_files(known, FileKind.PDF, FileKind.UBL)
    request = start_and_stop(
        known, invoice, name="too_many_requests_minute", path="/DocumentAttachments", skip=1
    )
    if content:
        replace_pdf(known, invoice, content)
    else:
        with known.rows():
            InvoiceFile.objects.filter(invoice=invoice, kind=FileKind.PDF).delete()
    DivisionLane.objects.update(minute_remaining=None, day_remaining=None)

    known.settle()

    shelf = Shelf(known)
    [document] = shelf.documents(invoice)
    assert known.fresh(request).state == CopyState.COPIED
    assert shelf.files(document) == {
        f"{invoice.number}.xml": UBL,
        **({f"{invoice.number}.pdf": content} if content else {}),
    }
    assert document["FinancialTransactionEntryID"] == str(known.documents(invoice)[0].exact_id)
