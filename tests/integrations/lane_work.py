"""A kind of work with rows in memory, and a client that calls nothing: what tests of the lanes are made of.

Use it from a test module: ``from tests.integrations.lane_work import only_work`` (and list it in ``__all__``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest
from django.utils import timezone

from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, sessions, token_store
from integrations.exact import errors
from integrations.exact.calls import CallRecord, Exchange, Method
from integrations.exact.limits import Limits
from integrations.lanes import LaneJob, doorbell, work as lane_work
from integrations.models import DivisionLane, ExactConnection
from tests import factories


class Work:
    """A kind of work with rows in memory: each connection's number of pieces left."""

    def __init__(
        self,
        pieces: dict[int, int],
        act: Callable[[LaneJob], None] | None = None,
        *,
        name: str = "test",
        priority: int = 10,
        look_ups: int = 0,
    ) -> None:
        self.pieces = pieces
        self.act = act
        self.name = name
        self.priority = priority
        # How many of the pieces only look up what became of something.
        self.look_ups = look_ups
        self.done: list[int] = []

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        return now if self.pieces.get(connection.pk, 0) else None

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        return now if self.look_ups and self.pieces.get(connection.pk, 0) else None

    def step(self, job: LaneJob) -> None:
        if self.act is not None:
            self.act(job)
        self.look_ups = max(0, self.look_ups - 1)
        self.pieces[job.connection_id] -= 1
        self.done.append(job.connection_id)


@pytest.fixture
def only_work(monkeypatch):
    """Replace the real kinds of work, and calls to Exact, by the test's own."""
    sent: list[int] = []
    monkeypatch.setattr(lane_work._registry, "works", [])
    monkeypatch.setattr(sessions, "open_client", lambda _connection, **gate: Client(**gate))
    monkeypatch.setattr(doorbell, "nudge", lambda lane_id, **_: sent.append(lane_id))

    def use(work: Work) -> list[int]:
        lanes.register_work(work)
        return sent

    return use


@dataclass
class Client:
    """What the steps of these tests call Exact with: the gate in front, and the ear behind."""

    on_answer: Callable[[CallRecord], None]
    before_call: Callable[[Method, str], None]
    on_exchange: Callable[[Exchange], None]
    urgency: token_store.Urgency
    access_token: Secret = field(default_factory=lambda: Secret("a token"))


def call(job: LaneJob, one: CallRecord | None = None) -> None:
    """One call to Exact as a real client makes it, and what comes back."""
    one = one or record()
    client = cast("Client", job.client)
    client.before_call(one.method, one.path_template)
    client.on_answer(one)
    client.on_exchange(Exchange(one, "https://exact.example/api/v1/1/test", None, None, b""))
    if one.outcome is errors.Outcome.UNCERTAIN:
        raise errors.Unavailable("Exact can not answer now")


def seated(**fields: Any) -> ExactConnection:
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization, lists=False, **fields)
    lanes.seat(connection)
    return connection


def ring(connection: ExactConnection) -> None:
    with tenant_transaction(connection.organization_id):
        lanes.ring(connection, at=timezone.now())


def lane_of(connection: ExactConnection) -> DivisionLane:
    return DivisionLane.objects.get(members__connection_id=connection.pk)


def run(connection: ExactConnection, **options: Any) -> int:
    return lanes.run_turn(lane_of(connection).pk, worker="worker-1", **options)


def record(
    *,
    status: int | None = 200,
    limits: Limits | None = None,
    method: Method = "GET",
    path: str = "/api/v1/{division}/test",
    duration_ms: int = 1,
) -> CallRecord:
    return CallRecord(
        method=method,
        path_template=path,
        status=status,
        duration_ms=duration_ms,
        limits=limits or Limits(),
        division=1,
        outcome=_OUTCOMES.get(status, errors.Outcome.REFUSED),
    )


_OUTCOMES = {
    200: errors.Outcome.EXECUTED,
    None: errors.Outcome.UNCERTAIN,
    500: errors.Outcome.PROBABLY_REFUSED,
    503: errors.Outcome.UNCERTAIN,
}
