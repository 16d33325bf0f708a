"""Faults that come by themselves while work goes on: faulty answers of Exact, killed workers, a broker and a database that die."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connections
from django.utils import timezone

from integrations.models import DivisionLane
from tests.torture.outcome import Size
from tests.torture.sandbox import SandboxControl
from tests.torture.stage import Stage, say

# Of 100 requests so many are disturbed: refused by a limit, not executed, executed with the answer lost, executed late.
MIX: tuple[tuple[str, float, dict[str, float]], ...] = (
    ("too_many_requests_minute", 3, {}),
    ("unavailable_503", 3, {}),
    ("commit_then_drop", 5, {}),
    ("late_commit", 1, {"delay_s": 0.5}),
    ("late_commit", 1, {"delay_s": 1.0}),
    ("late_commit", 1, {"delay_s": 1.5}),
    ("late_commit", 1, {"delay_s": 2.0}),
)
FULL = sum(percent for _, percent, _ in MIX)
# What is left of a minute that Exact's limit asks to wait: the minute is another scenario's subject.
_SHORT_MINUTE = timedelta(seconds=2)


def disturb(
    sandbox: SandboxControl,
    *,
    percent: float = FULL,
    seed: int = 7,
    path: str = "/salesentry/",
) -> None:
    """This function will disturb this part of all requests below a path, in the proportions of MIX."""
    undisturbed = 1.0
    for number, (fault, share, more) in enumerate(MIX):
        part = share / FULL * percent / 100
        # Only requests that no earlier order took are drawn for: so each gets its whole part.
        sandbox.fault(
            fault,
            method="",
            path=path,
            probability=part / undisturbed,
            seed=seed + number,
            times=None,
            **more,
        )
        undisturbed -= part


def kill_now_and_then(stage: Stage, size: Size) -> Chaos:
    """This function will let processes of workers die every few seconds, and now and then a whole worker."""
    chaos = Chaos(stage)
    chaos.every(3, chaos.kill_child)
    chaos.every(size.pick(short=20, long=40), chaos.kill_worker)
    return chaos


def shorten_minutes() -> None:
    """This function will let a lane that Exact's minute limit holds go on after two seconds."""
    soon = timezone.now() + _SHORT_MINUTE
    DivisionLane.objects.filter(resume_at__gt=soon, resume_reason__contains="minute").update(
        resume_at=soon, minute_remaining=None, minute_reset_at=None
    )


@dataclass
class Chaos:
    """Does each thing again and again in its own rhythm, whenever `tick` is called."""

    stage: Stage
    seed: int = 5
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self._due: list[tuple[float, float, Callable[[], None]]] = []

    def every(self, seconds: float, action: Callable[[], None]) -> None:
        """This function will have the action done every so many seconds, and half of it sooner or later."""
        self._due.append((time.monotonic() + seconds, seconds, action))

    def tick(self) -> None:
        """This function will do what is due."""
        shorten_minutes()
        if ended := self.stage.supervise():
            self.done["workers ended by themselves"] += ended
        for place, (at, seconds, action) in enumerate(self._due):
            if time.monotonic() >= at:
                action()
                again = time.monotonic() + seconds * self._draw.uniform(0.5, 1.5)
                self._due[place] = (again, seconds, action)

    # --- What can be done ---

    def kill_child(self) -> None:
        """This function will SIGKILL one process of a worker's pool, chosen by chance."""
        worker = self._draw.choice(self.stage.workers)
        if children := worker.children():
            with suppress(ProcessLookupError):
                os.kill(self._draw.choice(children), signal.SIGKILL)
                self.done["children killed"] += 1

    def kill_worker(self) -> None:
        """This function will SIGKILL a whole worker and start it again."""
        worker = self._draw.choice(self.stage.workers)
        worker.kill()
        worker.start()
        self.done["workers killed"] += 1

    def flush_broker(self) -> None:
        """This function will make the broker forget everything."""
        self.stage.broker.flush()
        self.done["broker flushed"] += 1

    def kill_broker(self) -> None:
        """This function will SIGKILL the broker and start it again."""
        self.stage.broker.kill()
        self.stage.broker.start()
        self.done["broker killed"] += 1

    def crash_database(self) -> None:
        """This function will SIGKILL PostgreSQL with all its backends and start it again."""
        say("PostgreSQL crashes")
        self.stage.database.crash()
        self.stage.database.start()
        connections.close_all()
        self.done["PostgreSQL crashed"] += 1

    def told(self) -> str:
        """This function will say what was done."""
        return ", ".join(f"{what} {count}" for what, count in sorted(self.done.items()))


def at_progress(parts: Sequence[float], action: Callable[[], None]) -> Callable[[float], None]:
    """This function will return what to call with the progress (0 to 1): the action is done once at each part."""
    left = sorted(parts)

    def look(progress: float) -> None:
        while left and progress >= left[0]:
            left.pop(0)
            action()

    return look
