"""A division that is connected at the moment of an emergency stop (RELIABILITY K6)."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection as database
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations import emergency_stop, lanes
from integrations.models import DivisionLane
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_reliability_k6_a_division_that_is_being_connected_during_the_stop_is_stopped_as_well():
    first, newcomer = (
        factories.make_connection(organization=factories.make_organization(), lists=False)
        for _ in range(2)
    )
    with tenant_transaction(first.organization_id):
        lanes.seat(first)
    is_seated = threading.Event()

    def connect() -> None:
        with tenant_transaction(newcomer.organization_id):
            lanes.seat(newcomer)
            is_seated.set()
            time.sleep(0.5)
        database.close()

    page = threading.Thread(target=connect)
    page.start()
    assert is_seated.wait(10)
    emergency_stop.stop(
        emergency_stop.choose_lanes(), reason="Exact books twice", who="Olga", now=timezone.now()
    )
    page.join()

    assert list(DivisionLane.objects.values_list("is_stopped", flat=True)) == [True, True]
