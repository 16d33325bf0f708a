"""What a scenario is and what comes out of it. Nothing here needs Django or a server."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.torture.stage import Stage

# Set by `--invoices`.
INVOICES = "TORTURE_INVOICES"

StageFactory = Callable[[], "Stage"]


class Size(enum.Enum):
    """SHORT is a test of the suite, at most some 30 seconds; LONG is what the bars are meant for, and may take hours."""

    SHORT = "short"
    LONG = "long"

    def pick(self, *, short: int, long: int) -> int:
        """This function will return the figure that belongs to this size."""
        return short if self is Size.SHORT else long


def how_many(size: Size, *, short: int, long: int) -> int:
    """This function will return how many invoices a scenario takes; `--invoices` lessens what a long run takes."""
    wanted = os.environ.get(INVOICES)
    return (
        min(long, int(wanted))
        if wanted and size is Size.LONG
        else size.pick(short=short, long=long)
    )


@dataclass(frozen=True)
class Outcome:
    """The figures that were reached, whether they are good enough, and one sentence for the table."""

    figures: Mapping[str, float]
    passed: bool
    sentence: str
    # Set by the runner.
    seconds: float = field(default=0.0, compare=False)


class Scenario(Protocol):
    """A module of `tests.torture.scenarios` has one class like this, or several objects in a list named SCENARIOS."""

    name: str
    bar: str

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Start what is needed, break it on purpose, and measure. What it starts ends with the stage's `with` block."""
        ...
