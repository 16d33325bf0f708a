"""Limits that differ by contract, and all of them on a clock that can be moved and stopped."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import ANNA, BE, NL, ExactClient

NOON = "2027-03-01T12:00:00Z"


def put(exact: ExactClient, **contract: Any) -> Any:
    answer = exact.control("PUT", "/_sandbox/limits", contract)
    assert answer.status_code == 200, answer.text
    return answer.json()


def clock(exact: ExactClient, **orders: Any) -> Any:
    answer = exact.control("POST", "/_sandbox/clock", orders)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def still(exact) -> ExactClient:
    """A client who logged on at noon, when the clock was stopped."""
    clock(exact, set=NOON, frozen=True)
    exact.use(exact.exchange(exact.log_on(ANNA)).json()["access_token"])
    return exact


def left(exact: ExactClient, kind: str = "Minutely-", division: int = NL) -> tuple[int, int]:
    """Make a call and return the limit and what is left of it."""
    exact.division = division
    headers = exact.call("GET", "financial/Journals", top="1").headers
    return (
        int(headers[f"X-RateLimit-{kind}Limit"]),
        int(headers[f"X-RateLimit-{kind}Remaining"]),
    )


def test_a_division_may_have_a_contract_of_its_own(still):
    put(still, division=NL, minute_limit=300, day_limit=9000)

    assert left(still) == (300, 299)
    assert left(still, "") == (9000, 8998)
    assert left(still, division=BE) == (100_000, 99_999)


def test_the_closest_contract_counts_and_ends_without_figures(still):
    application = still.running.sandbox.options.client_id
    put(still, minute_limit=10)
    put(still, division=NL, minute_limit=20)
    put(still, application=application, minute_limit=30)
    put(still, application=application, division=NL, minute_limit=40)

    assert left(still)[0] == 40
    put(still, application=application, division=NL)
    assert left(still)[0] == 30
    put(still, application=application)
    assert left(still)[0] == 20
    put(still, division=NL)
    assert left(still)[0] == 10


def test_a_contract_may_leave_one_figure_to_the_switch(still):
    put(still, division=NL, day_limit=7)
    still.switch(minute_limit=70)

    assert (left(still)[0], left(still, "")[0]) == (70, 7)


def test_contracts_calls_and_blocks_are_shown(still):
    put(still, division=NL, minute_limit=300)
    left(still)
    for _ in range(11):
        still.call("GET", "vat/VATCodes", select="Bogus")

    shown = still.control("GET", "/_sandbox/limits").json()

    assert shown["contracts"] == [
        {"application": None, "division": NL, "minute_limit": 300, "day_limit": None}
    ]
    usage = shown["usage"][0]
    assert (usage["division"], usage["minute_used"], usage["minute_limit"]) == (NL, 12, 300)
    assert [block["endpoint"] for block in shown["blocks"]] == ["vat/vatcodes"]
    assert still.control("DELETE", "/_sandbox/limits").status_code == 204
    after = still.control("GET", "/_sandbox/limits").json()
    assert (after["usage"], after["blocks"]) == ([], [])


def test_a_stopped_clock_shows_one_moment_until_it_is_let_go(exact):
    stopped = clock(exact, set=NOON, frozen=True)
    assert stopped["now"] == "2027-03-01T12:00:00+00:00"
    assert exact.control("GET", "/_sandbox/clock").json()["now"] == stopped["now"]

    assert clock(exact, advance_seconds=0.5)["now"] == "2027-03-01T12:00:00.500000+00:00"
    running = clock(exact, frozen=False)
    assert running["frozen"] is False
    assert exact.control("GET", "/_sandbox/clock").json()["now"] > running["now"]


def test_a_clock_that_runs_can_be_put_at_a_moment_of_any_zone(exact):
    assert clock(exact, set="2027-03-01T13:00:00+01:00")["now"].startswith("2027-03-01T12:00:0")
    assert clock(exact, set="2026-01-01T00:00:00")["now"].startswith("2026-01-01T00:00:0")


@pytest.mark.parametrize(
    "order", [{"set": "soon"}, {"set": "0001-01-01"}, {"set": "9999-12-31T23:59:59Z"}, {}]
)
def test_a_moment_the_clock_cannot_show_is_refused(exact, order):
    before = exact.control("GET", "/_sandbox/clock").json()["shift_seconds"]

    assert exact.control("POST", "/_sandbox/clock", order).status_code == 422
    assert exact.control("GET", "/_sandbox/clock").json()["shift_seconds"] == before


def test_the_minute_and_the_day_turn_with_the_clock(still):
    put(still, division=NL, minute_limit=2, day_limit=4)
    clock(still, set="2027-03-01T12:05:59.900Z")
    assert [left(still)[1] for _ in range(2)] == [1, 0]
    assert still.call("GET", "financial/Journals").status_code == 429

    clock(still, advance_seconds=0.1)
    assert left(still)[1] == 1

    clock(still, set="2027-03-01T23:59:59.999Z")
    still.use(still.exchange(still.log_on(ANNA)).json()["access_token"])
    assert left(still, "")[1] == 0
    refused = still.call("GET", "financial/Journals")
    assert refused.headers["X-RateLimit-Reset"] == "1803945600000"  # 2027-03-02
    assert "X-RateLimit-Minutely-Reset" not in refused.headers
    clock(still, advance_seconds=0.001)
    assert left(still, "")[1] == 3


def test_a_clock_put_back_finds_the_counts_of_that_minute(still):
    put(still, division=NL, minute_limit=5)
    left(still)
    clock(still, advance_seconds=60)
    assert left(still)[1] == 4

    clock(still, advance_seconds=-60)
    assert left(still)[1] == 3


def test_the_new_years_first_call_is_a_new_days_first(still):
    clock(still, set="2026-12-31T23:59:50Z")
    still.use(still.exchange(still.log_on(ANNA)).json()["access_token"])
    before = left(still, "")[1]

    clock(still, advance_seconds=10)

    assert before == 999_999
    assert left(still, "")[1] == 999_999
