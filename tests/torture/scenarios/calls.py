"""How many calls of Exact's budget a copied invoice costs: posts, look-ups and whatever else copying asks for."""

from __future__ import annotations

from typing import ClassVar

from tests.torture.chaos import disturb, shorten_minutes
from tests.torture.offices import make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.stage import Stage, say
from tests.torture.truth import Truth, compare
from tests.torture.working import ask_for_all, wait_for_all

# Percent of faulty answers, and the calls an invoice may cost then. A short run has too few faults to be that exact.
_BARS = {0: 1.02, 1: 1.05, 15: 1.25}
_SLACK_OF_SHORT = 0.25


class Calls:
    """Known customers, no kills: only Exact's answers are faulty, those to look-ups like those to posts."""

    name: ClassVar[str] = "calls"
    bar: ClassVar[str] = "calls per copied invoice at 0 / 1 / 15 % faults ≤ 1.02 / 1.05 / 1.25"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy as many invoices at each part of faults, and count the sandbox's log."""
        figures: dict[str, float] = {}
        count = how_many(size, short=60, long=2_000)
        passed, told = True, []
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            stage.start_beat()
            stage.start_workers(1, children=4)
            for percent, most in _BARS.items():
                if percent == 1 and size is Size.SHORT:
                    continue
                calls, truth = _measure(stage, percent, count, size)
                figures |= {f"calls at {percent} %": round(calls, 3)}
                slack = _SLACK_OF_SHORT if percent and size is Size.SHORT else 0
                passed &= calls <= most + slack and truth.is_flawless and not truth.held
                told.append(f"{calls:.3f} at {percent} % ({truth.sentence()})")
                say(told[-1])
        return Outcome(figures | {"invoices each": count}, passed, "; ".join(told))


def _measure(stage: Stage, percent: int, count: int, size: Size) -> tuple[float, Truth]:
    offices = open_offices(stage.sandbox, size.pick(short=4, long=8))
    made = make_invoices(offices, count)
    before = {office.division: _calls(stage, office.division) for office in offices}
    stage.sandbox.clear_faults()
    if percent:
        disturb(stage.sandbox, percent=percent)
    ask_for_all(offices, made)
    wait_for_all(offices, seconds=size.pick(short=300, long=3_600), meanwhile=shorten_minutes)
    truth = compare(stage.sandbox, offices)
    calls = sum(_calls(stage, office.division) - before[office.division] for office in offices)
    return calls / max(1, truth.copied), truth


def _calls(stage: Stage, division: int) -> int:
    return stage.sandbox.count(division=division)
