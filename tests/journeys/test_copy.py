"""Copying an invoice, from the wish to the entry in Exact, over real HTTP."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.models import ConnectionState, LedgerAccount, Numbering, ServiceTypeLedger
from invoices import connection_copies, copy_refusals, copy_requests
from invoices.models import (
    CopyState,
    CustomerLink,
    ExactRecordState,
    InvoiceKind,
    InvoiceState,
    PostedDocumentState,
)
from tests import factories
from tests.journeys.world import reprice


def test_p1_copying_creates_exactly_one_sales_document_in_the_connected_division(world):
    before = len(world.entries())
    invoice = world.invoice()

    request = world.copy(invoice)

    assert request.state == CopyState.COPIED
    assert len(world.entries()) == before + 1
    [entry] = world.entries(invoice.number)
    assert (entry["amount"], entry["vat_amount"]) == ("121", "21")


def test_a_copy_for_a_known_customer_costs_one_call(world):
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )

    world.copy(world.invoice(client=client))

    assert world.calls() == ["POST SalesEntries"]


def test_a_copy_for_a_new_customer_costs_two_calls(world):
    world.copy(world.invoice())

    assert world.calls() == ["POST Accounts", "POST SalesEntries"]


def test_p13_the_number_of_the_psa_is_on_the_document_in_exact(world):
    """D-5: printed number as reference, and as Exact's own number where it is one that Exact can take."""
    invoice = world.invoice(number="27000417")
    printed = world.invoice(number="2026/INV-0418")

    world.copy(invoice)
    world.copy(printed)

    [entry] = world.entries("27000417")
    assert entry["entry_number"] == 27000417
    [entry] = world.entries("2026/INV-0418")
    assert entry["entry_number"] != 418
    assert world.fresh_invoice(printed).number == "2026/INV-0418"


def test_p14_exact_gives_the_number_and_it_is_written_to_the_invoice(world):
    with world.rows():
        world.connection.numbering = Numbering.EXACT
        world.connection.save()
    invoice = world.invoice(number="")

    request = world.copy(invoice)

    [document] = world.documents(invoice)
    [entry] = world.entries(request.marker)
    assert world.fresh_invoice(invoice).number == str(entry["invoice_number"]) != ""
    assert document.entry_number == entry["entry_number"]


def test_p23_every_line_is_booked_on_the_default_ledger(world):
    invoice = world.invoice(
        lines=[{"net_amount": "100.00", "rate": "21"}, {"net_amount": "50.00", "rate": "21"}]
    )

    world.copy(invoice)

    [entry] = world.entries(invoice.number)
    assert [line["gl_account_code"] for line in entry["lines"]] == ["8000", "8000"]


def test_p26_each_line_carries_the_ledger_of_its_service_type_and_p27_others_the_default(world):
    lines = [
        {"net_amount": "100.00", "rate": "21", "service": "Design"},
        {"net_amount": "50.00", "rate": "21", "service": "Development"},
        {"net_amount": "25.00", "rate": "21", "service": "Unmapped"},
    ]
    invoice = world.invoice(lines=lines)
    codes = _revenue_codes(world)
    with world.rows():
        world.connection.map_service_types = True
        world.connection.save()
        types = {line.service_type.name: line.service_type for line in invoice.lines.all()}
    for name, code in (("Design", codes[1]), ("Development", codes[2])):
        _map(world, types[name], code)

    world.copy(invoice)

    [entry] = world.entries(invoice.number)
    assert [line["gl_account_code"] for line in entry["lines"]] == [codes[1], codes[2], "8000"]


def test_p40_a_blank_customer_becomes_one_new_account_that_is_remembered(world):
    client = factories.make_client(organization=world.organization, name="Bakkerij De Korenaar")
    first = world.copy(world.invoice(client=client))
    world.forget_calls()

    second = world.copy(world.invoice(client=client))

    assert (first.state, second.state) == (CopyState.COPIED, CopyState.COPIED)
    assert world.calls() == ["POST SalesEntries"]
    customers = {
        entry["customer"] for entry in world.entries() if entry["customer_name"] == client.name
    }
    assert len(customers) == 1


def test_p46_copy_and_finalize_finalizes_only_what_exact_has_confirmed(world):
    good = world.invoice()
    refused = world.invoice()
    world.copy(good)
    world.control("POST", "admin/1000001", {"block_journal": "70"})

    request = world.copy(refused)

    world.control("POST", "admin/1000001", {"unblock_journal": "70"})
    assert world.fresh_invoice(good).state == InvoiceState.FINALIZED
    assert request.state == CopyState.NEEDS_CHOICE
    assert world.fresh_invoice(refused).state == InvoiceState.DRAFT
    assert request.problem_sentence
    assert request.problem_remedy
    assert world.entries(refused.number) == []


def test_p49_update_existing_changes_the_same_document(world):
    invoice = world.invoice()
    world.copy(invoice)
    [document] = world.documents(invoice)
    reprice(world, invoice, "200.00")

    request = world.update(invoice)

    assert request.state == CopyState.COPIED
    [entry] = world.entries(invoice.number)
    assert entry["entry_id"] == str(document.exact_id)
    assert entry["amount"] == "242"
    assert len(world.documents(invoice)) == 1


def test_updating_an_unchanged_invoice_writes_nothing(world):
    invoice = world.invoice()
    world.copy(invoice)
    world.forget_calls()

    request = world.update(invoice)

    assert request.state == CopyState.COPIED
    assert [call for call in world.calls() if not call.startswith("GET")] == []


def test_p50_only_the_newest_copy_is_updated_and_p51_both_are_kept(world):
    invoice = world.invoice()
    world.copy(invoice)
    world.copy(invoice, as_new=True)
    reprice(world, invoice, "300.00")

    world.update(invoice)

    newest, first = world.documents(invoice)
    amounts = {entry["entry_id"]: entry["amount"] for entry in world.entries(invoice.number)}
    assert amounts == {str(first.exact_id): "121", str(newest.exact_id): "363"}
    assert (newest.state, first.state) == (
        PostedDocumentState.CURRENT,
        PostedDocumentState.SUPERSEDED,
    )


def test_an_update_adds_and_removes_lines(world):
    invoice = world.invoice(
        lines=[{"net_amount": "10.00", "rate": "21"}, {"net_amount": "20.00", "rate": "21"}]
    )
    world.copy(invoice)
    with world.rows():
        last = invoice.lines.last()
        assert last is not None
        last.delete()
        invoice.net_amount, invoice.vat_amount, invoice.gross_amount = map(
            Decimal, ("10.00", "2.10", "12.10")
        )
        invoice.save()

    world.update(invoice)

    [entry] = world.entries(invoice.number)
    assert (entry["amount"], len(entry["lines"])) == ("12.1", 1)


def test_an_update_that_exact_forbids_is_said_in_words_and_creates_nothing(world):
    """D-8: never create silently."""
    invoice = world.invoice()
    world.copy(invoice)
    [document] = world.documents(invoice)
    world.control("POST", "admin/1000001", {"mark_processed": str(document.exact_id)})
    reprice(world, invoice, "200.00")

    request = world.update(invoice)

    assert request.state == CopyState.NEEDS_CHOICE
    assert "Create new" in request.problem_remedy
    assert len(world.entries(invoice.number)) == 1


def test_a_copy_that_was_deleted_in_exact_is_not_made_again_by_an_update(world):
    """RELIABILITY A24."""
    invoice = world.invoice()
    world.copy(invoice)
    [document] = world.documents(invoice)
    world.control("POST", "admin/1000001", {"delete_entry": str(document.exact_id)})

    request = world.update(invoice)

    assert request.state == CopyState.NEEDS_CHOICE
    assert world.documents(invoice)[0].state == PostedDocumentState.DELETED_IN_EXACT
    assert world.entries(invoice.number) == []


def test_d6_a_credit_note_is_booked_with_negative_amounts(world):
    note = world.invoice(kind=InvoiceKind.CREDIT_NOTE)

    world.copy(note)

    [entry] = world.entries(note.number)
    assert (entry["type"], entry["amount"]) == (21, "-121")


def test_d7_a_currency_that_the_journal_does_not_take_is_refused_before_anything_is_sent(world):
    invoice = world.invoice(currency="USD")

    request = world.copy(invoice, journal_code="70", customer_exact_id=world.customer().exact_id)

    assert request.state == CopyState.NEEDS_CHOICE
    assert request.problem_code == "journal_currency"
    assert world.calls() == []


def test_d9_a_second_wish_for_the_same_invoice_is_told_who_is_copying(world):
    """RELIABILITY A14."""
    invoice = world.invoice()
    world.request(invoice)

    with pytest.raises(copy_refusals.AlreadyCopying):
        world.request(invoice)

    world.work_off()
    assert len(world.entries(invoice.number)) == 1


def test_an_invoice_that_is_in_exact_is_copied_again_only_on_purpose(world):
    invoice = world.invoice()
    world.copy(invoice)

    with pytest.raises(copy_refusals.AlreadyCopied):
        world.request(invoice)


def test_a_journal_of_another_subsidiary_is_refused(world):
    foreign = factories.make_invoice(organization=world.organization)

    with pytest.raises(copy_refusals.CopyRefused):
        world.request(foreign)


def test_p62_disconnecting_cancels_what_waits(world):
    invoice = world.invoice()
    request = world.request(invoice)
    with world.rows():
        connection = world.connection
        connection.refresh_from_db()
        cancelled = connection_copies.cancel_for_connection(
            connection=connection, now=timezone.now()
        )
        connection.state = ConnectionState.DISCONNECTED
        connection.save()

    world.work_off()

    assert cancelled == 1
    assert world.fresh(request).state == CopyState.CANCELLED
    assert world.entries(invoice.number) == []


def test_two_invoices_of_a_new_customer_at_once_make_one_account(world):
    """RELIABILITY A26."""
    client = factories.make_client(organization=world.organization, name="Nieuw en Gretig B.V.")
    requests = [world.request(world.invoice(client=client)) for _ in range(2)]

    world.work_off()

    assert [world.fresh(request).state for request in requests] == [CopyState.COPIED] * 2
    assert world.calls(method="POST").count("POST Accounts") == 1


def test_a_customer_that_exact_refuses_holds_the_invoice_with_its_sentence(world):
    client = factories.make_client(organization=world.organization, vat_number="NL-NOT-A-NUMBER")
    invoice = world.invoice(client=client)

    request = world.copy(invoice)

    assert request.state == CopyState.NEEDS_CHOICE
    assert "customer" in request.problem_sentence.lower()
    assert world.fresh_invoice(invoice).state == InvoiceState.DRAFT
    with world.rows():
        link = CustomerLink.objects.get(client=client)
        assert link.state == ExactRecordState.REFUSED
        client.vat_number = ""
        client.save()
        again = copy_requests.retry(copy_request=request, user=None, now=timezone.now())
    assert again is not None
    world.work_off()
    assert world.fresh(again).state == CopyState.COPIED


def test_a_difference_in_what_exact_booked_is_shown_and_not_hidden(world):
    """RELIABILITY A12: a line was dropped on Exact's side."""
    invoice = world.invoice(
        lines=[{"net_amount": "10.00", "rate": "21"}, {"net_amount": "20.00", "rate": "21"}]
    )
    world.fault("drop_lines")

    request = world.copy(invoice)

    assert request.state == CopyState.MISMATCH
    assert "12.10 EUR instead of 36.30 EUR" in request.problem_sentence


def test_an_archived_division_holds_the_invoice(world):
    world.control("POST", "admin/1000001", {"archive": True})
    invoice = world.invoice()

    request = world.copy(invoice, customer_exact_id=world.customer().exact_id)

    world.control("POST", "reset")
    assert request.state in {CopyState.NEEDS_CHOICE, CopyState.QUEUED}
    assert request.problem_sentence or request.progress
    assert world.fresh_invoice(invoice).state == InvoiceState.DRAFT


def _revenue_codes(world) -> list[str]:
    with world.rows():
        return list(
            LedgerAccount.objects.filter(
                connection=world.connection, type=110, is_blocked=False, use_cost_center__in=[0, 2]
            )
            .order_by("code")
            .values_list("code", flat=True)
        )


def _map(world, service_type, code: str) -> None:
    with world.rows():
        ServiceTypeLedger.objects.create(
            connection=world.connection,
            service_type=service_type,
            ledger_exact_id=world.ledger(code),
        )
