"""Notes what a lane's turn does, in memory, and stores it when the turn is over.

A history must never cost a copy: what can not be noted or stored is left out with a line in the log. Nothing is stored before
the lane was given back, and a run is stored whole or not at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from integrations.call_history import masking
from integrations.exact import explain, odata
from integrations.exact.calls import Exchange
from integrations.exact.errors import Outcome
from integrations.models import RecordOutcome

logger = logging.getLogger(__name__)

# A turn makes some twenty calls; what a run makes beyond these is counted and not kept.
MOST_CALLS = 60
MOST_RECORDS = 1_000
_LARGEST_REFUSAL = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class CallNote:
    """One call, masked."""

    step: int
    at: datetime
    method: str
    path: str
    address: str
    status: int | None
    is_good: bool
    duration_ms: int
    row_count: int
    reason: str
    sent: str = field(repr=False)
    received: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordNote:
    """What was done to one invoice."""

    step: int
    kind: str
    outcome: RecordOutcome
    subject_id: int
    user_id: int | None


@dataclass
class RunNotes:
    """What one kind of work did for one connection in this turn."""

    organization_id: int
    connection_id: int
    work: str
    started_at: datetime
    step: int = 0
    seconds: float = 0
    call_count: int = 0
    calls: list[CallNote] = field(default_factory=list)
    records: list[RecordNote] = field(default_factory=list)


_current: ContextVar[RunNotes | None] = ContextVar("run_notes", default=None)


class Notebook:
    """The notes of one turn, by connection and kind of work."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._runs: dict[tuple[int, str], RunNotes] = {}

    @contextmanager
    def step(self, *, organization_id: int, connection_id: int, work: str) -> Iterator[None]:
        """This function will note the calls and records of the block as one step of its run."""
        key = (connection_id, work)
        if key not in self._runs:
            self._runs[key] = RunNotes(organization_id, connection_id, work, self._clock())
        run = self._runs[key]
        run.step += 1
        began = time.monotonic()
        token = _current.set(run)
        try:
            yield
        finally:
            _current.reset(token)
            run.seconds += time.monotonic() - began

    def note_call(self, exchange: Exchange) -> None:
        """This function will mask the call and note it; it never raises."""
        run = _current.get()
        if run is None:
            return
        run.call_count += 1
        if len(run.calls) >= MOST_CALLS:
            return
        try:
            run.calls.append(_mask(exchange, run.step, self._clock()))
        except Exception:  # the call itself went well
            logger.exception("Could not note a call", extra={"work": run.work})

    def list_runs(self) -> list[RunNotes]:
        """This function will return the runs that made a call: what did nothing is not worth a row."""
        return [run for run in self._runs.values() if run.call_count]


def note_record(
    *, kind: str, outcome: RecordOutcome, subject_id: int, user_id: int | None = None
) -> None:
    """This function will note, once the open transaction is committed, what was done to an invoice.

    Outside a lane's turn it does nothing: then nothing was asked of Exact.
    """
    run = _current.get()
    if run is None:
        return
    note = RecordNote(run.step, kind, outcome, subject_id, user_id)

    def keep() -> None:
        if len(run.records) < MOST_RECORDS:
            run.records.append(note)

    transaction.on_commit(keep, robust=True)


def _mask(exchange: Exchange, step: int, at: datetime) -> CallNote:
    record = exchange.record
    note = CallNote(
        step=step,
        at=at,
        method=record.method,
        path=record.path_template,
        address=masking.mask_address(exchange.url),
        status=record.status,
        is_good=record.outcome is Outcome.EXECUTED,
        duration_ms=record.duration_ms,
        row_count=_count_rows(exchange.received),
        reason="",
        sent=masking.mask_document(exchange.sent),
        received=masking.mask_document(exchange.received),
    )
    return _with_refusal(note, exchange.refusal) if exchange.refusal else note


def _with_refusal(note: CallNote, body: bytes) -> CallNote:
    if len(body) > _LARGEST_REFUSAL:
        return note
    try:
        document = odata.from_json(body)
    except odata.NotUnderstood:
        return note
    return replace(note, received=masking.mask_document(document), reason=_reason(document))


def _reason(document: Any) -> str:
    """The kind of reason, because Exact's own words may name people."""
    try:
        message = document["error"]["message"]["value"]
    except (KeyError, TypeError):
        return ""
    return explain.explain_message(str(message)).code


def _count_rows(document: Any) -> int:
    inner = document.get("d") if isinstance(document, dict) else None
    rows = inner.get("results", inner) if isinstance(inner, dict) else inner
    if isinstance(rows, list):
        return len(rows)
    return 1 if rows else 0
