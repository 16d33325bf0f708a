"""The card of a copied invoice, in the list and on its page: what Exact has, who and when, and what can be done."""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured

from connector import env
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.exact.sales_entries import BookedEntry
from invoices.models import CopyState, Invoice, PostedDocument, PostedDocumentState
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def organization():
    return factories.make_organization()


@pytest.fixture
def femke(organization):
    return factories.make_user(organization=organization, role=Role.FINANCE, name="Femke Smit")


@pytest.fixture
def document(organization, femke):
    connection = factories.make_connection(organization=organization)
    invoice = factories.make_invoice(organization=organization, subsidiary=connection.subsidiary)
    request = factories.make_copy_request(
        invoice=invoice, connection=connection, state=CopyState.COPIED, requested_by=femke
    )
    return factories.make_posted_document(
        invoice=invoice,
        connection=connection,
        copy_request=request,
        entry_number=27100001,
        gross_amount="121.00",
        vat_amount="21.00",
        created_at=datetime(2026, 11, 20, 9, 30, tzinfo=AMSTERDAM),
    )


def change(organization, model, pk, **columns):
    with tenant_transaction(organization.pk):
        model.objects.filter(pk=pk).update(**columns)


def card(user, invoice_id) -> str:
    answer = factories.sign_in(user).get(f"/invoices/{invoice_id}/copied/", headers=HTMX)
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def test_the_card_tells_number_date_person_journal_totals_and_payment(
    organization, femke, document
):
    shown = card(femke, document.invoice_id)

    for words in ("27100001", "20 Nov 2026 09:30", "by Femke Smit", "100.00 EUR", "21.00 EUR"):
        assert words in shown
    assert "121.00 EUR" in shown
    assert document.connection.division_name in shown
    assert "Not read yet" in shown
    assert f"/invoices/{document.invoice_id}/#activity-title" in shown
    assert "Update existing" in shown
    assert "Create new" in shown


def test_the_card_shows_what_exact_was_last_seen_to_have(organization, femke, document):
    change(
        organization,
        PostedDocument,
        document.pk,
        seen_at=NOW,
        seen_gross_amount=Decimal("119.00"),
        seen_vat_amount=Decimal("19.00"),
    )
    change(
        organization,
        Invoice,
        document.invoice_id,
        payments_read_at=NOW,
        exact_payment_status="partly_paid",
        exact_paid_amount=Decimal(40),
    )

    shown = card(femke, document.invoice_id)

    assert "119.00 EUR" in shown
    assert "19.00 EUR" in shown
    assert "Partly paid" in shown
    assert "81.00 EUR open" in shown


def test_a_viewer_reads_the_card_and_is_offered_nothing(organization, document):
    viewer = factories.make_user(organization=organization, role=Role.VIEWER)

    shown = card(viewer, document.invoice_id)

    assert "27100001" in shown
    assert "Update existing" not in shown
    assert "Create new" not in shown


def test_a_copy_that_is_gone_meanwhile_is_said_to_be(organization, femke, document):
    change(
        organization,
        PostedDocument,
        document.pk,
        state=PostedDocumentState.DELETED_IN_EXACT,
    )

    assert "Exact has no copy of this invoice any more." in card(femke, document.invoice_id)


def test_without_scripts_the_chip_leads_to_the_page_that_shows_the_same(femke, document):
    browser = factories.sign_in(femke)
    listed = browser.get("/invoices/").content.decode()

    assert f'href="/invoices/{document.invoice_id}/#copy-panel"' in listed
    answer = browser.get(f"/invoices/{document.invoice_id}/copied/")
    assert answer["Location"] == f"/invoices/{document.invoice_id}/#copy-panel"
    page = " ".join(browser.get(f"/invoices/{document.invoice_id}/").content.decode().split())
    assert "by Femke Smit" in page


def _matched(organization, document):
    change(
        organization,
        Invoice,
        document.invoice_id,
        payments_read_at=NOW,
        exact_payment_status="paid",
    )


def _collected(organization, document):
    change(
        organization,
        Invoice,
        document.invoice_id,
        payments_read_at=NOW,
        exact_payment_status="in_collection",
    )


def _processed(organization, document):
    seen = BookedEntry.model_validate(
        {
            "EntryID": str(document.exact_id),
            "EntryNumber": document.entry_number,
            "AmountFC": "121.00",
            "Customer": str(document.customer_exact_id),
            "Status": 50,
        }
    )
    kept = seen.model_dump(mode="json", exclude={"division"})
    change(organization, PostedDocument, document.pk, seen=kept)


def _refused_neighbor(organization, document):
    neighbor = factories.make_invoice(
        organization=organization,
        subsidiary=document.connection.subsidiary,
        invoice_date=document.invoice.invoice_date.replace(day=1),
    )
    factories.make_copy_request(
        invoice=neighbor,
        connection=document.connection,
        state=CopyState.NEEDS_CHOICE,
        problem_code="period_closed",
    )


@pytest.mark.parametrize(
    ("happen", "words"),
    [
        (_matched, "A payment is matched with it"),
        (_collected, "being collected by direct debit"),
        (_processed, "It was processed when it was last read."),
        (_refused_neighbor, "The period of November 2026 is closed"),
    ],
)
def test_why_exact_may_refuse_an_update_is_said_before_it_is_tried(
    organization, femke, document, happen, words
):
    address = f"/invoices/{document.invoice_id}/copy/update/"
    browser = factories.sign_in(femke)
    assert "Exact may refuse" not in card(femke, document.invoice_id)
    assert "Exact may refuse" not in browser.get(address).content.decode()

    happen(organization, document)

    assert words in card(femke, document.invoice_id)
    dialog = " ".join(browser.get(address).content.decode().split())
    assert "Exact may refuse this update:" in dialog
    assert words in dialog


def test_the_copy_opens_in_exact_where_an_operator_says_how(settings, femke, document):
    page = f"/invoices/{document.invoice_id}/"
    browser = factories.sign_in(femke)
    assert "Open in Exact" not in browser.get(page).content.decode()

    settings.EXACT_ENTRY_URL = "{exact}/entry?id={entry_id}&d={division}&n={entry_number}"

    start = f"/entry?id={document.entry_exact_id}&d={document.connection.division}&n=27100001"
    for shown in (
        unescape(browser.get(page).content.decode()),
        card(femke, document.invoice_id),
    ):
        [address] = set(re.findall(r'href="([^"]+/entry[^"]+)"', shown))
        assert address.endswith(start)
        assert address.startswith("http")
        assert 'rel="noopener noreferrer"' in shown


@pytest.mark.parametrize(
    ("value", "is_taken"),
    [
        ("", True),
        ("https://exact.example/{division}/{entry_id}", True),
        ("{exact}/docs/{journal}?n={entry_number}", True),
        ("http://exact.example/{entry_id}", False),
        ("javascript:alert({entry_id})", False),
        ("https://exact.example/{secret}", False),
        ("https://exact.example/{entry_id.hex}", False),
        ("https://exact.example/{}", False),
        ("https://exact.example/{entry_id", False),
    ],
)
def test_an_address_that_cannot_be_filled_in_stops_the_start(monkeypatch, value, is_taken):
    monkeypatch.setenv("EXACT_ENTRY_URL", value)
    refused = (
        nullcontext() if is_taken else pytest.raises(ImproperlyConfigured, match="EXACT_ENTRY")
    )

    with refused:
        fields = ("exact", "division", "entry_id", "entry_number", "journal")
        assert env.url_template("EXACT_ENTRY_URL", fields=fields, start="exact") == value
