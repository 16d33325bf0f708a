"""What the forms of the pages do: faults, switches, clock, users, log, bank desk and webhooks."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.exact_sandbox.exact_client import ANNA, BE, BRAM, NL, ExactClient
from tests.exact_sandbox.page_reader import Outline, post, read, said
from tests.exact_sandbox.receiver import receiving


def test_a_fault_is_ordered_met_and_called_off(exact):
    status, page = post(
        exact,
        "/faults",
        fault="generic_500",
        method="GET",
        path="Journals",
        times="2",
        skip="1",
        delay_s="0,5",
    )

    assert status == 200
    assert "waits for the next request that fits" in said(page)
    (waiting,) = exact.control("GET", "/_sandbox/faults").json()["faults"]
    assert (waiting["times"], waiting["skip"], waiting["delay_s"]) == (2, 1, 0.5)
    assert exact.call("GET", "financial/Journals").status_code == 200
    assert exact.call("GET", "financial/Journals").status_code == 500
    assert "called off" in said(post(exact, "/faults/clear")[1])
    assert exact.call("GET", "financial/Journals").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {"fault": "gremlins"},
        {"fault": "slow", "times": "often"},
        {"fault": "slow", "delay_s": "-1"},
    ],
)
def test_a_bad_order_keeps_what_was_filled_in(exact, form):
    status, page = post(exact, "/faults", **form, path="<here>")

    assert status == 422
    assert 'role="alert"' in page
    assert 'value="&lt;here&gt;"' in page
    assert exact.control("GET", "/_sandbox/faults").json()["faults"] == []


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("zero_when_matched", "true", True),
        ("receivable_sign", "positive", "positive"),
        ("minute_limit", " 7 ", 7),
    ],
)
def test_a_switch_is_turned_and_put_back(exact, name, typed, value):
    status, page = post(exact, "/switches", name=name, value=typed)

    assert status == 200
    assert f"{name} is" in said(page)
    assert position(exact, name) == value
    post(exact, "/switches", name=name, value=typed, default="1")
    assert position(exact, name) == exact.running.sandbox.switches.default(name)


def position(exact: ExactClient, name: str) -> Any:
    listed = exact.control("GET", "/_sandbox/switches").json()["switches"]
    return next(each["value"] for each in listed if each["name"] == name)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("zero_when_matched", "maybe"),
        ("receivable_sign", "up"),
        ("minute_limit", "many"),
        ("x", "1"),
    ],
)
def test_a_position_that_a_switch_has_not_is_refused(exact, name, typed):
    status, page = post(exact, "/switches", name=name, value=typed)

    assert status == 422
    assert 'role="alert"' in page


def test_the_clock_is_moved_by_steps_and_seconds(exact):
    def shift() -> float:
        return float(exact.control("GET", "/_sandbox/clock").json()["shift_seconds"])

    post(exact, "/clock", step="now")
    for step, seconds in (("minute", 60), ("hour", 3_600), ("day", 86_400)):
        before = shift()
        assert post(exact, "/clock", step=step)[0] == 200
        assert shift() - before == pytest.approx(seconds, abs=1)
    post(exact, "/clock", seconds="-86400")
    post(exact, "/clock", step="midnight")
    assert exact.control("GET", "/_sandbox/clock").json()["now"][11:16] == "00:00"
    post(exact, "/clock", step="next-minute")
    assert exact.control("GET", "/_sandbox/clock").json()["now"][11:16] == "00:01"
    post(exact, "/clock", step="now")
    assert shift() == pytest.approx(0, abs=1)
    for bad in (
        {},
        {"seconds": "soon"},
        {"seconds": "--1"},
        {"seconds": "9" * 5000},
        {"step": "x"},
    ):
        assert post(exact, "/clock", **bad)[0] == 422


def test_a_user_gets_other_rights(log_on):
    bram = log_on(BRAM)
    assert bram.call("GET", "financial/Journals").status_code == 200

    status, page = post(bram, f"/access/{BRAM}", division=[BE], may_write="0", language="FR")

    assert status == 200
    assert "saved" in said(page)
    listed = bram.control("GET", "/_sandbox/users").json()["users"]
    user = next(each for each in listed if each["username"] == BRAM)
    assert (user["divisions"], user["may_write"], user["language"]) == ([BE], False, "FR")
    assert bram.call("GET", "financial/Journals").status_code == 403


def test_consent_is_taken_back(exact):
    status, page = post(exact, f"/access/{ANNA}", revoke="1")

    assert status == 200
    assert "tokens are dead" in said(page)
    assert exact.call("GET", "financial/Journals").status_code == 401
    assert post(exact, "/access/nobody")[0] == 404


def test_the_log_is_filtered_and_a_request_shown_with_its_tries(exact):
    exact.control("DELETE", "/_sandbox/log")
    body = exact.entry(YourRef="TWICE")
    exact.control("DELETE", "/_sandbox/log")
    exact.fault("commit_then_drop", method="POST", path="SalesEntries")
    with pytest.raises(requests.ConnectionError):
        exact.call("POST", "salesentry/SalesEntries", body)
    exact.call("POST", "salesentry/SalesEntries", body)
    exact.call("GET", "financial/Journals", top="1")

    disturbed = read(exact, "/log?fault=1")
    posted = read(exact, "/log?method=POST&status=2xx&path=salesentries")

    assert "1 request<" in disturbed
    assert "no answer" in disturbed
    assert "1 request<" in posted
    number = re.search(r'href="(/log/\d+)"', posted)
    assert number is not None
    page = read(exact, number[1])
    assert "This is try 2 of 2" in page
    assert "commit_then_drop" in page
    assert "&#34;YourRef&#34;: &#34;TWICE&#34;" in page
    assert exact.tokens["access_token"] not in page
    assert "forgotten" in said(post(exact, "/log/clear")[1])


def test_the_desk_works_on_several_documents_at_once(exact):
    invoice, other = (exact.book(YourRef=name)["EntryID"] for name in ("A", "B"))
    credit = exact.book({"AmountFC": -100}, YourRef="C")["EntryID"]
    desk = {"division": NL}

    both = {f"amount-{invoice}": "21", f"amount-{other}": "1", "date": "2026-11-20"}
    assert said(post(exact, "/bank-desk/payments", **desk, **both)[1]) == (
        "The payment is registered. A: EUR 100.00 is still open; B: EUR 120.00 is still open."
    )
    page = post(exact, "/bank-desk/full", **desk, entry_id=[invoice])[1]
    assert "A: paid in full" in said(page)
    page = post(exact, "/bank-desk/match", **desk, entry_id=[other, credit])[1]
    assert "do not add up to zero" in said(page)
    assert f'value="{credit}" aria-label="Tick C" checked' in page
    assert "sent to the bank" in said(
        post(exact, "/bank-desk/collect/40", **desk, entry_id=other)[1]
    )
    assert "taken out" in said(post(exact, "/bank-desk/collect/20", **desk, entry_id=other)[1])
    assert "written off" in said(post(exact, "/bank-desk/write-off", **desk, entry_id=other)[1])
    assert "Tick a document first" in said(post(exact, "/bank-desk/match", **desk)[1])
    assert "Fill in an amount" in said(post(exact, "/bank-desk/payments", **desk)[1])
    assert exact.books_are_good()


def test_the_desk_keeps_what_was_typed_when_it_refuses(exact):
    entry_id = exact.book()["EntryID"]

    status, page = post(
        exact,
        "/bank-desk/payments",
        division=NL,
        date="2026-11-20",
        reference="kept",
        **{f"amount-{entry_id}": "a lot"},
    )

    assert status == 422
    assert 'value="a lot"' in page
    assert 'value="kept"' in page
    Outline(page).check()


def test_a_message_is_shown_once(exact):
    assert said(post(exact, "/faults/clear")[1]) == "All faults are called off."
    assert said(read(exact, "/faults")) == ""


def test_money_that_is_not_matched_is_matched_with_a_document(exact):
    entry_id = exact.book(YourRef="LATE")["EntryID"]
    payment = exact.pay((entry_id, 50))
    exact.control("POST", f"/_sandbox/bank/payments/{payment}/unmatch")
    desk = {"division": NL, "entry_id": [entry_id, payment]}

    assert "money, not matched" in read(exact, f"/bank-desk?division={NL}")
    assert "do not add up" in said(post(exact, "/bank-desk/match", **desk)[1])
    assert "matched with each other" in said(post(exact, "/bank-desk/match-partly", **desk)[1])
    assert sorted(term["Status"] for term in exact.terms_of(entry_id)) == [20, 50]
    assert exact.books_are_good()


def test_webhooks_are_sent_and_sent_again(exact):
    assert "Nobody is subscribed" in read(exact, "/webhooks")
    exact.switch(webhook_delivery="manual")
    with receiving() as receiver:
        body = {"CallbackURL": f"{receiver.url}/<hook>", "Topic": "Accounts"}
        assert exact.call("POST", "webhooks/WebhookSubscriptions", body).status_code == 201
        exact.call("POST", "crm/Accounts", {"Name": "New"})
        listed = read(exact, "/webhooks")
        number = re.findall(r'href="(/webhooks/\d+)"', listed)[0]
        assert "waiting" in listed
        assert "tried" in said(post(exact, "/webhooks/deliver")[1])
        delivery = read(exact, number)
        assert "sent again as delivery" in said(post(exact, f"{number}/again")[1])
        assert "1 delivery was tried" in said(post(exact, "/webhooks/deliver")[1])

    assert "delivered" in delivery
    assert "&#34;Topic&#34;: &#34;Accounts&#34;" in delivery
    first, second = receiver.bodies
    assert first == second
    assert "None waits" in said(post(exact, "/webhooks/deliver")[1])
