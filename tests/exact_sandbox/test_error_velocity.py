"""Too many errors on one endpoint within an hour block it: for whom, how long, and how it is said."""

from __future__ import annotations

import pytest

from tests.exact_sandbox.exact_client import ANNA, BE, BRAM, NL, ExactClient

JOURNALS = "financial/Journals"


@pytest.fixture
def still(exact) -> ExactClient:
    exact.control("POST", "/_sandbox/clock", {"frozen": True})
    return exact


def err(exact: ExactClient, times: int = 1) -> list[int]:
    return [exact.call("GET", JOURNALS, select="Bogus").status_code for _ in range(times)]


def status(exact: ExactClient) -> int:
    return int(exact.call("GET", JOURNALS, top="1").status_code)


def later(exact: ExactClient, minutes: float) -> None:
    """Let time pass and take a fresh token."""
    exact.advance(minutes * 60)
    exact.use(exact.exchange(exact.log_on(ANNA)).json()["access_token"])


def test_only_user_division_and_endpoint_that_erred_are_blocked(still, log_on):
    bram = log_on(BRAM)
    assert err(still, 12) == [400] * 11 + [429]

    assert status(bram) == 200
    assert still.call("GET", "financial/GLAccounts", top="1").status_code == 200
    still.division = BE
    assert status(still) == 200
    still.division = NL
    assert status(still) == 429


def test_errors_count_for_an_hour_only(still):
    err(still, 10)
    later(still, 60)

    assert err(still, 11) == [400] * 11
    assert err(still) == [429]


def test_an_expired_token_counts_as_an_error(still):
    still.advance(601)
    assert [status(still) for _ in range(11)] == [401] * 11
    still.use(still.exchange(still.log_on(ANNA)).json()["access_token"])

    assert status(still) == 429


def test_an_unknown_token_is_nobodys_error(still):
    good = still.tokens["access_token"]
    still.use("made up")
    assert [status(still) for _ in range(12)] == [401] * 12

    still.use(good)
    assert status(still) == 200


@pytest.mark.parametrize(("path", "expected"), [("crm/Nothing", 404), ("../1000009/x", 404)])
def test_unknown_addresses_count_too(still, path, expected):
    statuses = [still.call("GET", path).status_code for _ in range(12)]

    assert statuses == [expected] * 11 + [429]


def test_forbidden_counts_too(still):
    still.division = 1000009  # archived
    assert [status(still) for _ in range(12)] == [403] * 11 + [429]


def test_the_figures_are_switches(still):
    still.switch(errors_an_hour=2, error_window_minutes=5, error_block_minutes=10)

    err(still, 2)
    later(still, 5)
    assert err(still, 4) == [400, 400, 400, 429]
    later(still, 9.9)
    assert status(still) == 429
    later(still, 0.1)
    assert status(still) == 200


def test_a_blocked_endpoint_may_answer_403(still):
    still.switch(error_block_answer="403")
    err(still, 11)

    answer = still.call("GET", JOURNALS)

    assert answer.status_code == 403
    assert answer.json()["error"]["message"]["value"] == "API rate limit exceeded"


def test_a_second_block_within_a_day_lasts_twice_as_long(still):
    err(still, 11)
    later(still, 60)
    assert err(still, 11) == [400] * 11
    later(still, 119)
    assert status(still) == 429
    later(still, 1)
    assert status(still) == 200


def test_each_call_during_a_block_may_begin_it_anew(still):
    still.switch(error_block_growth="renewed")
    err(still, 11)
    later(still, 50)
    assert status(still) == 429
    later(still, 50)
    assert status(still) == 429
    later(still, 60)
    assert status(still) == 200


def test_blocks_may_all_be_of_one_length(still):
    still.switch(error_block_growth="fixed")
    for _ in range(2):
        assert err(still, 11) == [400] * 11
        assert status(still) == 429
        later(still, 60)
    assert status(still) == 200


def test_a_clock_put_back_before_the_block_lifts_it(still):
    err(still, 11)
    still.advance(-5)

    assert status(still) == 200
