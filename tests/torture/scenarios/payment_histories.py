"""Anything that a bookkeeper can do to invoices in any order, read in any order: every status is what the books say."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from invoices.models import PaymentStatus
from tests.payments.histories import UNTOLD, WITH_LINES, WITHOUT_LINES
from tests.torture import payment_batches
from tests.torture.apart import start
from tests.torture.ground import RESULTS
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.payment_batches import Line
from tests.torture.stage import say

_TEST = "tests/torture/payment_batches.py"
_TELL_EVERY = 500
_LOOK_EVERY = 2.0  # seconds
# What no book and no ledger line tells, such as which of two bookings paid which of two invoices.
_MOST_UNTOLD = 0.05


class PaymentHistories:
    """It runs in pytest, on the servers of the tests, half of it with each convention of signs; it goes on where it was."""

    name: ClassVar[str] = "payment-histories"
    bar: ClassVar[str] = "every amount, status and booking as in the books, also after a rebuild"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Play 10,000 histories, each compared after every run and after a rebuild from the mirror."""
        count = size.pick(short=100, long=10_000)
        kept, code = RESULTS / f"{self.name}-{size.value}.jsonl", payment_batches.fingerprint()
        if _count(payment_batches.read(kept, code)) >= count:
            kept.unlink()
        variables = {
            payment_batches.HOW_MANY: str(count),
            payment_batches.KEPT: str(kept),
            payment_batches.CODE: code,
        }
        # Each batch is a test of its own, handed out one by one.
        options = ("-q", "-n", "2", "--maxschedchunk=1", "--timeout=0")
        with start("pytest", *options, _TEST, **variables) as running:
            try:
                lines = _follow(running, kept, code)
            finally:
                running.terminate()
        return _outcome(lines, count, has_ended_well=running.returncode == 0)


def _follow(running: subprocess.Popen[bytes], kept: Path, code: str) -> list[Line]:
    """Tell what comes in until the program ends; return all of it."""
    told = 0
    while True:
        has_ended = running.poll() is not None
        lines = payment_batches.read(kept, code)
        _tell(lines, told)
        told = len(lines)
        if has_ended:
            return lines
        time.sleep(_LOOK_EVERY)


def _tell(lines: Sequence[Line], told: int) -> None:
    """Print the failures of new batches, and how far it is at each 500 histories."""
    for line in lines[told:]:
        for failure in line.failures:
            say(failure)
    played = _count(lines)
    if played // _TELL_EVERY > _count(lines[:told]) // _TELL_EVERY:
        say(f"{played} histories played, {_count_failed(lines)} not as in the books")


def _count(lines: Sequence[Line]) -> int:
    return sum(line.count for line in lines)


def _count_failed(lines: Sequence[Line]) -> int:
    return sum(len(line.failures) for line in lines)


def _outcome(lines: Sequence[Line], wanted: int, *, has_ended_well: bool) -> Outcome:
    seen: Counter[str] = Counter()
    for line in lines:
        seen.update(line.seen)
    played, failed, compared = _count(lines), _count_failed(lines), seen["documents"]
    untold = seen[UNTOLD] / compared if compared else 0.0
    has_all = played < 1000 or set(PaymentStatus.values) <= seen.keys()
    verdict = f"{failed} not as in the books" if failed else "all as in the books"
    told, told_without = seen[WITH_LINES], seen[WITHOUT_LINES]
    figures = {
        "histories": played,
        "failed": failed,
        "compared": compared,
        "untold": untold,
        "told with ledger lines": told,
        "told without ledger lines": told_without,
    }
    sentence = (
        f"{played:,} histories, {compared:,} statuses compared: {verdict}; "
        f"of {untold:.1%} the books do not tell what settled them; "
        f"with ledger lines it is told of {told:,} parts which booking settled them, else of {told_without:,}"
    )
    passed = has_ended_well and played == wanted and not failed and has_all and told > told_without
    return Outcome(figures, passed and untold <= _MOST_UNTOLD, sentence)
