"""A wish of a person whose web host has a wrong clock: the lane goes by the database's (RELIABILITY C19)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connector.database_clock import database_now
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, reference_lists
from integrations.models import ExactConnection
from invoices import copy_bulk, copy_requests
from invoices.copy_choices import CopyChoices
from invoices.posting import CopyWork
from tests import factories

pytestmark = pytest.mark.django_db

CHOICES = CopyChoices(journal_code="70")


def ask_for_one(connection: ExactConnection) -> None:
    copy_requests.request_copy(
        invoice=factories.make_invoice(
            organization=connection.organization, subsidiary=connection.subsidiary
        ),
        connection=connection,
        choices=CHOICES,
        user=None,
        now=timezone.now(),
    )


def ask_for_many(connection: ExactConnection) -> None:
    invoice = factories.make_invoice(
        organization=connection.organization, subsidiary=connection.subsidiary
    )
    copy_bulk.request_copies(
        invoice_ids=[invoice.pk],
        connection=connection,
        choices=CHOICES,
        user=None,
        now=timezone.now(),
    )


def ask_for_lists(connection: ExactConnection) -> None:
    reference_lists.request_refresh(connection, now=timezone.now())


@pytest.mark.parametrize(
    ("ask", "work"),
    [
        (ask_for_one, CopyWork()),
        (ask_for_many, CopyWork()),
        (ask_for_lists, reference_lists.ListsWork()),
    ],
)
def test_reliability_c19_what_is_asked_for_at_a_host_that_is_ahead_is_due_at_once(
    ask, work, monkeypatch
):
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization)
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=5))

    with tenant_transaction(organization.pk):
        connection.organization = organization
        lanes.seat(connection)
        ask(connection)

        now = database_now()
        due_at = work.next_due_at(connection, now=now)
    assert due_at is not None
    assert due_at <= now
