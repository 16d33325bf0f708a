"""What Exact has of one document never settles another one's fate: an earlier copy's, or one of the other route."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.exact import sales_entries
from integrations.models import LaneMember
from invoices.models import CopyState, ReconciliationCursor
from tests import factories
from tests.journeys.world import World
from tests.journeys.written import open_client


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


def night(world: World) -> None:
    """Let the coming night's pass happen now."""
    now = timezone.now()
    with world.rows():
        ReconciliationCursor.objects.update(next_at=now)
    LaneMember.objects.filter(connection_id=world.connection.pk).update(due_at=now)
    world.work_off()


def test_reliability_a12_an_earlier_copy_does_not_take_a_newer_ones_difference_back(known):
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    night(known)
    known.fault("null_gl")
    newer = known.copy(invoice, as_new=True)

    night(known)
    night(known)

    assert known.fresh(newer).state == CopyState.MISMATCH
    assert "no ledger account" in known.fresh(newer).problem_sentence


def test_reliability_a12_what_became_of_an_earlier_copy_is_no_difference_of_a_newer_one(known):
    """Somebody voids the earlier entry in Exact after the invoice was copied again."""
    invoice = known.invoice(client=known.client)
    known.copy(invoice)
    newer = known.copy(invoice, as_new=True)
    earlier = known.documents(invoice)[1]
    client = open_client(known)
    [line] = sales_entries.get(client, earlier.exact_id).lines or ()
    amounts = {"AmountFC": Decimal(0), "VATAmountFC": Decimal(0), "VATCode": "2"}
    sales_entries.update_line(client, line.exact_id, amounts)

    night(known)

    assert known.fresh(newer).state == CopyState.COPIED
    with known.rows():
        assert earlier.copy_request.state == CopyState.MISMATCH
