"""What the broker remembers of the database: the time of the last note that was committed there (RELIABILITY F4).

A database that was put back has an older note than the broker saw. The broker may forget, or be away: then nothing is known.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_PATIENCE = 0.1  # seconds; a turn of a lane asks it
_SECONDS = 60 * 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Of two that note at once the later one counts, whoever is here first.
_LATER = """
    local seen = tonumber(redis.call('GET', KEYS[1]))
    if not seen or seen < tonumber(ARGV[1]) then
        redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
    end
"""


def saw(name: str) -> datetime | None:
    """This function will return the last note of this database that was seen (UTC); None when none is remembered."""
    with suppress(RedisError, ValueError, OverflowError):
        told = _broker().get(_key(name))
        return _EPOCH + timedelta(microseconds=int(told)) if isinstance(told, bytes) else None
    return None


def see(name: str, at: datetime) -> None:
    """This function will remember a note, unless a later one was seen. Call it after its commit, and not before."""
    with _told_when_away():
        _broker().eval(_LATER, 1, _key(name), _microseconds(at), _SECONDS)


def begin(name: str, at: datetime) -> None:
    """This function will remember a note in place of whatever was seen: the clock may be another one now."""
    with _told_when_away():
        # A broker that is full still deletes; a later time than the database's own would be remembered for ever otherwise.
        _broker().delete(_key(name))
        _broker().set(_key(name), _microseconds(at), ex=_SECONDS)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


@contextmanager
def _told_when_away() -> Iterator[None]:
    try:
        yield
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
