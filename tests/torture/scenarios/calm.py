"""Nothing goes wrong: the harness itself is right, and every invoice is copied by one call."""

from __future__ import annotations

from typing import ClassVar

from tests.torture.offices import make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.truth import compare
from tests.torture.working import ask_for_all, wait_for_all


class Calm:
    """Two organizations, two workers, no faults."""

    name: ClassVar[str] = "calm"
    bar: ClassVar[str] = "0 lost, 0 duplicated, 0 mismatched"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy some invoices."""
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            offices = open_offices(stage.sandbox, 2)
            made = make_invoices(offices, size.pick(short=20, long=500))
            ask_for_all(offices, made)
            stage.start_beat()
            stage.start_workers(2)
            wait_for_all(offices, seconds=size.pick(short=60, long=600))
            truth = compare(stage.sandbox, offices)
        return Outcome(truth.figures(), truth.is_flawless and not truth.held, truth.sentence())
