"""The order in which files of tests are run: those that wait for processes are spread over the others.

Several workers of pytest-xdist take one file after the other (`--dist loadfile`). Tests with processes of their own wait more
than they compute; side by side they would leave the machine idle, and their deadlines would meet each other's load. The last of
them begins well before the end, so that no worker of a run waits long for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

Test = TypeVar("Test")


def spread(
    tests: Sequence[Test], *, file: Callable[[Test], object], waits: Callable[[Test], bool]
) -> list[Test]:
    """This function will return the tests with the files that wait at equal distances among the first 4/5 of the others.

    Both kinds keep their order, and the tests of a file stay together.
    """
    files = [list(one) for _, one in groupby(tests, key=file)]
    waiting = [one for one in files if any(map(waits, one))]
    others = [one for one in files if not any(map(waits, one))]
    count = sum(map(len, others))
    spread_tests: list[Test] = []
    passed = placed = 0
    for one in others:
        while placed < len(waiting) and placed * count * 4 <= passed * len(waiting) * 5:
            spread_tests += waiting[placed]
            placed += 1
        spread_tests += one
        passed += len(one)
    return spread_tests + [test for one in waiting[placed:] for test in one]
