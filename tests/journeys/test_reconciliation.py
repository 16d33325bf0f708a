"""What Exact has is compared with what was sent, soon and at night; what does not agree is told and closes by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import timezone

from integrations.exact import errors, sales_entries
from integrations.exact.rows import Page
from integrations.models import LaneMember, Numbering
from integrations.sessions import open_client
from invoices import check_times, copy_requests, reconciling
from invoices.models import (
    BreakKind,
    CopyState,
    Invoice,
    InvoiceEvent,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    ReconciliationCursor,
)
from tests import factories
from tests.journeys.world import DIVISION, World


@pytest.fixture
def known(world, settings):
    """A world whose client is linked, so that one call copies an invoice; the first documents are read back."""
    settings.COPY_FIRST_READ_BACKS = 50
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    world.client = client
    return world


def copied(world, **fields):
    invoice = world.invoice(client=world.client, **fields)
    assert world.copy(invoice).state == CopyState.COPIED
    return invoice


def night(world: World, *, full: bool = False) -> None:
    """Let the coming night's pass happen now."""
    now = timezone.now()
    with world.rows():
        ReconciliationCursor.objects.update(next_at=now, **({"full_at": None} if full else {}))
    LaneMember.objects.filter(connection_id=world.connection.pk).update(due_at=now)
    world.work_off()


def breaks(world: World, invoice: Invoice) -> list[tuple[str, bool]]:
    with world.rows():
        rows = ReconciliationBreak.objects.filter(invoice=invoice).order_by("id")
        return [(row.kind, row.closed_at is None) for row in rows]


def in_exact(world: World):
    """Somebody who works in Exact itself."""
    with world.rows():
        world.connection.refresh_from_db()
        return open_client(world.connection, on_answer=lambda _record: None)


def change_amount(world: World, entry_id: UUID, net: str) -> None:
    client = in_exact(world)
    [line] = sales_entries.get(client, entry_id).lines or ()
    amounts = {"AmountFC": Decimal(net), "VATAmountFC": Decimal(net) * Decimal("0.21")}
    sales_entries.update_line(client, line.exact_id, amounts | {"VATCode": "2"})


def book_again(world: World, document: PostedDocument, *, description: str) -> UUID:
    """Somebody books the same in Exact once more."""
    client = in_exact(world)
    with world.rows():
        stored = PostedDocument.objects.get(pk=document.pk).payload["draft"]
    draft = sales_entries.SalesEntryDraft.model_validate(
        stored | {"entry_number": None, "invoice_number": None, "description": description}
    )
    return sales_entries.create(client, draft).entry_id


def delete_in_exact(world: World, entry_id: UUID) -> None:
    world.control("POST", f"admin/{DIVISION}", {"delete_entry": str(entry_id)})


# --- Soon -----------------------------------------------------------------------------------------------------------


def test_reliability_a12_the_first_documents_are_read_back_in_one_call(known):
    requests = [known.request(known.invoice(client=known.client)) for _ in range(6)]

    known.work_off()

    assert {known.fresh(request).state for request in requests} == {CopyState.COPIED}
    assert known.calls() == [*["POST SalesEntries"] * 6, "GET SalesEntries"]
    with known.rows():
        assert not PostedDocument.objects.filter(checked_at=None).exists()


def test_reliability_a12_a_line_without_a_ledger_account_is_a_difference(known):
    """The totals are right, so the answer to the POST looks well."""
    invoice = known.invoice(client=known.client)
    known.fault("null_gl")

    request = known.copy(invoice)

    assert request.state == CopyState.MISMATCH
    assert request.problem_sentence == (
        "Exact made something else of it: line 1 has no ledger account."
    )
    assert "Compare both" in request.problem_remedy


def test_reliability_a12_a_difference_that_was_corrected_in_exact_is_taken_back(known):
    invoice = known.invoice(client=known.client)
    known.fault("null_gl")
    known.copy(invoice)
    [document] = known.documents(invoice)
    client = in_exact(known)
    [line] = sales_entries.get(client, document.exact_id).lines or ()
    sales_entries.update_line(client, line.exact_id, {"GLAccount": known.ledger("8000")})

    night(known)

    with known.rows():
        request = known.documents(invoice)[0].copy_request
        assert request.state == CopyState.COPIED
        assert request.problem_sentence == ""


@pytest.mark.parametrize(
    ("draft", "first", "soon"),
    [
        ({"lines": [{"vat_code": "2"}, {"vat_code": "2"}]}, 0, False),
        ({"lines": [{"vat_code": "2"}, {"vat_code": "1"}]}, 0, True),
        ({"currency": "EUR", "lines": []}, 0, False),
        ({"currency": "USD", "lines": []}, 0, True),
        ({"lines": []}, 1, True),
    ],
)
def test_only_what_may_surprise_is_read_back_soon(known, settings, draft, first, soon):
    settings.COPY_FIRST_READ_BACKS = first
    request = factories.make_copy_request(
        invoice=known.invoice(), connection=known.connection, payload={"draft": draft}
    )

    with known.rows():
        assert check_times.is_soon(request) is soon


def test_an_ordinary_copy_costs_one_call(known, settings):
    settings.COPY_FIRST_READ_BACKS = 1
    copied(known)
    known.forget_calls()

    copied(known)

    assert known.calls() == ["POST SalesEntries"]


# --- At night -------------------------------------------------------------------------------------------------------


def test_reliability_k3_the_first_pass_compares_line_by_line_what_was_not_read_back(
    known, settings
):
    settings.COPY_FIRST_READ_BACKS = 0
    well, ill = copied(known), known.invoice(client=known.client)
    known.fault("null_gl")
    believed = known.copy(ill).state

    night(known)

    assert believed == CopyState.COPIED
    with known.rows():
        states = [known.documents(one)[0].copy_request.state for one in (well, ill)]
    assert states == [CopyState.COPIED, CopyState.MISMATCH]


def read_only_since(world: World, began: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next pass read what is new since then, and nothing that other tests left in the division."""
    monkeypatch.setattr(reconciling, "CLOCK_MARGIN", timedelta(0))
    with world.rows():
        ReconciliationCursor.objects.update(full_at=timezone.now(), read_from=began)


def test_reliability_k3_a_night_without_news_costs_one_call(known, monkeypatch):
    began = timezone.now()
    for _ in range(3):
        copied(known)
    read_only_since(known, began, monkeypatch)
    known.forget_calls()

    night(known)

    assert known.calls() == ["GET SalesEntries"]
    with known.rows():
        [cursor] = ReconciliationCursor.objects.all()
        assert cursor.next_at > timezone.now()
        assert not ReconciliationBreak.objects.exists()


def test_reliability_k3_a_changed_amount_is_told_and_closes_by_itself(known):
    invoice = copied(known)
    [document] = known.documents(invoice)
    change_amount(known, document.exact_id, "500.00")

    night(known)
    with known.rows():
        [row] = ReconciliationBreak.objects.filter(invoice=invoice)
    night(known)
    open_again = breaks(known, invoice)
    change_amount(known, document.exact_id, "100.00")
    night(known)

    assert "605.00 EUR instead of 121.00 EUR" in row.sentence
    assert open_again == [(BreakKind.CHANGED, True)]
    assert breaks(known, invoice) == [(BreakKind.CHANGED, False)]
    with known.rows():
        kinds = list(
            InvoiceEvent.objects.filter(invoice=invoice, kind__startswith="break")
            .order_by("id")
            .values_list("kind", flat=True)
        )
    assert kinds == ["break_found", "break_closed"]


def test_reliability_a24_what_was_deleted_in_exact_is_found_at_night_and_never_made_again(known):
    invoice, other = copied(known), copied(known)
    [document] = known.documents(invoice)
    delete_in_exact(known, document.exact_id)
    known.forget_calls()

    night(known, full=True)

    assert breaks(known, invoice) == [(BreakKind.MISSING, True)]
    assert breaks(known, other) == []
    assert known.documents(invoice)[0].state == PostedDocumentState.DELETED_IN_EXACT
    assert known.calls(method="POST") == []
    again = known.copy(invoice, as_new=True)
    night(known)
    assert again.state == CopyState.COPIED
    assert breaks(known, invoice) == [(BreakKind.MISSING, False)]


def test_a_second_entry_with_the_mark_of_a_copy_is_told_until_it_is_gone(known):
    """RELIABILITY A22, found at night: whatever made it, two entries with one mark are one too many."""
    invoice = copied(known)
    [document] = known.documents(invoice)
    [entry] = known.entries(invoice.number)
    twin = book_again(known, document, description=entry["description"])

    night(known)
    seen = breaks(known, invoice)
    night(known)
    still = breaks(known, invoice)
    delete_in_exact(known, twin)
    night(known)

    assert seen == still == [(BreakKind.TWICE, True)]
    assert breaks(known, invoice) == [(BreakKind.TWICE, False)]


def test_an_entry_of_a_copy_that_was_given_up_is_told(known):
    invoice = copied(known)
    [document] = known.documents(invoice)
    given_up = known.request(known.invoice(client=known.client))
    with known.rows():
        copy_requests.cancel(copy_request=given_up, user=None, now=timezone.now())
    book_again(known, document, description=f"Late [{given_up.marker}]")

    night(known)

    assert breaks(known, given_up.invoice) == [(BreakKind.STRAY, True)]
    assert breaks(known, invoice) == []


def test_an_entry_that_a_restore_forgot_is_told_before_it_is_copied_again(known):
    invoice = copied(known)
    [document] = known.documents(invoice)
    forgotten = known.invoice(client=known.client, number=document.your_ref)
    book_again(known, document, description="Forgotten [ZZZZ-9999]")

    night(known)

    assert breaks(known, forgotten) == [(BreakKind.STRAY, True)]


def test_what_cannot_be_read_never_looks_gone(known, monkeypatch):
    """One odd record among several that the pass did not come across: the others are still found missing."""
    odd, gone = copied(known), copied(known)
    [document] = known.documents(gone)
    delete_in_exact(known, document.exact_id)
    [kept] = known.documents(odd)
    read = sales_entries.read

    def strictly(client, ids):
        if kept.exact_id in ids:
            raise errors.UnexpectedAnswer("A record does not fit")
        return read(client, ids)

    monkeypatch.setattr(sales_entries, "read", strictly)
    monkeypatch.setattr(
        sales_entries, "changed_since", lambda *_arguments, **_options: iter([Page([], [], None)])
    )

    night(known, full=True)

    assert breaks(known, odd) == []
    assert breaks(known, gone) == [(BreakKind.MISSING, True)]
    with known.rows():
        assert ReconciliationCursor.objects.get().began_at is None


def test_an_update_ends_what_was_changed_in_exact(known):
    invoice = copied(known)
    [document] = known.documents(invoice)
    change_amount(known, document.exact_id, "500.00")
    night(known)

    assert known.update(invoice).state == CopyState.COPIED

    assert breaks(known, invoice) == [(BreakKind.CHANGED, False)]
    assert known.entries(invoice.number)[0]["amount"] == "121"


def test_a_document_that_was_renumbered_in_exact_is_called_by_its_new_number(known):
    with known.rows():
        known.connection.numbering = Numbering.PSA
        known.connection.save()
    invoice = copied(known, number="27000101")
    [document] = known.documents(invoice)
    number = document.entry_number
    sales_entries.update_header(in_exact(known), document.exact_id, {"EntryNumber": 27000199})

    night(known)

    [document] = known.documents(invoice)
    assert (number, document.entry_number) == (27000101, 27000199)


def test_a_pass_goes_on_page_by_page_and_only_what_is_new_is_read_the_next_night(
    known, monkeypatch
):
    """130 entries of others are three pages; the night after, nothing of them is read again."""
    began = timezone.now()
    known.control("POST", "seed", {"division": DIVISION, "sales_entries": 130})
    invoice = copied(known)
    read_only_since(known, began, monkeypatch)
    known.forget_calls()

    night(known)
    first = len(known.calls())
    with known.rows():
        ReconciliationCursor.objects.update(read_from=timezone.now() + timedelta(hours=2))
    known.forget_calls()
    night(known)

    assert first == 3
    assert len(known.calls()) == 1
    assert breaks(known, invoice) == []
