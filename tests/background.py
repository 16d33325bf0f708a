"""Whether the work behind the pages runs: its signs of life as workers and sweeps leave them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from connector import heartbeats
from connector.database_clock import database_now
from connector.models import Heartbeat

STANDS_STILL = "background work stands still. Nothing is lost; it goes on by itself."
WORKER = f"{heartbeats.WORKER}celery@a"
DIED = timedelta(minutes=5)
# As old as they are at most while all is well: a sweep that waited for its place, a worker between two beats.
SWEPT = timedelta(seconds=70)
BEAT = timedelta(seconds=40)


def seen(*, worker_ago: timedelta, swept_ago: timedelta) -> None:
    """This function will let a worker and a sweep have been seen that long ago, and nothing else."""
    now = database_now()
    # Which database it is stands there as well.
    Heartbeat.objects.filter(
        Q(name=heartbeats.SWEEP) | Q(name__startswith=heartbeats.WORKER)
    ).delete()
    heartbeats.beat(WORKER, now=now - worker_ago)
    heartbeats.beat(heartbeats.SWEEP, now=now - swept_ago)


def runs(*, lasting: timedelta = timedelta(hours=1)) -> None:
    """This function will let everything run for as long as a test may take."""
    seen(worker_ago=-lasting, swept_ago=-lasting)


def worker_died() -> None:
    """This function will let the only worker be gone; with it went the sweeps, which a worker does."""
    seen(worker_ago=DIED, swept_ago=DIED)


def broker_died() -> None:
    """This function will let messages reach nobody: the worker lives on, the messages of sweeps get lost."""
    seen(worker_ago=BEAT, swept_ago=DIED)
