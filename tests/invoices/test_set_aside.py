"""Invoices that are copied elsewhere or ignored, by a person's word (B-22): what that ends, and what it keeps away."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from invoices import copy_bulk, copy_requests, payment_status
from invoices.aside import marking
from invoices.connection_health import standings
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import CopyRefused
from invoices.models import (
    BreakKind,
    CopyRequest,
    CopyState,
    Invoice,
    InvoiceEvent,
    PostedDocumentState,
    ReconciliationBreak,
    SetAside,
)
from payments import linking
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
WHY = "Booked by hand as 2026-0012."


class Office:
    """An organization with a working connection, a finance user, and an invoice that is not copied."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(organization=self.organization)
        with self.rows():
            lanes.seat(self.connection)
        self.femke = factories.make_user(
            organization=self.organization, role=Role.FINANCE, name="Femke Smit"
        )
        self.browser = factories.sign_in(self.femke)
        self.invoice = self.add()

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def add(self, **fields) -> Invoice:
        return factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary, **fields
        )

    def set_aside(self, invoice=None, what=SetAside.ELSEWHERE, reason=WHY):
        data = {"what": str(what), "reason": reason}
        address = f"/invoices/{(invoice or self.invoice).pk}/set-aside/"
        return self.browser.post(address, data, follow=True)

    def take_back(self):
        return self.browser.post(f"/invoices/{self.invoice.pk}/set-aside/undo/", follow=True)

    def read(self, invoice=None) -> Invoice:
        with self.rows():
            return Invoice.objects.select_related("set_aside_by").get(
                pk=(invoice or self.invoice).pk
            )

    def listed(self, query: str) -> set[int]:
        page = self.browser.get(f"/invoices/?{query}").context["page"]
        return {row.pk for row in page.object_list}

    def told(self) -> list[str]:
        with self.rows():
            events = InvoiceEvent.objects.filter(invoice=self.invoice).order_by("id")
            return [event.sentence for event in events]


@pytest.fixture
def office():
    return Office()


def words(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


@pytest.mark.parametrize(
    ("what", "word"), [(SetAside.ELSEWHERE, "Copied elsewhere"), (SetAside.IGNORED, "Ignored")]
)
def test_a_person_sets_an_invoice_aside_and_takes_it_back(office, what, word):
    page = words(office.set_aside(what=what))

    row = office.read()
    assert (row.set_aside, row.set_aside_reason, row.set_aside_by) == (what, WHY, office.femke)
    assert word in page
    assert WHY in page
    assert "Femke Smit" in page
    assert office.listed(f"copy={what}") == {row.pk}
    assert office.listed("copy=not_copied") == set()
    assert WHY in office.told()[-1]

    page = words(office.take_back())

    row = office.read()
    assert (row.set_aside, row.set_aside_reason, row.set_aside_at) == ("", "", None)
    assert office.listed("copy=not_copied") == {row.pk}
    assert "Copy to Exact" in page
    assert office.told()[-1] == "No longer set aside: the invoice can be copied to Exact again."
    assert "is not set aside" in words(office.take_back())


def test_a_reason_is_needed(office):
    answer = office.set_aside(reason="  ")

    assert answer.status_code == 422
    assert "Write why" in answer.content.decode()
    assert office.read().set_aside == ""


def _copy(office):
    copy_requests.request_copy(
        invoice=office.invoice,
        connection=office.connection,
        choices=CopyChoices(journal_code="70"),
        user=None,
        now=NOW,
    )


def _link(office):
    copy_requests.request_link(
        invoice=office.invoice,
        connection=office.connection,
        entry_id=UUID(int=1),
        journal_code="70",
        user=None,
        now=NOW,
    )


def _bulk(office):
    asked = copy_bulk.request_copies(
        invoice_ids=[office.invoice.pk],
        connection=office.connection,
        choices=CopyChoices(journal_code="70"),
        user=None,
        now=NOW,
    )
    raise CopyRefused(asked.refused[office.invoice.pk])


@pytest.mark.parametrize("way", [_copy, _link, _bulk])
def test_no_way_to_exact_takes_what_is_set_aside(office, way):
    office.set_aside()

    with office.rows(), pytest.raises(CopyRefused, match="copied elsewhere"):
        way(office)

    with office.rows():
        assert not CopyRequest.objects.filter(invoice=office.invoice).exists()
        assert linking.count_linkable([office.connection]) == 0
    dialog = office.browser.get(f"/invoices/{office.invoice.pk}/copy/")
    assert "marked as copied elsewhere" in words(dialog)


def test_what_exact_has_or_is_getting_is_not_set_aside(office):
    copied = factories.make_posted_document(invoice=office.add(), connection=office.connection)
    moving = factories.make_copy_request(
        invoice=office.add(), connection=office.connection, state=CopyState.SENDING
    )

    there = office.set_aside(copied.invoice)
    on_the_way = office.set_aside(moving.invoice)

    assert "in Exact through this connector" in words(there)
    assert "is under way" in words(on_the_way)
    assert {there.status_code, on_the_way.status_code} == {422}
    assert not office.read(copied.invoice).set_aside
    assert not office.read(moving.invoice).set_aside


def test_it_answers_what_waited_for_a_person(office):
    held = factories.make_copy_request(
        invoice=office.invoice, connection=office.connection, state=CopyState.NEEDS_CHOICE
    )
    gone = factories.make_posted_document(
        invoice=office.invoice,
        connection=office.connection,
        state=PostedDocumentState.DELETED_IN_EXACT,
    )
    with office.rows():
        ReconciliationBreak.objects.create(
            invoice=office.invoice,
            document=gone,
            connection=office.connection,
            kind=BreakKind.MISSING,
            exact_id=gone.exact_id,
            sentence="It is gone.",
            first_seen_at=NOW,
            last_seen_at=NOW,
        )
    assert office.listed("look=on") == {office.invoice.pk}

    office.set_aside(what=SetAside.IGNORED)

    with office.rows():
        assert CopyRequest.objects.get(pk=held.pk).state == CopyState.CANCELLED
        counted = standings.count_standings(office.connection)
    assert office.listed("look=on") == set()
    assert (counted.set_aside, counted.failing, counted.not_synced) == (1, 0, 0)
    health = words(office.browser.get(f"/settings/marketplace/{office.connection.pk}/health/"))
    assert "1 more is set aside" in health
    assert office.listed("sync=set_aside") == {office.invoice.pk}


def test_its_amount_is_not_open(office):
    office.add()
    office.set_aside()

    page = words(office.browser.get("/invoices/"))

    assert "242.00 EUR" in page
    assert "121.00 EUR open" in page
    assert "Not synced: set aside" in page
    assert office.listed("payment=set_aside") == {office.invoice.pk}


def test_it_ends_when_exact_turns_out_to_have_the_invoice(office):
    gone = factories.make_posted_document(
        invoice=office.invoice,
        connection=office.connection,
        state=PostedDocumentState.DELETED_IN_EXACT,
    )
    office.set_aside()

    with office.rows():
        payment_status.note_back_in_exact(document=gone, now=timezone.now() + timedelta(hours=1))

    assert office.read().set_aside == ""
    assert office.listed("copy=copied") == {office.invoice.pk}
    assert office.told()[-1].startswith("No longer set aside: Exact has the invoice")


def test_many_are_set_aside_with_a_few_statements(office, django_assert_max_num_queries):
    many = [office.add().pk for _ in range(6)]
    copied = factories.make_posted_document(invoice=office.add(), connection=office.connection)

    with office.rows(), django_assert_max_num_queries(8):
        marked = marking.set_aside(
            invoice_ids=[*many, copied.invoice_id],
            what=SetAside.IGNORED,
            reason=WHY,
            user=office.femke,
            now=NOW,
        )

    assert marked.count == 6
    assert list(marked.refused) == [copied.invoice_id]
    assert office.listed("copy=ignored") == set(many)


def test_ticked_invoices_are_set_aside_and_taken_back_from_the_list(office):
    copied = factories.make_posted_document(invoice=office.add(), connection=office.connection)
    ticked = [office.invoice.pk, office.add().pk, copied.invoice_id]

    def go(**data):
        chosen = {"invoice": ticked, "action": "aside"}
        page = office.browser.post("/invoices/bulk/", chosen, follow=True)
        assert "Set 3 invoices aside" in words(page)
        return office.browser.post(page.request["PATH_INFO"], data, follow=True)

    assert go(what="ignored", reason=" ").status_code == 422
    told = words(go(what="ignored", reason=WHY))

    assert "2 invoices are changed." in told
    assert "1 invoice stays as it is: It is in Exact through this connector" in told
    assert office.listed("copy=ignored") == set(ticked[:2])

    told = words(go(what="back"))

    assert "2 invoices are changed." in told
    assert "1 invoice stays as it is: This invoice is not set aside." in told
    assert office.listed("copy=ignored") == set()
