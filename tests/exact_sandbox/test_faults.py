"""Each misbehavior does what its name says, to the right request and only so often."""

from __future__ import annotations

import socket
import time

import pytest
import requests

from exact_sandbox.faults import FAULTS
from exact_sandbox.server import running_sandbox
from tests.exact_sandbox.exact_client import NL, ExactClient

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
    order(exact, "late_commit", delay_s=0.7)

    with pytest.raises(requests.exceptions.ConnectionError):
        exact.call("POST", ENTRIES, body)

    assert exact.truth() == []
    deadline = time.monotonic() + 10
    while not exact.truth() and time.monotonic() < deadline:
        time.sleep(0.02)
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


def test_a_validation_error_with_a_text_of_ones_own(exact):
    order(exact, "validation_500", text="Ongeldig: Dagboek\r\nVerplicht: Klant")

    assert exact.error("POST", ENTRIES, exact.entry()) == (
        500,
        "Ongeldig: Dagboek\r\nVerplicht: Klant",
    )
    assert exact.truth() == []


def test_a_drip_sends_the_whole_body_slowly(exact):
    exact.fault("slow_drip", path="Journals", delay_s=0.4)
    started = time.monotonic()

    answer = exact.call("GET", "financial/Journals")

    assert time.monotonic() - started >= 0.4
    assert answer.json()["d"]["results"]
    assert exact.call("GET", "financial/Journals").content == answer.content


def test_a_drip_outlasts_a_clients_patience_between_bytes_but_not_overall(exact):
    exact.fault("slow_drip", path="Journals", delay_s=2)

    with exact.http.get(
        exact.url("financial/Journals?$select=ID"), stream=True, timeout=0.5
    ) as answer:
        assert answer.raw.read(10)  # a read timeout alone never ends it


def test_a_truncated_body_ends_and_a_reset_one_breaks(exact):
    def read(name: str) -> bytes:
        exact.fault(name, path="Journals")
        with socket.create_connection(("127.0.0.1", exact.running.port), timeout=5) as connection:
            token = exact.http.headers["Authorization"]
            connection.sendall(
                f"GET /api/v1/{NL}/financial/Journals HTTP/1.1\r\nHost: x\r\n"
                f"Accept: application/json\r\nAuthorization: {token}\r\n\r\n".encode()
            )
            received = b""
            while piece := connection.recv(65_536):
                received += piece
                time.sleep(0.05)  # until the reset has arrived as well
            return received

    head, _, body = read("truncated_body").partition(b"\r\n\r\n")
    announced = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
    assert len(body) == announced // 2
    with pytest.raises(ConnectionResetError):
        read("reset_mid_body")


def test_a_client_that_gave_up_is_served_all_the_same(exact):
    body = exact.entry()
    order(exact, "answer_after_client_gone", delay_s=10)

    with pytest.raises(requests.exceptions.ReadTimeout):
        exact.http.post(exact.url(ENTRIES), json=body, timeout=0.3)

    deadline = time.monotonic() + 10
    while logged(exact, "POST")["executed"] is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(exact.truth()) == 1
    assert logged(exact, "POST")["executed"] is True


def test_a_client_that_waits_gets_its_answer_in_the_end(exact):
    body = exact.entry()
    order(exact, "answer_after_client_gone", delay_s=0.2)

    assert exact.call("POST", ENTRIES, body).status_code == 201


def drop(exact, method: str, path: str, body=None) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        exact.call(method, path, body)


def logged(exact, method: str) -> dict[str, object]:
    return [row for row in exact.running.sandbox.log.since(0) if row["method"] == method][-1]


@pytest.mark.parametrize(("method", "status"), [("POST", 201), ("PUT", 204), ("DELETE", 204)])
def test_a_late_commit_of_any_kind_is_logged_when_it_is_done(exact, method, status):
    path = ENTRIES
    body = exact.entry(YourRef="LATE") if method == "POST" else {"YourRef": "LATE"}
    if method != "POST":
        path += f"(guid'{exact.book()['EntryID']}')"
    exact.fault("late_commit", method=method, delay_s=0.3)

    drop(exact, method, path, None if method == "DELETE" else body)

    assert (logged(exact, method)["status"], logged(exact, method)["executed"]) == (None, None)
    deadline = time.monotonic() + 5
    while logged(exact, method)["status"] is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (logged(exact, method)["status"], logged(exact, method)["executed"]) == (status, True)
    assert [row["your_ref"] for row in exact.truth()] == ([] if method == "DELETE" else ["LATE"])


def test_a_late_commit_does_not_reach_books_that_were_reset(exact):
    order(exact, "late_commit", delay_s=0.2)
    drop(exact, "POST", ENTRIES, exact.entry())

    exact.running.sandbox.reset()
    time.sleep(0.4)

    assert exact.truth() == []


def test_a_late_commit_is_called_off_when_the_sandbox_stops(tmp_path):
    with running_sandbox(data=tmp_path / "books.db") as running:
        client = ExactClient(running)
        order(client, "late_commit", delay_s=60)
        drop(client, "POST", ENTRIES, client.entry())
        client.close()

    with running_sandbox(data=tmp_path / "books.db") as running:
        entry = running.sandbox.log.since(0)[-1]
        assert (entry["fault"], entry["executed"], entry["status"]) == ("late_commit", False, None)


def test_a_fault_of_posts_is_not_used_up_by_the_look_up_before(exact):
    exact.fault("drop_lines", path="SalesEntries")
    assert exact.get("salesentry/SalesEntries", filter="YourRef eq 'none'")["results"] == []

    exact.book({"AmountFC": 100}, {"AmountFC": 10})

    assert len(exact.truth()[0]["lines"]) == 1


def test_a_fault_of_lists_waits_for_a_list_and_leaves_one_record_as_it_is(exact):
    exact.fault("evil_next", path="SalesEntries")
    entry = exact.book()
    kept = exact.get(f"salesentry/SalesEntries(guid'{entry['EntryID']}')", select="EntryID")

    assert kept["EntryID"] == entry["EntryID"]
    exact.fault("evil_next", path="SalesEntries")
    assert "evil.example" in exact.get("salesentry/SalesEntries", top="1")["__next"]
