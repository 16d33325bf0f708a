"""How fast a lane may go: from what was seen of Exact's two limits to "go" or "wait until then". Pure.

Exact allows an app so many calls a minute and a day in each division, and tells with its answers how many are left:
https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
What its headers say counts more than what was counted here, since other apps may live by the same calls; what is not
known is never zero (RELIABILITY D1 to D4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

from django.utils.translation import gettext_lazy as _

from connector.sentences import Sentence, Words, english, sentence
from integrations.exact.limits import LONGEST_WAIT, LimitKind, Limits, limit_hit, next_window

# Their clock is not ours, so a new window is used a second after it began.
MARGIN = timedelta(seconds=1)
_FIRST_PAUSE = 2.0  # seconds
# So short that work goes on within 90 seconds once Exact is back, also when a sweep has to find the lane.
LONGEST_PAUSE = 45.0


class Purpose(IntEnum):
    """What a call is for, most important first."""

    LOOK_UP = 0  # to find out what became of something that was sent
    PEOPLE = 1  # what a person asked for
    BACKGROUND = 2  # what is kept fresh by itself


# The share of the day's calls that is left alone by each purpose: the last five per cent are for looking up.
KEPT = {Purpose.LOOK_UP: 0.0, Purpose.PEOPLE: 0.05, Purpose.BACKGROUND: 0.075}

Cause = Literal["minute", "day", "reserve", "unknown"]

REASONS: dict[Cause, Words] = {
    "minute": _("Waiting for Exact's minute limit"),
    "day": _("Waiting for Exact's daily limit"),
    "reserve": _(
        "Waiting for Exact's daily limit; its last calls are kept to check what is unsure"
    ),
    "unknown": _("Exact asks to wait"),
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when no call may be made (UTC), and why."""

    until: datetime
    cause: Cause

    @property
    def reason(self) -> Sentence:
        """The cause in words, as a sentence without its end."""
        return sentence(english(REASONS[self.cause]))


def wait_for(seen: Limits, purpose: Purpose, now: datetime) -> Wait | None:
    """This function will tell whether a call for this purpose may be made now (None), or from when."""
    seen = rolled(seen, now)
    if seen.day_remaining is not None and seen.day_remaining <= kept(seen.day_limit, purpose):
        cause: Cause = "day" if seen.day_remaining == 0 else "reserve"
        return Wait(_over(seen.day_reset_at, "day", now), cause)
    if seen.minute_remaining == 0:
        return Wait(_over(seen.minute_reset_at, "minute", now), "minute")
    return None


def kept(day_limit: int | None, purpose: Purpose) -> int:
    """This function will return how many of the day's calls this purpose must leave."""
    return 0 if day_limit is None else math.ceil(day_limit * KEPT[purpose])


def open_to(seen: Limits, now: datetime) -> Purpose | None:
    """This function will return the least important purpose that may call now; None: not even a look-up."""
    for purpose in sorted(Purpose, reverse=True):
        if wait_for(seen, purpose, now) is None:
            return purpose
    return None


def rolled(seen: Limits, now: datetime) -> Limits:
    """This function will return what is known at this time: a window that ended leaves a whole new one behind."""
    if seen.minute_reset_at is not None and now >= seen.minute_reset_at + MARGIN:
        seen = replace(
            seen, minute_remaining=seen.minute_limit, minute_reset_at=_window_end("minute", now)
        )
    if seen.day_reset_at is not None and now >= seen.day_reset_at + MARGIN:
        seen = replace(seen, day_remaining=seen.day_limit, day_reset_at=_window_end("day", now))
    return seen


def spent(seen: Limits, now: datetime) -> Limits:
    """This function will count a call that is about to leave; its answer, when it comes, says it better."""
    seen = rolled(seen, now)
    return replace(
        seen,
        minute_remaining=_one_less(seen.minute_remaining),
        day_remaining=_one_less(seen.day_remaining),
    )


def answered(seen: Limits, said: Limits, now: datetime, *, is_refusal: bool = False) -> Limits:
    """This function will take over what an answer said of the limits; what it did not say stays as it was.

    `is_refusal`: it is a 429, so that the limit it names is used up even if the number is missing.
    """
    seen = rolled(seen, now)
    hit: LimitKind = limit_hit(said) if is_refusal else "unknown"
    if said.minute_limit is not None or said.minute_remaining is not None or hit == "minute":
        seen = replace(
            seen,
            minute_limit=_known(said.minute_limit, seen.minute_limit),
            minute_remaining=0 if hit == "minute" else said.minute_remaining,
            minute_reset_at=_sensible(said.minute_reset_at, "minute", now),
        )
    if said.day_limit is not None or said.day_remaining is not None or hit == "day":
        seen = replace(
            seen,
            day_limit=_known(said.day_limit, seen.day_limit),
            day_remaining=0 if hit == "day" else said.day_remaining,
            day_reset_at=_sensible(said.day_reset_at, "day", now),
        )
    return seen


def next_pause(last: float, random: Callable[[float, float], float]) -> float:
    """This function will return how many seconds to leave Exact alone after no answer, given the last pause (0: none).

    Decorrelated jitter: longer each time up to a cap, and never the same for two lanes, so that they come back one by one
    (RELIABILITY D8). `random` returns a number between two others.
    """
    return random(_FIRST_PAUSE, max(2 * _FIRST_PAUSE, min(LONGEST_PAUSE, last * 3)))


def _one_less(count: int | None) -> int | None:
    return None if count is None else max(0, count - 1)


def _known(said: int | None, seen: int | None) -> int | None:
    return seen if said is None else said


def _window_end(kind: LimitKind, now: datetime) -> datetime:
    return next_window(kind, now) - MARGIN


def _sensible(reset_at: datetime | None, kind: Literal["minute", "day"], now: datetime) -> datetime:
    """When the window ends; a time that cannot be, for one clock is wrong, is replaced by the end of ours (C19)."""
    if reset_at is not None and now < reset_at + MARGIN <= now + LONGEST_WAIT[kind]:
        return reset_at
    return _window_end(kind, now)


def _over(reset_at: datetime | None, kind: Literal["minute", "day"], now: datetime) -> datetime:
    return _sensible(reset_at, kind, now) + MARGIN
