"""Writes down what happened outside, also when the database is away for a moment or picks us to end a deadlock.

What Exact answered is known to this process alone. A row that could not be written would cost a look-up at best, so the
block that writes it is run again; nothing in such a block may call out (RELIABILITY F1, F2, F5 and F6).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import InterfaceError, OperationalError, connection

from connector.tenancy.scope import tenant_transaction

logger = logging.getLogger(__name__)

# A connection that was lost, a server that is not back yet, a deadlock, a serialization failure, a lock not gotten.
PASSING_FAULTS = (OperationalError, InterfaceError)
# PostgreSQL broke the transaction off so that another one could go on; nothing of it happened.
_LOST_RACES = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_FIRST_PAUSE = 0.1  # seconds
_LONGEST_PAUSE = 1.0

_T = TypeVar("_T")


def lost_a_race(fault: Exception) -> bool:
    """This function will tell whether the same transaction will do when it is tried again (RELIABILITY F1 and F2)."""
    return isinstance(fault, OperationalError) and isinstance(fault.__cause__, _LOST_RACES)


def until_written(write: Callable[[], _T], *, ends_at: float) -> _T:
    """This function will run `write` until the database takes it, at least twice, and return what it returns.

    `ends_at` is a moment of `time.monotonic()`: after it the last fault is raised. It may have taken the first time and
    lost only the news of it, so `write` has to be of a kind that does no harm when it is done twice.
    """
    pause, tries = _FIRST_PAUSE, 0
    while True:
        tries += 1
        try:
            return write()
        except PASSING_FAULTS as fault:
            if connection.in_atomic_block or (tries > 1 and time.monotonic() >= ends_at):
                raise
            logger.warning("The database did not take what happened; trying again", exc_info=fault)
            connection.close()
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def write_back(organization_id: int, write: Callable[[], _T], *, ends_at: float) -> _T:
    """This function will run `write` in the organization's transaction as `until_written` does."""

    def in_rows() -> _T:
        with tenant_transaction(organization_id):
            return write()

    return until_written(in_rows, ends_at=ends_at)
