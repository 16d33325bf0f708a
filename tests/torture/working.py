"""Asking for copies and waiting for them while things go wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from django.db import OperationalError, connection

from tests.torture.offices import Office, batches
from tests.torture.stage import say

_TELL_EVERY = 15.0


def ask_for_all(
    offices: Sequence[Office], made: dict[int, list[int]], *, at_once: int = 50
) -> None:
    """This function will ask for a copy of every invoice, in turns between the offices."""
    for place, ids in batches(made, at_once):
        offices[place].ask(ids)


def active(offices: Sequence[Office]) -> int:
    """This function will count the copies under way; a database that is down is asked again a moment later."""
    while True:
        try:
            return sum(office.active() for office in offices)
        except OperationalError:
            connection.close()
            time.sleep(0.2)


def wait_for_all(
    offices: Sequence[Office], *, seconds: float, meanwhile: Callable[[], None] = lambda: None
) -> float:
    """This function will wait until no copy is under way, and return how long that took, in seconds.

    `meanwhile` is called several times a second. After `seconds` it gives up: what is left counts as lost.
    """
    began = told = time.monotonic()
    while left := active(offices):
        now = time.monotonic()
        if now - began > seconds:
            say(f"given up after {seconds:.0f} s with {left} copies under way")
            break
        if now - told > _TELL_EVERY:
            say(f"{left} copies under way")
            told = now
        meanwhile()
        time.sleep(0.2)
    return time.monotonic() - began
