"""Anything in any order to one invoice: people, workers, Exact and the clock, as Hypothesis makes it up."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import ClassVar

from connector.local.servers import SOURCE_ROOT
from tests.torture.ground import ENVIRONMENT_OF_TESTS
from tests.torture.outcome import Outcome, Size, StageFactory

_TEST = "tests/journeys/test_copy_histories.py"


class CopyHistories:
    """It runs in pytest, on the servers of the tests; each run makes up others."""

    name: ClassVar[str] = "copy-histories"
    bar: ClassVar[str] = "no copy in Exact twice, none lost, every page true"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Play 500 histories of 25 steps."""
        count = size.pick(short=10, long=500)
        kept = {
            name: value for name, value in os.environ.items() if name not in ENVIRONMENT_OF_TESTS
        }
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-m", "pytest", "-q", _TEST],
            cwd=SOURCE_ROOT,
            env=kept | {"COPY_HISTORIES": str(count)},
            check=False,
        )
        passed = done.returncode == 0
        verdict = "all held" if passed else "one did not hold, see what pytest says above"
        return Outcome({"histories": count}, passed, f"{count} histories: {verdict}")
