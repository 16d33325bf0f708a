"""What Exact has of one document never settles another one's fate: an earlier copy's, or one of the other route."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from integrations.exact import accounts, errors, sales_entries
from integrations.models import ExactConnection, LaneMember, Numbering, Route
from invoices import payment_status
from invoices.models import (
    BreakKind,
    CopyRequest,
    CopyState,
    CustomerLink,
    ExactRecordState,
    Invoice,
    InvoiceEvent,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    ReconciliationCursor,
)
from invoices.queries import CopyStanding
from tests import factories
from tests.journeys.world import DIVISION, World
from tests.journeys.written import open_client


@pytest.fixture
def known(world, settings):
    """A world whose client is linked, so that only the entry itself is at stake."""
    settings.COPY_FIRST_READ_BACKS = 0
    world.client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection,
        client=world.client,
        customer_exact_id=world.customer().exact_id,
    )
    return world


def night(world: World) -> None:
    """Let the coming night's pass happen now."""
    now = timezone.now()
    with world.rows():
        ReconciliationCursor.objects.update(next_at=now)
    LaneMember.objects.filter(connection_id=world.connection.pk).update(due_at=now)
    world.work_off()


def test_reliability_a12_an_earlier_copy_does_not_take_a_newer_ones_difference_back(known):
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    night(known)
    known.fault("null_gl")
    newer = known.copy(invoice, as_new=True)

    night(known)
    night(known)

    assert known.fresh(newer).state == CopyState.MISMATCH
    assert "no ledger account" in known.fresh(newer).problem_sentence


def test_reliability_a12_what_became_of_an_earlier_copy_is_no_difference_of_a_newer_one(known):
    """Somebody voids the earlier entry in Exact after the invoice was copied again."""
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    newer = known.copy(invoice, as_new=True)
    earlier = known.documents(invoice)[1]
    client = open_client(known)
    [line] = sales_entries.get(client, earlier.exact_id).lines or ()
    amounts = {"AmountFC": Decimal(0), "VATAmountFC": Decimal(0), "VATCode": "2"}
    sales_entries.update_line(client, line.exact_id, amounts)

    night(known)

    assert known.fresh(newer).state == CopyState.COPIED
    with known.rows():
        assert earlier.copy_request.state == CopyState.MISMATCH


def test_reliability_a8_a_document_that_exact_does_not_show_yet_is_not_called_deleted(
    known, settings, monkeypatch
):
    """Whether Exact shows at once what it has just made is not sure; people would copy the invoice again."""
    settings.COPY_FIRST_READ_BACKS = 50
    settings.COPY_SETTLE_SECONDS = 60
    read = sales_entries.read
    monkeypatch.setattr(sales_entries, "read", lambda _client, _ids: [])
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    [soon] = known.documents(invoice)
    with known.rows():
        told = ReconciliationBreak.objects.filter(invoice=invoice).exists()

    monkeypatch.setattr(sales_entries, "read", read)
    with known.rows():
        PostedDocument.objects.update(check_due_at=timezone.now())
    known.resume()

    [later] = known.documents(invoice)
    assert (soon.state, told) == (PostedDocumentState.CURRENT, False)
    assert soon.check_due_at is not None
    assert (later.state, later.check_due_at) == (PostedDocumentState.CURRENT, None)


def test_reliability_k3_the_entry_that_printing_made_is_no_second_document(exact, transactional_db):
    """A connection that has used both routes reads sales entries too, and printing takes the description over."""
    world = World.begin(exact, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)
    with world.rows():
        ExactConnection.objects.update(route=Route.BOOKING)
    world.copy(world.invoice())
    with world.rows():
        ExactConnection.objects.update(route=Route.EXACT_INVOICE)
    invoice = world.invoice()
    request = world.copy(invoice)
    assert request.state == CopyState.COPIED
    assert any(request.marker in (entry["description"] or "") for entry in world.entries())

    night(world)

    with world.rows():
        assert list(ReconciliationBreak.objects.values_list("kind", flat=True)) == []


def test_a_second_entry_is_told_although_the_subject_looks_like_a_mark(known):
    """RELIABILITY A22 and K3: agencies put a ticket's name in brackets into what an invoice is about."""
    invoice = known.invoice(client=known.client, subject="[SHIP-2234] Relaunch")
    known.copy(invoice)
    [document] = known.documents(invoice)
    stored = document.payload["draft"] | {"entry_number": None, "invoice_number": None}
    sales_entries.create(open_client(known), sales_entries.SalesEntryDraft.model_validate(stored))

    night(known)

    with known.rows():
        kinds = ReconciliationBreak.objects.filter(invoice=invoice).values_list("kind", flat=True)
        assert list(kinds) == [BreakKind.TWICE]


@pytest.mark.parametrize("error", [errors.OutcomeUnknown, errors.NotSent])
def test_reliability_a17_a25_a_late_worker_does_not_undo_that_the_customer_was_found(
    world, monkeypatch, error
):
    """It sent the customer, slept past its lease, and its answer is lost; another worker has found the account."""
    name = f"Slaapwandelaar {error.__name__}"
    client = factories.make_client(organization=world.organization, name=name)
    create = accounts.create

    def create_late(*arguments):
        made = create(*arguments)
        with world.rows():
            CustomerLink.objects.update(
                state=ExactRecordState.LINKED, exact_id=made.exact_id, fence=F("fence") + 1
            )
        monkeypatch.setattr(accounts, "create", create)
        raise error("The answer was lost")

    monkeypatch.setattr(accounts, "create", create_late)

    request = world.request(world.invoice(client=client))
    world.work_off()
    world.settle()

    assert world.fresh(request).state == CopyState.COPIED
    assert world.calls(method="POST").count("POST Accounts") == 1
    with world.rows():
        assert CustomerLink.objects.get(client=client).state == ExactRecordState.LINKED


def standing_of(world: World, invoice) -> tuple[str, list[str]]:
    """What the list says, and the states of the copies, newest first."""
    with world.rows():
        [row] = Invoice.objects.filter(pk=invoice.pk)
    return row.copy_standing, [document.state for document in world.documents(invoice)]


def test_reliability_a24_when_the_newest_copy_is_deleted_in_exact_the_earlier_one_counts_again(
    known,
):
    """The list said "not copied", while asking for a copy said that the invoice is in Exact."""
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    known.copy(invoice, as_new=True)
    newest = known.documents(invoice)[0]
    known.control("POST", f"admin/{DIVISION}", {"delete_entry": str(newest.exact_id)})

    night(known)

    assert standing_of(known, invoice) == (
        CopyStanding.COPIED,
        [PostedDocumentState.DELETED_IN_EXACT, PostedDocumentState.CURRENT],
    )
    night(known)
    with known.rows():
        assert not ReconciliationBreak.objects.filter(invoice=invoice, closed_at=None).exists()


def test_reliability_k3_a_copy_that_comes_back_after_another_was_made_is_told_as_twice(
    known, monkeypatch
):
    """It was taken for deleted, so somebody copied the invoice again."""
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    [first] = known.documents(invoice)
    with known.rows():
        payment_status.note_deleted_in_exact(document=first, now=timezone.now())
    known.copy(invoice, as_new=True)

    night(known)
    seen, standing = open_breaks(known, invoice), standing_of(known, invoice)
    night(known)
    still = open_breaks(known, invoice)
    newest = known.documents(invoice)[0]
    known.control("POST", f"admin/{DIVISION}", {"delete_entry": str(newest.exact_id)})
    night(known)
    night(known)

    assert seen == still == [BreakKind.TWICE]
    assert standing == (
        CopyStanding.COPIED,
        [PostedDocumentState.CURRENT, PostedDocumentState.SUPERSEDED],
    )
    assert open_breaks(known, invoice) == []
    assert standing_of(known, invoice)[0] == CopyStanding.COPIED


def open_breaks(world: World, invoice) -> list[str]:
    with world.rows():
        rows = ReconciliationBreak.objects.filter(invoice=invoice, closed_at=None)
        return list(rows.values_list("kind", flat=True))


def test_reliability_k3_of_two_entries_with_one_mark_the_one_that_is_left_is_the_copy(known):
    """People were told to delete the one that is too much, and chose the one that we knew."""
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    [first] = known.documents(invoice)
    stored = first.payload["draft"] | {"entry_number": None, "invoice_number": None}
    twin = sales_entries.create(
        open_client(known), sales_entries.SalesEntryDraft.model_validate(stored)
    )
    night(known)
    seen = open_breaks(known, invoice)
    known.control("POST", f"admin/{DIVISION}", {"delete_entry": str(first.exact_id)})
    night(known)
    night(known)

    assert seen == [BreakKind.TWICE]
    assert open_breaks(known, invoice) == []
    assert known.documents(invoice)[0].exact_id == twin.entry_id
    assert standing_of(known, invoice) == (
        CopyStanding.COPIED,
        [PostedDocumentState.CURRENT, PostedDocumentState.DELETED_IN_EXACT],
    )


@pytest.mark.parametrize("is_held", [True, False])
def test_reliability_a24_a_new_copy_that_waits_is_given_up_when_the_deleted_one_is_back(
    known, is_held
):
    """It was asked for because Exact had none; "Try again", or the lane, would book the invoice twice."""
    number = f"F-2709{5 + is_held}"
    invoice = known.invoice(client=known.client, number=number)
    known.copy(invoice)
    [first] = known.documents(invoice)
    with known.rows():
        payment_status.note_deleted_in_exact(document=first, now=timezone.now())
    if is_held:
        known.fault("validation_400", text="Mandatory: Cost center")
        request = known.copy(invoice, as_new=True)
        assert request.state == CopyState.NEEDS_CHOICE
    else:
        request = known.request(invoice, as_new=True)
        with known.rows():
            CopyRequest.objects.filter(pk=request.pk).update(
                next_at=timezone.now() + timedelta(hours=1)
            )

    night(known)
    known.settle()

    assert known.fresh(request).state == CopyState.CANCELLED
    assert len(known.entries(number)) == 1
    with known.rows():
        told = InvoiceEvent.objects.filter(invoice=invoice, kind="copy_cancelled").get()
    assert "is in Exact after all, so the invoice is not copied again" in told.sentence
