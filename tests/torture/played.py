"""Many lanes in made-up time: the product's own turns, gate and client, a real database, and no network.

Every lane's turn is played at once with a clock of its own, which each call moves on; the next turn begins where a place
among the workers is free.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.db import connection as database

from connector import http
from connector.secrets import Secret
from integrations import lanes, sessions
from integrations.exact.client import ExactClient
from integrations.lanes import LaneWork, doorbell
from integrations.models import ExactConnection, LaneMember
from tests import factories
from tests.torture.exact_limits import Division
from tests.torture.stage import say

# What a ring tells that counts whatever turns there were: more than any fence.
ANY_TURN = 2**62
_SWEEP = 30.0
_TELL_EVERY = 30.0
_JSON = {"Content-Type": "application/json"}
_REFUSED = b'{"error": {"code": "", "message": {"lang": "", "value": "Not allowed"}}}'


@dataclass(frozen=True, slots=True)
class Answered:
    """What becomes of a call: the status it gets (0: its answer is lost), and after how many seconds."""

    status: int
    seconds: float


@dataclass
class World:
    """The divisions, what rings when, and the time of the turn that is being played (seconds since 1970)."""

    draw: random.Random
    begin: float
    places: int
    behave: Callable[[World, int, str, float], Answered]
    divisions: dict[int, Division] = field(default_factory=dict)
    lane_ids: dict[int, int] = field(default_factory=dict)
    rings: list[tuple[float, int, int]] = field(default_factory=list)
    now: float = 0.0

    def clock(self) -> datetime:
        """The present time, UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    def nudge(
        self, lane_id: int, *, after: timedelta = timedelta(0), fence: int | None = None
    ) -> None:
        """Ring in place of Celery."""
        valid_to = ANY_TURN if fence is None else fence
        heapq.heappush(self.rings, (self.now + after.total_seconds(), lane_id, valid_to))

    def send(self, _session: Any, method: str, url: str, **_: Any) -> http.Answer:
        """Answer in place of the network."""
        number = int(url.split("/")[5])
        wanted = self.behave(self, number, method, self.now)
        status, headers = self.divisions[number].call(
            url.split("?", maxsplit=1)[0].lower(), self.now + wanted.seconds / 2, wanted.status
        )
        self.now += wanted.seconds
        if status == 0:
            raise http.AnswerLost("its answer gets lost", reason="reset")
        if status >= 500:
            return http.Answer(status, {"Content-Type": "text/html"}, b"<html>", url)
        body = _REFUSED if status >= 400 else b'{"d": {"results": []}}'
        return http.Answer(status, _JSON | headers, body, url)

    def seat(self, number: int) -> ExactConnection:
        """Connect a division that has work from the beginning."""
        connection = factories.make_connection(
            organization=factories.make_organization(), lists=False, division=number
        )
        member = lanes.seat(connection)
        begin = datetime.fromtimestamp(self.begin, UTC)
        LaneMember.objects.filter(pk=member.pk).update(due_at=begin)
        self.divisions[number], self.lane_ids[member.lane_id] = Division(), number
        return connection

    @contextmanager
    def work(self, work: LaneWork) -> Iterator[None]:
        """The product with another doorbell, network and time, without log-ins, and with this work alone."""
        with ExitStack() as stack, database.cursor() as cursor:
            # Nobody crashes here, so no commit has to wait for the disk.
            cursor.execute("SET synchronous_commit = off")
            for target, instead in (
                (sessions, {"open_client": _open_client}),
                (doorbell, {"nudge": self.nudge}),
                (http, {"send": self.send}),
            ):
                stack.enter_context(mock.patch.multiple(target, **instead))
            time_there = SimpleNamespace(monotonic=lambda: self.now)
            stack.enter_context(mock.patch("integrations.exact.client.time", time_there))
            stack.enter_context(mock.patch("integrations.lanes.work._registry.works", []))
            lanes.register_work(work)
            yield

    def play(self, seconds: int) -> int:
        """Serve the lanes by their rings until the time is over; returns the number of turns."""
        end, told, turns = self.begin + seconds, time.monotonic(), 0
        places, busy_until = [self.begin] * self.places, dict.fromkeys(self.lane_ids, 0.0)
        self.now = self.begin
        for lane_id in self.lane_ids:
            self.nudge(lane_id)
        next_sweep = self.begin + _SWEEP
        while True:
            if not self.rings or self.rings[0][0] > next_sweep:
                self.now, next_sweep = next_sweep, next_sweep + _SWEEP
                if self.now > end:
                    return turns
                lanes.sweep(self.clock())
                continue
            rung_at, lane_id, fence = heapq.heappop(self.rings)
            start = max(rung_at, places[0])
            if start > end:
                return turns
            if start < busy_until[lane_id]:
                continue  # its lease is held at this time
            self.now = start
            turns += lanes.run_turn(lane_id, worker="torture", clock=self.clock, fence=fence) > 0
            busy_until[lane_id] = self.now
            heapq.heapreplace(places, self.now)
            if time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                calls = sum(one.calls for one in self.divisions.values())
                there = datetime.fromtimestamp(rung_at, UTC)
                say(f"{there:%H:%M} there: {calls} calls, {turns} turns")


def _open_client(connection: ExactConnection, *, urgency: object, **gate: Any) -> ExactClient:
    del urgency
    return ExactClient("https://exact", connection.division, Secret("x"), http.Session(), **gate)
