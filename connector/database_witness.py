"""What the broker remembers of the database: the time of the last note that was committed there (RELIABILITY F4).

A database that was put back has an older note than the broker saw. The broker may forget, or be away: then nothing is known.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_PATIENCE = 0.1  # seconds; a turn of a lane asks it
_REMEMBERED = timedelta(days=60)


def saw(name: str) -> datetime | None:
    """This function will return the last note of this database that was seen (UTC); None when none is remembered."""
    with suppress(RedisError, ValueError):
        told = _broker().get(_key(name))
        return datetime.fromisoformat(told.decode()) if isinstance(told, bytes) else None
    return None


def see(name: str, at: datetime) -> None:
    """This function will remember a note. Call it after its commit, and not before."""
    try:
        # A broker that is full still deletes; a later time than the database's own would be remembered for ever otherwise.
        _broker().delete(_key(name))
        _broker().set(_key(name), at.isoformat(), ex=_REMEMBERED)
    except RedisError as error:
        logger.info("The broker does not remember the database's note", exc_info=error)


def _key(name: str) -> str:
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{name}"


@cache
def _broker() -> Redis:
    return Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=_PATIENCE,
        socket_timeout=_PATIENCE,
    )
