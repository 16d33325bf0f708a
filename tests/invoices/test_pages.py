"""The invoice pages: the list, one invoice, importing a file, and deciding between two versions."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.psa.registry import REST_PUSH
from integrations.psa.source import read_invoice
from invoices.intake import take_in
from invoices.models import ImportRun, IntakeConflict, Invoice
from tests.factories import NOW, make_organization, make_subsidiary, make_user, sign_in
from tests.invoices.csv_files import as_file, line
from tests.invoices.test_intake import plain_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    return make_organization()


@pytest.fixture
def finance(organization):
    return sign_in(make_user(organization=organization, role=Role.FINANCE))


@pytest.fixture
def viewer(organization):
    return sign_in(make_user(organization=organization, role=Role.VIEWER))


def take(organization, *invoices: dict[str, Any]) -> list[int]:
    with tenant_transaction(organization.pk):
        results = take_in(source=REST_PUSH.name, invoices=[read_invoice(data) for data in invoices], now=NOW)
    assert all(result.invoice_id for result in results), results
    return [result.invoice_id for result in results]


def many(count: int) -> list[dict[str, Any]]:
    return [
        plain_invoice(
            id=f"m-{index}",
            number=f"2026-{index:04}",
            currency=("EUR", "USD")[index % 2],
            client={"id": f"c-{index % 7}", "name": f"Client {index % 7}"},
        )
        for index in range(count)
    ]


def upload(browser, *rows: dict[str, str], **fields: str):
    file = SimpleUploadedFile("invoices.csv", as_file(rows), content_type="text/csv")
    return browser.post("/invoices/import/", {"file": file, **fields})


def test_a_newcomer_sees_the_three_things_to_do(finance):
    page = finance.get("/invoices/").content.decode()

    assert "Connect Exact Online" in page
    assert "Bring invoices in" in page
    assert "Copy to Exact" in page


def test_the_list_shows_fifty_a_page_with_totals_per_currency(organization, finance):
    take(organization, *many(60))

    first = finance.get("/invoices/").content.decode()
    second = finance.get("/invoices/?page=2").content.decode()

    assert (len(re.findall("row-link", first)), len(re.findall("row-link", second))) == (50, 10)
    assert "36,643.50 EUR" in first
    assert "36,643.50 USD" in first
