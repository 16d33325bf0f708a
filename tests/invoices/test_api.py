"""The REST API: invoices in under the caller's own id, their state out, one error shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client as Browser

from connector.tenancy.api_keys import create_api_key
from connector.tenancy.scope import tenant_transaction
from tests.factories import make_organization
from tests.invoices.test_intake import plain_invoice

pytestmark = pytest.mark.django_db


class Program:
    """A program that speaks to the API with an organization's key."""

    def __init__(self, organization: Any) -> None:
        self.organization = organization
        with tenant_transaction(organization.pk):
            _, self.key = create_api_key(
                name="PSA", created_by=None, organization_id=organization.pk
            )

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        options.setdefault("content_type", "application/json")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Browser().generic(
            method,
            f"/api/v1/{path}",
            data if body is not None else b"",
            headers={"Authorization": f"Bearer {self.key}"},
            **options,
        )


@pytest.fixture
def program():
    return Program(make_organization())


def test_an_invoice_sent_twice_is_stored_once(program):
    first = program.send("POST", "invoices/", plain_invoice())
    second = program.send("PUT", "invoices/inv-1/", plain_invoice())

    assert (first.status_code, first.json()["result"]) == (201, "created")
    assert (second.status_code, second.json()["result"]) == (200, "unchanged")
    assert first.json()["invoice"] == second.json()["invoice"]
    assert first.json()["invoice"] | {"updated_at": "", "url": ""} == {
        "id": "inv-1",
        "kind": "invoice",
        "state": "draft",
        "number": "2026-001",
        "invoice_date": "2026-11-01",
        "due_date": "2026-12-01",
        "currency": "EUR",
        "net_amount": "1010.50",
        "vat_amount": "210.95",
        "gross_amount": "1221.45",
        "paid_on": None,
        "client": {"id": "c-1", "name": "Bakkerij Jansen"},
        "subsidiary": {"id": "nl", "name": "Studio Noord B.V."},
        "copy": {
            "state": "not_copied",
            "problem": "",
            "exact_id": None,
            "exact_number": "",
            "entry_number": None,
            "journal": "",
            "copied_at": None,
        },
        "payment": {
            "status": "open",
            "paid_amount": "0.00",
            "open_amount": "1221.45",
            "paid_date": None,
            "read_at": None,
        },
        "url": "",
        "updated_at": "",
    }
