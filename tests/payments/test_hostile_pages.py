"""Feeds of payment terms and deletions in any form: the lane reads on, and the good rows count (RELIABILITY B9)."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations.exact import deleted, payment_terms
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from payments.models import ReceivableTerm, SyncCursor
from payments.sync import work
from tests import factories
from tests.hostile import answering, client_for, page_of_changes, recorded
from tests.payments.books import Books

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY = b'{"d": {"results": []}}'


@pytest.fixture
def feeds(books: Books) -> dict[str, bytes]:
    """What Exact answers to a first reading, after a payment that was deleted again."""
    invoice = books.invoice()
    books.delete(books.pay((invoice, "121.00")))
    client = books.division.client
    [terms] = recorded(lambda: next(payment_terms.sync(client, 0)))
    [deletions] = recorded(lambda: next(deleted.sync(client, 0)))
    return {"PaymentTerms": terms, "Deleted": deletions}


@pytest.mark.parametrize("feed", ["PaymentTerms", "Deleted"])
def test_b9_whatever_a_property_holds_the_feed_is_read_on(feed, feeds):
    organization = factories.make_organization()
    connection = factories.make_connection(
        organization=organization, lists=False, division=1000001, sync_payments=True
    )
    job = LaneJob(
        organization_id=organization.pk,
        connection_id=connection.pk,
        client=client_for(1000001),
        fence=1,
        worker="test",
        now=timezone.now,
        still_ours=lambda: True,
    )
    odd = page_of_changes(feeds[feed])

    def answer(url: str) -> bytes:
        of_feed = next((name for name in feeds if f"/{name}?" in url), None)
        if of_feed is None:
            return EMPTY
        return odd if of_feed == feed else feeds[of_feed]

    with answering(answer):
        work.step(job)

    with tenant_transaction(organization.pk):
        cursor = SyncCursor.objects.get()
        good = {
            UUID(row["ID"])
            for row in json.loads(feeds["PaymentTerms"])["d"]["results"]
            if row["LineType"] == 20
        }
        assert good
        assert set(ReceivableTerm.objects.values_list("exact_id", flat=True)) >= good
        assert cursor.read_at is not None
        assert "left out" in ExactConnection.objects.get().payments_sync_problem
