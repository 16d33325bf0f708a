"""Budgets from the headers, and when to go on (RELIABILITY D1, D2, D4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from integrations.exact import limits

NOW = datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)
IN_MINUTE = datetime(2026, 3, 4, 10, 21, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)


def ms(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


DAY = {
    "X-RateLimit-Limit": "5000",
    "X-RateLimit-Remaining": "12",
    "X-RateLimit-Reset": ms(MIDNIGHT),
}
MINUTE = {
    "X-RateLimit-Minutely-Limit": "60",
    "X-RateLimit-Minutely-Remaining": "3",
    "X-RateLimit-Minutely-Reset": ms(IN_MINUTE),
}


def test_d3_both_header_sets_are_read_in_utc():
    seen = limits.parse({**DAY, **MINUTE})

    assert seen == limits.Limits(60, 3, IN_MINUTE, 5000, 12, MIDNIGHT)
    assert seen.is_known
    assert limits.exhausted(seen) is None


def test_d4_a_missing_header_is_unknown_and_not_zero():
    seen = limits.parse(MINUTE)

    assert (seen.day_limit, seen.day_remaining, seen.day_reset_at) == (None, None, None)
    assert limits.parse({}) == limits.Limits()
    assert not limits.parse({}).is_known


@given(st.text(max_size=30))
def test_d4_a_header_with_nonsense_is_unknown_or_a_number(text):
    seen = limits.parse(dict.fromkeys([*DAY, *MINUTE], text))

    assert seen.day_remaining is None or seen.day_remaining >= 0
    assert seen.day_reset_at is None or seen.day_reset_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("headers", "kind", "expected"),
    [
        (
            {**MINUTE, "X-RateLimit-Minutely-Remaining": "0"},
            "minute",
            IN_MINUTE + timedelta(seconds=1),
        ),
        ({**DAY, "X-RateLimit-Remaining": "0"}, "day", MIDNIGHT + timedelta(seconds=1)),
        ({**MINUTE, **DAY, "X-RateLimit-Remaining": "0"}, "day", MIDNIGHT + timedelta(seconds=1)),
        (
            {**MINUTE, **DAY, "X-RateLimit-Minutely-Remaining": "0"},
            "minute",
            IN_MINUTE + timedelta(seconds=1),
        ),
        (DAY, "day", MIDNIGHT + timedelta(seconds=1)),
        (MINUTE, "minute", IN_MINUTE + timedelta(seconds=1)),
        ({}, "unknown", IN_MINUTE + timedelta(seconds=1)),
        ({"X-RateLimit-Remaining": "0"}, "day", MIDNIGHT + timedelta(seconds=1)),
        ({**DAY, "X-RateLimit-Reset": "5"}, "day", MIDNIGHT + timedelta(seconds=1)),
        (
            {**MINUTE, "X-RateLimit-Minutely-Reset": "99999999999999"},
            "minute",
            IN_MINUTE + timedelta(seconds=1),
        ),
        (
            {**MINUTE, "X-RateLimit-Minutely-Reset": "9" * 30},
            "minute",
            IN_MINUTE + timedelta(seconds=1),
        ),
    ],
)
def test_d1_d2_a_refused_call_waits_for_the_limit_that_was_hit(headers, kind, expected):
    seen = limits.parse(headers)

    assert limits.limit_hit(seen) == kind
    assert limits.retry_at(seen, NOW) == expected


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_d1_the_wait_always_ends_and_is_never_in_the_past(minute_reset, day_reset):
    for remaining in ({}, {"X-RateLimit-Remaining": "0"}, {"X-RateLimit-Minutely-Remaining": "0"}):
        headers = {
            "X-RateLimit-Minutely-Reset": str(minute_reset),
            "X-RateLimit-Reset": str(day_reset),
            **remaining,
        }
        assert NOW < limits.retry_at(limits.parse(headers), NOW) <= NOW + timedelta(hours=25)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("X-RateLimit-Minutely-Limit", "minute"),
        ("X-RateLimit-Minutely-Reset", "minute"),
        ("X-RateLimit-Limit", "day"),
        ("X-RateLimit-Reset", "day"),
        ("X-RateLimit-Remaining", "unknown"),
    ],
)
def test_d4_one_header_is_enough_to_tell_which_limit_it_is(header, kind):
    assert limits.limit_hit(limits.parse({header: "60"})) == kind


@pytest.mark.parametrize("text", ["-1", "-60000", "1.5", "", " "])
def test_d4_what_is_no_number_of_calls_is_unknown(text):
    assert limits.parse(dict.fromkeys([*DAY, *MINUTE], text)) == limits.Limits()


SECOND = timedelta(seconds=1)
MILLISECOND = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("headers", "kind", "longest"),
    [
        ("X-RateLimit-Minutely-", "minute", timedelta(minutes=2)),
        ("X-RateLimit-", "day", timedelta(hours=25)),
    ],
)
def test_d1_d2_c19_a_reset_is_believed_when_it_lies_ahead_and_not_too_far(headers, kind, longest):
    def go_on_at(reset_at: datetime) -> datetime:
        seen = limits.parse({headers + "Remaining": "0", headers + "Reset": ms(reset_at)})
        assert limits.limit_hit(seen) == kind
        return limits.retry_at(seen, NOW)

    for believed in (
        NOW - SECOND + MILLISECOND,
        NOW,
        NOW + 20 * SECOND,
        NOW + longest / 2,
        NOW + longest - SECOND,
    ):
        assert go_on_at(believed) == believed + SECOND
    for doubtful in (NOW - longest, NOW - SECOND, NOW + longest - SECOND + MILLISECOND):
        assert go_on_at(doubtful) == limits.next_window(kind, NOW)


def test_d1_an_unknown_limit_goes_by_the_minute():
    seen = limits.parse(
        {
            **DAY,
            "X-RateLimit-Minutely-Reset": ms(NOW + 20 * SECOND),
            "X-RateLimit-Reset": ms(NOW + 40 * SECOND),
        }
    )

    assert limits.limit_hit(seen) == "unknown"
    assert limits.retry_at(seen, NOW) == NOW + 21 * SECOND


@pytest.mark.parametrize(
    ("kind", "begins"),
    [("minute", IN_MINUTE), ("unknown", IN_MINUTE), ("day", MIDNIGHT)],
)
def test_a_window_begins_a_second_late_on_exacts_clock_wherever_we_are(kind, begins):
    india = timezone(timedelta(hours=5, minutes=30))

    begun = limits.next_window(kind, (NOW + timedelta(microseconds=7)).astimezone(india))

    assert begun == begins + SECOND
    assert begun.tzinfo is UTC
