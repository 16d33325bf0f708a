"""The payments page, the part on the invoice page, and *Sync now*: no view calls Exact."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from connector import http
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ConnectionState, ExactConnection, LaneMember, Route
from invoices.models import DeliveryState, Invoice, PaymentStatus
from payments.models import Payment, ReceivableTerm, SyncCursor
from tests import background, factories

pytestmark = pytest.mark.django_db


class Agency:
    """An organization with a connection, people of each role, and payments as a run leaves them."""

    def __init__(self, **fields: Any) -> None:
        self.organization = factories.make_organization()
        options: dict[str, Any] = {"sync_payments": True, "payments_synced_at": timezone.now()}
        options |= fields
        self.connection = factories.make_connection(
            organization=self.organization, lists=False, **options
        )

    def browser(self, role: Role = Role.FINANCE):
        return factories.sign_in(factories.make_user(organization=self.organization, role=role))

    def invoice(self, *, copied: bool = True, **fields: Any) -> Invoice:
        invoice = factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary, **fields
        )
        if copied:
            factories.make_posted_document(invoice=invoice, connection=self.connection)
        return invoice

    def paid(self, amount: str = "121.00", day: date = date(2026, 11, 3), **fields: Any) -> Payment:
        """A copied invoice with one payment."""
        options = {"payments_read_at": timezone.now(), "payment_status": PaymentStatus.PAID}
        invoice = fields.pop("invoice", None) or self.invoice(
            **options | fields.pop("invoice_fields", {})
        )
        with tenant_transaction(self.organization.pk):
            document = invoice.posted_documents.get()
            term = ReceivableTerm.objects.create(
                connection=self.connection,
                exact_id=uuid4(),
                entry_exact_id=document.exact_id,
                timestamp=1,
                status=50,
                amount=Decimal(amount),
            )
            return Payment.objects.create(
                invoice=invoice,
                term=term,
                amount=Decimal(amount),
                currency=invoice.currency,
                paid_date=day,
                first_seen_at=timezone.now(),
                changed_at=timezone.now(),
                **fields,
            )

    def requested_at(self):
        with tenant_transaction(self.organization.pk):
            return ExactConnection.objects.get(pk=self.connection.pk).payments_sync_requested_at


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture(autouse=True)
def calls_out(monkeypatch) -> list[str]:
    """Every attempt to call another system; it must stay empty."""
    calls: list[str] = []
    monkeypatch.setattr(http, "before_send", [lambda: calls.append("call")])
    return calls


def panel(agency: Agency, invoice: Invoice, role: Role = Role.FINANCE) -> str:
    answer = agency.browser(role).get(f"/payments/invoices/{invoice.pk}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_lists_payments_newest_first_without_a_call_to_exact(agency, calls_out):
    agency.paid("121.00", date(2026, 11, 3))
    agency.paid("60.50", date(2026, 11, 5))

    answer = agency.browser(Role.VIEWER).get("/payments/")

    text = answer.content.decode()
    assert text.index("60.50 EUR") < text.index("121.00 EUR")
    assert "181.50 EUR" in text
    assert calls_out == []


def test_a_payment_that_was_removed_is_shown_struck_through_and_not_counted(agency):
    agency.paid("121.00")
    agency.paid("60.50", removed_at=timezone.now())

    text = agency.browser().get("/payments/").content.decode()

    assert "Removed in Exact" in text
    assert '<del class="quiet">60.50 EUR</del>' in text
    assert '<strong class="figures text-nowrap">121.00 EUR</strong>' in text


def test_a_credit_note_counts_as_paid_out(agency):
    agency.paid("121.00")
    agency.paid("21.00", invoice_fields={"kind": "credit_note"})

    text = agency.browser().get("/payments/").content.decode()

    assert "-21.00 EUR" in text
    assert '<strong class="figures text-nowrap">100.00 EUR</strong>' in text


def test_totals_are_per_currency(agency):
    agency.paid("121.00")
    agency.paid("1210", invoice_fields={"currency": "JPY"})

    text = agency.browser().get("/payments/").content.decode()

    assert '<strong class="figures text-nowrap">121.00 EUR</strong>' in text
    assert '<strong class="figures text-nowrap">1,210 JPY</strong>' in text


def test_the_page_is_filtered_by_period_and_connection(agency):
    agency.paid("121.00", date(2026, 11, 3))
    agency.paid("60.50", date(2026, 11, 5))
    other = factories.make_connection(
        organization=agency.organization, lists=False, division=77, name="Other"
    )
    browser = agency.browser()

    by_period = browser.get("/payments/?paid_from=2026-11-04&paid_to=2026-11-05").content.decode()
    by_connection = browser.get(f"/payments/?connection={agency.connection.pk}").content.decode()
    by_other = browser.get(f"/payments/?connection={other.pk}").content.decode()

    assert "60.50 EUR" in by_period
    assert "121.00 EUR" not in by_period
    assert "121.00 EUR" in by_connection
    assert "No payments in this selection" in by_other


def test_each_day_adds_up_by_connection_also_where_a_page_ends_within_it(agency):
    belgian = Agency.__new__(Agency)
    belgian.organization = agency.organization
    belgian.connection = factories.make_connection(
        organization=agency.organization, lists=False, name="Exact Brussel"
    )
    invoice = agency.paid("1.00", date(2026, 11, 5), kind="payment").invoice
    for _ in range(50):
        agency.paid("1.00", date(2026, 11, 5), kind="payment", invoice=invoice)
    belgian.paid("30.00", date(2026, 11, 5), kind="payment")
    agency.paid("5.00", date(2026, 11, 5), kind="discount")
    agency.paid("7.00", date(2026, 11, 4), kind="payment", excess_amount=Decimal(2))

    first, second = (
        " ".join(agency.browser().get(f"/payments/?page={number}").content.decode().split())
        for number in (1, 2)
    )

    for text in (first, second):
        assert "Thu 5 Nov 2026" in text
        assert '51.00 EUR</span> received, <span class="figures text-nowrap">5.00 EUR' in text
        assert "</span> discount taken" in text
        assert 'Exact Brussel: <span class="figures text-nowrap">30.00 EUR</span> received' in text
    assert "Wed 4 Nov 2026" in second
    assert "9.00 EUR</span> received" in second
    assert "and 2.00 EUR more than owed" in second


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=write_off", {"60.50"}),
        ("text=bakk", {"121.00"}),
        ("text=NL-77", {"60.50"}),
        ("text=nobody", set()),
        ("kind=none", {"60.50", "121.00"}),
    ],
)
def test_the_page_is_filtered_by_client_reference_and_kind(agency, query, expected):
    client = factories.make_client(organization=agency.organization, name="Bakkerij")
    agency.paid("121.00", invoice_fields={"client": client}, kind="payment")
    agency.paid("60.50", kind="write_off", reference="NL-77")

    text = agency.browser().get(f"/payments/?{query}").content.decode()

    assert {amount for amount in ("60.50", "121.00") if f">{amount} EUR" in text} == expected


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("paid_from=yesterday", "Enter a valid date."),
        ("paid_from=2026-11-05&paid_to=2026-11-04", "The period ends before it begins."),
    ],
)
def test_a_period_that_cannot_be_is_answered_at_its_field(agency, query, sentence):
    answer = agency.browser().get(f"/payments/?{query}")

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_the_page_goes_on_over_several_pages(agency):
    invoice = agency.paid("1.00").invoice
    for _ in range(50):
        agency.paid("1.00", invoice=invoice)

    answer = agency.browser().get("/payments/?page=2&paid_from=2026-01-01")

    text = answer.content.decode()
    assert "of 51" in text
    assert "paid_from=2026-01-01" in text


@pytest.mark.parametrize("asked", ["x", "9" * 30, "0"])
def test_a_connection_that_is_none_is_not_found(agency, asked):
    assert agency.browser().get(f"/payments/?connection={asked}").status_code == 404


def test_another_organization_sees_nothing_and_changes_nothing(agency):
    payment = agency.paid("121.00")
    stranger = Agency().browser(Role.ADMIN)
    connection_id, invoice_id = agency.connection.pk, payment.invoice_id

    assert "121.00" not in stranger.get("/payments/").content.decode()
    for answer in (
        stranger.get(f"/payments/?connection={connection_id}"),
        stranger.get(f"/payments/invoices/{invoice_id}/"),
        stranger.post(f"/payments/sync/{connection_id}/"),
    ):
        assert answer.status_code == 404
    assert agency.requested_at() is None


def test_another_organizations_invoice_in_the_form_is_not_found(agency):
    foreign = agency.paid().invoice_id
    own = Agency(payments_synced_at=None)

    answer = own.browser().post(f"/payments/sync/{own.connection.pk}/", {"invoice": foreign})

    assert answer.status_code == 404
    assert own.requested_at() is None


def test_sync_now_brings_the_next_run_forward_and_writes_who_asked(agency, calls_out):
    with tenant_transaction(agency.organization.pk):
        lanes.seat(agency.connection)
        ExactConnection.objects.update(payments_synced_at=timezone.now() - timedelta(minutes=1))

    answer = agency.browser().post(f"/payments/sync/{agency.connection.pk}/", follow=True)

    assert "are being read from Exact" in answer.content.decode()
    assert agency.requested_at() is not None
    assert LaneMember.objects.get(connection_id=agency.connection.pk).due_at <= timezone.now()
    with tenant_transaction(agency.organization.pk):
        event = agency.connection.events.get()
    assert (event.kind, str(event.user)[:6]) == ("payments_sync_requested", "Person")
    assert calls_out == []


def test_sync_now_twice_asks_once(agency):
    with tenant_transaction(agency.organization.pk):
        ExactConnection.objects.update(payments_synced_at=None)
    browser = agency.browser()

    for _ in range(2):
        browser.post(f"/payments/sync/{agency.connection.pk}/")

    with tenant_transaction(agency.organization.pk):
        assert agency.connection.events.count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "were read a moment ago"),
        ({"sync_payments": False}, "are not synchronized"),
        ({"state": ConnectionState.NEEDS_CONSENT}, "is not connected to Exact at the moment"),
    ],
)
def test_sync_now_says_why_it_does_nothing(fields, sentence):
    agency = Agency(**fields)
    browser = agency.browser()
    address = f"/payments/sync/{agency.connection.pk}/"

    by_form = browser.post(address, follow=True).content.decode()
    by_htmx = browser.post(address, headers={"hx-request": "true", "hx-target": "payments"})

    assert sentence in by_form
    assert sentence in by_htmx.content.decode()
    assert "<html" not in by_htmx.content.decode()
    assert agency.requested_at() is None


def test_a_viewer_may_look_but_not_sync(agency):
    browser = agency.browser(Role.VIEWER)

    assert "Sync now" not in browser.get("/payments/").content.decode()
    assert browser.post(f"/payments/sync/{agency.connection.pk}/").status_code == 403
    assert agency.requested_at() is None


def test_strangers_are_sent_to_the_sign_in_page(client):
    assert client.get("/payments/").url.startswith("/sign-in/")


def test_the_state_of_each_connection_says_when_it_was_read_and_what_is_wrong(agency):
    with tenant_transaction(agency.organization.pk):
        SyncCursor.objects.create(
            connection=agency.connection, next_at=timezone.now() + timedelta(minutes=9)
        )
        ExactConnection.objects.update(
            payments_sync_problem="Exact can not answer at the moment. It is tried again by itself.",
            payments_synced_at=timezone.now() - timedelta(minutes=7),
        )

    text = agency.browser().get("/payments/").content.decode()

    assert "7 minutes ago" in text.replace("\xa0", " ")
    assert "Exact can not answer at the moment" in text
    assert "Next run at" in text


def test_the_page_renews_itself_only_while_payments_are_read(agency):
    resting = agency.browser().get("/payments/").content.decode()
    with tenant_transaction(agency.organization.pk):
        ExactConnection.objects.update(payments_sync_requested_at=timezone.now())
    reading = agency.browser().get("/payments/").content.decode()

    assert "every 2s" not in resting
    assert "every 2s" in reading


def test_an_agency_without_exact_is_told_what_to_do():
    organization = factories.make_organization()
    admin = factories.sign_in(factories.make_user(organization=organization))

    text = admin.get("/payments/").content.decode()

    assert "Exact is not connected." in text
    assert "No payments yet" in text


# --- The part on the invoice page -----------------------------------------------------------------------------------


def test_the_invoice_shows_its_payments_and_what_is_open(agency):
    payment = agency.paid(
        "36.30",
        invoice_fields={"payment_status": PaymentStatus.PARTLY_PAID, "paid_amount": "36.30"},
    )

    text = panel(agency, payment.invoice)

    assert "Partly paid" in text
    assert "36.30 EUR" in text
    assert "3 Nov 2026" in text
    assert "84.70 EUR" in text
    assert "Sync now" in text


def test_an_invoice_that_was_not_copied_has_no_payments(agency):
    invoice = agency.invoice(copied=False)

    assert "once the invoice is in Exact" in panel(agency, invoice)


def test_an_invoice_whose_payments_were_never_read_is_not_called_open(agency):
    text = panel(agency, agency.invoice())

    assert "have not been read from Exact yet" in text
    assert "Open" not in text


def test_h41_an_invoice_that_exact_has_not_booked_yet_says_when_payments_can_come(agency):
    invoice = agency.invoice(copied=False)
    factories.make_posted_document(
        invoice=invoice,
        connection=agency.connection,
        route=Route.EXACT_INVOICE,
        entry_exact_id=None,
        delivery=DeliveryState.WAITING,
    )

    assert "once Exact has numbered and booked the invoice" in panel(agency, invoice)


@pytest.mark.parametrize(
    ("role", "expected"),
    [(Role.ADMIN, "Turn it on in the connection"), (Role.FINANCE, "An admin can turn it on")],
)
def test_the_invoice_says_when_the_sync_is_off_and_who_can_turn_it_on(role, expected):
    agency = Agency(sync_payments=False)

    text = panel(agency, agency.invoice(), role)

    assert "are not synchronized from Exact" in text
    assert expected in text
    assert "Sync now" not in text


def test_p56_what_the_psa_calls_paid_is_shown_beside_what_exact_says(agency):
    invoice = agency.invoice(
        psa_paid_date=date(2026, 11, 2), payments_read_at=timezone.now(), payment_status="open"
    )

    text = panel(agency, invoice)

    assert "The PSA says paid on 2 Nov 2026" in text
    assert "121.00 EUR is open" in text
    assert "Nothing is changed in Exact" in text


def test_sync_now_from_an_invoice_answers_with_the_invoices_part(agency):
    background.runs()
    with tenant_transaction(agency.organization.pk):
        ExactConnection.objects.update(payments_synced_at=None)
    invoice = agency.invoice()

    answer = agency.browser().post(
        f"/payments/sync/{agency.connection.pk}/",
        {"invoice": invoice.pk},
        headers={"hx-request": "true", "hx-target": "invoice-payments"},
    )

    text = answer.content.decode()
    assert 'id="invoice-payments"' in text
    assert "Reading payments from Exact" in text
    assert f'hx-get="/payments/invoices/{invoice.pk}/"' in text


def test_the_tag_puts_the_part_on_any_page(agency):
    payment = agency.paid()
    template = Template("{% load payments %}{% invoice_payments invoice %}")

    with tenant_transaction(agency.organization.pk):
        text = template.render(
            Context({"invoice": payment.invoice, "request": RequestFactory().get("/")})
        )

    assert "121.00 EUR" in text


def test_an_amount_that_exact_does_not_tell_is_not_made_up(agency):
    payment = agency.paid()
    with tenant_transaction(agency.organization.pk):
        Payment.objects.update(amount=None)

    assert "not told by Exact" in panel(agency, payment.invoice)


def test_a_lost_log_in_is_not_shown_as_a_sync_that_is_off():
    agency = Agency(state=ConnectionState.NEEDS_CONSENT)

    page = agency.browser().get("/payments/").content.decode()

    assert "Waits for a log-in" in page
    assert ">Off<" not in page
