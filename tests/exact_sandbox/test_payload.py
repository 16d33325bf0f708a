"""Bodies of writes: how they may be written, and the words of WCF where they cannot be read."""

from __future__ import annotations

import json

import pytest

ACCOUNTS = "crm/Accounts"
ENTRIES = "salesentry/SalesEntries"
STREAM = "Error processing request stream."
NOT_JSON = f"{STREAM} JSON text specified is not valid."
NOT_AN_OBJECT = f"{STREAM} The request should be a valid top-level resource object."


def post(exact, body, kind="application/json", path=ACCOUNTS):
    return exact.http.post(exact.url(path), data=body, headers={"Content-Type": kind})


def text(answer):
    return answer.json()["error"]["message"]["value"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"Name": "Één"}'.encode(), "application/json"),
        ('{"Name": "Één"}'.encode("utf-8-sig"), "application/json; charset=utf-8"),
        ('{"Name": "Één"}'.encode("utf-16"), "application/json; charset=utf-16"),
        ('{"Name": "Één"}'.encode("latin-1"), "text/json; charset=iso-8859-1"),
        ('{"Name": "Één", "__metadata": {"type": "x"}}'.encode(), ""),
        (
            b'{"Name": "\\u00c9\\u00e9n", "BankAccounts": {"__deferred": {"uri": "x"}}}',
            "application/json",
        ),
    ],
)
def test_a_body_may_come_in_several_writings(exact, body, kind):
    answer = post(exact, body, kind)

    assert answer.status_code == 201, answer.text
    assert answer.json()["d"]["Name"] == "Één"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", NOT_JSON),
        (b"no", NOT_JSON),
        (b'{"Name": ', NOT_JSON),
        (b'{"Name": NaN}', NOT_JSON),
        (b'{"Name": "\xff"}', NOT_JSON),
        (b'{"CreditLineSales": ' + b"9" * 5000 + b"}", NOT_JSON),
        (b"[" * 5000 + b"]" * 5000, NOT_JSON),
        (b"[]", NOT_AN_OBJECT),
        (b'"x"', NOT_AN_OBJECT),
        (b'{"Name": "A", "Name": "B"}', f"{STREAM} Duplicate property named 'Name' is detected."),
        (
            b'{"d": {"Name": "A"}}',
            f"{STREAM} The property name 'd' specified for type 'Exact.Web.Api.Models.Account' is not valid.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_wcfs_words(exact, body, refusal):
    answer = post(exact, body)

    assert (answer.status_code, text(answer)) == (400, refusal)


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=klingon"]
)
def test_what_is_no_json_is_415(exact, kind):
    assert post(exact, b'{"Name": "A"}', kind).status_code == 415


@pytest.mark.parametrize(
    ("name", "value", "dotnet"),
    [
        ("InvoiceAccount", "", "Guid"),
        ("StartDate", "", "DateTime"),
        ("StartDate", "31-01-2026", "DateTime"),
        ("StartDate", 20260131, "DateTime"),
        ("CreditLineSales", "much", "Double"),
        ("CreditLineSales", True, "Double"),
        ("Blocked", "perhaps", "Boolean"),
        ("Name", {"text": "x"}, "String"),
        ("Name", ["x"], "String"),
    ],
)
def test_a_value_of_the_wrong_type_names_the_property(exact, name, value, dotnet):
    status, refusal = exact.error("POST", ACCOUNTS, {"Name": "A", name: value})

    assert status == 400
    assert refusal == (
        f"Error encountered in converting the value from request payload for property '{name}' to "
        f"type '{dotnet}', which is the property's expected type."
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-01-31", 0),
        ("2026-01-31T00:00:00", 0),
        ("2026-01-31T00:00:00.000", 0),
        ("/Date(1769817600000)/", 0),
        ("2026-01-31T00:00:00Z", 0),
        ("2026-01-31T01:00:00+01:00", 0),
        ("2026-01-30T23:00:00-01:00", 0),
    ],
)
def test_dates_are_read_in_every_form(exact, sent, kept):
    made = exact.call("POST", ACCOUNTS, {"Name": "A", "StartDate": sent}).json()["d"]

    assert made["StartDate"] == f"/Date({1769817600000 + kept})/"


def test_a_date_with_a_zone_may_fall_on_the_day_before(exact):
    exact.switch(zoned_dates="shifted")

    zoned = exact.book(EntryDate="2026-01-31T00:00:00Z")
    plain = exact.book(EntryDate="2026-01-31T00:00:00", YourRef="other")

    assert zoned["EntryDate"] == "/Date(1769731200000)/"
    assert plain["EntryDate"] == "/Date(1769817600000)/"


def test_amounts_may_be_text_and_lines_may_be_wrapped(exact):
    body = exact.entry({"AmountFC": "12.50"})
    body["SalesEntryLines"] = {"results": body["SalesEntryLines"]}

    made = exact.call("POST", ENTRIES, body)

    assert made.status_code == 201, made.text
    assert (
        exact.get(made.json()["d"]["SalesEntryLines"]["__deferred"]["uri"])["results"][0][
            "AmountFC"
        ]
        == 12.5
    )
    body["SalesEntryLines"] = {"AmountFC": 1}
    assert exact.error("POST", ENTRIES, body) == (400, NOT_AN_OBJECT)


def test_lines_cannot_be_put_with_their_header(exact):
    uri = exact.book()["__metadata"]["uri"]

    status, refusal = exact.error("PUT", uri, {"SalesEntryLines": [{"AmountFC": 1}]})

    assert status == 400
    assert refusal.startswith(f"{STREAM} Binding to new entities")
    assert exact.error("PUT", uri) == (400, NOT_JSON)
    assert exact.call("PUT", uri, {}).status_code == 204


def test_half_a_surrogate_pair_does_no_harm(exact):
    answer = post(exact, json.dumps({"Name": "A \ud800 B"}).encode())

    assert answer.json()["d"]["Name"] == "A \ufffd B"
    assert text(post(exact, b'{"\\ud800": 1}')).startswith(STREAM)
