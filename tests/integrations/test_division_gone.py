"""What a worker finds out about a division while a page changes its connection."""

from __future__ import annotations

import pytest
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations import own_division
from integrations.exact import divisions
from integrations.models import ConnectionEvent, ConnectionState, ExactConnection
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("meanwhile", [ConnectionState.DISCONNECTED, ConnectionState.NEEDS_CONSENT])
@pytest.mark.parametrize("is_there", [False, True])
def test_reliability_c11_a_connection_that_ended_meanwhile_does_not_work_again(is_there, meanwhile):
    """The worker read the connection, then a page ended it, then the worker writes what Exact told it."""
    connection = factories.make_connection(
        organization=factories.make_organization(),
        lists=False,
        state=ConnectionState.NEEDS_ATTENTION if is_there else ConnectionState.READY,
    )
    own = divisions.PermittedDivision.model_validate({"Code": connection.division, "Status": 0})
    found = [own] if is_there else []
    with tenant_transaction(connection.organization_id):
        if is_there:
            ConnectionEvent.objects.create(
                connection=connection, at=timezone.now(), kind="division_unusable", sentence="Gone."
            )
        told = ConnectionEvent.objects.count()
        as_read = ExactConnection.objects.get(pk=connection.pk)
        ExactConnection.objects.update(state=meanwhile)

        own_division.store_own_division(as_read, found, timezone.now(), is_whole=True)

        assert ExactConnection.objects.get().state == meanwhile
        assert ConnectionEvent.objects.count() == told
