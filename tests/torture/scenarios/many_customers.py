"""The journey of hundreds of invoices for 40 clients over both routes, longer than the suite takes it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import ClassVar

from connector.local.servers import SOURCE_ROOT
from tests.torture.ground import ENVIRONMENT_OF_TESTS
from tests.torture.outcome import Outcome, Size, StageFactory

_TEST = "tests/journeys/test_many_customers.py"


class ManyCustomers:
    """It runs in pytest, on the servers of the tests."""

    name: ClassVar[str] = "many-customers"
    bar: ClassVar[str] = "no customer made twice, none guessed"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Run the journey with 500 invoices."""
        count = size.pick(short=20, long=500)
        kept = {
            name: value for name, value in os.environ.items() if name not in ENVIRONMENT_OF_TESTS
        }
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-m", "pytest", "-q", _TEST],
            cwd=SOURCE_ROOT,
            env=kept | {"MANY_INVOICES": str(count)},
            check=False,
        )
        passed = done.returncode == 0
        verdict = "each is on the right account" if passed else "see what pytest says above"
        return Outcome({"invoices": count}, passed, f"{count} invoices of 40 clients: {verdict}")
