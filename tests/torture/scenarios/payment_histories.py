"""Anything that a bookkeeper can do to invoices in any order, read in any order: every status is what the books say."""

from __future__ import annotations

from typing import ClassVar

from tests.torture.apart import succeeds
from tests.torture.outcome import Outcome, Size, StageFactory

_TEST = "tests/payments/test_payment_histories.py"


class PaymentHistories:
    """It runs in pytest, on the servers of the tests, half of it with each convention of signs."""

    name: ClassVar[str] = "payment-histories"
    bar: ClassVar[str] = "every amount and status as in the books, also after a rebuild"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Play 10,000 histories, each compared after every run and after a rebuild from the mirror."""
        count = size.pick(short=16, long=10_000)
        options = ("-n", "2", "--timeout=0")
        passed = succeeds("pytest", "-q", *options, _TEST, PAYMENT_HISTORIES=str(count))
        verdict = "all as in the books" if passed else "one was not, see what pytest says above"
        return Outcome({"histories": count}, passed, f"{count} histories: {verdict}")
