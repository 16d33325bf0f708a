"""The message that wakes a lane. It carries an id and may be lost: the sweep finds due lanes without it."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from connector import tallies

logger = logging.getLogger(__name__)


def nudge(lane_id: int, *, after: timedelta = timedelta(0)) -> None:
    """This function will send the lane's message. A broker that is away loses nothing: the sweep looks every while."""
    try:
        current_app.send_task(
            "integrations.tasks.run_lane",
            kwargs={"lane_id": lane_id},
            countdown=after.total_seconds() or None,
        )
    except (OperationalError, RedisError, OSError):
        tallies.count(tallies.PUBLISH_FAILURES)
        logger.warning(
            "The broker is away; the sweep will find the lane", extra={"lane_id": lane_id}
        )
