"""From the notes of a turn to rows: one transaction for each organization, after the lane was given back."""

from __future__ import annotations

import logging
from itertools import groupby
from typing import Any

from connector import log_context
from connector.tenancy.scope import tenant_transaction
from integrations.call_history.notebook import CallNote, Notebook, RunNotes
from integrations.models import (
    Direction,
    ExactCall,
    ExactCallBody,
    RecordOutcome,
    RunRecord,
    WorkRun,
)

logger = logging.getLogger(__name__)

_LONGEST_PATH = 120
_LONGEST_REASON = 60


def store(notebook: Notebook) -> None:
    """This function will store the turn's runs; what can not be stored is dropped with a line in the log.

    Four statements for each organization, whatever the number of calls. It never raises, and is not called inside a transaction.
    """
    runs = sorted(notebook.list_runs(), key=lambda run: run.organization_id)
    for organization_id, own in groupby(runs, key=lambda run: run.organization_id):
        try:
            with tenant_transaction(organization_id):
                _store(organization_id, list(own))
        except Exception:  # the work is done and written down; only its history is lost
            logger.warning("Could not store the history of a turn", exc_info=True)


def _store(organization_id: int, notes: list[RunNotes]) -> None:
    own: dict[str, Any] = {"organization_id": organization_id}
    records = [_records(run) for run in notes]
    rows = WorkRun.objects.bulk_create(
        WorkRun(**own, **_facts(run), **_counts(found))
        for run, found in zip(notes, records, strict=True)
    )
    RunRecord.objects.bulk_create(
        RunRecord(**own, run=row, **record)
        for row, found in zip(rows, records, strict=True)
        for record in found
    )
    noted = [(row, call) for row, run in zip(rows, notes, strict=True) for call in run.calls]
    calls = ExactCall.objects.bulk_create(
        ExactCall(**own, run=row, **_call(call)) for row, call in noted
    )
    ExactCallBody.objects.bulk_create(
        ExactCallBody(**own, call=call, at=note.at, sent=note.sent, received=note.received)
        for call, (_row, note) in zip(calls, noted, strict=True)
        if note.sent or note.received
    )


def _facts(run: RunNotes) -> dict[str, Any]:
    users = {record.user_id for record in run.records if record.user_id is not None}
    writes = any(call.method != "GET" for call in run.calls)
    return {
        "connection_id": run.connection_id,
        "work": run.work,
        "direction": Direction.OUT if writes else Direction.IN,
        "user_id": users.pop() if len(users) == 1 else None,
        "started_at": run.started_at,
        "duration_ms": round(run.seconds * 1000),
        "call_count": run.call_count,
        "request_id": str(log_context.bound().get("request_id", ""))[:40],
    }


def _records(run: RunNotes) -> list[dict[str, Any]]:
    """What was done to invoices, and for steps that were about none what was called."""
    calls: dict[int, int] = {}
    for call in run.calls:
        calls[call.step] = calls.get(call.step, 0) + 1
    of_invoices: list[dict[str, Any]] = [
        {
            "step": record.step,
            "kind": record.kind,
            "outcome": record.outcome,
            "subject_id": record.subject_id,
            "call_count": calls.get(record.step, 0),
        }
        for record in run.records
    ]
    told = {record.step for record in run.records}
    others: dict[tuple[int, str, bool, bool], dict[str, Any]] = {}
    for call in run.calls:
        if call.step in told:
            continue
        key = (call.step, call.path, call.method == "GET", call.is_good)
        record = others.setdefault(key, _of_a_path(call))
        record["call_count"] += 1
        record["row_count"] += call.row_count
    return [*of_invoices, *others.values()]


def _of_a_path(call: CallNote) -> dict[str, Any]:
    done = RecordOutcome.SEEN if call.method == "GET" else RecordOutcome.UPDATED
    return {
        "step": call.step,
        "path": call.path[:_LONGEST_PATH],
        "outcome": done if call.is_good else RecordOutcome.FAILED,
        "call_count": 0,
        "row_count": 0,
    }


def _counts(records: list[dict[str, Any]]) -> dict[str, int]:
    return {
        f"{outcome}_count": sum(record["outcome"] == outcome for record in records)
        for outcome in RecordOutcome.values
        if outcome != RecordOutcome.SEEN
    }


def _call(note: CallNote) -> dict[str, Any]:
    return {
        "step": note.step,
        "at": note.at,
        "method": note.method,
        "path": note.path[:_LONGEST_PATH],
        "address": note.address,
        "status": note.status,
        "duration_ms": note.duration_ms,
        "row_count": note.row_count,
        "reason": note.reason[:_LONGEST_REASON],
    }
