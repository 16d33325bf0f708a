"""Thousands of invoices, faulty answers, and processes that die while they are copied."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from tests.torture.chaos import Chaos, at_progress, disturb, kill_now_and_then
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.stage import Stage, say
from tests.torture.truth import compare
from tests.torture.working import active, ask_for_all, wait_for_all

_DRAINED_WITHIN = 60.0


class Storm:
    """15 % faulty answers, late commits among them, while workers are killed at random."""

    name: ClassVar[str] = "storm"
    bar: ClassVar[str] = (
        "20,000 invoices, 15 % faulty answers, workers killed: 0 lost, 0 duplicated, 0 mismatched"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy everything through the storm."""
        with stage_factory() as stage:
            offices, made = _prepare(stage, how_many(size, short=60, long=20_000), size)
            chaos = kill_now_and_then(stage, size)
            ask_for_all(offices, made, meanwhile=chaos.tick)
            seconds = wait_for_all(offices, seconds=_patience(size), meanwhile=chaos.tick)
            truth = compare(stage.sandbox, offices)
            figures = truth.figures() | {"seconds": round(seconds)} | dict(chaos.done)
        return Outcome(figures, truth.is_good, f"{truth.sentence()}; {chaos.told()}")


class Disasters:
    """The same, while PostgreSQL crashes and the broker is flushed and killed; then all is quiet, and the rest is done."""

    name: ClassVar[str] = "disasters"
    bar: ClassVar[str] = (
        "the same with 8 PostgreSQL crashes, broker flushed every 10 s and killed every 30 s: "
        "0 lost, 0 duplicated; drained ≤ 60 s after the last fault"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy everything through the disasters, and measure how soon the last fault is overcome."""
        with stage_factory() as stage:
            offices, made = _prepare(stage, how_many(size, short=60, long=20_000), size)
            # Few enough that what is measured is the faults and not how fast invoices are copied.
            last = {place: [ids.pop(), ids.pop()] for place, ids in made.items()}
            chaos = kill_now_and_then(stage, size)
            chaos.every(size.pick(short=4, long=10), chaos.flush_broker)
            chaos.every(size.pick(short=9, long=30), chaos.kill_broker)
            _through(offices, made, chaos, size)
            drained = _last_fault(stage, offices, last, chaos)
            truth = compare(stage.sandbox, offices)
        figures = truth.figures() | {"drained seconds": round(drained, 1)} | dict(chaos.done)
        return Outcome(
            figures,
            truth.is_good and drained <= _DRAINED_WITHIN,
            f"{truth.sentence()}; drained {drained:.0f} s after the last fault; {chaos.told()}",
        )


def _prepare(stage: Stage, count: int, size: Size) -> tuple[list[Office], dict[int, list[int]]]:
    stage.sandbox.lift_limits()
    offices = open_offices(stage.sandbox, size.pick(short=4, long=20))
    made = make_invoices(offices, count)
    say(f"{count} invoices in {len(offices)} divisions")
    disturb(stage.sandbox)
    stage.start_beat()
    stage.start_workers(2, children=size.pick(short=2, long=4))
    return offices, made


def _patience(size: Size) -> float:
    return size.pick(short=300, long=4 * 3600)


def _through(
    offices: Sequence[Office], made: dict[int, list[int]], chaos: Chaos, size: Size
) -> None:
    """Work through the disasters: the crashes of PostgreSQL are spread over the invoices."""
    count = sum(map(len, made.values()))
    crashes = size.pick(short=2, long=7)
    crash = at_progress(
        [(number + 1) / (crashes + 1) for number in range(crashes)], chaos.crash_database
    )

    def meanwhile() -> None:
        chaos.tick()
        asked = sum(len(office.asked) for office in offices)
        crash((asked - active(offices)) / count)

    ask_for_all(offices, made, meanwhile=meanwhile)
    wait_for_all(offices, seconds=_patience(size), meanwhile=meanwhile)


def _last_fault(
    stage: Stage, offices: Sequence[Office], last: dict[int, list[int]], chaos: Chaos
) -> float:
    """Everything dies once more in the middle of the last invoices, and then nothing any more; it returns the seconds until all is done.

    The clock starts when the last process that was killed has been started again.
    """
    ask_for_all(offices, last)
    time.sleep(0.5)
    chaos.kill_worker()
    chaos.kill_broker()
    chaos.flush_broker()
    stage.sandbox.clear_faults()
    chaos.crash_database()
    return wait_for_all(offices, seconds=600)
