"""Beside a division that does not answer and one with thousands of invoices, with real workers (`fairness` plays it in
made-up time): the other organizations hardly notice.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import ClassVar

from invoices.models import CopyRequest, CopyState
from tests.torture import recovering
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.stage import say
from tests.torture.truth import compare
from tests.torture.working import ask_for_all, wait_for_all

_CALL = 0.4  # seconds that a call takes at Exact
_NEVER = 60.0  # seconds: longer than anybody waits for an answer
_BAR = 1.2
_NOISE = 3.0  # seconds; a stalled lane that took a slot of theirs would cost 30


class FairnessReal:
    """Normal organizations ask for some copies each, at moments that chance picks: alone, and beside the two."""

    name: ClassVar[str] = "fairness-real"
    bar: ClassVar[str] = (
        "one stalled, one huge and 98 normal lanes: 95th percentile wait of the normal ones <= 1.2 x alone"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Measure the wait of the normal ones twice, with the same moments."""
        normal_count, each = size.pick(short=10, long=98), size.pick(short=2, long=3)
        window = size.pick(short=6, long=60)
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            offices = open_offices(stage.sandbox, normal_count + 2)
            stalled, huge, *normal = offices
            made = make_invoices(normal, normal_count * each * 3)
            much = make_invoices([stalled, huge], 2 * size.pick(short=200, long=3000), seed=6)
            # The first order that fits a request counts.
            stage.sandbox.fault(
                "hang",
                path=f"/{stalled.division}/salesentry/",
                delay_s=_NEVER,
                times=None,
                probability=1.0,
            )
            stage.sandbox.fault("slow", path="/api/", delay_s=_CALL, times=None, probability=1.0)
            # A lease that is shorter than the longest call would let several workers into the stalled lane.
            leases = recovering.AS_IN_PRODUCTION
            stage.start_workers(2, children=size.pick(short=3, long=4), environment=leases)
            stage.start_beat(environment=leases)
            thirds = [
                {place: ids[part * each : (part + 1) * each] for place, ids in made.items()}
                for part in range(3)
            ]
            # Workers that just started are slow.
            self._measure(normal, thirds[0], window // 2)
            alone = self._measure(normal, thirds[1], window)
            say(f"alone: 95 of 100 waited {alone:.2f} s at most")
            ask_for_all([stalled, huge], much)
            time.sleep(5)
            together = self._measure(normal, thirds[2], window)
            say(f"beside the two: {together:.2f} s")
            by_huge = _copied(huge)
            truth = compare(stage.sandbox, normal)
        ratio = together / alone
        figures = {
            **truth.figures(),
            "p95 alone s": round(alone, 2),
            "p95 beside them s": round(together, 2),
            "ratio": round(ratio, 2),
            "copied by the huge one": by_huge,
        }
        # Of a few copies a single slow moment of the machine makes the ratio.
        is_fair = ratio <= _BAR or (size is Size.SHORT and together <= alone + _NOISE)
        passed = is_fair and truth.is_good and by_huge > 0
        return Outcome(
            figures,
            passed,
            f"95th percentile wait {together:.2f} s beside them, {alone:.2f} s alone: {ratio:.2f} x; {truth.sentence()}",
        )

    def _measure(self, offices: Sequence[Office], made: dict[int, list[int]], window: int) -> float:
        self._ask(offices, made, window=window)
        wait_for_all(offices, seconds=300)
        waits = sorted(
            wait for place, office in enumerate(offices) for wait in _waits(office, made[place])
        )
        return waits[int(len(waits) * 0.95)]

    @staticmethod
    def _ask(offices: Sequence[Office], made: dict[int, list[int]], *, window: int) -> None:
        draw = random.Random(10)
        moments = sorted((draw.uniform(0, window), place) for place in made)
        began = time.monotonic()
        for moment, place in moments:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            offices[place].ask(made[place])


def _waits(office: Office, invoice_ids: Sequence[int]) -> list[float]:
    with office.rows():
        found = CopyRequest.objects.filter(invoice__in=invoice_ids, state=CopyState.COPIED)
        return [(one.state_changed_at - one.requested_at).total_seconds() for one in found]


def _copied(office: Office) -> int:
    with office.rows():
        return CopyRequest.objects.filter(state=CopyState.COPIED).count()
