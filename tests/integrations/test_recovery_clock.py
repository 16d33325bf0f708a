"""From when on a restored database looks up what Exact got, when the clocks of hosts are wrong (RELIABILITY C19, F4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from connector import database_identity
from connector.database_clock import database_now
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.tasks import sweep_lanes
from invoices.models import RecoveryPass
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("at_the_notes", "at_the_recovery"), [(26 * 60, 0), (0, -15)])
def test_reliability_f4_c19_a_recovery_begins_and_settles_by_the_databases_clock(
    at_the_notes, at_the_recovery, monkeypatch
):
    """Minutes by which the host of the sweep is ahead: neither is a document missed, nor read before it can be there."""
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False)
    with tenant_transaction(organization.pk):
        lanes.seat(connection)
    right, names = timezone.now, database_identity.current_names
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=at_the_notes))
    sweep_lanes()
    backed_up_at = database_now()

    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=at_the_recovery))
    monkeypatch.setattr(
        database_identity, "current_names", lambda: [f"{name}-restored" for name in names()]
    )
    sweep_lanes()

    with tenant_transaction(organization.pk):
        one = RecoveryPass.objects.get()
    assert one.since < backed_up_at
    settled = timedelta(seconds=settings.COPY_SETTLE_SECONDS)
    assert one.settled_at - database_now() == pytest.approx(settled, abs=timedelta(seconds=30))
