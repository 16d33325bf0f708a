"""The messages that wake lanes: how many there are of them must not change who is served next."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from celery import current_app

from integrations import lanes, sessions, tasks
from integrations.lanes import doorbell, turn, work as lane_work
from tests.integrations.lane_work import Client, Work, call, ring, seated

pytestmark = pytest.mark.django_db(transaction=True)


def test_reliability_e14_messages_that_piled_up_do_not_keep_somebody_new_waiting(monkeypatch):
    """More lanes than places: each sweep rings for all that wait. What a turn has answered since costs no second turn."""
    monkeypatch.setattr(lane_work._registry, "works", [])
    monkeypatch.setattr(sessions, "open_client", lambda _connection, **gate: Client(**gate))
    monkeypatch.setattr(turn, "SLICE_CALLS", 1)
    monkeypatch.setattr(doorbell, "_broker", doorbell._Broker())
    queue: deque[dict[str, int]] = deque()
    monkeypatch.setattr(
        current_app, "send_task", lambda _name, *, kwargs, **_options: queue.append(kwargs)
    )
    busy = [seated(division=2_730_000 + n) for n in range(3)]
    newcomer = seated(division=2_730_009)
    work = Work({one.pk: 100 for one in busy} | {newcomer.pk: 1}, act=call)
    lanes.register_work(work)
    for one in busy:
        ring(one)
    while len(work.done) < 6:
        lanes.sweep()
        tasks.run_lane(**queue.popleft())

    ring(newcomer)
    while newcomer.pk not in work.done:
        tasks.run_lane(**queue.popleft())

    assert len(work.done) - 6 <= len(busy) + 1


def test_reliability_k4_a_sweep_waits_behind_one_lane_at_most_however_many_are_waiting():
    """Lost lanes and lost messages wait for it, and its silence is taken for the end of the background work."""
    names = ["integrations.tasks.run_lane"] * 5 + ["integrations.tasks.sweep_lanes"]
    taken: list[str] = []

    def take(_body: object, message: Any) -> None:
        taken.append(message.headers["task"])
        message.ack()

    with current_app.connection_for_write() as broker:
        queues = [broker.SimpleQueue(name) for name in ("exact", "default")]
        for queue in queues:
            queue.clear()
        for name in names:
            current_app.send_task(name, kwargs={"lane_id": 27_000_001})
        with broker.Consumer([queue.queue for queue in queues], callbacks=[take]) as consumer:
            consumer.qos(prefetch_count=1)
            while len(taken) < len(names):
                broker.drain_events(timeout=5)

    assert "integrations.tasks.sweep_lanes" in taken[:2]
