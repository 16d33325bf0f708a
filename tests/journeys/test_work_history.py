"""What a lane's turn did is kept as runs, records and calls, without costing the work anything (B-16)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.call_history import cleaning, storing
from integrations.models import (
    Direction,
    ExactCall,
    ExactCallBody,
    RecordOutcome,
    RunRecord,
    WorkRun,
)
from invoices.models import CopyState
from tests import factories


@pytest.fixture
def client(world):
    client = factories.make_client(organization=world.organization, name="Jansen Canary B.V.")
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    with world.rows():
        WorkRun.objects.all().delete()
    return client


def test_a_copy_is_a_run_with_its_invoice_and_its_calls_and_no_personal_word(world, client):
    invoice = world.invoice(client=client, subject="Canary subject")

    assert world.copy(invoice).state == CopyState.COPIED

    with world.rows():
        record = RunRecord.objects.select_related("run").get(kind="copied")
        run = record.run
        calls = list(ExactCall.objects.filter(run=run, step=record.step))
        bodies = list(ExactCallBody.objects.all())
    assert (record.subject_id, record.outcome) == (invoice.pk, RecordOutcome.CREATED)
    assert (run.work, run.direction, run.created_count) == ("copies", Direction.OUT, 1)
    assert [(call.method, call.status) for call in calls if call.method == "POST"] == [
        ("POST", 201)
    ]
    sent = next(body.sent for body in bodies if body.sent)
    assert json.loads(sent)["SalesEntryLines"]
    everything = " ".join([str(vars(row)) for row in [*calls, *bodies]])
    assert "Canary" not in everything
    assert "Bearer" not in everything


def test_a_history_that_can_not_be_stored_costs_no_copy_and_leaves_nothing_half(
    world, client, monkeypatch, caplog
):
    def fail(*_args, **_options):
        raise DatabaseError("disk full")

    monkeypatch.setattr(ExactCallBody.objects, "bulk_create", fail)

    assert world.copy(world.invoice(client=client)).state == CopyState.COPIED
    with world.rows():
        assert not WorkRun.objects.exists()
        assert not ExactCall.objects.exists()
    assert "Could not store the history of a turn" in caplog.text


def test_a_turn_costs_seven_statements_whatever_the_number_of_calls(world, client, monkeypatch):
    counted = []
    store = storing.store

    def watched(notebook):
        with CaptureQueriesContext(database) as statements:
            store(notebook)
        counted.append((len(notebook.list_runs()), len(statements)))

    monkeypatch.setattr("integrations.lanes.turn.storing.store", watched)

    world.copy(world.invoice(client=client))

    assert all(statements == 0 for runs, statements in counted if not runs)
    assert max(statements for _runs, statements in counted) <= 8


def test_history_is_deleted_when_it_is_older_than_the_organization_keeps_it(world, client):
    world.copy(world.invoice(client=client))
    now = timezone.now()

    cleaning.clean(now=now + timedelta(days=29))
    with world.rows():
        assert ExactCallBody.objects.exists()

    cleaning.clean(now=now + timedelta(days=31))
    with world.rows():
        assert not ExactCallBody.objects.exists()
        assert RunRecord.objects.filter(kind="copied").exists()

    cleaning.clean(now=now + timedelta(days=400))
    with world.rows():
        assert not WorkRun.objects.exists()
        assert not ExactCall.objects.exists()
