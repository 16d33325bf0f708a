"""Any answer at all: the library raises nothing but its own errors, and a write never looks undone (RELIABILITY B1, B8, B9)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from hypothesis import given, strategies as st

from connector import http
from integrations.exact import accounts, endpoints, errors, journals, limits, webhook_subscriptions
from integrations.exact.client import CallRecord
from tests.hostile import VALUES
from tests.integrations.exact.support import BASE, DIVISION, client

NOW = datetime(2026, 11, 27, tzinfo=UTC)
NAMES = (
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    *("X-RateLimit-Minutely-Limit", "X-RateLimit-Minutely-Remaining", "X-RateLimit-Minutely-Reset"),
    *("Retry-After", "Reason", "Location"),
)
WORDS = st.sampled_from(
    ["", "-1", "0", "9" * 5000, "1e9", "\u0663", "253402300799999", str(2**31), str(2**63), "\0"]
) | st.text(max_size=10)
HEADERS = st.dictionaries(st.sampled_from(NAMES), WORDS)
TYPES = st.sampled_from(["application/json", "application/json; charset=x", "text/html", ""])

_ROW = {"ID": "9e1c1c2e-0000-4000-8000-000000000001", "Code": "70", "Type": 20, "Name": "A"}
_ELSEWHERE = (
    "https://evil.example/api/v1/123456/x",
    f"{BASE}@evil.example/api/v1/{DIVISION}/x",
    f"{BASE}/api/v1/7/financial/Journals",
    f"{BASE}/api/v1/{DIVISION}/../7/x",
    f"{BASE}/api/v1/{DIVISION}/x\r\nX: y",
    "javascript:1",
)


def _row_with(name: str, value: str) -> bytes:
    others = json.dumps({key: held for key, held in _ROW.items() if key != name})
    return f'{{"d": {{"results": [{others[:-1]}, "{name}": {value}}}]}}}}'.encode()


def _bodies() -> st.SearchStrategy[bytes]:
    values = st.sampled_from(VALUES)
    whole = values.map(str.encode)
    inside = values.map(lambda value: f'{{"d": {value}}}'.encode())
    results = values.map(lambda value: f'{{"d": {{"results": {value}}}}}'.encode())
    row = st.builds(_row_with, st.sampled_from([*_ROW, "Division"]), values)
    following = (values | st.sampled_from(_ELSEWHERE).map(json.dumps)).map(
        lambda value: f'{{"d": {{"results": [], "__next": {value}}}}}'.encode()
    )
    error = values.map(lambda value: f'{{"error": {{"message": {{"value": {value}}}}}}}'.encode())
    return whole | inside | results | row | following | error | st.binary(max_size=60)


ANSWERS = st.builds(
    lambda status, headers, kind, body: http.Answer(
        status=status, headers={**headers, "Content-Type": kind}, body=body, url=BASE
    ),
    st.sampled_from([200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 429, 500, 503])
    | st.integers(100, 599),
    HEADERS,
    TYPES,
    _bodies(),
)


def ask(answer: http.Answer, call: Any) -> tuple[Any, list[str], list[CallRecord]]:
    """Make a call that is answered so; return what came back, where the token went, and the records."""
    asked: list[str] = []
    records: list[CallRecord] = []

    def send(_opened: object, _method: str, url: str, **_options: Any) -> http.Answer:
        asked.append(url)
        return answer

    with patch.object(http, "send", send):
        try:
            return call(client(records)), asked, records
        except errors.ExactError as error:
            said = "".join((error.raw_text, error.reason_header, *error.messages))
            said.encode()
            assert "\0" not in said
            return error, asked, records


@given(ANSWERS)
def test_b1_b8_whatever_a_read_is_answered_only_the_librarys_errors_come_of_it(answer):
    for read in (journals.list_journals, lambda exact: next(accounts.sync(exact, 0))):
        came, asked, records = ask(answer, read)

        assert len(records) == len(asked)
        assert {urlsplit(url).netloc for url in asked} == {urlsplit(BASE).netloc}
        assert all(f"/api/v1/{DIVISION}/" in url for url in asked)
        assert not isinstance(came, errors.OutcomeUnknown)


@given(ANSWERS)
def test_a13_b1_whatever_a_write_is_answered_it_is_done_refused_or_unknown(answer):
    came, asked, _ = ask(
        answer,
        lambda exact: webhook_subscriptions.subscribe(exact, topic="Accounts", callback_url="x"),
    )

    assert asked == [BASE + endpoints.WEBHOOK_SUBSCRIPTIONS.format(division=DIVISION)]
    if 200 <= answer.status < 400 or answer.status >= 502:
        assert isinstance(came, errors.OutcomeUnknown | webhook_subscriptions.WebhookSubscription)


@given(HEADERS)
def test_d3_d4_whatever_the_headers_of_the_limits_say_the_lane_can_keep_them(headers):
    seen = limits.parse(headers)

    numbers = (seen.minute_limit, seen.minute_remaining, seen.day_limit, seen.day_remaining)
    assert all(number is None or 0 <= number < 2**31 for number in numbers)
    assert NOW <= limits.retry_at(seen, NOW) <= NOW + timedelta(hours=26)


@pytest.mark.parametrize("header", ["X-RateLimit-Reset", "X-RateLimit-Minutely-Reset"])
def test_c19_a_reset_at_the_end_of_the_calendar_is_no_reset(header):
    seen = limits.parse({header: "253402300799999"})

    assert (seen.day_reset_at, seen.minute_reset_at) == (None, None)
