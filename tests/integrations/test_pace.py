"""When a lane may call and when it waits: tables, and random days against a model of Exact's two windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from integrations.exact.limits import Limits
from integrations.lanes import pace
from integrations.lanes.pace import Purpose

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
MINUTE_END = datetime(2026, 3, 2, 12, 1, tzinfo=UTC)
DAY_END = datetime(2026, 3, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def seen(minute: int | None = 60, day: int | None = 5000, **more: datetime | None) -> Limits:
    values = {"minute_reset_at": MINUTE_END, "day_reset_at": DAY_END} | more
    return Limits(
        minute_limit=60, minute_remaining=minute, day_limit=5000, day_remaining=day, **values
    )


@pytest.mark.parametrize(
    ("limits", "purpose", "until", "cause"),
    [
        pytest.param(Limits(), Purpose.BACKGROUND, None, "", id="nothing is known yet"),
        pytest.param(seen(minute=None, day=None), Purpose.BACKGROUND, None, "", id="unknown"),
        pytest.param(seen(1), Purpose.PEOPLE, None, "", id="one call left"),
        pytest.param(seen(0), Purpose.LOOK_UP, MINUTE_END + SECOND, "minute", id="minute used up"),
        pytest.param(seen(day=0), Purpose.LOOK_UP, DAY_END + SECOND, "day", id="day used up"),
        pytest.param(seen(0, 0), Purpose.PEOPLE, DAY_END + SECOND, "day", id="both used up"),
        pytest.param(
            seen(day=250),
            Purpose.PEOPLE,
            DAY_END + SECOND,
            "reserve",
            id="the last 5 % from people",
        ),
        pytest.param(seen(day=251), Purpose.PEOPLE, None, "", id="a call above the reserve"),
        pytest.param(seen(day=250), Purpose.LOOK_UP, None, "", id="the last 5 % for look-ups"),
        pytest.param(
            seen(day=375), Purpose.BACKGROUND, DAY_END + SECOND, "reserve", id="sync stops first"
        ),
        pytest.param(seen(day=375), Purpose.PEOPLE, None, "", id="people go on a little longer"),
        pytest.param(
            seen(0, minute_reset_at=NOON - SECOND),
            Purpose.PEOPLE,
            None,
            "",
            id="its minute is over",
        ),
        pytest.param(
            seen(0, minute_reset_at=NOON - timedelta(milliseconds=999)),
            Purpose.PEOPLE,
            NOON + timedelta(milliseconds=1),
            "minute",
            id="over, but not for a second",
        ),
        pytest.param(
            seen(0, minute_reset_at=None),
            Purpose.PEOPLE,
            MINUTE_END + SECOND,
            "minute",
            id="no reset was told",
        ),
        pytest.param(
            seen(0, minute_reset_at=NOON + timedelta(days=400)),
            Purpose.PEOPLE,
            MINUTE_END + SECOND,
            "minute",
            id="a reset that makes no sense",
        ),
    ],
)
def test_when_a_call_may_be_made(limits, purpose, until, cause):
    """RELIABILITY D1, D2 and D4."""
    wait = pace.wait_for(limits, purpose, NOON)

    assert (wait.until if wait else None, wait.cause if wait else "") == (until, cause)


def test_reliability_d3_what_exact_says_counts_more_than_what_was_counted():
    counted = pace.spent(seen(40, 3000), NOON)

    told = pace.answered(counted, seen(12, 900), NOON)

    assert (told.minute_remaining, told.day_remaining) == (12, 900)


def test_reliability_d4_a_call_without_an_answer_is_counted_by_ourselves():
    after = pace.answered(pace.spent(seen(40, 3000), NOON), Limits(), NOON)

    assert (after.minute_remaining, after.day_remaining) == (39, 2999)


def test_a_refusal_that_names_its_limit_uses_it_up_and_leaves_the_other():
    """A 429 carries only the headers of the limit that was hit, some of them without the number that is left."""
    refusal = Limits(day_limit=5000, day_reset_at=DAY_END)

    after = pace.answered(seen(40, 3000), refusal, NOON, is_refusal=True)

    assert (after.minute_remaining, after.day_remaining) == (40, 0)


def test_a_new_window_starts_whole_and_is_counted_from_there():
    later = MINUTE_END + 2 * SECOND

    after = pace.spent(seen(0), later)

    assert (after.minute_remaining, after.minute_reset_at) == (
        59,
        MINUTE_END + timedelta(minutes=1),
    )


def test_reliability_d8_pauses_grow_to_a_cap_and_are_never_in_step():
    chance = Random(27)  # a test's dice
    firsts, lasts = [], []
    for _ in range(500):
        pause, whole = 0.0, 0.0
        while whole < 600:
            pause = pace.next_pause(pause, chance.uniform)
            whole += pause
            firsts.append(pause) if whole == pause else None
        lasts.append(whole)

    assert max(firsts) <= 4
    assert max(lasts) <= 600 + pace.LONGEST_PAUSE
    seconds = [int(one) for one in lasts]
    assert max(seconds.count(one) for one in set(seconds)) < 50


# --- Random days ------------------------------------------------------------------------------------------------------


@dataclass
class Exact:
    """Exact's side: fixed windows of a clock minute and a UTC day, shared with other apps of the customer."""

    minute_limit: int
    day_limit: int
    used: dict[tuple[str, int], int] = field(default_factory=dict)

    def _windows(self, now: datetime) -> tuple[tuple[str, int], tuple[str, int]]:
        return ("minute", int(now.timestamp() // 60)), ("day", int(now.timestamp() // 86400))

    def left(self, now: datetime) -> tuple[int, int]:
        minute, day = self._windows(now)
        return self.minute_limit - self.used.get(minute, 0), self.day_limit - self.used.get(day, 0)

    def call(self, now: datetime) -> bool:
        if min(self.left(now)) <= 0:
            return False
        for window in self._windows(now):
            self.used[window] = self.used.get(window, 0) + 1
        return True

    def headers(self, now: datetime) -> Limits:
        (_, minute), (_, day) = self._windows(now)
        minute_left, day_left = self.left(now)
        return Limits(
            minute_limit=self.minute_limit,
            minute_remaining=minute_left,
            minute_reset_at=datetime.fromtimestamp((minute + 1) * 60, UTC),
            day_limit=self.day_limit,
            day_remaining=day_left,
            day_reset_at=datetime.fromtimestamp((day + 1) * 86400, UTC),
        )


_PURPOSES = st.sampled_from(list(Purpose))
_CALLS = st.lists(
    st.tuples(
        st.integers(0, 4000).map(lambda one: timedelta(milliseconds=one * 10)),
        _PURPOSES,
        st.sampled_from(["answered"] * 4 + ["lost", "without headers"]),
    ),
    max_size=150,
)


@settings(max_examples=150, deadline=None)
@given(
    minute_limit=st.integers(1, 8),
    day_limit=st.integers(5, 120),
    began=st.integers(0, 86_399),
    calls=_CALLS,
)
def test_reliability_d1_no_call_of_ours_is_ever_refused(minute_limit, day_limit, began, calls):
    """As long as one answer told the limits, whatever answers are lost after it."""
    exact = Exact(minute_limit, day_limit)
    now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=began)
    assert exact.call(now)
    known = pace.answered(Limits(), exact.headers(now), now)
    for pause, purpose, fate in calls:
        now += pause
        wait = pace.wait_for(known, purpose, now)
        if wait is not None:
            assert wait.until > now
            continue
        known = pace.spent(known, now)
        assert exact.call(now), f"refused at {now}: {known}"
        assert exact.left(now)[1] >= pace.kept(day_limit, purpose)
        said = exact.headers(now) if fate == "answered" else Limits()
        known = pace.answered(known, said, now)


@settings(max_examples=100, deadline=None)
@given(
    calls=st.lists(
        st.tuples(
            st.integers(0, 3000).map(lambda one: timedelta(milliseconds=one * 10)),
            st.integers(0, 4),
        ),
        max_size=100,
    )
)
def test_reliability_d3_with_another_app_a_refusal_is_one_that_no_header_could_tell(calls):
    exact, now = Exact(6, 200), NOON
    known, others_since = Limits(), 0
    for pause, others in calls:
        now += pause
        others_since += sum(exact.call(now) for _ in range(others))
        if pace.wait_for(known, Purpose.PEOPLE, now) is not None:
            continue
        known = pace.spent(known, now)
        is_accepted = exact.call(now)
        assert is_accepted or others_since or known.minute_limit is None
        known = pace.answered(known, exact.headers(now), now, is_refusal=not is_accepted)
        others_since = 0
