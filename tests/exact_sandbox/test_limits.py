"""Calls are counted by the clock minute and the UTC day, errors by the hour.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from exact_sandbox.server import running_sandbox
from tests.exact_sandbox.exact_client import ANNA, BE, ExactClient

DAY_HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
MINUTE_HEADERS = {name.replace("Limit-", "Limit-Minutely-") for name in DAY_HEADERS}


def limit_headers(answer) -> set[str]:
    return {name for name in answer.headers if name.startswith("X-RateLimit")}


@pytest.fixture
def limited() -> Iterator[ExactClient]:
    """A client of a sandbox with room for five calls a minute and eight a day."""
    with running_sandbox(minute_limit=5, day_limit=8) as running:
        # Begin just after a full minute, so that no test sees the clock turn.
        running.sandbox.advance_clock(61 - time.time() % 60)
        client = ExactClient(running)
        yield client
        client.close()


def call(client: ExactClient):
    return client.call("GET", "financial/Journals", top="1")


def test_the_defaults_are_exacts():
    with running_sandbox() as running:
        client = ExactClient(running)
        answer = call(client)
        client.close()

    assert answer.headers["X-RateLimit-Limit"] == "5000"
    assert answer.headers["X-RateLimit-Minutely-Limit"] == "60"


def test_every_good_answer_says_what_is_left(limited):
    call(limited)
    answer = call(limited)

    assert limit_headers(answer) == DAY_HEADERS | MINUTE_HEADERS
    assert answer.headers["X-RateLimit-Remaining"] == "6"
    assert answer.headers["X-RateLimit-Minutely-Remaining"] == "3"
    now = limited.running.sandbox.clock.seconds()
    minute, day = (int(answer.headers[f"X-RateLimit-{kind}Reset"]) for kind in ("Minutely-", ""))
    assert minute % 60_000 == 0
    assert 0 < minute / 1000 - now <= 60
    assert day % 86_400_000 == 0
    assert 0 < day / 1000 - now <= 86_400


def test_beyond_the_minute_429_with_the_minutes_headers_only(limited):
    assert [call(limited).status_code for _ in range(6)] == [200] * 5 + [429]
    answer = call(limited)

    assert answer.content == b""
    assert limit_headers(answer) == MINUTE_HEADERS
    assert "Retry-After" not in answer.headers
    limited.advance(60)
    assert call(limited).status_code == 200


def test_beyond_the_day_429_with_the_days_headers_only(limited):
    for _ in range(5):
        call(limited)
    limited.advance(60)
    for _ in range(3):
        call(limited)

    answer = call(limited)

    assert answer.status_code == 429
    assert limit_headers(answer) == DAY_HEADERS
    limited.advance(86_400)
    limited.use(limited.exchange(limited.log_on(ANNA)).json()["access_token"])
    assert call(limited).status_code == 200


def test_each_division_has_its_own_count(limited):
    for _ in range(6):
        call(limited)
    limited.division = BE

    assert call(limited).status_code == 200


def test_a_refused_write_is_counted_and_a_refused_call_is_not_executed(limited):
    statuses = [limited.call("POST", "crm/Accounts", {"Name": "x"}).status_code for _ in range(6)]

    assert statuses == [201] * 5 + [429]
    assert len(limited.running.sandbox.database.records("accounts", Name="x")) == 5


def test_retry_after_is_a_switch(limited):
    limited.switch(retry_after=True)
    allowed = [call(limited).headers for _ in range(5)]

    assert 0 < int(call(limited).headers["Retry-After"]) <= 60
    assert not any("Retry-After" in headers for headers in allowed)


def test_limits_can_be_changed_and_turned_off(limited):
    limited.switch(minute_limit=1)
    assert [call(limited).status_code for _ in range(2)] == [200, 429]
    limited.switch(rate_limits=False)
    assert limit_headers(call(limited)) == set()


def test_limits_go_back_to_what_the_sandbox_was_started_with(limited):
    limited.switch(minute_limit=7)
    limited.control("DELETE", "/_sandbox/switches")
    assert call(limited).headers["X-RateLimit-Minutely-Limit"] == "5"
    limited.switch(minute_limit=7)
    limited.control("POST", "/_sandbox/reset")
    one = limited.control("GET", "/_sandbox/switches/minute_limit").json()

    assert (one["value"], one["default"]) == (5, 5)


def test_a_limit_of_the_command_line_counts_before_that_of_the_file(tmp_path):
    file = tmp_path / "books.db"
    with running_sandbox(data=file, minute_limit=5) as running:
        running.sandbox.switches.set("minute_limit", 7)
        running.sandbox.switches.set("day_limit", 70)
    with running_sandbox(data=file, minute_limit=9) as running:
        switches = running.sandbox.switches

        assert (switches["minute_limit"], switches["day_limit"]) == (9, 70)


def test_error_answers_carry_no_limit_headers(exact):
    assert limit_headers(exact.call("GET", "financial/Journals", select="Bogus")) == set()


def test_the_eleventh_error_blocks_the_endpoint_for_an_hour(exact):
    for _ in range(11):
        assert exact.call("GET", "financial/Journals", select="Bogus").status_code == 400

    blocked = call(exact)

    assert (blocked.status_code, limit_headers(blocked)) == (429, set())
    assert exact.call("GET", "financial/GLAccounts", top="1").status_code == 200
    exact.advance(3601)
    exact.use(exact.exchange(exact.log_on(ANNA)).json()["access_token"])
    assert call(exact).status_code == 200


def test_refusals_of_the_books_do_not_count_as_errors(exact):
    for _ in range(12):
        assert exact.call("POST", "salesentry/SalesEntries", {}).status_code == 500

    assert exact.call("GET", "salesentry/SalesEntries", top="1").status_code == 200


def test_error_velocity_is_a_switch(exact):
    exact.switch(error_velocity=False)
    for _ in range(12):
        exact.call("GET", "financial/Journals", select="Bogus")

    assert call(exact).status_code == 200
