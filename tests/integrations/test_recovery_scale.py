"""A recovery in an installation with thousands of connections: it begins, and sweeps go on meanwhile (RELIABILITY F4, K4)."""

from __future__ import annotations

import pytest
from django.db import connection as database, transaction
from django.test.utils import CaptureQueriesContext

from connector import heartbeats
from connector.database_clock import database_now
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, recovering
from integrations.connection_lifecycle import farewell
from integrations.lanes import doorbell
from integrations.models import ExactConnection
from integrations.tasks import sweep_lanes
from invoices.models import RecoveryPass
from tests import factories

pytestmark = pytest.mark.django_db

THOUSANDS = 5_000
# A short statement, with its way through the network.
A_STATEMENT = 0.002  # seconds


def _seated(count: int) -> list[ExactConnection]:
    made = []
    for _ in range(count):
        organization = factories.make_organization()
        made.append(factories.make_connection(organization=organization, lists=False))
        with tenant_transaction(organization.pk):
            lanes.seat(made[-1])
    return made


def _is_done(connection: ExactConnection) -> None:
    with tenant_transaction(connection.organization_id):
        RecoveryPass.objects.update(done_at=database_now(), next_at=None)


def _statements_to_begin() -> int:
    """How many it takes with what is in the database now, where other tests may have left something."""
    now = database_now()
    with CaptureQueriesContext(database) as statements, transaction.atomic():
        recovering.begin(backup_at=now, who="The connector", now=now)
        transaction.set_rollback(True)
    return len(statements)


def test_reliability_f4_a_sweep_has_the_time_to_begin_the_recovery_of_thousands_of_connections():
    """It is begun in one transaction, and no lane is served before that."""
    _seated(4)
    few = _statements_to_begin()
    more = len(_seated(4))

    needed = THOUSANDS * A_STATEMENT * (_statements_to_begin() - few) / more
    assert needed > 0
    assert sweep_lanes.soft_time_limit is not None
    assert needed < sweep_lanes.soft_time_limit < sweep_lanes.time_limit


def test_reliability_f4_sweeps_look_only_at_connections_that_may_hold_a_stopped_lane():
    made, now = _seated(6), database_now()
    recovering.begin(backup_at=now, who="The connector", now=now)
    for connection in made[:4]:
        _is_done(connection)
    recovering.finish_if_done(now=now)

    with CaptureQueriesContext(database) as statements:
        recovering.finish_if_done(now=now)

    asked = [one for one in statements if "recoverypass" in one["sql"]]
    assert len(asked) == 2
    assert len(statements) < 2 * 10


@pytest.mark.parametrize(
    ("where", "fails"), [(recovering, "finish_if_done"), (farewell, "end_overdue")]
)
def test_reliability_k4_what_fails_beside_a_sweep_does_not_keep_it_from_ringing(
    where, fails, monkeypatch
):
    (connection,) = _seated(1)
    rung: list[int] = []
    monkeypatch.setattr(doorbell, "nudge", lambda lane_id, **_: rung.append(lane_id))
    with tenant_transaction(connection.organization_id):
        lanes.ring(connection, at=database_now())

    def fail(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(where, fails, fail)
    with pytest.raises(ZeroDivisionError):
        sweep_lanes()

    assert len(rung) == 1
    assert heartbeats.signs_of_life(now=database_now()).swept_at is not None
