"""A day of many divisions whose work never ends: within Exact's limits by themselves, and close to them.

The product's own turns, gate and client run on a real database; only time, the doorbell and what lies behind the client are
made up. Every lane's turn is played at once with a clock of its own, which each call moves on; the next turn begins where a
place among the workers is free.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from unittest import mock

from django.db import connection as database

from connector import http
from connector.secrets import Secret
from integrations import lanes, sessions
from integrations.exact import endpoints, errors
from integrations.exact.client import ExactClient
from integrations.lanes import LaneJob, doorbell
from integrations.models import ExactConnection, LaneMember
from tests import factories
from tests.torture.exact_limits import DAY, DAY_LIMIT, MINUTE, MINUTE_LIMIT, Division
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.stage import say

# Shortly after midnight, so that a long day ends after the next one; not at a whole minute.
_BEGIN = datetime(2026, 3, 2, 0, 20, 7, tzinfo=UTC)
_FIRST_DIVISION = 2_730_001
_KEPT = DAY_LIMIT // 20
_SWEEP = 30.0
# One division in ten shares its calls with another app; one in ten has many invoices that Exact refuses.
_SHARED, _CARELESS = 3, 7
_PAGES = 10
_JSON = {"Content-Type": "application/json"}


@dataclass
class World:
    """The divisions, what rings when, and the time of the turn that is being played (seconds since 1970)."""

    draw: random.Random
    begin: float
    divisions: dict[int, Division] = field(default_factory=dict)
    lane_ids: dict[int, int] = field(default_factory=dict)
    rings: list[tuple[float, int]] = field(default_factory=list)
    now: float = 0.0

    def clock(self) -> datetime:
        """The present time, UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    def nudge(self, lane_id: int, *, after: timedelta = timedelta(0)) -> None:
        """Ring in place of Celery."""
        heapq.heappush(self.rings, (self.now + after.total_seconds(), lane_id))

    def send(self, _session: Any, method: str, url: str, **_: Any) -> http.Answer:
        """Answer in place of the network: mostly well and soon, sometimes not at all."""
        number = int(url.split("/")[5])
        division, endpoint = self.divisions[number], url.split("?", maxsplit=1)[0].lower()
        took = self.draw.uniform(0.15, 0.75)
        arrives = self.now + took / 2
        if number % 10 == _SHARED and self.draw.random() < 0.02:
            division.other_app(arrives, self.draw.randrange(1, 9))
        status, headers = division.call(endpoint, arrives, self._status(number, method))
        self.now += took
        if status == 0:
            self.now += 5
            raise http.AnswerLost("its answer gets lost", reason="reset")
        if status >= 500:
            return http.Answer(status, {"Content-Type": "text/html"}, b"<html>", url)
        return http.Answer(status, _JSON | headers, b'{"d": {"results": []}}', url)

    def _status(self, number: int, method: str) -> int:
        """What becomes of a call that is within the limits; 0: its answer gets lost."""
        luck = self.draw.random()
        if luck < 0.0005:
            return 0
        if luck < 0.001:
            return 503
        is_careless = number % 10 == _CARELESS and method == "POST"
        return 400 if luck > (0.95 if is_careless else 0.9999) else 200


class Backlog:
    """Work without end: an invoice alone, or with its customer and contact, or pages of a long list that is waited for."""

    name = "copies"
    priority = 10

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.held = 0

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """There is always more."""
        return now

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """Nothing is unsure here, so the day's last calls stay untouched."""
        return None

    def step(self, job: LaneJob) -> None:
        """Make the calls of one invoice; a refusal or a lost answer is that invoice's own."""
        try:
            luck = self.draw.random()
            if luck < 0.2:
                for _ in range(_PAGES):
                    job.client.request("GET", endpoints.ITEMS, query={"$top": "60"})
                return
            if luck < 0.6:
                job.client.request("GET", endpoints.ACCOUNTS, query={"$top": "1"})
                job.client.request("POST", endpoints.ACCOUNTS, body={"Name": "A"})
                job.client.request("POST", endpoints.CONTACTS, body={"LastName": "B"})
            job.client.request("POST", endpoints.SALES_ENTRIES, body={"YourRef": "1"})
        except errors.HeldBack:
            self.held += 1
            raise
        except (errors.OutcomeUnknown, errors.Refused):
            pass


class Limits:
    """Plays the day and compares what Exact counted with the bars."""

    name: ClassVar[str] = "limits"
    bar: ClassVar[str] = "0 x 429 caused by us, 0 blocked endpoints, ≥ 95 % of 60 a minute"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Play ten minutes of five divisions, or a day of two hundred."""
        count = size.pick(short=10, long=200)
        seconds = size.pick(short=3 * 60, long=DAY)
        with stage_factory():
            return self.play(count, seconds)

    def play(self, count: int, seconds: int) -> Outcome:
        """Play so many divisions for so long, on the database that is set up."""
        world = World(random.Random(27), _BEGIN.timestamp())
        with database.cursor() as cursor:
            # Nobody crashes here, so no commit has to wait for the disk.
            cursor.execute("SET synchronous_commit = off")
        for number in range(_FIRST_DIVISION, _FIRST_DIVISION + count):
            world.divisions[number] = Division()
            world.lane_ids[_seat(number)] = number
        backlog = Backlog(world.draw)
        with _made_up(world):
            lanes.register_work(backlog)
            turns = _play(world, seconds)
        return _judge(world, seconds, turns, backlog)


def _seat(number: int) -> int:
    connection = factories.make_connection(
        organization=factories.make_organization(), lists=False, division=number
    )
    member = lanes.seat(connection)
    LaneMember.objects.filter(pk=member.pk).update(due_at=_BEGIN)
    return member.lane_id


@contextmanager
def _made_up(world: World) -> Iterator[None]:
    """The product with another doorbell, another network, and no log-ins."""

    def open_client(connection: ExactConnection, **gate: Any) -> ExactClient:
        del gate["urgency"]
        return ExactClient(
            "https://exact", connection.division, Secret("x"), http.Session(), **gate
        )

    registry = "integrations.lanes.work._registry.works"
    with ExitStack() as stack:
        for target, instead in (
            (sessions, {"open_client": open_client}),
            (doorbell, {"nudge": world.nudge}),
            (http, {"send": world.send}),
        ):
            stack.enter_context(mock.patch.multiple(target, **instead))
        stack.enter_context(mock.patch(registry, []))
        yield


def _play(world: World, seconds: int) -> int:
    """Serve the lanes by their rings until the time is over; returns the number of turns."""
    end, told, turns = world.begin + seconds, time.monotonic(), 0
    places = [world.begin] * (len(world.lane_ids) // 2)
    busy_until: dict[int, float] = {}
    world.now = world.begin
    for lane_id in world.lane_ids:
        world.nudge(lane_id)
    next_sweep = world.begin + _SWEEP
    while True:
        if not world.rings or world.rings[0][0] > next_sweep:
            world.now, next_sweep = next_sweep, next_sweep + _SWEEP
            if world.now > end:
                return turns
            lanes.sweep(world.clock())
            continue
        rung_at, lane_id = heapq.heappop(world.rings)
        start = max(rung_at, places[0])
        if start > end:
            return turns
        if start < busy_until.get(lane_id, 0):
            continue  # its lease is held at this time
        world.now = start
        turns += lanes.run_turn(lane_id, worker="torture", clock=world.clock) > 0
        busy_until[lane_id] = world.now
        heapq.heapreplace(places, world.now)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            calls = sum(one.calls for one in world.divisions.values())
            say(f"{datetime.fromtimestamp(rung_at, UTC):%H:%M} there: {calls} calls, {turns} turns")


def _judge(world: World, seconds: int, turns: int, backlog: Backlog) -> Outcome:
    divisions = world.divisions
    usage = [
        use
        for number, one in divisions.items()
        if number % 10 != _CARELESS
        for use in _minutes(one, world.begin, seconds)
    ]
    used = sum(usage) / (len(usage) * MINUTE_LIMIT) if usage else 0.0
    figures: Mapping[str, float] = {
        "divisions": len(divisions),
        "simulated_hours": round(seconds / 3600, 2),
        "calls": sum(one.calls for one in divisions.values()),
        "turns": turns,
        "held_back": backlog.held,
        "refused": sum(one.refused for one in divisions.values()),
        "refused_by_us": sum(one.refused_by_us for one in divisions.values()),
        "blocks": sum(one.blocks for one in divisions.values()),
        "most_errors_an_hour": max(one.most_errors_an_hour for one in divisions.values()),
        "minute_used_percent": round(100 * used, 2),
        "full_minutes": len(usage),
        "most_calls_a_day": max(
            count
            for one in divisions.values()
            for (length, _), count in one.used.items()
            if length == DAY
        ),
    }
    passed = not figures["refused_by_us"] and not figures["blocks"] and used >= 0.95
    sentence = (
        f"{figures['calls']:,.0f} calls of {len(divisions)} divisions in {seconds / 3600:.1f} hours: "
        f"{figures['refused_by_us']} x 429 caused by us ({figures['refused']} by another app), "
        f"{figures['blocks']} blocks ({figures['most_errors_an_hour']} errors an hour at most), "
        f"{100 * used:.1f} % of the minute used"
    )
    return Outcome(figures, passed, sentence)


def _minutes(one: Division, begin: float, seconds: int) -> Iterator[int]:
    """The calls of each whole minute in which the day still had calls for people at its end."""
    first, last = int(begin // MINUTE) + 1, int((begin + seconds) // MINUTE) - 1
    days: dict[int, int] = {}
    for minute in range(int(begin // MINUTE), last + 1):
        day = minute * MINUTE // DAY
        days[day] = days.get(day, 0) + one.minutes.get(minute, 0)
        if minute >= first and days[day] + MINUTE_LIMIT <= DAY_LIMIT - _KEPT:
            yield one.minutes.get(minute, 0)
