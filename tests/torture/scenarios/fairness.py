"""One lane whose calls stall, one with a backlog without end, and many normal ones, which hardly notice.

It is played twice in made-up time (`tests.torture.played`): the normal lanes alone, and with the two others.
"""

from __future__ import annotations

import random
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from connector import heartbeats
from integrations.exact import endpoints, errors
from integrations.lanes import LaneJob
from integrations.models import DivisionLane, ExactConnection
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.played import ANY_TURN, Answered, World

_BEGIN = datetime(2026, 3, 2, 9, 0, 7, tzinfo=UTC)
_FIRST_DIVISION = 2_740_001
_STALLED, _HUGE = 2_749_998, 2_749_999
_PLACES = 8
# A normal lane has an invoice this often, in seconds.
_EVERY = 20.0
# What the client's deadline lets a stalled call take.
_DEADLINE = 30.0


class Arrivals:
    """Invoices by the time they are asked for; how long each took until Exact had it."""

    name = "copies"
    priority = 10

    def __init__(self) -> None:
        self.asked: dict[int, deque[float]] = {}
        self.waits: list[float] = []

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """When the next invoice is asked for; a lane without a list has one always."""
        asked = self.asked.get(connection.pk)
        if asked is None:
            return now
        return datetime.fromtimestamp(asked[0], UTC) if asked else None

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """Nothing is looked up here."""
        return None

    def step(self, job: LaneJob) -> None:
        """Copy one invoice: one call."""
        asked = self.asked.get(job.connection_id)
        try:
            job.client.request("POST", endpoints.SALES_ENTRIES, body={"YourRef": "1"})
        except errors.OutcomeUnknown:
            return
        if asked:
            self.waits.append(job.now().timestamp() - asked.popleft())


class Fairness:
    """Compares how long the normal lanes wait, with the two others and alone."""

    name: ClassVar[str] = "fairness"
    bar: ClassVar[str] = "95th percentile wait of normal lanes ≤ 1.2 x alone"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Play the same invoices twice."""
        count, seconds = size.pick(short=30, long=98), size.pick(short=120, long=900)
        with stage_factory():
            heartbeats.beat(
                f"{heartbeats.WORKER}played", now=_BEGIN + timedelta(days=1), slots=_PLACES
            )
            alone = self._play(count, seconds, others=())
            beside = self._play(count, seconds, others=(_STALLED, _HUGE))
        ratio = beside["p95"] / alone["p95"]
        figures = {
            "normal_lanes": count,
            "waits": beside["waits"],
            "p95_alone_seconds": alone["p95"],
            "p95_beside_seconds": beside["p95"],
            "ratio": round(ratio, 3),
            "huge_calls": beside["huge"],
            "stalled_calls": beside["stalled"],
        }
        sentence = (
            f"{count} normal lanes beside a stalled one and a huge one ({beside['huge']:.0f} calls) wait "
            f"{beside['p95']:.2f} s (95th percentile of {beside['waits']:.0f}), alone {alone['p95']:.2f} s: "
            f"{ratio:.2f} x"
        )
        is_complete = beside["waits"] >= 0.95 * alone["waits"] > 0
        return Outcome(figures, is_complete and ratio <= 1.2, sentence)

    def _play(self, count: int, seconds: int, *, others: tuple[int, ...]) -> dict[str, float]:
        DivisionLane.objects.all().delete()
        world = World(random.Random(27), _BEGIN.timestamp(), _PLACES, _behave)
        arrivals, draw = Arrivals(), random.Random(28)
        for number in range(_FIRST_DIVISION, _FIRST_DIVISION + count):
            connection = world.seat(number)
            at, times = world.begin, deque[float]()
            while (at := at + draw.expovariate(1 / _EVERY)) < world.begin + seconds:
                times.append(at)
                world.rings.append((at, _lane_of(connection), ANY_TURN))
            arrivals.asked[connection.pk] = times
        for number in others:
            world.seat(number)
        world.rings.sort()
        with world.work(arrivals):
            world.play(seconds)
        waits = sorted(arrivals.waits)
        calls = {number: world.divisions[number].calls for number in others}
        return {
            "waits": len(waits),
            "p95": round(waits[int(0.95 * len(waits))], 3),
            "huge": calls.get(_HUGE, 0),
            "stalled": calls.get(_STALLED, 0),
        }


def _lane_of(connection: ExactConnection) -> int:
    return DivisionLane.objects.get(members__connection_id=connection.pk).pk


def _behave(world: World, number: int, method: str, now: float) -> Answered:
    if number == _STALLED:
        return Answered(0, _DEADLINE)
    return Answered(200, random.Random(f"{number} {now}").uniform(0.15, 0.75))
