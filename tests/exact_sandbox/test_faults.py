"""Each misbehavior does what its name says, to the right request and only so often."""

from __future__ import annotations

import time

import pytest
import requests

from exact_sandbox.faults import FAULTS
from tests.exact_sandbox.exact_client import NL

ENTRIES = "salesentry/SalesEntries"


def post(exact):
    return exact.call("POST", ENTRIES, exact.entry())


def order(exact, name: str, **more) -> None:
    exact.fault(name, method="POST", path="SalesEntries", **more)


def test_every_fault_is_listed_with_its_meaning(exact):
    listed = exact.control("GET", "/_sandbox/faults").json()

    assert listed == {"faults": [], "known": FAULTS}


@pytest.mark.parametrize(
    ("name", "booked"), [("drop_before", 0), ("commit_then_drop", 1), ("truncated_body", 1)]
)
def test_a_dropped_connection(exact, name, booked):
    body = exact.entry()
    order(exact, name)

    with pytest.raises(requests.exceptions.RequestException):
        exact.call("POST", ENTRIES, body)

    assert len(exact.truth()) == booked
    assert post(exact).status_code == 201  # once only


def test_a_late_commit_books_after_the_connection_is_gone(exact):
    body = exact.entry()
    order(exact, "late_commit", delay_s=0.4)

    with pytest.raises(requests.exceptions.ConnectionError):
        exact.call("POST", ENTRIES, body)

    assert exact.truth() == []
    time.sleep(0.8)
    assert len(exact.truth()) == 1


@pytest.mark.parametrize(
    ("name", "status", "booked"),
    [
        ("error_500_after_commit", 500, 1),
        ("generic_500", 500, 0),
        ("maintenance_html", 200, 0),
        ("unavailable_503", 503, 0),
        ("too_many_requests_minute", 429, 0),
        ("too_many_requests_day", 429, 0),
        ("redirect", 302, 0),
        ("empty_201", 201, 1),
        ("garbage_json", 201, 1),
        ("drop_lines", 201, 1),
        ("slow", 201, 1),
        ("hang", 201, 1),
    ],
)
def test_a_wrong_answer(exact, name, status, booked):
    body = exact.entry()
    order(exact, name, delay_s=0.1)

    answer = exact.call("POST", ENTRIES, body)

    assert answer.status_code == status
    assert len(exact.truth()) == booked


def test_generic_500_has_exacts_words(exact):
    order(exact, "generic_500")

    assert exact.error("POST", ENTRIES, {})[1].startswith("A problem has occurred.")


def test_html_where_json_is_expected(exact):
    for name in ("maintenance_html", "unavailable_503"):
        order(exact, name)
        assert post(exact).headers["Content-Type"].startswith("text/html")


def test_an_empty_and_a_garbled_body(exact):
    order(exact, "empty_201")
    assert post(exact).content == b""
    order(exact, "garbage_json")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        post(exact).json()


def test_dropped_lines_are_not_booked_and_the_answer_looks_right(exact):
    body = exact.entry({"AmountFC": 100}, {"AmountFC": 10})
    order(exact, "drop_lines")

    answer = exact.call("POST", ENTRIES, body)

    assert answer.json()["d"]["AmountFC"] == 121
    assert len(exact.truth()[0]["lines"]) == 1


@pytest.mark.parametrize("kind", ["minute", "day"])
def test_429_has_the_headers_of_one_limit(exact, kind):
    order(exact, f"too_many_requests_{kind}")

    headers = {name for name in post(exact).headers if name.startswith("X-RateLimit")}

    assert len(headers) == 3
    assert all(("Minutely" in name) is (kind == "minute") for name in headers)


def test_hang_executes_before_it_answers(exact):
    body = exact.entry()
    order(exact, "hang", delay_s=2)

    with pytest.raises(requests.exceptions.ReadTimeout):
        exact.http.post(exact.url(ENTRIES), json=body, timeout=0.5)

    assert len(exact.truth()) == 1


def test_evil_next_and_wrong_division(exact):
    exact.fault("evil_next", path="Journals")
    assert exact.get("financial/Journals")["__next"].startswith("https://evil.example/")
    exact.fault("wrong_division", path="Journals")
    assert {row["Division"] for row in exact.get("financial/Journals")["results"]} == {7654321}
    assert {row["Division"] for row in exact.get("financial/Journals")["results"]} == {NL}


def test_a_lost_token_reply_leaves_the_old_token_used_up(exact):
    exact.advance(575)
    exact.fault("token_reply_lost")

    with pytest.raises(requests.exceptions.ConnectionError):
        exact.refresh(exact.tokens["refresh_token"])

    again = exact.refresh(exact.tokens["refresh_token"])
    assert again.json()["error_description"] == "Old refresh token used."


def test_times_skip_and_method_choose_the_request(exact):
    exact.fault("generic_500", path="crm/", times=2, skip=1)
    statuses = [exact.call("GET", "crm/Accounts", top="1").status_code for _ in range(4)]
    assert statuses == [200, 500, 500, 200]

    exact.fault("generic_500", method="POST")
    assert exact.call("GET", "crm/Accounts", top="1").status_code == 200
    assert exact.control("DELETE", "/_sandbox/faults").status_code == 204
    assert exact.call("POST", "crm/Accounts", {"Name": "x"}).status_code == 201


def test_an_unknown_fault_is_refused(exact):
    answer = exact.control("POST", "/_sandbox/faults", {"fault": "gremlins"})

    assert answer.status_code == 422
    assert "drop_before" in answer.json()["error"]


def test_the_log_tells_what_was_done_to_a_request(exact):
    body = exact.entry()
    exact.control("DELETE", "/_sandbox/log")
    order(exact, "commit_then_drop")
    with pytest.raises(requests.exceptions.ConnectionError):
        exact.call("POST", ENTRIES, body)

    (entry,) = exact.control("GET", "/_sandbox/log").json()["entries"]

    assert (entry["status"], entry["fault"], entry["executed"]) == (None, "commit_then_drop", True)
