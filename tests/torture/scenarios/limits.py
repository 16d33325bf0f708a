"""A day of many divisions whose work never ends: within Exact's limits by themselves, and close to them.

It is played in made-up time by the product's own turns, gate and client (`tests.torture.played`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from integrations.exact import endpoints, errors
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from tests.torture.exact_limits import DAY, DAY_LIMIT, MINUTE, MINUTE_LIMIT, Division
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.played import Answered, World

# Shortly after midnight, so that a long day ends after the next one; not at a whole minute.
_BEGIN = datetime(2026, 3, 2, 0, 20, 7, tzinfo=UTC)
_FIRST_DIVISION = 2_730_001
_KEPT = DAY_LIMIT // 20
# One division in ten shares its calls with another app; one in ten has many invoices that Exact refuses.
_SHARED, _CARELESS = 3, 7
_PAGES = 10


def _behave(world: World, number: int, method: str, now: float) -> Answered:
    """Mostly well and soon, sometimes not at all."""
    draw, seconds = world.draw, world.draw.uniform(0.15, 0.75)
    if number % 10 == _SHARED and draw.random() < 0.02:
        world.divisions[number].other_app(now + seconds / 2, draw.randrange(1, 9))
    luck = draw.random()
    if luck < 0.0005:
        return Answered(0, seconds + 5)
    if luck < 0.001:
        return Answered(503, seconds)
    is_careless = number % 10 == _CARELESS and method == "POST"
    return Answered(400 if luck > (0.95 if is_careless else 0.9999) else 200, seconds)


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
        world = World(random.Random(27), _BEGIN.timestamp(), count // 2, _behave)
        for number in range(_FIRST_DIVISION, _FIRST_DIVISION + count):
            world.seat(number)
        backlog = Backlog(world.draw)
        with world.work(backlog):
            turns = world.play(seconds)
        return _judge(world, seconds, turns, backlog)


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
