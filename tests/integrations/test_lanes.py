"""Lanes: one worker at a time, within Exact's limits, fair to everybody, and nothing lost without the broker."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from celery import current_app
from django.db import connection as database, connections
from django.utils import timezone
from redis.exceptions import ResponseError

from connector.tenancy.scope import tenant_transaction
from integrations import lanes, sessions, token_store
from integrations.exact import errors
from integrations.exact.limits import Limits
from integrations.lanes import LaneJob, breaker, doorbell, held_endpoints, leases, sweeping
from integrations.models import DivisionLane, ExactConnection, LaneMember
from tests.integrations.lane_work import Work, call, lane_of, only_work, record, ring, run, seated

__all__ = ["only_work"]

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_reliability_k6_a_stopped_lane_sends_nothing_and_goes_on_reading(only_work):
    connection = seated()
    copies = Work({connection.pk: 1})
    payments = Work({connection.pk: 1}, name="payments", priority=20)
    only_work(copies)
    only_work(payments)
    ring(connection)
    lanes.stop_all(reason="the wrong journal", who="Ann")

    run(connection)

    assert (copies.done, payments.done) == ([], [connection.pk])
    assert (
        lanes.lane_status(connection).sentence == "Sending to Exact is stopped: the wrong journal"
    )


def test_reliability_k6_released_lanes_go_on_at_once(only_work):
    connection = seated()
    copies = Work({connection.pk: 1})
    only_work(copies)
    ring(connection)
    lanes.stop_all(reason="", who="Ann")
    run(connection)

    assert lanes.release_all() == 1
    run(connection)

    assert copies.done == [connection.pk]


def test_reliability_k6_a_step_under_way_is_stopped_before_its_next_write(only_work):
    connection = seated()
    sent: list[str] = []

    def two_posts(job: LaneJob) -> None:
        for name in ("first", "second"):
            call(job, record(method="POST"))
            sent.append(name)
            lanes.stop_all(reason="", who="Ann")

    work = Work({connection.pk: 1}, act=two_posts)
    only_work(work)
    ring(connection)

    run(connection)

    assert sent == ["first"]
    assert work.pieces == {connection.pk: 1}


def test_reliability_d1_the_lane_waits_for_the_minute_and_says_so(only_work):
    connection = seated()
    reset_at = timezone.now() + timedelta(seconds=40)

    def throttled(job: LaneJob) -> None:
        call(job, record(status=429, limits=Limits(minute_limit=60, minute_reset_at=reset_at)))
        raise errors.Throttled("Too many calls", limit="minute", reset_at=reset_at)

    only_work(Work({connection.pk: 1}, act=throttled))
    ring(connection)

    run(connection)

    status = lanes.lane_status(connection)
    assert status.waits_until == reset_at + timedelta(seconds=1)
    assert status.wait_reason == "Waiting for Exact's minute limit"
    assert run(connection) == 0


def test_reliability_d3_the_lane_stops_before_the_last_call_of_the_minute_is_passed(only_work):
    connection = seated()
    reset_at = timezone.now() + timedelta(seconds=30)

    def last_call(job: LaneJob) -> None:
        call(
            job,
            record(limits=Limits(minute_limit=60, minute_remaining=0, minute_reset_at=reset_at)),
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
        call(
            job,
            record(limits=Limits(minute_limit=60, minute_remaining=0, minute_reset_at=reset_at)),
        )

    work = Work({connection.pk: 2}, act=last_call)
    only_work(work)
    ring(connection)

    run(connection)

    assert len(work.done) == 1
    assert lane_of(connection).resume_at <= timezone.now() + timedelta(seconds=62)


def test_reliability_d5_five_errors_at_one_endpoint_in_an_hour_stop_that_endpoint(only_work):
    connection = seated()
    work = Work({connection.pk: 50}, act=lambda job: call(job, record(status=404)))
    only_work(work)
    ring(connection)

    run(connection)

    assert len(work.done) == breaker.ERRORS_AN_HOUR
    assert lane_of(connection).resume_at is None
    due_at = LaneMember.objects.get(connection_id=connection.pk).due_at
    assert due_at is not None
    assert timedelta(minutes=14) < due_at - timezone.now() <= timedelta(minutes=15)
    [sentence] = held_endpoints(connection)
    assert "Exact refused several calls" in sentence


def test_a_500_with_a_sentence_is_not_one_of_the_errors_that_exact_counts(only_work):
    connection = seated()
    work = Work({connection.pk: 8}, act=lambda job: call(job, record(status=500)))
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

    assert waits[0] <= timedelta(seconds=5)
    assert max(waits) <= timedelta(seconds=46)


def test_a_lost_consent_stops_only_the_connection_that_lost_it(only_work, monkeypatch):
    """RELIABILITY C8: nothing fails, nothing is lost; the work waits for the new log-in."""
    connection = seated()

    def lost(_connection: ExactConnection, **_gate: object) -> None:
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

    def lost(_connection: ExactConnection, **_gate: object) -> None:
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
    sent = only_work(Work({connection.pk: 100}, act=lambda job: call(job, record())))
    ring(connection)
    sent.clear()

    run(connection)

    assert sent == [lane_of(connection).pk]
    assert lane_of(connection).lease_until is None


def test_people_come_before_payments_and_lists(only_work):
    connection = seated()
    order: list[str] = []

    for name, priority in (("lists", 30), ("copies", 10), ("payments", 20)):
        note = partial(lambda name, _job: order.append(name), name)
        only_work(Work({connection.pk: 1}, act=note, name=name, priority=priority))
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
    """RELIABILITY E10, E11: any number of beats, and none has a lock to lose."""
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


def test_reliability_d7_a_token_that_is_kept_for_people_does_not_put_off_what_they_wait_for(
    only_work, monkeypatch
):
    """The token calls of the day run out: what nobody waits for pauses, and the look-up in two minutes is made in two."""
    connection = seated()
    now = timezone.now()
    soon = now + timedelta(minutes=2)
    copies, idle = Work({connection.pk: 1}), Work({connection.pk: 1}, name="idle", priority=90)
    monkeypatch.setattr(copies, "next_due_at", lambda _connection, *, now: soon)
    only_work(copies)
    only_work(idle)

    def later(_connection: ExactConnection, **_gate: object) -> None:
        raise token_store.TokenLater(now + timedelta(minutes=5))

    monkeypatch.setattr(sessions, "open_client", later)
    ring(connection)

    run(connection)

    assert LaneMember.objects.get(connection_id=connection.pk).due_at == soon
