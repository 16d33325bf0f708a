"""Django's `migrate`, which does not stand in everybody's way while it waits for a lock (RELIABILITY F8)."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

LOCK_TIMEOUT = "3s"
TRIES = 10
PAUSE = 5.0  # seconds


class Command(migrate.Command):
    """Waits three seconds at most for a table that is in use, and tries again a little later.

    A change of a table waits for those who use it, and everybody who comes after waits behind it.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will migrate. What was applied when it has to try again stays applied."""
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT])
        try:
            with _rare_garbage_collection():
                self._try(args, options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

    def _try(self, args: Any, options: Any) -> None:
        for number in range(1, TRIES + 1):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
                if number == TRIES:
                    raise CommandError(
                        "A table is in use all the time. Nothing is half done: stop the workers and migrate again."
                    ) from error
                self.stderr.write("A table is in use; trying again in a moment")
                time.sleep(PAUSE)
            else:
                return


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Django makes every model anew for each step; looking through all of them for garbage took a third of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
