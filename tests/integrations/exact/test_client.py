"""The one request function: what is sent, reported, followed and raised (RELIABILITY A13, B1, B8, B9, B14, D1)."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import requests
import responses
from pydantic import Field

from integrations.exact import endpoints, errors
from integrations.exact.client import CallRecord
from integrations.exact.rows import Amount, DivisionRow
from tests.integrations.exact.support import DIVISION, address, client, error_body

LIMITS = {"X-RateLimit-Minutely-Remaining": "7", "X-RateLimit-Remaining": "4000"}
KEY = UUID("9e1c1c2e-0000-4000-8000-000000000001")
ACCOUNTS = address("crm/Accounts")


class Thing(DivisionRow):
    """A made-up record."""

    name: str = Field(validation_alias="Name")
    amount: Amount | None = Field(None, validation_alias="AmountFC")


@pytest.fixture
def exact():
    with responses.RequestsMock() as mocked:
        yield mocked


def query_of(call) -> dict[str, list[str]]:
    return parse_qs(urlsplit(call.request.url).query)


def test_a_read_sends_the_token_and_selects_only_what_is_needed(exact):
    records: list[CallRecord] = []
    exact.get(
        ACCOUNTS,
        json={"d": {"results": [{"Name": "A", "AmountFC": 0.1, "Division": DIVISION}]}},
        headers=LIMITS,
    )

    page = client(records).every(endpoints.ACCOUNTS, Thing, query={"$filter": "Name eq 'A'"})

    assert page.rows[0].amount == Decimal("0.1")
    sent = exact.calls[0].request
    assert sent.headers["Authorization"] == "Bearer token-abc"
    assert sent.headers["Accept"] == "application/json"
    assert "Content-Type" not in sent.headers
    assert query_of(exact.calls[0]) == {
        "$select": ["Division,Name,AmountFC"],
        "$filter": ["Name eq 'A'"],
    }
    (record,) = records
    assert (record.method, record.path_template, record.status) == ("GET", endpoints.ACCOUNTS, 200)
    assert (record.limits.minute_remaining, record.limits.day_remaining) == (7, 4000)
    assert record.division == DIVISION
    assert record.duration_ms >= 0


def test_a_call_record_names_no_record_and_no_token(exact):
    records: list[CallRecord] = []
    exact.get(f"{ACCOUNTS}(guid'{KEY}')", json={"d": {"Name": "A"}})

    client(records).get(endpoints.ACCOUNTS, Thing, key=KEY)

    assert records[0].path_template == endpoints.ACCOUNTS + "({key})"
    assert str(KEY) not in repr(records[0])
    assert "token-abc" not in repr(records[0])


def test_a_post_asks_for_the_record_and_writes_amounts_exactly(exact):
    exact.post(ACCOUNTS, status=201, json={"d": {"Name": "A"}})

    client().post(endpoints.ACCOUNTS, {"Name": "Café", "AmountFC": Decimal("10.10")}, Thing)

    sent = exact.calls[0].request
    assert sent.headers["Prefer"] == "return=representation"
    assert sent.headers["Content-Type"] == "application/json"
    assert b'"AmountFC":10.10' in sent.body
    assert json.loads(sent.body)["Name"] == "Café"


def test_changes_and_deletions_expect_no_body(exact):
    exact.put(f"{ACCOUNTS}(guid'{KEY}')", status=204)
    exact.delete(f"{ACCOUNTS}(guid'{KEY}')", status=204)

    client().put(endpoints.ACCOUNTS, KEY, {"Name": "B"})
    client().delete(endpoints.ACCOUNTS, KEY)

    assert exact.calls[0].request.body == b'{"Name":"B"}'
    with pytest.raises(ValueError, match="Nothing to change"):
        client().put(endpoints.ACCOUNTS, KEY, {})


def test_pages_are_followed_as_given_until_the_last(exact):
    following = f"{ACCOUNTS}?$skiptoken=guid'{KEY}'&$select=Name"
    exact.get(
        ACCOUNTS,
        json={"d": {"results": [{"Name": "A"}], "__next": following}},
        match_querystring=None,
    )
    exact.get(ACCOUNTS, json={"d": {"results": [{"Name": "B"}]}})

    pages = list(client().pages(endpoints.ACCOUNTS, Thing, query={}))

    assert [row.name for page in pages for row in page.rows] == ["A", "B"]
    assert pages[0].next == following
    assert query_of(exact.calls[1])["$skiptoken"] == [f"guid'{KEY}'"]


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/api/v1/123456/crm/Accounts",
        "https://start.exactonline.nl/api/v1/999999/crm/Accounts",
        "http://start.exactonline.nl/api/v1/123456/crm/Accounts",
    ],
)
def test_b8_the_token_is_never_sent_to_a_next_page_elsewhere(exact, following):
    exact.get(ACCOUNTS, json={"d": {"results": [], "__next": following}})

    with pytest.raises(errors.UnexpectedAnswer):
        list(client().pages(endpoints.ACCOUNTS, Thing, query={}))

    assert len(exact.calls) == 1


def test_pages_that_go_in_circles_or_never_end_are_an_error(exact):
    exact.get(
        ACCOUNTS, json={"d": {"results": [{"Name": "A"}], "__next": f"{ACCOUNTS}?$skiptoken=1"}}
    )

    with pytest.raises(errors.UnexpectedAnswer, match="pages"):
        list(client().pages(endpoints.ACCOUNTS, Thing, query={}))
    assert len(exact.calls) == 2
    with pytest.raises(errors.UnexpectedAnswer, match="More than 1 pages"):
        list(client().pages(endpoints.ACCOUNTS, Thing, query={}, max_pages=1))
    assert len(exact.calls) == 3


def test_b9_a_row_that_does_not_fit_is_set_aside_and_the_rest_goes_on(exact):
    rows = [
        {"Name": "A"},
        {"Name": None},
        {"Other": 1},
        "odd",
        {"Name": "B", "Unknown": {}},
        {"Name": "C", "AmountFC": True},
    ]
    exact.get(ACCOUNTS, json={"d": {"results": rows}})

    page = client().every(endpoints.ACCOUNTS, Thing, query={})

    assert [row.name for row in page.rows] == ["A", "B"]
    assert len(page.quarantined) == 4
    assert page.quarantined[0].reason == "Name: string_type"
    assert page.quarantined[0].raw == {"Name": None}
    assert "raw" not in repr(page.quarantined[0])


def test_b14_a_row_of_another_division_is_set_aside(exact):
    exact.get(
        ACCOUNTS, json={"d": [{"Name": "A", "Division": 1}, {"Name": "B", "Division": DIVISION}]}
    )

    page = client().every(endpoints.ACCOUNTS, Thing, query={})

    assert [row.name for row in page.rows] == ["B"]
    assert "Division" in page.quarantined[0].reason


def test_b14_a_single_record_of_another_division_is_an_error(exact):
    exact.get(f"{ACCOUNTS}(guid'{KEY}')", json={"d": {"Name": "A", "Division": 1}})
    with pytest.raises(errors.UnexpectedAnswer, match="Division"):
        client().get(endpoints.ACCOUNTS, Thing, key=KEY)


@pytest.mark.parametrize("document", [{"d": {"Division": 1, "Name": "A"}}, {"d": {}}, {"d": []}])
def test_a13_created_but_not_readable_is_an_unknown_outcome(exact, document):
    exact.post(ACCOUNTS, status=201, json=document)
    with pytest.raises(errors.OutcomeUnknown):
        client().post(endpoints.ACCOUNTS, {"Name": "A"}, Thing)


def test_b1_a_maintenance_page_is_never_an_empty_list(exact):
    exact.get(ACCOUNTS, body="<html>maintenance</html>", content_type="text/html")
    with pytest.raises(errors.Unavailable):
        client().every(endpoints.ACCOUNTS, Thing, query={})


def test_a_body_that_is_no_collection_is_an_error(exact):
    exact.get(ACCOUNTS, json={"d": {"Name": "A"}})
    with pytest.raises(errors.UnexpectedAnswer):
        client().every(endpoints.ACCOUNTS, Thing, query={})


def test_each_failed_call_is_reported_before_it_is_raised(exact):
    records: list[CallRecord] = []
    exact.post(ACCOUNTS, status=500, json=json.loads(error_body("Verplicht: Dagboek")))
    exact.post(ACCOUNTS, body=requests.ConnectionError("refused"))

    for expected in (errors.ValidationRefused, errors.NotSent):
        with pytest.raises(expected):
            client(records).post(endpoints.ACCOUNTS, {"Name": "A"}, Thing)

    assert [(record.status, record.outcome) for record in records] == [
        (500, errors.Outcome.PROBABLY_REFUSED),
        (None, errors.Outcome.NOT_SENT),
    ]


def test_d1_a_throttled_call_says_until_when_and_is_made_once(exact):
    exact.get(ACCOUNTS, status=429, headers={"X-RateLimit-Remaining": "0"})

    with pytest.raises(errors.Throttled) as raised:
        client().every(endpoints.ACCOUNTS, Thing, query={})

    assert raised.value.limit == "day"
    assert (raised.value.reset_at.hour, raised.value.reset_at.minute) == (0, 0)
    assert len(exact.calls) == 1


def test_a_call_in_a_division_needs_one():
    with pytest.raises(ValueError, match="needs a division"):
        client(division=None).every(endpoints.ACCOUNTS, Thing, query={})
    assert client(division=None).for_division(5).division == 5
