"""What a real worker logs while everything goes wrong: ids to follow it by, no secret, nobody's data (RELIABILITY J21, J22)."""

from __future__ import annotations

import json

import pytest

from exact_sandbox.options import DEFAULT_CLIENT_SECRET
from integrations.models import ExactGrant
from invoices.models import CopyState
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

CANARY = "Kanarie7Q"


def test_reliability_j21_j22_a_worker_logs_ids_and_neither_secrets_nor_data(
    world, worker, sweep_until
):
    client = factories.make_client(
        organization=world.organization, name=f"{CANARY} B.V.", email="kanarie7q@example.com"
    )
    invoice = world.invoice(client=client, number="27010001", subject=f"For {CANARY}")
    world.fault("error_500_after_commit")
    request = world.request(invoice)

    running = worker(LOG_LEVEL="DEBUG")
    sweep_until(lambda: world.fresh(request).state == CopyState.COPIED)
    output = running.stop()

    # Celery's own banner comes first, as text.
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert CANARY.lower() not in output.lower()
    assert DEFAULT_CLIENT_SECRET not in output
    with world.rows():
        grant = ExactGrant.objects.get()
    assert grant.exact_user_name not in output
    turns = [line for line in lines if line["message"] == "Served a lane"]
    assert turns
    assert all(line["lane_id"] and line["request_id"] for line in turns)
    told = [line for line in lines if line["message"] == "A copy was not confirmed"]
    assert told
    assert told[0]["connection_id"] == world.connection.pk
    assert told[0]["organization_id"] == world.organization.pk
