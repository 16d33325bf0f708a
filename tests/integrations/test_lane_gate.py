"""What a lane keeps back before each call, in which order it works, and who waits for whom."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection as database, connections
from django.utils import timezone

from connector import heartbeats
from integrations import lanes, recovering
from integrations.exact.limits import Limits
from integrations.lanes import LaneJob, Purpose, doorbell
from integrations.models import DivisionLane, ExactConnection, LaneMember
from tests.integrations.lane_work import (
    Work,
    call,
    lane_of,
    only_work,
    record,
    ring,
    run,
    seated,
)

__all__ = ["only_work"]

pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES, ACCOUNTS = "/api/v1/{division}/salesentry/SalesEntries", "/api/v1/{division}/crm/Accounts"


def due_at(connection) -> datetime | None:
    return LaneMember.objects.get(connection_id=connection.pk).due_at


def left(minute: int = 60, day: int = 5000) -> Limits:
    now = timezone.now()
    return Limits(60, minute, now + timedelta(seconds=40), 5000, day, now + timedelta(hours=9))


def test_reliability_d1_a_step_of_several_calls_stops_in_the_middle_and_costs_no_refusal(only_work):
    connection = seated()
    made: list[int] = []

    def three_calls(job: LaneJob) -> None:
        for remaining in (1, 0, -1):
            call(job, record(limits=left(minute=remaining)))
            made.append(remaining)

    only_work(Work({connection.pk: 1}, act=three_calls))
    ring(connection)

    run(connection)

    assert made == [1, 0]
    assert lane_of(connection).resume_reason == "Waiting for Exact's minute limit"
    said = lanes.lane_status(connection).sentence
    assert re.search("Waiting for Exact's minute limit, goes on (tomorrow )?at ", said)


def test_reliability_d2_the_last_five_per_cent_of_the_day_are_for_look_ups(only_work):
    connection = seated()
    copies = Work({connection.pk: 6}, look_ups=2)
    lists = Work({connection.pk: 1}, name="lists", priority=30)
    only_work(copies)
    only_work(lists)
    ring(connection)
    tomorrow = timezone.now() + timedelta(hours=9)
    DivisionLane.objects.update(day_limit=5000, day_remaining=250, day_reset_at=tomorrow)

    run(connection)

    assert (len(copies.done), lists.done) == (2, [])
    assert due_at(connection) == tomorrow + timedelta(seconds=1)
    status = lanes.lane_status(connection)
    assert status.waits_until == tomorrow + timedelta(seconds=1)
    assert "its last calls are kept to check what is unsure" in status.sentence


def test_reliability_d2_what_is_kept_fresh_by_itself_stops_before_people_do(only_work):
    connection = seated()
    copies = Work({connection.pk: 1})
    payments = Work({connection.pk: 1}, name="payments", priority=20)
    only_work(copies)
    only_work(payments)
    ring(connection)
    tomorrow = timezone.now() + timedelta(hours=9)
    DivisionLane.objects.update(day_limit=5000, day_remaining=300, day_reset_at=tomorrow)

    run(connection)

    assert (copies.done, payments.done) == ([connection.pk], [])
    assert lanes.lane_status(connection).wait_reason == ""
    assert lanes.lane_status(connection, purpose=Purpose.BACKGROUND).wait_reason


def test_a_look_up_writes_nothing(only_work):
    connection = seated()
    work = Work({connection.pk: 1}, look_ups=1, act=lambda job: call(job, record(method="POST")))
    only_work(work)
    ring(connection)
    lanes.stop_all(reason="", who="Ann")

    run(connection)

    assert work.done == []


def test_reliability_d5_the_other_endpoints_of_a_lane_go_on(only_work):
    connection = seated()
    copies = Work(
        {connection.pk: 50},
        act=lambda job: call(job, record(status=400, method="POST", path=ENTRIES)),
    )
    payments = Work({connection.pk: 3}, name="payments", priority=20)
    payments.act = lambda job: call(job, record(path=ACCOUNTS))
    only_work(copies)
    only_work(payments)
    ring(connection)

    run(connection)

    assert (len(copies.done), len(payments.done)) == (5, 3)


def test_reliability_d8_after_no_answer_the_line_is_tried_with_one_call_and_a_read_if_there_is_one(
    only_work,
):
    connection = seated()
    tried: list[str] = []

    def silent(name: str, job: LaneJob) -> None:
        tried.append(name)
        call(job, record(status=503))

    copies = Work({connection.pk: 9}, act=lambda job: silent("copy", job))
    payments = Work(
        {connection.pk: 9}, act=lambda job: silent("payments", job), name="payments", priority=20
    )
    only_work(copies)
    only_work(payments)
    ring(connection)
    for _ in range(3):
        run(connection)
        DivisionLane.objects.update(resume_at=None)

    # What failed last is tried last, or one endpoint that is down would hold up the others.
    assert tried == ["copy", "payments", "copy"]


def test_reliability_d8_one_good_answer_ends_the_trying(only_work):
    connection = seated()
    work = Work({connection.pk: 9}, act=call)
    only_work(work)
    ring(connection)
    DivisionLane.objects.update(unanswered_count=7, pause_seconds=45, unanswered_work="test")

    run(connection)

    lane = lane_of(connection)
    assert len(work.done) == 9
    assert (lane.unanswered_count, lane.pause_seconds) == (0, 0)


def test_people_come_first_whoever_of_the_lane_they_work_for(only_work):
    """Lists of one organization do not hold up a copy of another one in the same division."""
    first, second = seated(), None
    second = seated(division=first.division)
    lists = Work({first.pk: 2}, name="lists", priority=30)
    copies = Work({second.pk: 2})
    order: list[str] = []
    lists.act = lambda _job: order.append("list")
    copies.act = lambda _job: order.append("copy")
    only_work(lists)
    only_work(copies)
    ring(first)
    ring(second)

    run(first)

    assert order == ["copy", "copy", "list", "list"]


def slow_lanes(count: int, only_work) -> tuple[list[ExactConnection], Work]:
    connections = [seated(division=2_700_000 + n) for n in range(count)]
    work = Work({one.pk: 1 for one in connections})
    only_work(work)
    for one in connections:
        ring(one)
    DivisionLane.objects.update(recent_ms=[12_000], is_slow=True)
    return connections, work


@pytest.mark.parametrize(("slots", "served"), [(0, 1), (4, 2), (7, 3), (100, 5)])
def test_reliability_e13_slow_lanes_sit_in_at_most_half_of_the_places(slots, served, only_work):
    connections, work = slow_lanes(5, only_work)
    heartbeats.beat(f"{heartbeats.WORKER}a", now=timezone.now(), slots=slots)

    def next_one(_job: LaneJob) -> None:
        work.act = next_one if len(connections) > 1 else None
        run(connections.pop())

    work.act = next_one
    run(connections.pop())

    assert len(work.done) == served


def test_reliability_e13_a_slow_lane_that_gives_way_comes_back_in_a_few_seconds(
    only_work, monkeypatch
):
    (first, second), _ = slow_lanes(2, only_work)
    DivisionLane.objects.filter(pk=lane_of(first).pk).update(
        lease_until=timezone.now() + timedelta(minutes=1)
    )
    asked: list[timedelta] = []
    monkeypatch.setattr(doorbell, "nudge", lambda _lane, *, after, **_: asked.append(after))

    assert run(second) == 0

    lane = lane_of(second)
    assert lane.resume_reason == "Exact answers slowly, so others go first"
    assert [timedelta(seconds=2) <= one <= timedelta(seconds=5) for one in asked] == [True]


def test_reliability_e13_a_lane_is_slow_while_its_calls_take_long_and_no_longer(only_work):
    connection = seated()
    durations = [11_000, *[200] * 30]
    seen: list[bool] = []

    def one_call(job: LaneJob) -> None:
        call(job, record(duration_ms=durations.pop(0)))
        seen.append(lane_of(connection).is_slow)

    only_work(Work({connection.pk: 31}, act=one_call))
    ring(connection)
    run(connection)
    run(connection)

    assert seen[0]
    assert not seen[-1]


def test_reliability_e14_the_sweep_rings_for_the_lane_served_longest_ago_first(only_work):
    now = timezone.now()
    connections = [seated(division=2_710_000 + n) for n in range(3)]
    sent = only_work(Work({one.pk: 1 for one in connections}))
    for minutes, one in zip((5, 30, 10), connections, strict=True):
        ring(one)
        DivisionLane.objects.filter(pk=lane_of(one).pk).update(
            last_served_at=now - timedelta(minutes=minutes)
        )
    sent.clear()

    lanes.sweep()

    assert sent == [lane_of(connections[n]).pk for n in (1, 2, 0)]


@pytest.mark.parametrize("minutes_off", [-5, 5])
def test_reliability_c19_a_worker_with_a_wrong_clock_keeps_to_the_leases_of_others(
    minutes_off, only_work, monkeypatch
):
    """It neither takes a lane that is held, nor sleeps past one that is free."""
    held, free = seated(division=2_720_001), seated(division=2_720_002)
    work = Work({held.pk: 1, free.pk: 1})
    only_work(work)
    right = timezone.now
    for one in (held, free):
        ring(one)
    DivisionLane.objects.filter(pk=lane_of(held).pk).update(
        lease_until=right() + timedelta(seconds=30)
    )
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=minutes_off))
    for one in (held, free):
        ring(one)

    assert lanes.sweep() == 1
    assert [run(held), run(free)] == [0, 1]
    assert work.done == [free.pk]


def test_reliability_e13_f4_a_slow_lane_is_taken_while_a_recovery_begins(only_work):
    """That lasts as long as there are organizations, and wants the lane's row in the end: each would wait for the other."""
    (connection,), work = slow_lanes(1, only_work)
    other = connections.create_connection("default")
    try:
        with other.cursor() as elsewhere, database.cursor() as here:
            elsewhere.execute("SELECT pg_advisory_lock(%s)", [recovering.LOCK])
            here.execute("SET lock_timeout = '1s'")

            run(connection)
    finally:
        other.close()
        with database.cursor() as here:
            here.execute("RESET lock_timeout")

    assert work.done == [connection.pk]


def test_reliability_e3_work_that_cannot_even_be_asked_does_not_block_the_others_of_the_lane(
    only_work, monkeypatch
):
    first = seated()
    second = seated(division=first.division)
    work = Work({first.pk: 1, second.pk: 2})
    sent = only_work(work)
    asked = work.next_due_at

    def broken(connection: ExactConnection, *, now: datetime) -> datetime | None:
        if connection.pk == first.pk:
            raise ZeroDivisionError
        return asked(connection, now=now)

    monkeypatch.setattr(work, "next_due_at", broken)
    ring(first)
    ring(second)
    sent.clear()

    run(first)

    assert work.done == [second.pk, second.pk]
    assert due_at(first) > timezone.now() + timedelta(seconds=30)
