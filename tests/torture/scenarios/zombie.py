"""A worker sleeps past its lease in the middle of its work, another one goes on, and the first one wakes up again."""

from __future__ import annotations

import random
import time
from typing import ClassVar

from integrations.models import DivisionLane
from tests.torture import recovering
from tests.torture.outcome import Outcome, Size, StageFactory
from tests.torture.programs import wait_until
from tests.torture.truth import compare
from tests.torture.working import active, wait_for_all

_ASLEEP = 7.0  # seconds; a lane's and a send's lease last four
# One that is frozen in the middle of a transaction keeps its row until PostgreSQL ends the idle session.
_LONGEST = 75.0


class Zombie:
    """Two workers and one lane; whoever has the lane is frozen (SIGSTOP) at a moment that chance picks."""

    name: ClassVar[str] = "zombie"
    bar: ClassVar[str] = "a worker paused past its lease and resumed: 1 document"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Freeze one, see the other go on, let the first one go on too; again and again."""
        draw = random.Random(27)
        rounds = size.pick(short=2, long=60)
        with stage_factory() as stage:
            offices = recovering.backlog(stage, offices=1, each=rounds * 30)
            workers = stage.start_workers(2)
            stage.start_beat()
            slept, gone_on = 0, 0
            while slept < rounds and active(offices):
                wait_until(_lane_is_held, 60, "A worker has the lane")
                time.sleep(draw.uniform(0.0, 0.6))
                zombie = workers[slept % 2]
                zombie.pause()
                since = recovering.now()
                took = recovering.wait_for_progress(offices, since=since, seconds=_LONGEST)
                gone_on += took < float("inf")
                time.sleep(max(0.0, _ASLEEP - (recovering.now() - since).total_seconds()))
                zombie.resume()
                slept += 1
            stage.sandbox.clear_faults()
            # One lane at a quarter second a call: hundreds are left.
            wait_for_all(offices, seconds=size.pick(short=300, long=1_800))
            truth = compare(stage.sandbox, offices)
        figures = {**truth.figures(), "pauses": slept, "went on meanwhile": gone_on}
        passed = truth.is_good and slept == rounds == gone_on
        return Outcome(
            figures,
            passed,
            f"{slept} pauses of {_ASLEEP:.0f} s, the other worker went on {gone_on} times; {truth.sentence()}",
        )


def _lane_is_held() -> bool:
    return DivisionLane.objects.filter(lease_until__isnull=False).exists()
