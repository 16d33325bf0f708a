"""Lanes: one worker at a time, within Exact's limits, fair to everybody, and nothing lost without the broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from celery import current_app
from django.db import connection as database, connections
from django.utils import timezone
from redis.exceptions import ResponseError

from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, sessions, token_store
from integrations.exact import errors
from integrations.exact.client import CallRecord
from integrations.exact.limits import Limits
from integrations.lanes import LaneJob, budget, doorbell, leases, sweeping, work as lane_work
from integrations.models import DivisionLane, ExactConnection, LaneMember
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


class Work:
    """A kind of work with rows in memory: each connection's number of pieces left."""

    name = "test"
    priority = 10

    def __init__(
        self, pieces: dict[int, int], act: Callable[[LaneJob], None] | None = None
    ) -> None:
        self.pieces = pieces
        self.act = act
        self.done: list[int] = []

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        return now if self.pieces.get(connection.pk, 0) else None

    def step(self, job: LaneJob) -> None:
        if self.act is not None:
            self.act(job)
        self.pieces[job.connection_id] -= 1
        self.done.append(job.connection_id)


class Client:
    """What a step gets in place of a client of Exact: told of an answer, it tells the lane."""

    access_token = Secret("a token")

    def __init__(self, connection: ExactConnection, *, on_answer: Any, urgency: Any) -> None:
        self.note = on_answer
        self.urgency = urgency

    def __call__(self, record: CallRecord) -> None:
        self.note(record)


@pytest.fixture
def only_work(monkeypatch):
    """Replace the real kinds of work, and calls to Exact, by the test's own."""
    sent: list[int] = []
    monkeypatch.setattr(lane_work._registry, "works", [])
    monkeypatch.setattr(sessions, "open_client", Client)
    monkeypatch.setattr(doorbell, "nudge", lambda lane_id, **_: sent.append(lane_id))

    def use(work: Work) -> list[int]:
        lanes.register_work(work)
        return sent

    return use


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


def test_it_works_off_what_is_due_and_then_rests(only_work):
    connection = seated()
    work = Work({connection.pk: 3})
    only_work(work)
    ring(connection)

    steps = run(connection)

    assert steps == 3
    member = LaneMember.objects.get(connection_id=connection.pk)
    assert member.due_at is None
    assert lane_of(connection).lease_until is None


def test_a_ring_before_the_row_is_committed_is_not_sent(only_work):
    """The doorbell rings after the commit, so that a worker never looks before the row is there (RELIABILITY A2)."""
    connection = seated()
    sent = only_work(Work({}))

    with tenant_transaction(connection.organization_id):
        lanes.ring(connection, at=timezone.now())
        before = list(sent)

    assert before == []
    assert sent == [lane_of(connection).pk]


def test_reliability_a2_the_sweep_finds_work_whose_message_was_lost(only_work):
    connection = seated()
    sent = only_work(Work({connection.pk: 1}))
    ring(connection)
    sent.clear()

    assert lanes.sweep(timezone.now()) == 1
    assert sent == [lane_of(connection).pk]


def test_a_broker_that_is_away_does_not_disturb_the_person(monkeypatch):
    """RELIABILITY E9: the click still works, the sweep does the rest."""
    connection = seated()

    def gone(*_args: Any, **_options: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(doorbell, "_broker", doorbell._Broker())
    monkeypatch.setattr(current_app, "send_task", gone)

    ring(connection)

    assert LaneMember.objects.get(connection_id=connection.pk).due_at is not None


def test_two_workers_never_hold_one_lane(only_work):
    connection = seated()
    lane = lane_of(connection)
    second: list[int] = []
    work = Work(
        {connection.pk: 1},
        act=lambda job: second.append(lanes.run_turn(lane.pk, worker="worker-2")),
    )
    only_work(work)
    ring(connection)

    run(connection)

    assert second == [0]
    assert work.done == [connection.pk]


def test_reliability_a17_a_worker_that_slept_past_its_lease_learns_that_the_lane_is_not_its_own(
    only_work,
):
    connection = seated()
    lane = lane_of(connection)
    seen: list[bool] = []

    def oversleep(job: LaneJob) -> None:
        DivisionLane.objects.filter(pk=lane.pk).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
        leases.take(lane.pk, "worker-2", timezone.now())
        seen.append(job.still_ours())

    only_work(Work({connection.pk: 1}, act=oversleep))
    ring(connection)

    run(connection)

    assert seen == [False]
    assert lane_of(connection).lease_owner == "worker-2"


def test_a_stopped_lane_starts_nothing(only_work):
    """RELIABILITY K6: the emergency stop."""
    connection = seated()
    work = Work({connection.pk: 1})
    only_work(work)
    ring(connection)
    DivisionLane.objects.update(is_stopped=True)

    assert run(connection) == 0
    assert lanes.sweep(timezone.now()) == 0
    assert work.done == []


def test_reliability_d1_the_lane_waits_for_the_minute_and_says_so(only_work):
    connection = seated()
    until = timezone.now() + timedelta(seconds=40)

    def throttled(_job: LaneJob) -> None:
        raise errors.Throttled("Too many calls", limit="minute", reset_at=until)

    only_work(Work({connection.pk: 1}, act=throttled))
    ring(connection)

    run(connection)

    status = lanes.lane_status(connection)
    assert status.waits_until == until
    assert status.wait_reason == "Waiting for Exact's minute limit"
    assert run(connection) == 0


def test_reliability_d3_the_lane_stops_before_the_last_call_of_the_minute_is_passed(only_work):
    connection = seated()
    reset_at = timezone.now() + timedelta(seconds=30)

    def last_call(job: LaneJob) -> None:
        job.client(
            record(limits=Limits(minute_limit=60, minute_remaining=0, minute_reset_at=reset_at))
        )

    work = Work({connection.pk: 5}, act=last_call)
    only_work(work)
    ring(connection)

    run(connection)

    assert len(work.done) == 1
    assert lane_of(connection).resume_at == reset_at + timedelta(seconds=1)


def test_reliability_c19_a_reset_that_makes_no_sense_does_not_stop_the_lane_for_ever(only_work):
    connection = seated()
    reset_at = timezone.now() + timedelta(days=400)

    def last_call(job: LaneJob) -> None:
        job.client(
            record(limits=Limits(minute_limit=60, minute_remaining=0, minute_reset_at=reset_at))
        )

    work = Work({connection.pk: 2}, act=last_call)
    only_work(work)
    ring(connection)

    run(connection)

    assert len(work.done) == 2


def test_reliability_d5_five_errors_at_one_endpoint_in_an_hour_stop_the_lane(only_work):
    connection = seated()
    work = Work({connection.pk: 50}, act=lambda job: note(job, record(status=404)))
    only_work(work)
    ring(connection)

    run(connection)

    assert len(work.done) == budget.ERRORS_AN_HOUR
    assert lane_of(connection).resume_at > timezone.now() + timedelta(minutes=50)


def test_a_500_with_a_sentence_is_not_one_of_the_errors_that_exact_counts(only_work):
    connection = seated()
    work = Work({connection.pk: 8}, act=lambda job: note(job, record(status=500)))
    only_work(work)
    ring(connection)

    run(connection)

    assert len(work.done) == 8


def test_when_exact_does_not_answer_the_lane_waits_longer_each_time(only_work):
    connection = seated()

    def silent(_job: LaneJob) -> None:
        raise errors.Unavailable("Exact can not answer now")

    only_work(Work({connection.pk: 1}, act=silent))
    ring(connection)
    waits = []
    for _ in range(3):
        now = timezone.now()
        run(connection)
        resume_at = lane_of(connection).resume_at
        assert resume_at is not None
        waits.append(resume_at - now)
        DivisionLane.objects.update(resume_at=None)

    assert waits[0] < timedelta(seconds=6)
    assert waits[2] > timedelta(seconds=9)


def test_a_lost_consent_stops_only_the_connection_that_lost_it(only_work, monkeypatch):
    """RELIABILITY C8: nothing fails, nothing is lost; the work waits for the new log-in."""
    connection = seated()

    def lost(_connection: ExactConnection, **_options: object) -> None:
        raise token_store.NeedsConsent("withdrawn")

    work = Work({connection.pk: 1})
    only_work(work)
    monkeypatch.setattr(sessions, "open_client", lost)
    ring(connection)

    run(connection)

    assert work.pieces == {connection.pk: 1}
    assert LaneMember.objects.get(connection_id=connection.pk).due_at > timezone.now()


def test_reliability_c12_a_log_in_while_the_lane_gives_up_is_not_slept_through(
    only_work, monkeypatch
):
    """The person rings between the refusal and the lane's note of it: the work must still be due some time."""
    connection = seated()

    def lost(_connection: ExactConnection, **_options: object) -> None:
        ring(connection)
        raise token_store.NeedsConsent("withdrawn")

    only_work(Work({connection.pk: 1}))
    monkeypatch.setattr(sessions, "open_client", lost)
    ring(connection)

    run(connection)

    assert LaneMember.objects.get(connection_id=connection.pk).due_at is not None


def test_reliability_e8_a_broker_that_is_full_does_not_disturb_the_person(monkeypatch):
    connection = seated()

    def full(*_args: Any, **_options: Any) -> None:
        raise ResponseError("OOM command not allowed when used memory > 'maxmemory'.")

    monkeypatch.setattr(doorbell, "_broker", doorbell._Broker())
    monkeypatch.setattr(current_app, "send_task", full)

    ring(connection)

    assert LaneMember.objects.get(connection_id=connection.pk).due_at is not None


def test_reliability_c11_a_worker_learns_that_its_connection_was_disconnected(only_work):
    connection = seated()
    seen: list[bool] = []

    def disconnect(job: LaneJob) -> None:
        seen.append(job.still_ours())
        lanes.leave(connection)
        seen.append(job.still_ours())

    only_work(Work({connection.pk: 1}, act=disconnect))
    ring(connection)

    lane = lane_of(connection)
    lanes.run_turn(lane.pk, worker="worker-1")

    assert seen == [True, False]


def test_reliability_e3_work_that_fails_does_not_block_the_others_of_the_lane(only_work):
    first = seated()
    second = seated(division=first.division)

    def poison(job: LaneJob) -> None:
        if job.connection_id == first.pk:
            raise ZeroDivisionError

    work = Work({first.pk: 1, second.pk: 2}, act=poison)
    only_work(work)
    ring(first)
    ring(second)

    run(first)

    assert work.done == [second.pk, second.pk]
    assert LaneMember.objects.get(connection_id=first.pk).due_at > timezone.now()


def test_members_of_one_lane_take_turns(only_work):
    """RELIABILITY E14: a huge backlog of one connection does not hold up the other."""
    first = seated()
    second = seated(division=first.division)
    work = Work({first.pk: 3, second.pk: 3})
    only_work(work)
    ring(first)
    ring(second)

    run(first)

    assert [work.done.count(pk) for pk in (first.pk, second.pk)] == [3, 3]
    assert work.done[:4] in ([first.pk, second.pk] * 2, [second.pk, first.pk] * 2)


def test_a_slice_ends_after_twenty_calls_and_rings_again(only_work):
    connection = seated()
    sent = only_work(Work({connection.pk: 100}, act=lambda job: note(job, record())))
    ring(connection)
    sent.clear()

    run(connection)

    assert sent == [lane_of(connection).pk]
    assert lane_of(connection).lease_until is None


def test_people_come_before_payments_and_lists(only_work):
    connection = seated()
    order: list[str] = []

    class Ranked(Work):
        def __init__(self, name: str, priority: int) -> None:
            super().__init__({connection.pk: 1}, act=lambda _job: order.append(name))
            self.name = name
            self.priority = priority

    only_work(Ranked("lists", 30))
    only_work(Ranked("copies", 10))
    only_work(Ranked("payments", 20))
    ring(connection)

    run(connection)

    assert order == ["copies", "payments", "lists"]


def test_work_that_was_noted_while_the_lane_looked_is_not_forgotten(only_work, monkeypatch):
    """The due time is only ever lowered by a ring, and set under the member's lock."""
    connection = seated()
    work = Work({connection.pk: 0})
    only_work(work)
    ring(connection)
    original = work.next_due_at

    def late(connection_: ExactConnection, *, now: datetime) -> datetime | None:
        due = original(connection_, now=now)
        monkeypatch.setattr(work, "next_due_at", original)
        assert database.in_atomic_block
        return due

    monkeypatch.setattr(work, "next_due_at", late)
    run(connection)
    work.pieces[connection.pk] = 1
    ring(connection)

    assert run(connection) == 1


def test_sweeps_at_the_same_time_ring_once(only_work):
    """RELIABILITY E10: any number of beats."""
    connection = seated()
    sent = only_work(Work({connection.pk: 1}))
    ring(connection)
    sent.clear()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [sweeping.SWEEP_LOCK])

        assert lanes.sweep(timezone.now()) == 0
    finally:
        other.close()
    assert sent == []


def note(job: LaneJob, one: CallRecord) -> None:
    """The tests' client is the function that a real one reports its calls to."""
    cast("Callable[[CallRecord], None]", job.client)(one)


def record(*, status: int = 200, limits: Limits | None = None) -> CallRecord:
    return CallRecord(
        method="GET",
        path_template="/api/v1/{division}/test",
        status=status,
        duration_ms=1,
        limits=limits or Limits(),
        division=1,
        outcome=errors.Outcome.EXECUTED,
    )
