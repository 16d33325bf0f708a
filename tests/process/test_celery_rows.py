"""What Celery and its broker do to a task - twice, never, killed, not known - and that no invoice minds."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from integrations import lanes
from integrations.models import LaneMember
from invoices.models import CopyRequest, CopyState, Invoice
from tests import factories
from tests.journeys.world import World
from tests.process.conftest import ROOT

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


def make_invoices(world: World, count: int) -> list[Invoice]:
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    return [world.invoice(client=client) for _ in range(count)]


def are_copied(world: World, requests: list[CopyRequest]) -> bool:
    return all(world.fresh(request).state == CopyState.COPIED for request in requests)


def counts(world: World, invoices: list[Invoice]) -> list[int]:
    return [len(world.entries(invoice.number)) for invoice in invoices]


def send(name: str, **options: Any) -> None:
    """A message as another version of ours, or somebody else, may put it into the queue."""
    current_app.send_task(name, kwargs={"lane_id": 1}, queue="exact", **options)


def test_reliability_e1_a_child_that_is_killed_in_the_middle_of_a_call_is_replaced(
    world, worker, sweep_until
):
    [invoice] = make_invoices(world, 1)
    world.fault("hang", delay_s=4)
    request = world.request(invoice)
    running = worker(children=1)
    sweep_until(lambda: "POST SalesEntries" in world.calls())

    running.child().kill()
    sweep_until(lambda: are_copied(world, [request]))

    assert running.is_alive
    assert counts(world, [invoice]) == [1]


def test_reliability_e3_a_copy_that_kills_its_worker_each_time_is_set_aside(
    world, worker, sweep_until
):
    """The count is written before the work, so it also counts the work that nobody came back from."""
    poison, other = make_invoices(world, 2)
    kills, harmless = world.request(poison), world.request(other)

    running = worker(crash_at=f"step_begun:{kills.marker}", children=1)
    sweep_until(lambda: world.fresh(kills).state == CopyState.NEEDS_CHOICE)
    sweep_until(lambda: are_copied(world, [harmless]))

    assert running.is_alive
    assert world.fresh(kills).problem_code == "workers_lost"
    assert counts(world, [poison, other]) == [0, 1]


def test_reliability_e6_messages_that_come_again_while_the_task_runs_do_nothing(
    world, worker, sweep_until
):
    [invoice] = make_invoices(world, 1)
    world.fault("hang", delay_s=1.5)
    lane_id = LaneMember.objects.get(connection_id=world.connection.pk).lane_id
    request = world.request(invoice)
    worker()
    worker()
    sweep_until(lambda: "POST SalesEntries" in world.calls())

    for _ in range(10):
        lanes.nudge(lane_id)
    sweep_until(lambda: are_copied(world, [request]))

    assert world.calls() == ["POST SalesEntries"]


def test_reliability_a20_e7_a_deploy_under_load_ends_the_call_and_goes_on_elsewhere(
    world, worker, sweep_until
):
    """A warm shutdown: what is under way ends, so nothing has to be looked up."""
    invoices = make_invoices(world, 24)
    world.fault("slow", delay_s=0.1, times=None, probability=1.0)
    requests = [world.request(invoice) for invoice in invoices]
    first = worker()
    sweep_until(lambda: len(world.calls()) >= 2)

    first.stop()
    by_first = len(world.calls())
    worker()
    sweep_until(lambda: are_copied(world, requests))

    assert by_first < len(invoices)
    assert counts(world, invoices) == [1] * len(invoices)
    assert world.calls() == ["POST SalesEntries"] * len(invoices)


def test_reliability_e10_three_beats_do_what_one_does(world, worker, tmp_path, monkeypatch):
    [invoice] = make_invoices(world, 1)
    monkeypatch.setattr("integrations.lanes.doorbell.nudge", lambda *_args, **_options: None)
    request = world.request(invoice)
    monkeypatch.undo()
    running = worker()
    beats = [start_beat(running.environment, tmp_path / f"beat-{number}") for number in range(3)]
    try:
        end = time.monotonic() + 40
        while not are_copied(world, [request]):
            assert time.monotonic() < end, "The sweep did not come"
            time.sleep(0.2)
    finally:
        for beat in beats:
            beat.kill()
            beat.wait()

    assert world.calls() == ["POST SalesEntries"]


def start_beat(environment: dict[str, str], schedule: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "connector", "beat", "--pidfile", ""],
        cwd=ROOT,
        env=environment | {"BEAT_SCHEDULE_FILE": str(schedule), "LANE_SWEEP_SECONDS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_reliability_e12_a_task_that_is_stuck_is_ended_by_the_hard_limit(
    world, worker, sweep_until
):
    [invoice] = make_invoices(world, 1)
    world.fault("hang", delay_s=6)
    request = world.request(invoice)

    running = worker(children=1, more=["--time-limit", "2", "--soft-time-limit", "1000"])
    sweep_until(lambda: are_copied(world, [request]))

    assert running.is_alive
    assert counts(world, [invoice]) == [1]


def test_reliability_e15_a_task_of_another_version_is_ignored_and_told(world, worker, sweep_until):
    [invoice] = make_invoices(world, 1)
    send("integrations.tasks.of_next_year")
    send("integrations.tasks.run_lane.v2")
    current_app.send_task(
        "integrations.tasks.sweep_lanes", kwargs={"new_argument": 1}, queue="exact"
    )
    running = worker()
    request = world.request(invoice)
    sweep_until(lambda: are_copied(world, [request]))

    told = running.stop()

    assert "integrations.tasks.of_next_year" in told
    assert "ERROR" in told
    assert counts(world, [invoice]) == [1]


class Dangerous:
    """Unpickling it makes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (Path(self.path),)


def test_reliability_e16_a_pickled_message_is_refused_unread(world, worker, sweep_until, tmp_path):
    [invoice] = make_invoices(world, 1)
    trap = tmp_path / "trap"
    with current_app.connection_for_write() as broker:
        queue = broker.SimpleQueue("exact")
        queue.producer.publish(
            pickle.dumps(Dangerous(str(trap))),
            content_type="application/x-python-serialize",
            content_encoding="binary",
            headers={"task": "integrations.tasks.run_lane", "id": "27000016"},
        )
        queue.close()
    running = worker()
    request = world.request(invoice)

    sweep_until(lambda: are_copied(world, [request]))
    told = running.stop()

    assert not trap.exists()
    assert "ContentDisallowed" in told or "Refusing to deserialize" in told


def test_the_settings_that_matter_are_as_they_were_measured():
    """Each of these was seen to lose or repeat work otherwise; docs/operations.md says what differs on purpose."""
    conf: Any = current_app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost) == (True, True)
    assert (conf.task_acks_on_timeout, conf.task_acks_on_failure) == (True, True)
    assert conf.worker_prefetch_multiplier == 1
    assert conf.worker_max_memory_per_child == 300_000
    assert conf.worker_cancel_long_running_tasks_on_connection_loss is False
    assert (conf.task_serializer, list(conf.accept_content)) == ("json", ["json"])
    assert conf.result_backend is None
    options = conf.broker_transport_options
    assert (options["socket_timeout"], options["health_check_interval"]) == (5, 5)
    assert options["visibility_timeout"] > conf.task_time_limit
    assert conf.task_soft_time_limit < conf.task_time_limit
    assert conf.broker_connection_max_retries is None
    # What was not swept for a minute is late; tidying may wait for a day.
    assert conf.beat_schedule["sweep-lanes"]["schedule"] <= 60
    assert json.loads(json.dumps(options)) == options
    assert os.environ["REDIS_PREFIX"] == options["global_keyprefix"]
