"""An endpoint that keeps refusing is left alone before Exact blocks it: a table, and random answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from integrations.exact.errors import Outcome
from integrations.lanes import breaker
from integrations.lanes.breaker import Breaker

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def after(*answers: tuple[float, breaker.Verdict]) -> Breaker:
    one = Breaker()
    for minutes, verdict in answers:
        one = one.after(verdict, NOON + minutes * MINUTE)
    return one


FIVE: list[tuple[float, breaker.Verdict]] = [(0.1 * n, "error") for n in range(5)]


@pytest.mark.parametrize(
    ("answers", "held_until"),
    [
        pytest.param(FIVE[:4], None, id="four errors"),
        pytest.param(FIVE, 15.4, id="five errors"),
        pytest.param([*FIVE[:4], (61, "error")], None, id="five errors in more than an hour"),
        pytest.param([*FIVE, (16, "error")], 46, id="the probe is refused"),
        pytest.param([*FIVE, (16, "error"), (47, "error")], 107, id="and the next one"),
        pytest.param(
            [*FIVE, (16, "error"), (47, "error"), (108, "error"), (229, "error")],
            349,
            id="two hours at most",
        ),
        pytest.param([*FIVE, (16, "good")], None, id="the probe is accepted"),
        pytest.param(
            [*FIVE, (16, "good"), (17, "error")], 32, id="Exact still counts the errors before it"
        ),
        pytest.param([*FIVE, (16, "no_answer")], None, id="the probe got no answer: another one"),
        pytest.param([*FIVE, (500, "error")], None, id="all of it is long ago"),
    ],
)
def test_reliability_d5_until_when_an_endpoint_is_left_alone(answers, held_until):
    now = NOON + answers[-1][0] * MINUTE

    until = after(*answers).held_until(now)

    assert until == (None if held_until is None else NOON + held_until * MINUTE)


def test_a_time_that_lies_too_far_ahead_is_not_believed():
    """A clock that was wrong when it was written (RELIABILITY C19)."""
    one = Breaker(open_until=NOON + timedelta(days=40))

    assert one.held_until(NOON) == NOON + breaker.LONGEST_COOL_DOWN


@pytest.mark.parametrize(
    ("status", "outcome", "limit", "verdict"),
    [
        (200, Outcome.EXECUTED, "unknown", "good"),
        (200, Outcome.UNCERTAIN, "unknown", "no_answer"),
        (400, Outcome.REFUSED, "unknown", "error"),
        (401, Outcome.REFUSED_UNEXECUTED, "unknown", "error"),
        (403, Outcome.REFUSED, "unknown", "error"),
        (404, Outcome.REFUSED, "unknown", "error"),
        (429, Outcome.REFUSED_UNEXECUTED, "minute", "no_answer"),
        (429, Outcome.REFUSED_UNEXECUTED, "unknown", "error"),
        (500, Outcome.PROBABLY_REFUSED, "unknown", "no_answer"),
        (None, Outcome.UNCERTAIN, "unknown", "no_answer"),
    ],
)
def test_which_answers_exact_counts(status, outcome, limit, verdict):
    assert breaker.verdict_on(status, outcome, limit) == verdict


def test_one_record_and_its_collection_are_one_endpoint_for_one_user():
    path = "/api/v1/{division}/crm/Accounts"

    assert breaker.key_of("anna", f"{path}({{key}})") == breaker.key_of("anna", path)
    assert breaker.key_of("anna", path) != breaker.key_of("bram", path)
    assert breaker.endpoint_of(breaker.key_of("anna", path)) == "Accounts"


def test_what_is_stored_is_read_back_and_nothing_idle_is_kept():
    kept = {"anna A": after(*FIVE), "anna B": after(FIVE[0]), "anna C": Breaker()}

    read = breaker.from_stored(breaker.to_stored(kept))

    assert read == {"anna A": kept["anna A"], "anna B": kept["anna B"]}


_ANSWERS = st.lists(
    st.tuples(
        st.integers(0, 1800).map(lambda one: timedelta(seconds=one)),
        st.sampled_from(["error", "error", "error", "good", "no_answer"]),
    ),
    max_size=120,
)


@settings(max_examples=300, deadline=None)
@given(answers=_ANSWERS)
def test_reliability_d6_whatever_comes_back_exact_never_counts_more_than_ten_errors(answers):
    """Exact blocks an endpoint after more than ten errors within an hour; every call waits until the breaker lets it."""
    one, now = Breaker(), NOON
    counted: list[datetime] = []
    for pause, verdict in answers:
        now = max(now + pause, one.held_until(now) or now)
        if verdict == "error":
            counted.append(now)
            assert sum(at > now - timedelta(hours=1) for at in counted) <= 9
        one = one.after(verdict, now)
