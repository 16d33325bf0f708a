"""The message that wakes a lane. It carries an id and may be lost: the sweep finds due lanes without it.

With more lanes than places messages pile up, for each sweep rings for all that wait. So a message tells the number of the
lane's last turn (its fence): one that began since has seen what the message tells of, and rang for what it left. Then
somebody new waits for one turn of each lane before them, however long the queue is (RELIABILITY E14).

Nobody waits for it: a person's click rings it too. It goes over connections of its own with short time limits, and after
a failure it is left alone for a while (RELIABILITY E8 and E9). A worker's own connection has long ones, for it listens.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from functools import cache

from celery import current_app
from kombu import Connection, pools
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from connector import tallies

logger = logging.getLogger(__name__)

_PATIENCE = 0.1  # seconds to connect, and again for the broker's answer
_REST = 5.0  # seconds without a try after one that failed


class _Broker:
    """Whether the broker is worth a try, as this process has seen it."""

    def __init__(self) -> None:
        self.away_until = 0.0

    def is_away(self) -> bool:
        return time.monotonic() < self.away_until

    def failed(self) -> None:
        self.away_until = time.monotonic() + _REST


_broker = _Broker()


def nudge(lane_id: int, *, after: timedelta = timedelta(0), fence: int | None = None) -> None:
    """This function will send the lane's message. A broker that is away loses nothing: the sweep looks every while.

    ``fence`` is the lane's when the work was seen; without it the message counts also after a turn that began since.
    """
    known = {} if fence is None else {"fence": fence}
    publish("integrations.tasks.run_lane", after=after, lane_id=lane_id, **known)


def publish(task: str, *, after: timedelta = timedelta(0), **kwargs: int) -> None:
    """This function will send a message that only wakes, and whose loss costs no more than the time until a sweep."""
    if _broker.is_away():
        tallies.count(tallies.PUBLISH_FAILURES)
        return
    try:
        with pools.producers[_line(current_app.conf.broker_url)].acquire(block=True) as producer:
            current_app.send_task(
                task,
                kwargs=kwargs,
                countdown=after.total_seconds() or None,
                producer=producer,
                retry=False,
            )
    except (OperationalError, RedisError, OSError):
        _broker.failed()
        tallies.count(tallies.PUBLISH_FAILURES)
        logger.warning(
            "The broker is away; the sweep will find the work", extra={"task": task, **kwargs}
        )


@cache
def _line(url: str) -> Connection:
    """What the pool's connections are made like: the settings' own, less patient.

    Without the question whether a line that was idle still answers: it costs the patience twice over, and the message itself
    finds that out as well.
    """
    options = {
        "health_check_interval": 0,
        "socket_timeout": _PATIENCE,
        "socket_connect_timeout": _PATIENCE,
        "max_retries": 0,
        "connect_retries_timeout": _PATIENCE,
    }
    return current_app.connection_for_write(
        url, connect_timeout=_PATIENCE, transport_options=options
    )
