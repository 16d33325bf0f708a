"""A row of ours that cannot be read any more, after an upgrade for instance, never holds up the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import LaneMember
from invoices.models import CopyState, PostedDocument, ReconciliationCursor
from tests import factories


@pytest.fixture
def known(world, settings):
    """A world whose client is linked, so that only the entry itself is at stake."""
    settings.COPY_FIRST_READ_BACKS = 0
    world.client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection,
        client=world.client,
        customer_exact_id=world.customer().exact_id,
    )
    return world


def copied_with_odd(world) -> tuple[PostedDocument, PostedDocument]:
    """A document whose stored draft this version cannot read, and one that Exact made something else of."""
    odd, differs = world.invoice(client=world.client), world.invoice(client=world.client)
    world.copy(odd)
    world.fault("null_gl")
    world.copy(differs)
    [first], [second] = world.documents(odd), world.documents(differs)
    with world.rows():
        assert second.copy_request.state == CopyState.COPIED
        PostedDocument.objects.filter(pk=first.pk).update(payload={"draft": {"written_by": "v0"}})
    return first, second


def test_reliability_e3_a_document_that_cannot_be_compared_stops_no_copy_and_no_other_read_back(
    known,
):
    odd, differs = copied_with_odd(known)
    with known.rows():
        PostedDocument.objects.update(check_due_at=timezone.now() - timedelta(minutes=10))
    known.resume()

    request = known.copy(known.invoice(client=known.client))

    assert request.state == CopyState.COPIED
    assert known.fresh(differs.copy_request).state == CopyState.MISMATCH
    with known.rows():
        odd.refresh_from_db()
        assert odd.check_due_at is not None
        assert odd.check_due_at > timezone.now()


def test_reliability_e3_a_document_that_cannot_be_compared_does_not_end_the_nights(known):
    _odd, differs = copied_with_odd(known)
    with known.rows():
        ReconciliationCursor.objects.update(next_at=timezone.now())
    LaneMember.objects.update(due_at=timezone.now())

    known.work_off()

    assert known.fresh(differs.copy_request).state == CopyState.MISMATCH
    with known.rows():
        assert ReconciliationCursor.objects.get().began_at is None
