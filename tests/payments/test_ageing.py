"""What is still open, by client and age (B-24): the pages, the invoices of a cell, and the files. No view calls Exact."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connector import http
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection
from invoices.models import Invoice, PaymentStatus, PostedDocumentState
from payments import ageing
from payments.ageing import Bucket
from payments.models import ReceivableTerm
from tests import factories
from tests.payments.test_views import Agency

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture(autouse=True)
def calls_out(monkeypatch) -> list[str]:
    """Every attempt to call another system; it must stay empty."""
    calls: list[str] = []
    monkeypatch.setattr(http, "before_send", [lambda: calls.append("call")])
    return calls


def due(days: int) -> date:
    """The day since which something is due for so many days."""
    return timezone.localdate() - timedelta(days=days)


def add(agency: Agency, days: int, **fields: Any) -> Invoice:
    """A copied invoice of 121.00 EUR whose payments were read; due for so many days."""
    options: dict[str, Any] = {"due_date": due(days), "payments_read_at": timezone.now()}
    return agency.invoice(**options | fields)


def client_of(agency: Agency, name: str):
    return factories.make_client(organization=agency.organization, name=name)


def page(agency: Agency, query: str = "", role: Role = Role.VIEWER) -> str:
    answer = agency.browser(role).get(f"/payments/ageing/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def file_of(agency: Agency, address: str) -> list[list[str]]:
    answer = agency.browser(Role.VIEWER).get(address)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    separator = ";" if "comma" in address else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-400, Bucket.NOT_DUE),
        (-1, Bucket.NOT_DUE),
        (0, Bucket.TO_30),
        (30, Bucket.TO_30),
        (31, Bucket.TO_60),
        (60, Bucket.TO_60),
        (61, Bucket.TO_90),
        (90, Bucket.TO_90),
        (91, Bucket.OVER_90),
        (5_000, Bucket.OVER_90),
    ],
)
def test_the_days_past_due_decide_the_bucket(agency, days, bucket):
    add(agency, days)

    with tenant_transaction(agency.organization.pk):
        [table] = ageing.read_ageing(today=timezone.localdate())
        [row] = ageing.open_invoices(today=timezone.localdate())

    assert [cell.bucket for cell in table.total.cells if cell.count] == [bucket]
    assert row.days_due == days


def test_amounts_are_added_per_client_and_currency_and_credit_notes_are_negative(agency):
    bakery, brewery = client_of(agency, "Bakkerij"), client_of(agency, "Brouwerij")
    add(agency, 5, client=bakery)
    add(agency, 40, client=bakery, paid_amount="21.00", payment_status=PaymentStatus.PARTLY_PAID)
    add(agency, 45, client=bakery, kind="credit_note", lines=[{"net_amount": "10.00"}])
    add(agency, 100, client=brewery, payment_status=PaymentStatus.IN_COLLECTION)
    add(agency, 5, client=brewery, currency="JPY", lines=[{"net_amount": "5000"}])

    with tenant_transaction(agency.organization.pk):
        euro, yen = ageing.read_ageing(today=timezone.localdate())

    nothing = Decimal(0)
    assert (euro.currency, yen.currency) == ("EUR", "JPY")
    assert [str(line.client) for line in euro.lines] == ["Bakkerij", "Brouwerij"]
    assert euro.lines[0].amounts == (nothing, Decimal(121), Decimal(90), nothing, nothing)
    assert euro.lines[1].amounts == (nothing, nothing, nothing, nothing, Decimal(121))
    assert (euro.total.total, euro.total.count) == (Decimal(332), 4)
    assert yen.total.total == Decimal(5_000)


def test_only_what_is_in_exact_and_was_read_and_is_open_counts(agency):
    add(agency, 5, payment_status=PaymentStatus.PAID, paid_amount="121.00")
    add(agency, 5, copied=False)
    add(agency, 5, payments_read_at=None)
    gone = add(agency, 5)
    with tenant_transaction(agency.organization.pk):
        gone.posted_documents.update(state=PostedDocumentState.DELETED_IN_EXACT)

    text = page(agency)

    assert "Nothing is open" in text
    assert "1 invoice in Exact is not counted here" in text


def test_exacts_due_date_counts_and_of_several_the_oldest_that_is_open(agency):
    invoice = add(agency, 5)
    with tenant_transaction(agency.organization.pk):
        entry = invoice.posted_documents.get().entry_exact_id
        for status, days, deleted in (
            (50, 200, None),
            (20, 70, None),
            (30, 10, None),
            (20, 150, 1),
        ):
            ReceivableTerm.objects.create(
                connection=agency.connection,
                exact_id=uuid4(),
                entry_exact_id=entry,
                timestamp=1,
                status=status,
                amount=Decimal(40),
                due_date=due(days),
                deleted_at=timezone.now() if deleted else None,
            )
        [row] = ageing.open_invoices(today=timezone.localdate())

    assert (row.days_due, row.bucket) == (70, Bucket.TO_90)


def test_an_amount_leads_to_its_invoices_and_they_add_up_to_it(agency):
    client = client_of(agency, "Bakkerij")
    first, second = add(agency, 40, client=client), add(agency, 50, client=client)
    other = add(agency, 5, client=client)

    text = page(agency)
    address = f"/payments/ageing/invoices/?currency=EUR&client={client.pk}&bucket=2"
    cell = page(agency, f"invoices/?currency=EUR&client={client.pk}&bucket=2")

    assert f'href="{address.replace("&", "&amp;")}">242.00<' in text
    assert "Open invoices of Bakkerij" in cell
    assert "242.00 EUR" in cell
    assert cell.index(second.number) < cell.index(first.number)
    assert other.number not in cell
    assert "50 days past due" in cell


def test_the_table_is_sorted_by_what_a_person_asks_for(agency):
    small, large = client_of(agency, "Aa"), client_of(agency, "Bb")
    add(agency, 5, client=small)
    add(agency, 5, client=large, lines=[{"net_amount": "900.00"}])

    by_name, by_amount = page(agency), page(agency, "?currency=EUR&sort=b1")

    assert by_name.index(">Aa<") < by_name.index(">Bb<")
    assert by_amount.index(">Bb<") < by_amount.index(">Aa<")
    assert 'aria-sort="descending"' in by_amount


def test_the_page_says_when_exact_was_read_and_since_when_it_was_not(agency):
    add(agency, 5)
    fresh = page(agency)
    with tenant_transaction(agency.organization.pk):
        ExactConnection.objects.update(
            payments_synced_at=timezone.now() - timedelta(hours=3),
            payments_sync_problem="Exact can not answer at the moment.",
        )
    stale = page(agency)

    assert "payments read from Exact at" in fresh
    assert "what happened since then is not known here" in stale
    assert "Exact can not answer at the moment." in stale


def test_a_connection_that_is_gone_still_says_how_old_its_amounts_are():
    agency = Agency(state="disconnected", name="Exact Zuid")
    add(agency, 5)

    text = page(agency)

    assert "what happened since then is not known here" in text
    assert "It is not connected at the moment." in text


@pytest.mark.parametrize(
    ("address", "number"),
    [("/payments/ageing.csv", "-12.10"), ("/payments/ageing.csv?decimals=comma", "-12,10")],
)
def test_the_file_has_numbers_and_no_formulas(agency, address, number):
    client = client_of(agency, '=HYPERLINK("http://evil.example";"Jansen")')
    add(
        agency, 40, client=client, kind="credit_note", lines=[{"net_amount": "10.00", "rate": "21"}]
    )

    head, row = file_of(agency, address)

    assert head[:4] == ["Client", "Currency", "Not due", "0\u201330 days"]
    assert row[0].startswith("'=")
    assert (row[4], row[7]) == (number, number)
    assert row[-1].startswith(str(timezone.now().year))


def test_the_file_of_a_cell_has_its_invoices_only(agency):
    client = client_of(agency, "Bakkerij")
    wanted = add(agency, 40, client=client)
    add(agency, 5, client=client)

    head, row = file_of(agency, f"/payments/ageing/invoices.csv?client={client.pk}&bucket=2")

    found = dict(zip(head, row, strict=True))
    assert (found["Number"], found["Open"], found["Days due"]) == (wanted.number, "121.00", "40")
    assert found["Due"] == due(40).isoformat()


@pytest.mark.parametrize(
    "query",
    [
        "client=0",
        "client=x",
        "client=٣",
        f"client={'9' * 30}",
        "bucket=7",
        "currency=%00",
        "currency=eur",
    ],
)
def test_what_is_no_cell_is_not_found(agency, query):
    browser = agency.browser()

    assert browser.get(f"/payments/ageing/invoices/?{query}").status_code == 404
    assert browser.get(f"/payments/ageing/invoices.csv?{query}").status_code == 404


def test_another_organization_sees_none_of_it(agency):
    client = client_of(agency, "Bakkerij")
    add(agency, 40, client=client)
    stranger = Agency()

    assert "Bakkerij" not in page(stranger)
    assert len(file_of(stranger, "/payments/ageing.csv")) == 1
    answer = stranger.browser().get(f"/payments/ageing/invoices/?client={client.pk}")
    assert answer.status_code == 404


def test_the_number_of_queries_does_not_grow_with_what_is_open(agency, calls_out):
    def count(address: str) -> int:
        browser = agency.browser()
        browser.get(address)
        with CaptureQueriesContext(
            database,
        ) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    addresses = ("/payments/ageing/", "/payments/ageing/invoices/")
    add(agency, 5)
    few = [count(address) for address in addresses]
    for days in range(0, 120, 10):
        add(agency, days, client=client_of(agency, f"Client {days}"))

    assert [count(address) for address in addresses] == few
    assert calls_out == []
