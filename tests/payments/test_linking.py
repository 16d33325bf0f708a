"""Linking invoices that are in Exact already (B-21): singly, in bulk, and never twice. No view calls Exact."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from connector import http
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import Numbering
from invoices import checks, copy_requests, linking
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import AlreadyCopied
from invoices.linking import FoundEntry, LinkRefused
from invoices.models import (
    SETTLED_STATUSES,
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
)
from payments.models import ReceivableTerm
from tests import factories
from tests.payments.books import Books
from tests.payments.test_views import Agency

pytestmark = pytest.mark.django_db
NUMBER = 27_000_001


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def calls_out(monkeypatch) -> list[str]:
    """Every attempt to call another system; it must stay empty."""
    calls: list[str] = []
    monkeypatch.setattr(http, "before_send", [lambda: calls.append("call")])
    return calls


def add(agency: Agency, number: int = NUMBER, *, account: UUID | None = None, **fields: Any):
    """An invoice of 121.00 EUR that was not copied, and its client's account in Exact."""
    invoice = agency.invoice(copied=False, number=str(number), **fields)
    if account is not None:
        factories.link_customer(
            connection=agency.connection, client=invoice.client, customer_exact_id=account
        )
    return invoice


def in_exact(agency: Agency, number: int = NUMBER, **fields: Any) -> ReceivableTerm:
    """A sales entry as reading payments left it."""
    options: dict[str, Any] = {
        "exact_id": uuid4(),
        "entry_exact_id": uuid4(),
        "account_exact_id": uuid4(),
        "timestamp": 1,
        "status": 20,
        "amount": Decimal(121),
        "document_amount": Decimal(121),
        "currency": "EUR",
        "transaction_type": 20,
        "entry_number": number,
        "journal_code": "70",
        "invoice_date": date(2026, 11, 20),
    }
    with tenant_transaction(agency.organization.pk):
        return ReceivableTerm.objects.create(connection=agency.connection, **options | fields)


def sure_pair(agency: Agency, number: int = NUMBER) -> tuple[Invoice, ReceivableTerm]:
    term = in_exact(agency, number)
    return add(agency, number, account=term.account_exact_id), term


def page(agency: Agency, address: str, role: Role = Role.FINANCE) -> str:
    answer = agency.browser(role).get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def ticks(text: str) -> dict[str, bool]:
    """What the proposal list offers, and whether it is ticked."""
    found = re.findall(r'name="link" value="([^"]+)"[^>]*?(checked)? ?>', text)
    return {key: bool(checked) for key, checked in found}


def document_of(agency: Agency, invoice: Invoice) -> PostedDocument:
    with tenant_transaction(agency.organization.pk):
        return PostedDocument.objects.select_related("copy_request").get(invoice=invoice)


def test_what_is_sure_is_ticked_and_linked_in_one_go(agency, calls_out):
    sure, term = sure_pair(agency)
    unsure = add(agency, NUMBER + 1)
    other = in_exact(agency, NUMBER + 1)

    text = page(agency, "/invoices/in-exact/")

    keys = {f"{sure.pk}:{term.entry_exact_id}": True, f"{unsure.pk}:{other.entry_exact_id}": False}
    assert ticks(text) == keys
    assert "Number, amount and customer are the same" in text
    assert "The same number and amount, but which customer it is in Exact is not sure" in text

    answer = agency.browser().post("/invoices/in-exact/link/", {"link": list(keys)}, follow=True)

    assert "2 invoices are linked. Nothing was sent to Exact." in answer.content.decode()
    document = document_of(agency, sure)
    assert (document.exact_id, document.entry_exact_id) == (term.entry_exact_id,) * 2
    assert (document.entry_number, document.gross_amount) == (NUMBER, Decimal(121))
    assert (document.copy_request.kind, document.copy_request.state) == ("link", "copied")
    assert document.check_due_at is not None
    assert "Every invoice is in Exact" in page(agency, "/invoices/in-exact/")
    assert calls_out == []


def test_the_invoices_page_and_the_copy_dialog_offer_it(agency):
    invoice, term = sure_pair(agency)

    text = page(agency, f"/invoices/{invoice.pk}/")
    assert "Already in Exact?" in text
    assert f"Entry {NUMBER}" in text
    assert "Already in Exact?" not in page(agency, f"/invoices/{invoice.pk}/", Role.VIEWER)
    dialog = page(agency, f"/invoices/{invoice.pk}/copy/")
    assert dialog.index("Already in Exact?") < dialog.index("Copy and Finalize")

    asked = page(agency, f"/invoices/{invoice.pk}/link/?entry={term.entry_exact_id}")
    assert f"Is {NUMBER} entry {NUMBER} in Exact?" in asked
    assert "A link can be taken back with a reason" in asked
    assert "Look at the entry in Exact first" not in asked

    answer = agency.browser().post(
        f"/invoices/{invoice.pk}/link/", {"entry": str(term.entry_exact_id)}, follow=True
    )

    linked = " ".join(answer.content.decode().split())
    assert f"Linked to entry {NUMBER} in Exact. Nothing was sent." in linked
    assert "Already in Exact?" not in linked
    assert f"Linked · Exact {NUMBER}" in linked
    assert "<dt> Linked </dt>" in linked
    assert "<dt>Copied</dt>" not in linked
    name = agency.connection.division_name
    assert f"{name}, which was in Exact already. Nothing was sent." in linked


def test_its_payment_status_is_known_at_once(agency):
    invoice, _ = sure_pair(agency)
    with tenant_transaction(agency.organization.pk):
        term = ReceivableTerm.objects.get()
        term.status, term.last_payment_date = 50, date(2026, 11, 21)
        term.save()

    agency.browser().post(f"/invoices/{invoice.pk}/link/", {"entry": str(term.entry_exact_id)})

    with tenant_transaction(agency.organization.pk):
        row = Invoice.objects.get(pk=invoice.pk)
    assert (row.state, row.paid_amount) == ("finalized", Decimal(121))
    assert row.payment_status in SETTLED_STATUSES


def test_where_exact_numbers_the_invoice_takes_exacts_number():
    agency = Agency(numbering=Numbering.EXACT)
    term = in_exact(agency, 9, your_ref=str(NUMBER))
    invoice = add(agency, account=term.account_exact_id)

    agency.browser().post(f"/invoices/{invoice.pk}/link/", {"entry": str(term.entry_exact_id)})

    with tenant_transaction(agency.organization.pk):
        row = Invoice.objects.get(pk=invoice.pk)
    assert (row.number, row.psa_number) == ("9", str(NUMBER))


def test_a_linked_invoice_is_not_copied_and_not_linked_again(agency):
    invoice, term = sure_pair(agency)
    data = {"entry": str(term.entry_exact_id)}
    agency.browser().post(f"/invoices/{invoice.pk}/link/", data)

    again = agency.browser().post(f"/invoices/{invoice.pk}/link/", data, follow=True)

    assert "is already in Exact as entry" in again.content.decode()
    with tenant_transaction(agency.organization.pk):
        with pytest.raises(AlreadyCopied):
            copy_requests.request_copy(
                invoice=invoice,
                connection=agency.connection,
                choices=CopyChoices(journal_code="70"),
                user=None,
                now=timezone.now(),
            )
        assert [request.kind for request in CopyRequest.objects.all()] == [CopyKind.LINK]


def test_an_entry_has_one_owner_whoever_is_faster(agency, monkeypatch):
    first, term = sure_pair(agency)
    second = add(agency, NUMBER, account=None)
    assert term.entry_exact_id is not None
    assert term.account_exact_id is not None
    entry = FoundEntry(
        term.entry_exact_id, "70", term.account_exact_id, "EUR", Decimal(121), NUMBER
    )

    def link(invoice: Invoice) -> PostedDocument:
        return linking.link(
            invoice=invoice,
            connection=agency.connection,
            entry=entry,
            user=None,
            now=timezone.now(),
        )

    with tenant_transaction(agency.organization.pk):
        link(first)
    with tenant_transaction(agency.organization.pk):
        with pytest.raises(LinkRefused, match=f"belongs to invoice {NUMBER} already"):
            link(second)
        # Two clicks in the same moment: only the database knows.
        monkeypatch.setattr(linking, "_refuse_foreign", lambda *_: None)
        with pytest.raises(LinkRefused, match="was linked to another invoice just now"):
            link(second)
        assert not CopyRequest.objects.filter(invoice=second).exists()
        assert Invoice.objects.get(pk=second.pk).state == "draft"


@pytest.mark.parametrize("was_seen", [False, True])
def test_a_linked_entry_that_is_not_listed_is_gone_only_if_it_was_listed_before(agency, was_seen):
    invoice, term = sure_pair(agency)
    agency.browser().post(f"/invoices/{invoice.pk}/link/", {"entry": str(term.entry_exact_id)})
    document = document_of(agency, invoice)
    later = timezone.now() + timedelta(hours=1)
    with tenant_transaction(agency.organization.pk):
        if was_seen:
            PostedDocument.objects.update(checked_at=timezone.now())
        checks.not_there(document, now=later)

    document = document_of(agency, invoice)
    assert document.state == ("deleted_in_exact" if was_seen else "current")
    assert document.check_due_at is None


@pytest.mark.parametrize("state", [CopyState.QUEUED, CopyState.UNKNOWN])
def test_an_invoice_on_its_way_to_exact_is_not_offered(agency, state):
    invoice, term = sure_pair(agency)
    factories.make_copy_request(invoice=invoice, connection=agency.connection, state=state)

    assert ticks(page(agency, "/invoices/in-exact/")) == {}
    answer = agency.browser().post(
        f"/invoices/{invoice.pk}/link/", {"entry": str(term.entry_exact_id)}, follow=True
    )
    assert "is no longer so in Exact" in answer.content.decode()


def test_what_a_lost_copy_of_another_invoice_may_have_made_is_left_to_it(agency):
    invoice, term = sure_pair(agency)
    other = add(agency, NUMBER + 1)
    factories.make_copy_request(
        invoice=other, connection=agency.connection, state=CopyState.UNKNOWN
    )

    answer = agency.browser().post(
        f"/invoices/{invoice.pk}/link/", {"entry": str(term.entry_exact_id)}, follow=True
    )

    assert "A copy is under way whose answer is still looked up" in answer.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"transaction_type": 40},
        {"transaction_type": 21},
        {"deleted_at": timezone.now()},
        {"currency": "USD"},
    ],
)
def test_what_is_no_living_entry_of_its_kind_is_not_offered(agency, fields):
    term = in_exact(agency, **fields)
    add(agency, account=term.account_exact_id)

    assert ticks(page(agency, "/invoices/in-exact/")) == {}


@pytest.mark.parametrize("entry", ["", "x", "\x00", str(UUID(int=27))])
def test_what_is_not_proposed_is_answered_with_a_sentence(agency, entry):
    invoice, _ = sure_pair(agency)
    browser = agency.browser()
    address = f"/invoices/{invoice.pk}/link/"

    for answer in (
        browser.get(address, {"entry": entry}, follow=True),
        browser.post(address, {"entry": entry}, follow=True),
    ):
        text = answer.content.decode()
        assert any(words in text for words in ("Choose what in Exact", "no longer"))
    with tenant_transaction(agency.organization.pk):
        assert not PostedDocument.objects.exists()


def test_odd_ticks_change_nothing(agency):
    invoice, _ = sure_pair(agency)
    data = {"link": ["", "x:y", f"{invoice.pk}:{uuid4()}", f"{'9' * 30}:{uuid4()}", "\x00:\x00"]}

    answer = agency.browser().post("/invoices/in-exact/link/", data, follow=True)

    assert "Not linked" in answer.content.decode()
    with tenant_transaction(agency.organization.pk):
        assert not PostedDocument.objects.exists()


def test_another_organization_links_nothing(agency):
    invoice, term = sure_pair(agency)
    stranger = Agency().browser(Role.ADMIN)
    entry = str(term.entry_exact_id)

    assert str(NUMBER) not in stranger.get("/invoices/in-exact/").content.decode()
    assert stranger.post(f"/invoices/{invoice.pk}/link/", {"entry": entry}).status_code == 404
    stranger.post("/invoices/in-exact/link/", {"link": f"{invoice.pk}:{entry}"})

    with tenant_transaction(agency.organization.pk):
        assert not PostedDocument.objects.exists()


def test_an_agency_that_reads_no_payments_is_told_what_to_do():
    agency = Agency(payments_synced_at=None)

    assert "Nothing is known of what Exact has" in page(agency, "/invoices/in-exact/")


@pytest.mark.django_db(transaction=True)
def test_what_a_bookkeeper_booked_by_hand_is_linked_and_then_paid(books: Books):
    by_hand = books.invoice("100.00", number=str(NUMBER + 77))
    with books.rows():
        entry_id = PostedDocument.objects.get(invoice=by_hand).exact_id
    books.read()
    # The same books for an organization that has copied nothing: to it the entry was booked by hand.
    other = Books.start(books.division)
    client = factories.make_client(organization=other.organization)
    factories.link_customer(
        connection=other.connection, client=client, customer_exact_id=books.division.customer_id
    )
    invoice = factories.make_invoice(
        organization=other.organization,
        subsidiary=other.connection.subsidiary,
        client=client,
        number=str(NUMBER + 77),
    )
    other.read()
    before = other.last_call()
    person = factories.make_user(organization=other.organization, role=Role.FINANCE)

    factories.sign_in(person).post("/invoices/in-exact/link/", {"link": f"{invoice.pk}:{entry_id}"})

    assert other.calls_since(before) == []
    assert other.status(invoice) == ("open", "0.00")
    assert other.refreshed(invoice).payments_read_at is not None
    books.pay((by_hand, "40.00"))
    other.read()
    assert other.status(invoice) == ("partly_paid", "40.00")
