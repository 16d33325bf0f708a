"""The journey of hundreds of invoices for 40 clients over both routes, longer than the suite takes it."""

from __future__ import annotations

from typing import ClassVar

from tests.torture.apart import succeeds
from tests.torture.outcome import Outcome, Size, StageFactory

_TEST = "tests/journeys/test_many_customers.py"


class ManyCustomers:
    """It runs in pytest, on the servers of the tests."""

    name: ClassVar[str] = "many-customers"
    bar: ClassVar[str] = "no customer made twice, none guessed"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Run the journey with 500 invoices."""
        count = size.pick(short=100, long=500)
        passed = succeeds("pytest", "-q", _TEST, MANY_INVOICES=str(count))
        verdict = "each is on the right account" if passed else "see what pytest says above"
        return Outcome({"invoices": count}, passed, f"{count} invoices of 40 clients: {verdict}")
