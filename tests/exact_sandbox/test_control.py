"""The sandbox's own addresses: log, truth, switches, clock, admin, users, reset and start page."""

from __future__ import annotations

import json

import pytest
import requests

from exact_sandbox.switches import SWITCHES
from tests.exact_sandbox.exact_client import ANNA, BE, BRAM, NL


def test_the_log_keeps_what_was_received_without_secrets(exact):
    exact.control("DELETE", "/_sandbox/log")
    body = {"Name": "Logged"}
    exact.call("POST", "crm/Accounts", body)
    exact.refresh(exact.tokens["refresh_token"])
    exact.log_on(ANNA, force_login="1")

    text = exact.control("GET", "/_sandbox/log").text
    first, second, *_ = json.loads(text)["entries"]

    assert (first["method"], first["path"]) == ("POST", f"/api/v1/{NL}/crm/Accounts")
    assert (first["division"], first["status"], first["user"]) == (NL, 201, ANNA)
    assert json.loads(first["body"]) == body
    assert first["application"]
    assert second["path"] == "/api/oauth2/token"
    assert "grant_type=refresh_token" in second["body"]
    for secret in (exact.tokens["access_token"], exact.tokens["refresh_token"], "sandbox-secret"):
        assert secret not in text
    assert "password=sandbox" not in text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/API/OAuth2/Token", {"data": {"client_id": "x", "client_secret": "geheim"}}),
        ("/api/oauth2/token", {"data": {"client_id": "x", "Client_Secret": "geheim"}}),
        ("/api/oauth2/token", {"json": {"client_id": "x", "client_secret": "geheim"}}),
        ("/api/oauth2/token", {"data": b"client_secret=geheim"}),
        ("/api/oauth2/token?Client_Secret=geheim", {}),
    ],
)
def test_no_form_of_a_token_call_brings_a_secret_into_the_log(exact, path, content):
    requests.post(f"{exact.base_url}{path}", timeout=10, **content)

    newest = exact.control("GET", "/_sandbox/log").json()["entries"][-1]

    assert newest["path"] == path.partition("?")[0]
    assert "***" in (newest["body"] or newest["query"]) or "%2A%2A%2A" in str(newest)
    assert "geheim" not in json.dumps(newest)


def test_the_log_is_read_from_a_sequence_number(exact):
    exact.get("financial/Journals", top="1")
    newest = exact.control("GET", "/_sandbox/log").json()["entries"][-1]["seq"]
    exact.get("financial/GLAccounts", top="1")

    (entry,) = exact.control("GET", f"/_sandbox/log?since={newest}").json()["entries"]

    assert entry["path"].endswith("GLAccounts")
    assert entry["query"] == "%24top=1"
    assert exact.control("GET", "/_sandbox/log?since=x").status_code == 422


def test_the_books_tell_the_truth_past_switches(exact):
    entry = exact.book({"AmountFC": "10.10", "Description": "Work"}, YourRef="T-1")
    exact.switch(receivable_sign="positive", zero_when_matched=True)

    (row,) = exact.truth()

    assert row["entry_id"] == entry["EntryID"]
    assert (row["amount"], row["vat_amount"], row["your_ref"]) == ("12.22", "2.12", "T-1")
    assert row["lines"][0]["gl_account_code"] == "8000"
    assert row["terms"][0]["amount"] == "12.22"


def test_switches_are_listed_with_meaning_and_refuse_nonsense(exact):
    listed = exact.control("GET", "/_sandbox/switches").json()["switches"]

    assert {row["name"] for row in listed} == set(SWITCHES)
    assert all(row["meaning"].endswith(".") for row in listed)
    for bad in ({"bogus": 1}, {"consent": "maybe"}, {"minute_limit": "60"}, {"consent": True}):
        assert exact.control("PATCH", "/_sandbox/switches", bad).status_code == 422


def test_the_clock_moves(exact):
    before = exact.control("GET", "/_sandbox/clock").json()
    after = exact.control("POST", "/_sandbox/clock", {"advance_seconds": 3600}).json()

    assert after["shift_seconds"] == before["shift_seconds"] + 3600
    assert after["now"] > before["now"]
    for bad in ({}, {"advance_seconds": "x"}, {"advance_seconds": 10**12}):
        assert exact.control("POST", "/_sandbox/clock", bad).status_code == 422


def test_admin_orders(exact):
    exact.admin(archive=True)
    assert exact.call("GET", "financial/Journals").status_code == 403
    exact.admin(archive=False)
    exact.admin(block_journal="70", block_gl_account="8000", remove_vat_codes=True)
    assert exact.row("financial/Journals", "Code eq '70'")["IsBlocked"] is True
    assert exact.get("vat/VATCodes")["results"] == []
    exact.admin(unblock_journal="70", unblock_gl_account="8000", remove_vat_codes=False)
    assert len(exact.get("vat/VATCodes")["results"]) == 12
    entry = exact.book()
    exact.admin(mark_processed=entry["EntryID"])
    assert exact.get("salesentry/SalesEntries")["results"][0]["Status"] == 50
    exact.admin(delete_entry=entry["EntryID"])
    assert exact.truth() == []
    assert exact.books_are_good()


@pytest.mark.parametrize(
    "orders",
    [
        {"bogus": 1},
        {"block_journal": "nope"},
        {"close_period": 5},
        {"close_period": ["x", 1]},
        {"mark_processed": "nope"},
        {"delete_entry": "nope"},
    ],
)
def test_bad_orders_are_refused(exact, orders):
    answer = exact.control("POST", f"/_sandbox/admin/{NL}", orders)

    assert answer.status_code == 422
    assert answer.json()["error"]


def test_an_entry_that_money_has_touched_is_not_deleted_by_the_administrator(exact):
    entry = exact.book()
    exact.pay((entry["EntryID"], 1))

    answer = exact.control("POST", f"/_sandbox/admin/{NL}", {"delete_entry": entry["EntryID"]})

    assert answer.status_code == 422
    assert exact.books_are_good()


def test_users_lose_and_gain_rights(log_on):
    bram = log_on(BRAM)
    users = "/_sandbox/users"
    bram.control("PATCH", users, {"username": BRAM, "divisions": [NL, BE], "may_write": False})

    bram.division = BE
    assert bram.call("GET", "financial/Journals").status_code == 200
    assert bram.call("POST", "crm/Accounts", {"Name": "x"}).status_code == 403
    bram.control("PATCH", users, {"username": BRAM, "divisions": [NL]})
    assert bram.call("GET", "financial/Journals").status_code == 403
    assert bram.control("PATCH", users, {"username": "nobody"}).status_code == 422


def test_reset_goes_back_to_the_seed_but_not_back_in_rowversions(exact):
    exact.book()
    newest = exact.terms()[-1]["Timestamp"]
    exact.switch(rate_limits=False)

    assert exact.control("POST", "/_sandbox/reset").status_code == 204

    assert exact.call("GET", "financial/Journals").status_code == 401
    exact.use(exact.exchange(exact.log_on(ANNA)).json()["access_token"])
    assert exact.truth() == []
    oldest = exact.rows("sync/CRM/Accounts", filter="Timestamp gt 1L", select="Timestamp")[0]
    assert int(oldest["Timestamp"]) > int(newest)


def test_the_start_page_shows_divisions_users_and_the_way(exact):
    page = exact.control("GET", "/").text

    for text in (
        "Studio Noord B.V.",
        "archived",
        ANNA,
        'href="/bank-desk"',
        "/_sandbox/openapi.json",
    ):
        assert text in page


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/_sandbox/nothing", 404),
        ("POST", "/_sandbox/log", 405),
        ("GET", "/_sandbox/books/1/entries", 404),
        ("GET", "/_sandbox/books/x/check", 404),
        ("GET", "/_sandbox/bank/open-items", 422),
        ("GET", "/_sandbox/bank/nothing", 404),
        ("DELETE", "/_sandbox/bank/payments/00000000-0000-0000-0000-000000000000", 404),
        ("GET", "/bank-desk?division=x", 200),
        ("GET", "/bank-desk/nothing", 404),
        ("GET", "/_sandbox/style.css", 200),
    ],
)
def test_addresses_that_are_wrong_say_so(exact, method, path, status):
    assert exact.control(method, path).status_code == status


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff"])
def test_a_control_body_that_cannot_be_read_is_400(running, data):
    answer = requests.patch(f"{running.base_url}/_sandbox/switches", data=data, timeout=10)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("The body ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({}, 204),
    ],
)
def test_a_page_elsewhere_cannot_reset_the_sandbox(running, headers, status):
    answer = requests.post(f"{running.base_url}/_sandbox/reset", headers=headers, timeout=10)

    assert answer.status_code == status


def test_a_form_of_the_sandbox_itself_is_taken(running):
    headers = {"Origin": running.base_url}

    answer = requests.post(f"{running.base_url}/_sandbox/reset", headers=headers, timeout=10)

    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/_sandbox/switches", {"webhook_delay_seconds": 2**31}),
        ("PATCH", "/_sandbox/switches", {"your_ref_length": -1}),
        ("POST", "/_sandbox/payments", {"invoice_number": 10**30}),
        ("POST", "/_sandbox/payments", {"your_ref": "x", "division": 10**30}),
        ("POST", f"/_sandbox/admin/{NL}", {"close_period": [10**30, 1]}),
        ("POST", f"/_sandbox/admin/{NL}", {"default_payment_condition": []}),
        ("POST", f"/_sandbox/admin/{NL}", {"default_payment_condition": 10**30}),
        ("POST", f"/_sandbox/admin/{NL}", {"default_payment_condition": "none such"}),
    ],
)
def test_values_that_cannot_be_are_refused_in_a_sentence(exact, method, path, body):
    answer = exact.control(method, path, body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("division", "logged"),
    [("1000001", NL), ("beta/1000001", NL), ("9" * 25, None), ("9" * 5000, None), ("²", None)],
)
def test_whatever_stands_for_a_division_gets_an_answer_and_is_logged(exact, division, logged):
    answer = requests.get(f"{exact.base_url}/API/V1/{division}/crm/Accounts", timeout=10)

    assert answer.status_code == 401
    (*_, newest) = exact.control("GET", "/_sandbox/log").json()["entries"]
    assert newest["path"] == f"/API/V1/{division}/crm/Accounts"
    assert newest["division"] == logged
