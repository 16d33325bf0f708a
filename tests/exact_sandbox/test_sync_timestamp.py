"""The rowversion to start a sync from, for a date."""

from __future__ import annotations

import pytest

ADDRESS = "read/sync/Sync/SyncTimestamp"
NAMES = "ID,Timestamp"


def start(exact, **parameters):
    answer = exact.http.get(exact.url(ADDRESS), params=parameters)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["d"]["results"]
    return row


def test_a_sync_from_it_reads_what_changed_since_then(exact):
    exact.book(YourRef="before")
    exact.advance(300)
    moment = exact.running.sandbox.clock.naive_now().isoformat()
    exact.book(YourRef="after")

    row = start(exact, modified=f"datetime'{moment}'", endPoint="'PaymentTerms'")
    terms = exact.rows(
        "sync/Cashflow/PaymentTerms",
        filter=f"Timestamp gt {row['TimeStampAsBigInt']}L",
        select="YourRef",
    )

    assert row["API"] == "PaymentTerms"
    assert [term["YourRef"] for term in terms] == ["after"]


def test_it_is_the_newest_when_nothing_changed_since(exact):
    exact.book()
    row = start(exact, modified="2099-01-01", endPoint="PaymentTerms")
    newest = int(exact.terms()[-1]["Timestamp"])

    assert int(row["TimeStampAsBigInt"]) >= newest
    assert row["Modified"] == "/Date(4070908800000)/"


@pytest.mark.parametrize("operator", ["eq", "ge"])
def test_a_filter_asks_the_same(exact, operator):
    condition = f"Modified {operator} datetime'1999-01-01T00:00:00' and API eq 'Accounts'"
    by_filter = exact.get(ADDRESS, filter=condition)["results"]

    assert by_filter == [
        start(exact, modified="datetime'1999-01-01T00:00:00'", endPoint="'Accounts'")
    ]
    rows = exact.rows(
        "sync/CRM/Accounts",
        filter=f"Timestamp gt {by_filter[0]['TimeStampAsBigInt']}L",
        select=NAMES,
    )
    assert len(rows) == 78


def test_it_is_empty_when_nothing_is_asked(exact):
    assert exact.get(ADDRESS) == {"results": []}
    assert exact.get(ADDRESS, top="1") == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"modified": "datetime'2024-01-01'"},
        {"endPoint": "'Accounts'"},
        {"modified": "datetime'2024-01-01'", "endPoint": "'Bogus'"},
        {"modified": "yesterday", "endPoint": "'Accounts'"},
        {"modified": "5", "endPoint": "'Accounts'"},
        {"$filter": "Modified lt datetime'2024-01-01' and API eq 'Accounts'"},
        {"$filter": "API eq 'Accounts'"},
    ],
)
def test_an_incomplete_question_is_a_bad_request(exact, parameters):
    answer = exact.http.get(exact.url(ADDRESS), params=parameters)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]["value"]
