"""Anything in any order to one invoice: people, workers, Exact and the clock, as Hypothesis makes it up."""

from __future__ import annotations

from typing import ClassVar

from tests.torture.apart import succeeds
from tests.torture.outcome import Outcome, Size, StageFactory

_TEST = "tests/journeys/test_copy_histories.py"


class CopyHistories:
    """It runs in pytest, on the servers of the tests; each run makes up others."""

    name: ClassVar[str] = "copy-histories"
    bar: ClassVar[str] = "no copy in Exact twice, none lost, every page true"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Play 500 histories of 25 steps."""
        count = size.pick(short=10, long=500)
        passed = succeeds("pytest", "-q", _TEST, COPY_HISTORIES=str(count))
        verdict = "all held" if passed else "one did not hold, see what pytest says above"
        return Outcome({"histories": count}, passed, f"{count} histories: {verdict}")
