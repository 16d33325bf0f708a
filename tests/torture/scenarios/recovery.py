"""Something is away for a while and comes back: work goes on soon, nobody has to do anything, and nothing is lost."""

from __future__ import annotations

import time
from typing import ClassVar

from connector.local import processes
from tests.torture import recovering
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.proxy import TcpProxy
from tests.torture.stage import Stage, say

_SETTLING = 400.0  # seconds for what is left at the end


class HalfOpenBroker:
    """The line to the broker looks open and swallows everything; the workers and beat find a new one by themselves."""

    bar = "half-open for 45 s: work goes on within 30 s, no human; 0 lost, 0 duplicated"

    def __init__(self, *, is_idle: bool) -> None:
        self.is_idle = is_idle
        self.name = "recovery-broker-idle" if is_idle else "recovery-broker"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Swallow what goes to and comes from the broker, and mend the line; busy workers ring too, idle ones wait."""
        with stage_factory() as stage, TcpProxy(stage.ground.ports["valkey"]) as line:
            # Asking takes a while too; where that is measured, a few have to do.
            each = 10 if self.is_idle else size.pick(short=60, long=400)
            offices = recovering.backlog(stage, offices=2, each=each, is_asked=not self.is_idle)
            password = stage.ground.secrets["VALKEY_PASSWORD"]
            address = f"redis://:{password}@{processes.LOOPBACK}:{line.port}/0"
            _start(stage, 2, recovering.settings_for(size) | {"REDIS_URL": address})
            if self.is_idle:
                time.sleep(size.pick(short=8, long=30))
            else:
                recovering.wait_for_progress(offices, since=recovering.now(), seconds=60)
            line.swallow()
            # A turn that is under way needs no broker: what it does must not look like work that goes on.
            away = time.monotonic() + size.pick(short=5, long=45)
            recovering.wait_for_rest(seconds=60)
            time.sleep(max(0.0, away - time.monotonic()))
            line.mend()
            since = recovering.now()
            if self.is_idle:
                recovering.ask(offices)
            took = recovering.wait_for_progress(offices, since=since, seconds=200)
            return recovering.finish(
                stage, offices, took=took, bar=30, what="Work went on", limit=_SETTLING
            )


class DatabaseRestart:
    """PostgreSQL is restarted under load; every process finds it again."""

    name: ClassVar[str] = "recovery-database"
    bar: ClassVar[str] = "work goes on within 60 s, no human; 0 lost, 0 duplicated"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """End it in an orderly way once and crash it once, each for some seconds."""
        with stage_factory() as stage:
            offices = recovering.backlog(stage, offices=2, each=size.pick(short=100, long=500))
            _start(stage, 2, recovering.settings_for(size))
            took = 0.0
            for end in (stage.database.stop, stage.database.crash):
                recovering.wait_for_progress(offices, since=recovering.now(), seconds=90)
                end()
                time.sleep(size.pick(short=2, long=15))
                stage.database.start()
                since = recovering.now()
                took = max(took, recovering.wait_for_progress(offices, since=since, seconds=200))
            return recovering.finish(
                stage, offices, took=took, bar=60, what="Work went on", limit=_SETTLING
            )


class LostHost:
    """A host with a worker and all its children is gone while it holds lanes; another one takes them over."""

    name: ClassVar[str] = "recovery-host"
    bar: ClassVar[str] = "work goes on within 60 s, no human; 0 lost, 0 duplicated"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Kill the one that holds two of four lanes."""
        with stage_factory() as stage:
            offices = recovering.backlog(stage, offices=4, each=size.pick(short=40, long=120))
            settings = recovering.settings_for(size)
            [lost, _] = stage.start_workers(2, children=2, environment=settings)
            stage.start_beat(environment=settings)
            recovering.wait_for_progress(offices, since=recovering.now(), seconds=90)
            lost.kill()
            took = recovering.wait_for_progress(offices, since=recovering.now(), seconds=200)
            return recovering.finish(
                stage,
                offices,
                took=took,
                bar=size.pick(short=30, long=60),
                what="All four lanes went on",
                limit=_SETTLING,
            )


class ExactDown:
    """Exact refuses connections, then swallows calls; when it is back, the lanes are not asleep for long."""

    name: ClassVar[str] = "recovery-exact"
    bar: ClassVar[str] = "down for 10 min: work goes on within 90 s, no human; 0 lost, 0 duplicated"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Nobody listens for half of the time; then every call hangs until its deadline."""
        half = size.pick(short=6, long=300)
        with stage_factory() as stage, TcpProxy(stage.ground.ports["sandbox"]) as line:
            offices = recovering.backlog(stage, offices=3, each=size.pick(short=60, long=120))
            address = f"http://{processes.LOOPBACK}:{line.port}"
            _start(stage, 2, recovering.settings_for(size) | {"EXACT_BASE_URL": address})
            recovering.wait_for_progress(offices, since=recovering.now(), seconds=60)
            line.refuse()
            say("Exact refuses connections")
            time.sleep(half)
            line.mend()
            line.swallow()
            say("Exact swallows what it is sent")
            time.sleep(half)
            line.mend()
            say("Exact is back")
            took = recovering.wait_for_progress(offices, since=recovering.now(), seconds=400)
            return recovering.finish(
                stage, offices, took=took, bar=90, what="All lanes went on", limit=_SETTLING
            )


SCENARIOS = [
    HalfOpenBroker(is_idle=False),
    HalfOpenBroker(is_idle=True),
    DatabaseRestart(),
    LostHost(),
    ExactDown(),
]


def _start(stage: Stage, count: int, environment: dict[str, str]) -> None:
    stage.start_workers(count, environment=environment)
    stage.start_beat(environment=environment)
