"""The payments pages in a browser: both widths, both themes, by keyboard, renewing themselves."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ExactConnection
from invoices.models import Invoice
from payments.models import Payment, ReceivableTerm, SyncCursor
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    """A connection that was read a while ago, and another one whose sync is off."""
    organization = factories.make_organization(name="Studio Noorderlicht")
    now = timezone.now()
    factories.make_connection(
        organization=organization,
        lists=False,
        name="Exact Belgium",
        division_name="Studio Noorderlicht Brussel BV",
        division=2_345_678,
    )
    connection = factories.make_connection(
        organization=organization,
        lists=False,
        name="Exact Netherlands",
        division_name="Studio Noorderlicht B.V.",
        division=1_234_567,
        sync_payments=True,
        payments_synced_at=now - timedelta(minutes=4),
    )
    connection.organization = organization
    with tenant_transaction(organization.pk):
        SyncCursor.objects.create(connection=connection, next_at=now + timedelta(minutes=11))
        lanes.seat(connection)
    return connection


@pytest.fixture
def person(agency):
    return factories.make_user(organization=agency.organization, role=Role.FINANCE)


def add_invoice(connection: ExactConnection, name: str, net: str, **fields: object) -> Invoice:
    client = factories.make_client(organization=connection.organization, name=name)
    invoice = factories.make_invoice(
        organization=connection.organization,
        subsidiary=connection.subsidiary,
        client=client,
        lines=[{"net_amount": net, "rate": "21"}],
        payments_read_at=timezone.now() - timedelta(minutes=4),
        **fields,
    )
    factories.make_posted_document(invoice=invoice, connection=connection)
    return invoice


def add_payment(invoice: Invoice, amount: str, day: date, **fields: object) -> Payment:
    with tenant_transaction(invoice.organization_id):
        document = invoice.posted_documents.select_related("connection").get()
        term = ReceivableTerm.objects.create(
            connection=document.connection,
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


@pytest.fixture
def partly_paid(agency) -> Invoice:
    """An invoice with two payments, one of which was removed, among others."""
    invoice = add_invoice(
        agency,
        "Van den Heuvel & Zonen Interieurbouw",
        "12500.00",
        payment_status="partly_paid",
        paid_amount="4537.50",
    )
    add_payment(
        invoice,
        "4537.50",
        date(2026, 11, 3),
        reference="RF18 5390 0754 7034",
        kind="payment",
        matched_count=3,
        counter_journal="20",
        counter_entry_number=26200117,
    )
    add_payment(invoice, "5000.00", date(2026, 11, 9), kind="payment", removed_at=timezone.now())
    paid = {"payment_status": "paid"}
    add_payment(
        add_invoice(agency, "Brasserie Het Oude Raadhuis", "980.00", **paid),
        "1185.80",
        date(2026, 11, 18),
    )
    add_payment(
        add_invoice(agency, "Kinderopvang Zonnestraal", "450.00", kind="credit_note", **paid),
        "544.50",
        date(2026, 11, 17),
    )
    add_payment(
        add_invoice(agency, "Northwind Trading Ltd", "3200.00", currency="GBP", **paid),
        "3872.00",
        date(2026, 11, 12),
        reference="NW-2026-118",
    )
    return invoice


def test_the_payments_page(page, sign_in, look_at, person, partly_paid):
    sign_in(page, person)
    page.goto("/payments/")
    expect(page.get_by_role("heading", name="Payments")).to_be_visible()
    look_at(page, "payments")

    page.get_by_label("From").fill("2026-11-15")
    page.get_by_role("button", name="Filter").click()
    # The head, and two days with a payment each.
    expect(page.get_by_role("row")).to_have_count(5)
    page.get_by_label("To").fill("2026-11-01")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("The period ends before it begins.")).to_be_visible()
    look_at(page, "payments-filter-error")


def test_what_is_still_open_leads_to_its_invoices(
    page, sign_in, look_at, person, agency, partly_paid
):
    today = timezone.localdate()
    for days, name, net in ((95, "Brasserie Het Oude Raadhuis", "980.00"), (-5, "Northwind", "10")):
        add_invoice(agency, name, net, due_date=today - timedelta(days=days))
    add_invoice(agency, "Northwind", "3200.00", currency="GBP", due_date=today)
    sign_in(page, person)
    page.goto("/payments/")
    page.get_by_role("link", name="Still open").click()
    expect(page.get_by_role("row", name="Brasserie Het Oude Raadhuis")).to_contain_text("1,185.80")
    look_at(page, "ageing")

    amount = page.get_by_role("row", name="Brasserie Het Oude Raadhuis").get_by_role("link").first
    amount.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("95 days past due")).to_be_visible()
    look_at(page, "ageing-invoices")
    page.get_by_text("Export CSV").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Decimal comma").click()
    assert download.value.suggested_filename.startswith("open invoices ")


def test_what_exact_has_already_is_linked_from_a_list(page, sign_in, look_at, person, agency):
    account = uuid4()
    invoices = []
    for number, name in ((27_000_501, "Brasserie Het Oude Raadhuis"), (27_000_502, "Northwind")):
        client = factories.make_client(organization=agency.organization, name=name)
        invoice = factories.make_invoice(
            organization=agency.organization,
            subsidiary=agency.subsidiary,
            client=client,
            number=str(number),
        )
        invoices.append(invoice)
        with tenant_transaction(agency.organization_id):
            ReceivableTerm.objects.create(
                connection=agency,
                exact_id=uuid4(),
                entry_exact_id=uuid4(),
                account_exact_id=account,
                timestamp=1,
                status=20,
                amount=invoice.gross_amount,
                document_amount=invoice.gross_amount,
                currency="EUR",
                transaction_type=20,
                entry_number=number,
                journal_code="70",
                invoice_date=invoice.invoice_date,
            )
    factories.link_customer(connection=agency, client=invoices[0].client, customer_exact_id=account)
    sign_in(page, person)
    page.goto(f"/invoices/{invoices[1].pk}/")
    expect(page.get_by_role("heading", name="Already in Exact?")).to_be_visible()
    look_at(page, "link-offer")
    page.get_by_role("link", name="Link to entry 27000502").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Which customer it is in Exact is not sure.")).to_be_visible()
    look_at(page, "link-dialog")
    page.goto("/invoices/")
    page.get_by_role("link", name="Find in Exact").click()
    expect(page.get_by_role("checkbox", name="Link 27000501")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Link 27000502")).not_to_be_checked()
    look_at(page, "link-list")

    page.get_by_role("button", name="Link what is ticked").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 invoice is linked.")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(1)


def test_an_empty_payments_page(page, sign_in, look_at, person):
    sign_in(page, person)
    page.goto("/payments/")
    look_at(page, "payments-empty")


def test_sync_now_by_keyboard_shows_the_new_payment_without_reloading(
    page, sign_in, look_at, person, agency, partly_paid
):
    sign_in(page, person)
    page.goto("/payments/")
    page.evaluate("window.notReloaded = true")
    button = page.get_by_role("button", name="Sync now")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Reading payments from Exact")).to_be_visible()
    look_at(page, "payments-reading")
    expect(button).to_be_focused()

    # What a worker does when it comes by.
    add_payment(
        add_invoice(agency, "De Drie Graefjes", "100.00", payment_status="paid"),
        "121.00",
        date(2026, 11, 20),
    )
    with tenant_transaction(agency.organization_id):
        ExactConnection.objects.filter(pk=agency.pk).update(
            payments_sync_requested_at=None, payments_synced_at=timezone.now()
        )

    expect(page.get_by_text("De Drie Graefjes").filter(visible=True)).to_have_count(1)
    expect(page.get_by_text("In sync")).to_be_visible()
    assert page.evaluate("window.notReloaded") is True


def test_behavior_12_payments_stand_where_the_invoice_is_and_a_removed_one_stays_struck_through(
    page, sign_in, look_at, person, partly_paid
):
    add_payment(partly_paid, "100.00", date(2026, 11, 10), kind="payment", matched_count=1)
    add_payment(
        partly_paid, "60.50", date(2026, 11, 11), kind="credit_note", counter_document="27000004"
    )
    add_payment(partly_paid, "2.00", date(2026, 11, 12), kind="write_off")
    with tenant_transaction(partly_paid.organization_id):
        Invoice.objects.filter(pk=partly_paid.pk).update(psa_paid_date=date(2026, 11, 15))
    sign_in(page, person)
    page.goto(f"/invoices/{partly_paid.pk}/")
    part = page.get_by_role("region", name="Payments")
    expect(part.get_by_text("Partly paid")).to_be_visible()
    expect(part.get_by_text("The PSA says paid on 15 Nov 2026; in Exact")).to_be_visible()
    for day, how, more in (
        ("3 Nov 2026", "Matched with 3 invoices", "Entry 20 / 26200117"),
        ("3 Nov 2026", "Matched with 3 invoices", "RF18 5390 0754 7034"),
        ("10 Nov 2026", "Direct payment", "100.00 EUR"),
        ("11 Nov 2026", "Credit note 27000004", "60.50 EUR"),
        ("12 Nov 2026", "Written off", "2.00 EUR"),
    ):
        row = part.get_by_role("row").filter(has_text=day)
        expect(row).to_contain_text(how)
        expect(row).to_contain_text(more)
    removed = part.get_by_role("row").filter(has_text="Removed in Exact")
    expect(removed.locator("del", has_text="5,000.00 EUR")).to_have_css(
        "text-decoration-line", "line-through"
    )
    expect(
        removed.get_by_text(f"seen {timezone.localdate():%-d %b %Y}").filter(visible=True)
    ).to_have_count(1)
    expect(part.get_by_text("10,587.50 EUR").first).to_be_visible()
    look_at(page, "invoice-payments")

    part.get_by_role("button", name="Sync now").click()
    expect(part.get_by_text("Reading payments from Exact")).to_be_visible()

    # What a worker does when it comes by.
    with tenant_transaction(partly_paid.organization_id):
        ExactConnection.objects.update(
            payments_sync_requested_at=None, payments_synced_at=timezone.now()
        )
    expect(part.get_by_text("Read from Exact")).to_be_visible()
