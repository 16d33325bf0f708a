"""When a call that failed is tried again, and when trying ends. Pure: times are passed in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

# One change is tried for so long, and an endpoint that only failed for so long is called no more.
PATIENCE = timedelta(days=3)
# An endpoint is not given up on the word of fewer calls than this.
_FEWEST_CALLS = 10
# Failures in a row from which on it is the endpoint that was away, and not one change that it does not take.
OUTAGE = 3

_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0  # seconds
_STEPS = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)  # seconds
_JITTER = 0.2
_LONGEST_ASKED = timedelta(hours=1)


def until_next_try(attempt_count: int) -> timedelta:
    """This function will return how long one change waits after its n-th failure."""
    return _about(_STEPS[min(attempt_count, len(_STEPS)) - 1])


def pause(failure_count: int, asked: timedelta | None = None) -> timedelta:
    """This function will return how long an endpoint is left alone after n failures in a row.

    ``asked`` is how long it asks to be left alone itself (Retry-After); an hour at most is granted.
    """
    own = _about(min(_FIRST_PAUSE * 2.0 ** min(failure_count - 1, 10), _LONGEST_PAUSE))
    return max(own, min(asked, _LONGEST_ASKED)) if asked else own


def is_hopeless(*, failing_since: datetime, failure_count: int, now: datetime) -> bool:
    """This function will tell whether an endpoint has only failed for so long that calling it ends."""
    return failure_count >= _FEWEST_CALLS and now - failing_since >= PATIENCE


def is_given_up(*, first_tried_at: datetime, now: datetime) -> bool:
    """This function will tell whether one change has been tried for long enough."""
    return now - first_tried_at >= PATIENCE


def _about(seconds: float) -> timedelta:
    # Spread, so that what failed together does not come again together.
    return timedelta(seconds=seconds * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311  # jitter, not a secret
