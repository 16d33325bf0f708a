"""What could send an invoice of Exact's twice, or leave people with something untrue, while others act meanwhile."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import timezone

from integrations.exact import errors, printing, sales_invoices
from integrations.exact.printing import Delivery
from integrations.models import Sending
from invoices import (
    connection_copies,
    copy_queries,
    copy_refusals,
    copy_requests,
    copy_states,
    delivery,
    invoice_numbers,
    payment_status,
    sending,
)
from invoices.models import (
    ContactLink,
    CopyKind,
    CopyRequest,
    CopyState,
    DeliveryState,
    InvoiceEvent,
    InvoiceState,
    PostedDocument,
    PostedDocumentState,
)
from tests import factories
from tests.journeys.world import World, reprice
from tests.journeys.written import ROUTE, emails, invoice_of, open_client, sending_of


@pytest.fixture
def world(transactional_db, exact) -> World:
    made = World.begin(exact, **ROUTE)
    made.control("PATCH", "switches", {"print_again": "sends_again"})
    return made


def events(world, invoice, kind):
    with world.rows():
        return list(InvoiceEvent.objects.filter(invoice=invoice, kind=kind))


def before_sending(world, monkeypatch, happens):
    """Let something happen between the making of an invoice and its sending."""
    step = sending.step

    def after_that(job, request):
        happens(request)
        step(job, request)

    monkeypatch.setattr(sending, "step", after_that)


def delete_newest(world, invoice):
    [newest, *_] = world.documents(invoice)
    sales_invoices.delete(open_client(world), newest.exact_id)
    with world.rows():
        document = PostedDocument.objects.select_related("invoice").get(pk=newest.pk)
        payment_status.note_deleted_in_exact(document=document, now=timezone.now())


def test_h38_a_wish_to_send_never_sends_an_earlier_copy_that_went_out_already(world, monkeypatch):
    """The second copy was deleted in Exact before it was sent; the first one is not sent once more in its place."""
    invoice = invoice_of(world)
    world.copy(invoice)
    before_sending(world, monkeypatch, lambda _request: delete_newest(world, invoice))

    world.copy(invoice, as_new=True)

    send = sending_of(world, invoice)
    assert (send.state, send.problem_code) == (CopyState.NEEDS_CHOICE, "deleted_in_exact")
    assert len(emails(world, invoice)) == 1


def test_d8_an_update_never_changes_an_earlier_copy_instead(world, monkeypatch):
    """The copy that was to be updated is deleted before the update begins; the earlier one is another document."""
    invoice = invoice_of(world)
    monkeypatch.setattr(sending, "step", lambda job, request: cancelled(world, request))
    world.copy(invoice)
    world.copy(invoice, as_new=True)
    with world.rows():
        update = copy_requests.request_update(invoice=invoice, user=None, now=timezone.now())
    delete_newest(world, invoice)

    world.work_off()

    fresh = world.fresh(update)
    assert (fresh.state, fresh.problem_code) == (CopyState.NEEDS_CHOICE, "deleted_in_exact")
    assert [one.state for one in world.documents(invoice)] == [
        PostedDocumentState.DELETED_IN_EXACT,
        PostedDocumentState.CURRENT,  # the newest that Exact still has, as it was
    ]


def cancelled(world, request):
    with world.rows():
        copy_requests.cancel(copy_request=request, user=None, now=timezone.now())


def print_by_hand(world, invoice):
    [document] = world.documents(invoice)
    printing.print_invoice(
        open_client(world), printing.PrintDraft(invoice_id=document.exact_id, send_email=True)
    )


def test_h38_what_was_sent_by_hand_before_a_person_asks_here_is_not_sent_again(world, monkeypatch):
    """The first wish was never tried, because Exact made something else of it; somebody printed it in Exact then."""
    monkeypatch.setattr("invoices.comparing.difference", lambda *_arguments: "Exact made it so.")
    invoice = invoice_of(world)
    world.copy(invoice)
    print_by_hand(world, invoice)

    with world.rows():
        copy_requests.request_sending(invoice=invoice, user=None, now=timezone.now())
    world.work_off()

    assert len(emails(world, invoice)) == 1
    assert world.fresh_invoice(invoice).state == InvoiceState.FINALIZED


def test_reliability_d5_what_was_deleted_in_exact_is_not_asked_for_when_a_person_sends_it(
    world, monkeypatch
):
    """RELIABILITY D5: a look costs no error, and says the same."""
    monkeypatch.setattr("invoices.comparing.difference", lambda *_arguments: "Exact made it so.")
    invoice = invoice_of(world)
    world.copy(invoice)
    [document] = world.documents(invoice)
    sales_invoices.delete(open_client(world), document.exact_id)
    world.forget_calls()

    with world.rows():
        request = copy_requests.request_sending(invoice=invoice, user=None, now=timezone.now())
    world.work_off()

    assert world.fresh(request).problem_code == "deleted_in_exact"
    assert world.calls() == ["GET SalesInvoices"]


def test_h38_an_invoice_that_waited_long_is_looked_at_before_it_is_sent(world, monkeypatch):
    """Exact's daily limit was reached between making and sending; meanwhile somebody sent it from Exact."""
    invoice = invoice_of(world)

    def a_day_later(_request):
        print_by_hand(world, invoice)
        long_ago = timezone.now() - timedelta(hours=9)
        with world.rows():
            PostedDocument.objects.update(created_at=long_ago)
            CopyRequest.objects.filter(kind=CopyKind.SEND).update(requested_at=long_ago)

    before_sending(world, monkeypatch, a_day_later)

    world.copy(invoice)

    assert len(emails(world, invoice)) == 1


def given_up_while_exact_prints(world, monkeypatch, *, then):
    """The worker that prints is paused until its wish was looked up as absent; then its answer comes after all."""
    print_invoice = printing.print_invoice

    def slowly(client, draft):
        answer = print_invoice(client, draft)
        with world.rows():
            CopyRequest.objects.filter(kind=CopyKind.SEND).update(
                lease_until=timezone.now() - timedelta(seconds=1)
            )
            copy_states.expire_abandoned(world.connection, now=timezone.now())
            then(CopyRequest.objects.get(kind=CopyKind.SEND))
        return answer

    monkeypatch.setattr(printing, "print_invoice", slowly)


def test_reliability_a17_a_late_answer_to_a_cancelled_sending_is_kept(world, monkeypatch):
    """RELIABILITY A17: it was sent, so the page must not say that it was not."""

    def give_up(request):
        CopyRequest.objects.filter(pk=request.pk).update(settle_until=timezone.now())
        copy_states.surely_absent(request, now=timezone.now(), lookups=2)
        copy_requests.cancel(copy_request=request, user=None, now=timezone.now())

    invoice = invoice_of(world)
    given_up_while_exact_prints(world, monkeypatch, then=give_up)

    world.copy(invoice)

    [document] = world.documents(invoice)
    assert document.delivery == DeliveryState.SENT
    assert world.fresh_invoice(invoice).number == str(document.invoice_number)
    assert len(events(world, invoice, "delivered")) == 1


def test_reliability_a17_a_late_answer_tells_what_a_look_could_not(world, monkeypatch):
    """RELIABILITY A17: found printed, nobody knew whether the e-mail left; the answer knows."""
    made = sales_invoices.MadeInvoice.model_construct(invoice_number=27000001)

    def found(request):
        document = copy_requests.target_of(request)
        assert document is not None
        copy_states.complete(request, now=timezone.now())
        delivery.found_printed(request, document, made, now=timezone.now())

    invoice = invoice_of(world)
    given_up_while_exact_prints(world, monkeypatch, then=found)

    world.copy(invoice)

    [document] = world.documents(invoice)
    assert document.delivery == DeliveryState.SENT
    assert document.delivery_results != []


def test_h38_one_way_that_went_is_not_offered_to_be_sent_again(world, monkeypatch):
    """By the customer's preference it goes two ways; the e-mail went, so asking again would send it twice."""
    print_invoice = printing.print_invoice

    def halfway(client, draft):
        result = print_invoice(client, draft)
        return result.model_copy(update={"postbox_error": "No licence"})

    monkeypatch.setattr(printing, "print_invoice", halfway)
    invoice = invoice_of(world)

    world.copy(invoice, sending=Sending.EMAIL)

    [document] = world.documents(invoice)
    assert document.delivery == DeliveryState.SENT
    assert {"way": "postbox", "succeeded": False, "text": "No licence"} in document.delivery_results
    with world.rows(), pytest.raises(copy_refusals.CopyRefused):
        copy_requests.request_sending(invoice=invoice, user=None, now=timezone.now())


def unnumbered(world, monkeypatch):
    """A sent invoice whose number Exact does not show."""
    read_headers = sales_invoices.read_headers
    monkeypatch.setattr(
        sales_invoices,
        "read_headers",
        lambda client, ids: [
            made.model_copy(update={"invoice_number": None}) for made in read_headers(client, ids)
        ],
    )
    invoice = invoice_of(world)
    world.copy(invoice)
    return invoice


def test_h40_a_number_that_never_comes_is_asked_for_less_and_less_often(world, monkeypatch):
    """RELIABILITY D2: an invoice without a number must not use up a division's calls."""
    invoice = unnumbered(world, monkeypatch)
    day_ago = timezone.now() - timedelta(hours=20)
    with world.rows():
        PostedDocument.objects.update(sent_at=day_ago, number_due_at=timezone.now())

    world.resume()

    [document] = world.documents(invoice)
    assert document.number_due_at - timezone.now() > timedelta(hours=19)


def test_reliability_a24_a_printed_invoice_that_is_gone_before_its_number_was_read_is_told_of(
    world, monkeypatch
):
    invoice = unnumbered(world, monkeypatch)
    monkeypatch.setattr(sales_invoices, "read_headers", lambda _client, _ids: [])
    with world.rows():
        PostedDocument.objects.update(number_due_at=timezone.now())

    world.resume()

    [document] = world.documents(invoice)
    assert document.state == PostedDocumentState.DELETED_IN_EXACT
    assert document.number_due_at is None
    assert len(events(world, invoice, "deleted_in_exact")) == 1


def test_reliability_d5_a_refused_reading_of_numbers_is_not_repeated_for_each_invoice(
    world, monkeypatch
):
    """RELIABILITY D5: every refusal counts for Exact's limit on errors."""
    for _ in range(3):
        unnumbered(world, monkeypatch)
    asked = []

    def refused(_client, ids):
        asked.append(ids)
        raise errors.Forbidden("Not allowed", cause="rights")

    monkeypatch.setattr(sales_invoices, "read_headers", refused)
    with world.rows():
        PostedDocument.objects.update(number_due_at=timezone.now())

    world.resume()

    assert [len(ids) for ids in asked] == [3]


def test_h40_a_number_waits_for_copies_but_not_for_ever(world, monkeypatch):
    invoice = unnumbered(world, monkeypatch)
    now = timezone.now()

    def due():
        return invoice_numbers.due(world.connection, now=now, is_pressed=True)

    with world.rows():
        PostedDocument.objects.update(number_due_at=now)
        at_first = due()
        PostedDocument.objects.update(number_due_at=now - timedelta(minutes=6))
        later = due()

    assert at_first == []
    assert [one.invoice_id for one in later] == [invoice.pk]


def test_h28_two_contacts_with_one_address_are_one_person_also_while_the_first_is_being_made(
    world, settings
):
    """RELIABILITY A26: the answer to the first was lost and Exact does not show it yet."""
    settings.COPY_SETTLE_SECONDS = 60
    client = factories.make_client(organization=world.organization)
    addresses = ("books@one.example", " BOOKS@One.example ")
    both = [factories.make_contact(client=client, email=address) for address in addresses]
    world.copy(invoice_of(world, client=client))
    world.forget_calls()
    world.fault("late_commit", path="crm/Contacts", delay_s=1.5)

    requests = [world.request(invoice_of(world, client=client, contact=one)) for one in both]
    world.work_off()
    at_first = world.calls(method="POST")
    time.sleep(1.6)
    world.settle()
    world.settle()

    assert at_first == ["POST Contacts"]
    assert world.calls(method="POST").count("POST Contacts") == 1
    assert {world.fresh(one).state for one in requests} == {CopyState.COPIED}


def test_h38_what_the_psa_changed_before_it_was_sent_is_not_sent_by_itself(world, monkeypatch):
    """An e-mail cannot be taken back: a person decides between an update and what is in Exact."""
    invoice = invoice_of(world)
    before_sending(world, monkeypatch, lambda _request: reprice(world, invoice, "150.00"))
    world.copy(invoice)
    held = sending_of(world, invoice)
    monkeypatch.undo()

    update = world.update(world.fresh_invoice(invoice))

    assert (held.state, held.problem_code) == (CopyState.NEEDS_CHOICE, "changed_since_made")
    assert update.state == CopyState.COPIED
    [document] = world.documents(invoice)
    assert (document.gross_amount, document.delivery) == (Decimal("181.50"), DeliveryState.SENT)
    assert len(emails(world, invoice)) == 1


def test_h38_a_difference_is_still_told_after_its_sending_was_given_up(world, monkeypatch):
    monkeypatch.setattr("invoices.comparing.difference", lambda *_arguments: "Exact made it so.")
    monkeypatch.setattr(sending, "step", lambda job, request: cancelled(world, request))
    invoice = invoice_of(world)
    world.copy(invoice)
    with world.rows():
        copy_requests.request_sending(invoice=invoice, user=None, now=timezone.now())
    world.work_off()

    with world.rows():
        panel = copy_queries.read_panel(
            invoice=invoice, organization=world.organization, now=timezone.now()
        )

    assert panel.differs
    assert panel.standing is not None
    assert panel.standing.send_label == "Send it anyway"


def test_reliability_a7_an_invoice_whose_mark_was_taken_out_in_exact_is_not_made_twice(world):
    """RELIABILITY A7: the answer was lost, and a person changed the description before anybody looked."""
    client = factories.make_client(organization=world.organization)
    world.copy(invoice_of(world, client=client))
    invoice = invoice_of(world, client=client, reference="PO 27 / 1")
    world.fault("commit_then_drop", path="salesinvoice/SalesInvoices")
    world.fault("generic_500", method="GET", path="salesinvoice/SalesInvoices")
    request = world.copy(invoice)
    assert request.state == CopyState.UNKNOWN
    [made] = world.made_invoices(f"[{request.marker}]")
    sales_invoices.update_header(
        open_client(world), UUID(made["invoice_id"]), {"Description": "Ours"}
    )

    world.resume()
    world.settle()

    fresh = world.fresh(request)
    assert (fresh.state, fresh.problem_code) == (CopyState.CONFLICT, "may_be_ours")
    assert [one for one in world.made_invoices() if one["your_ref"] == "PO 27 / 1"] != []
    assert world.calls(method="POST").count("POST SalesInvoices") == 2


def test_a_contact_deleted_in_exact_is_not_used_again_through_its_twin(world):
    """H-26: two contacts of the PSA are one person in Exact; when that one is gone, it is gone for both."""
    client = factories.make_client(organization=world.organization)
    one, other = [factories.make_contact(client=client, email="a@two.example") for _ in range(2)]
    for contact in (one, other):
        world.copy(invoice_of(world, client=client, contact=contact))
    with world.rows():
        ContactLink.objects.update(exact_id=UUID(int=78))

    refused = world.copy(invoice_of(world, client=client, contact=one))
    again = world.copy(refused.invoice)

    assert (refused.state, refused.problem_code) == (CopyState.NEEDS_CHOICE, "contact_invalid")
    assert again.state == CopyState.COPIED


def test_an_updated_copy_tells_its_own_currency(world, monkeypatch):
    """P-49: the amounts of a copy are in the currency that Exact has them in now."""
    monkeypatch.setattr(sending, "step", lambda job, request: cancelled(world, request))
    invoice = invoice_of(world)
    world.copy(invoice, journal_code="71")
    with world.rows():
        fresh = world.fresh_invoice(invoice)
        fresh.currency = "USD"
        fresh.exchange_rate = 1
        fresh.save()

    update = world.update(invoice)

    assert (update.state, update.problem_sentence) == (CopyState.COPIED, "")
    [document] = world.documents(invoice)
    assert document.currency == "USD"


def test_a_sending_that_ends_with_the_connection_is_told_as_what_it_is(world, monkeypatch):
    """The invoice is in Exact and stays there; nobody may think that it was not copied."""
    invoice = invoice_of(world)

    def disconnected(_request):
        with world.rows():
            connection_copies.cancel_for_connection(connection=world.connection, now=timezone.now())

    before_sending(world, monkeypatch, disconnected)

    world.copy(invoice)

    [event] = events(world, invoice, "copy_cancelled")
    assert "stays in Exact" in event.sentence
    assert emails(world, invoice) == []


def test_h31_a_new_copy_does_not_carry_the_number_that_exact_gave_the_earlier_one(world):
    """The PSA has no number for it, so the customer sees none beside the new one."""
    invoice = invoice_of(world, number="")
    world.copy(invoice)
    first = world.fresh_invoice(invoice).number

    request = world.copy(invoice, as_new=True)

    [made] = world.made_invoices(f"[{request.marker}]")
    assert first.isdecimal()
    assert made["your_ref"] in (None, "")
    assert world.fresh_invoice(invoice).psa_number == ""


def test_a_sending_whose_answer_was_lost_is_not_said_to_be_missing_in_exact(world, settings):
    """RELIABILITY A8: the invoice is there; what is waited for is its being sent."""
    settings.COPY_SETTLE_SECONDS = 60
    invoice = invoice_of(world)
    world.fault("drop_before", path="salesinvoice/PrintedSalesInvoices")

    world.copy(invoice)

    assert sending_of(world, invoice).progress.startswith("Exact has not sent it yet")


def test_h38_results_that_name_no_way_to_the_customer_are_no_delivery():
    """A document among Exact's own is nothing that the customer got."""
    draft = printing.PrintDraft(invoice_id=UUID(int=1), send_email=True)
    filed = Delivery("document", True, "Filed")

    assert delivery._state(draft, [filed]) == DeliveryState.FAILED
