"""Signs of life of the background work, one row each: who beats last wins, and silence is what alarms (RELIABILITY K4).

A worker's row says more than that its process exists: the loop that takes messages turned a moment ago, and the
database could be written. Times are the database's, for whoever reads them goes by it too (RELIABILITY C19).
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from celery.signals import worker_ready, worker_shutdown
from django.db import DatabaseError, connection as database
from django.db.models import DateTimeField, Func, Sum

from connector.database_clock import database_now
from connector.models import Heartbeat

logger = logging.getLogger(__name__)

SWEEP = "sweep"
WORKER = "worker:"
# A worker beats this often; silent for longer than `SILENT_AFTER` it counts as gone.
BEAT_EVERY = timedelta(seconds=15)
SILENT_AFTER = timedelta(seconds=60)
# Rows of hosts that were taken down are of no use any more.
_FORGOTTEN_AFTER = timedelta(days=1)


def beat(name: str, *, now: datetime | None = None, slots: int = 0) -> datetime:
    """This function will note that this part of the background work is alive, and return since when (UTC).

    Of two at once the later time stays. ``slots``: how many tasks a worker does at a time. ``now`` (UTC) is the database's time
    when left out.
    """
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO connector_heartbeat (name, at, slots)"
            " VALUES (%s, COALESCE(%s::timestamptz, clock_timestamp()), %s)"
            " ON CONFLICT (name) DO UPDATE SET slots = EXCLUDED.slots,"
            " at = GREATEST(connector_heartbeat.at, EXCLUDED.at) RETURNING at",
            [name[:120], now, slots],
        )
        at: datetime = cursor.fetchone()[0]
    return at


def note_sweep(*, now: datetime | None = None) -> None:
    """This function will note that a sweep ran, and forget workers that are gone for good. ``now`` as for `beat`."""
    now = now or database_now()
    beat(SWEEP, now=now)
    Heartbeat.objects.filter(name__startswith=WORKER, at__lt=now - _FORGOTTEN_AFTER).delete()


@dataclass(frozen=True, slots=True)
class SignsOfLife:
    """What is known of the background work. Times are UTC; None: never seen. ``unswept_for``: how old the last sweep is."""

    swept_at: datetime | None
    workers: int
    worker_seen_at: datetime | None
    unswept_for: timedelta | None = field(default=None, compare=False)


def signs_of_life(*, now: datetime | None = None) -> SignsOfLife:
    """This function will return when the last sweep ran and how many workers were seen within the minute before ``now``.

    ``now`` (UTC) is the database's time when left out; it comes with the rows, so that a page asks once.
    """
    database_time = Func(function="clock_timestamp", output_field=DateTimeField())
    rows: dict[str, datetime] = {}
    for name, at, read_at in Heartbeat.objects.values_list("name", "at", database_time):
        rows[name], now = at, now or read_at
    seen = [at for name, at in rows.items() if name.startswith(WORKER)]
    swept_at = rows.get(SWEEP)
    return SignsOfLife(
        swept_at=swept_at,
        workers=sum(now is not None and now - at <= SILENT_AFTER for at in seen),
        worker_seen_at=max(seen, default=None),
        unswept_for=now - swept_at if now is not None and swept_at is not None else None,
    )


def worker_slots(*, now: datetime) -> int:
    """This function will return how many tasks the workers seen within the last minute do at a time, together."""
    seen = Heartbeat.objects.filter(name__startswith=WORKER, at__gte=now - SILENT_AFTER)
    return seen.aggregate(all=Sum("slots"))["all"] or 0


# --- In a worker ------------------------------------------------------------------------------------------------------


@dataclass
class _Worker:
    """Beats for one worker process from a thread of its own, as long as the worker's loop turns."""

    name: str
    slots: int = 1
    turned_at: float = field(default_factory=time.monotonic)
    stopping: threading.Event = field(default_factory=threading.Event)

    def turn(self) -> None:
        """Called by the worker's own loop."""
        self.turned_at = time.monotonic()

    def run(self) -> None:
        while True:
            if time.monotonic() - self.turned_at <= SILENT_AFTER.total_seconds():
                self._beat()
            if self.stopping.wait(BEAT_EVERY.total_seconds()):
                return

    def _beat(self) -> None:
        try:
            beat(self.name, slots=self.slots)
        except DatabaseError as error:
            logger.warning("No sign of life could be written: %s", type(error).__name__)
        finally:
            database.close()


_running: list[_Worker] = []


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    worker = _Worker(
        WORKER + str(getattr(sender, "hostname", "") or socket.gethostname()),
        slots=int(getattr(getattr(sender, "controller", None), "concurrency", 0) or 1),
    )
    _running.append(worker)
    sender.timer.call_repeatedly(BEAT_EVERY.total_seconds(), worker.turn)
    threading.Thread(target=worker.run, name="heartbeat", daemon=True).start()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    while _running:
        worker = _running.pop()
        worker.stopping.set()
        try:
            Heartbeat.objects.filter(name=worker.name).delete()
        except DatabaseError as error:
            logger.warning("The last sign of life stays: %s", type(error).__name__)
