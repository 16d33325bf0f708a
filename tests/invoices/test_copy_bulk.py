"""Many invoices copied, or given up, at once."""

from __future__ import annotations

from copy import copy

import pytest
from django.db import connection as database
from django.db.models.base import ModelState
from django.test.utils import CaptureQueriesContext

from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ConnectionState
from invoices import copy_bulk
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import CopyRefused
from invoices.models import CopyRequest, CopyState, Invoice, InvoiceEvent
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


class Office:
    """An organization with a working connection."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(organization=self.organization)
        with tenant_transaction(self.organization.pk):
            lanes.seat(self.connection)

    def invoices(self, count: int) -> list[int]:
        """So many plain drafts, made in one go."""
        like = factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary
        )
        source_id, rows = like.source_id, []
        for number in range(count):
            row = copy(like)
            row.pk, row.source_id, row._state = None, f"{source_id}-{number}", ModelState()
            rows.append(row)
        with tenant_transaction(self.organization.pk):
            return [row.pk for row in Invoice.objects.bulk_create(rows)]

    def ask(self, ids: list[int]) -> copy_bulk.Asked:
        with tenant_transaction(self.organization.pk):
            return copy_bulk.request_copies(
                invoice_ids=ids,
                connection=self.connection,
                choices=CopyChoices(journal_code="70"),
                user=None,
                now=NOW,
            )

    def states(self) -> list[str]:
        with tenant_transaction(self.organization.pk):
            return list(CopyRequest.objects.order_by("pk").values_list("state", flat=True))


def test_reliability_a18_thousands_are_accepted_at_once_and_can_be_cancelled():
    office = Office()
    ids = office.invoices(3_000)

    with CaptureQueriesContext(database) as statements:
        asked = office.ask(ids)
    with tenant_transaction(office.organization.pk):
        cancelled = copy_bulk.cancel_copies(invoice_ids=ids, user=None, now=NOW)
        events = InvoiceEvent.objects.count()

    assert (asked.count, asked.refused) == (3_000, {})
    assert cancelled == 3_000
    assert set(office.states()) == {CopyState.CANCELLED}
    assert events == 2 * 3_000
    assert len(statements) < 25


def test_reliability_a18_what_cannot_be_copied_is_told_by_invoice_and_the_rest_goes():
    office = Office()
    plain, active, copied, elsewhere, held = (office.invoices(1)[0] for _ in range(5))
    with tenant_transaction(office.organization.pk):
        rows = {row.pk: row for row in Invoice.objects.all()}
        other = factories.make_subsidiary(organization=office.organization)
        Invoice.objects.filter(pk=elsewhere).update(subsidiary=other)
    factories.make_copy_request(invoice=rows[active], connection=office.connection)
    factories.make_posted_document(invoice=rows[copied], connection=office.connection)
    refused = factories.make_copy_request(
        invoice=rows[held],
        connection=office.connection,
        state=CopyState.NEEDS_CHOICE,
        generation=3,
    )

    asked = office.ask([plain, active, copied, elsewhere, held])

    assert asked.count == 2
    assert {key: text.split(".")[0] for key, text in asked.refused.items()} == {
        active: "A copy of this invoice is under way",
        copied: "It is in Exact already",
        elsewhere: "It belongs to another subsidiary than the connection",
    }
    with tenant_transaction(office.organization.pk):
        assert CopyRequest.objects.get(pk=refused.pk).state == CopyState.CANCELLED
        assert CopyRequest.objects.get(invoice=held, state=CopyState.QUEUED).generation == 4


def test_reliability_a19_what_is_being_sent_is_not_cancelled_with_the_others():
    office = Office()
    waiting, sending = office.invoices(1)[0], office.invoices(1)[0]
    office.ask([waiting])
    with tenant_transaction(office.organization.pk):
        invoice = Invoice.objects.get(pk=sending)
    factories.make_copy_request(
        invoice=invoice, connection=office.connection, state=CopyState.SENDING
    )

    with tenant_transaction(office.organization.pk):
        count = copy_bulk.cancel_copies(invoice_ids=[waiting, sending], user=None, now=NOW)

    assert count == 1
    assert office.states() == [CopyState.CANCELLED, CopyState.SENDING]


def test_a_connection_that_is_not_working_takes_nothing():
    office = Office()
    ids = office.invoices(2)
    with tenant_transaction(office.organization.pk):
        office.connection.state = ConnectionState.NEEDS_CONSENT
        office.connection.save()

    with pytest.raises(CopyRefused):
        office.ask(ids)

    assert office.states() == []
