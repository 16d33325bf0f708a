"""What programs use to set up and to assert: log filters, counts, payments, stats, resets."""

from __future__ import annotations

import pytest
import requests

from exact_sandbox.switches import SWITCHES
from tests.exact_sandbox.exact_client import ANNA, BE, BRAM, NL

LOG = "/_sandbox/log"
PAYMENTS = "/_sandbox/payments"


@pytest.fixture
def calls(log_on):
    """Calls of two users in two divisions, of which some go wrong."""
    anna, bram = log_on(), log_on(BRAM)
    anna.control("DELETE", LOG)
    anna.call("GET", "financial/Journals", top="1")
    anna.division = BE
    anna.call("GET", "financial/GLAccounts", top="1")
    bram.call("POST", "salesentry/SalesEntries", {"Nonsense": 1})
    anna.fault("drop_before", path="VATCodes")
    with pytest.raises(requests.ConnectionError):
        anna.call("GET", "vat/VATCodes")
    return anna


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["Journals", "GLAccounts", "SalesEntries", "VATCodes"]),
        (f"division={NL}", ["Journals", "SalesEntries"]),
        ("method=post", ["SalesEntries"]),
        ("path=GLACC", ["GLAccounts"]),
        ("path=%25", []),
        ("status=200", ["Journals", "GLAccounts"]),
        ("status=4xx", ["SalesEntries"]),
        ("status=none", ["VATCodes"]),
        (f"user={BRAM}", ["SalesEntries"]),
        (f"user={ANNA}&status=2xx&division={BE}", ["GLAccounts"]),
        ("application=nobody", []),
        ("fault=drop_before", ["VATCodes"]),
        ("fault=any", ["VATCodes"]),
        ("fault=slow", []),
        ("limit=1", ["VATCodes"]),
        ("limit=2&status=2xx", ["Journals", "GLAccounts"]),
    ],
)
def test_the_log_is_filtered_and_counted(calls, question, found):
    entries = calls.control("GET", f"{LOG}?{question}").json()["entries"]

    assert [entry["path"].rsplit("/", 1)[-1] for entry in entries] == found
    if "limit" not in question:
        counted = calls.control("GET", f"{LOG}/count?{question}").json()
        assert counted == {"count": len(found)}


@pytest.mark.parametrize("question", ["status=often", "division=x", "since=-1", "pth=x", "limit=x"])
def test_a_filter_that_is_none_is_refused(exact, question):
    answer = exact.control("GET", f"{LOG}?{question}")

    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_one_request_is_read_by_its_number(calls):
    first = calls.control("GET", LOG).json()["entries"][0]

    assert calls.control("GET", f"{LOG}/{first['seq']}").json() == first
    assert calls.control("GET", f"{LOG}/0").status_code == 404
    assert calls.control("GET", f"{LOG}/x").status_code == 404


def test_switches_are_put_back_one_by_one_or_all(exact):
    switches = "/_sandbox/switches"
    exact.control("POST", switches, {"consent": "always", "retry_after": True})

    assert exact.control("GET", f"{switches}/consent").json()["value"] == "always"
    one = exact.control("DELETE", f"{switches}/consent").json()
    assert (one["name"], one["value"]) == ("consent", SWITCHES["consent"].default)
    assert exact.control("GET", f"{switches}/retry_after").json()["value"] is True
    everything = exact.control("DELETE", switches).json()["switches"]
    assert all(each["value"] == each["default"] for each in everything)
    assert exact.control("DELETE", f"{switches}/nothing").status_code == 404


def test_one_fault_is_called_off(exact):
    faults = "/_sandbox/faults"
    kept = exact.control("POST", faults, {"fault": "slow", "path": "Nowhere"}).json()["id"]
    gone = exact.control("POST", faults, {"fault": "generic_500"}).json()["id"]

    assert exact.control("DELETE", f"{faults}/{gone}").status_code == 204
    assert [each["id"] for each in exact.control("GET", faults).json()["faults"]] == [kept]
    assert exact.control("DELETE", f"{faults}/{gone}").status_code == 404
    assert exact.call("GET", "financial/Journals").status_code == 200


@pytest.mark.parametrize("name", ["entry_id", "invoice_number", "your_ref"])
def test_an_invoice_is_paid_by_what_is_known_of_it(exact, name):
    entry = exact.book(YourRef="KNOWN")
    known = {
        "entry_id": entry["EntryID"],
        "invoice_number": entry["InvoiceNumber"],
        "your_ref": "KNOWN",
    }

    part = exact.control("POST", PAYMENTS, {name: known[name], "amount": "21,00"})
    rest = exact.control("POST", PAYMENTS, {name: known[name], "reference": "the rest"})

    assert part.status_code == rest.status_code == 201, (part.text, rest.text)
    assert rest.json()["lines"][0]["amount"] == "100.00"
    assert rest.json()["reference"] == "the rest"
    assert {term["Status"] for term in exact.terms_of(entry["EntryID"])} == {50}
    listed = exact.control("GET", f"{PAYMENTS}?division={NL}").json()["payments"]
    assert len(listed) == 2
    exact.control("DELETE", f"{PAYMENTS}/{rest.json()['id']}")
    assert {term["Status"] for term in exact.terms_of(entry["EntryID"])} == {20, 50}
    assert exact.books_are_good()


def test_several_invoices_are_paid_with_one_line_on_the_statement(exact):
    for name in ("A", "B"):
        exact.book(YourRef=name)

    paid = exact.control(
        "POST", PAYMENTS, {"lines": [{"your_ref": "A"}, {"your_ref": "B", "amount": 1}]}
    )

    assert paid.status_code == 201, paid.text
    assert [line["amount"] for line in paid.json()["lines"]] == ["121.00", "1.00"]
    assert exact.books_are_good()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"your_ref": "nothing"},
        {"your_ref": "TWICE"},
        {"your_ref": "ONCE", "invoice_number": 1},
        {"your_ref": "ONCE", "amount": "much"},
        {"your_ref": "ONCE", "division": BE},
        {"your_ref": "ONCE", "lines": [{"your_ref": "ONCE"}]},
        {"your_ref": "ONCE", "date": "soon"},
        {"lines": []},
    ],
)
def test_a_payment_that_is_not_clear_is_refused(exact, body):
    for name in ("ONCE", "TWICE", "TWICE"):
        exact.book(YourRef=name)

    answer = exact.control("POST", PAYMENTS, body)

    assert answer.status_code == 422, answer.text
    assert exact.control("GET", f"{PAYMENTS}?division={NL}").json() == {"payments": []}


def test_stats_count_requests_calls_and_books(exact):
    exact.control("DELETE", LOG)
    entry = exact.book()
    exact.pay((entry["EntryID"], 21))
    exact.call("GET", f"salesentry/SalesEntries(guid'{entry['EntryID']}')")
    exact.call("GET", "salesentry/SalesEntries", filter="nonsense")
    exact.fault("slow", path="Nowhere")

    stats = exact.control("GET", "/_sandbox/stats").json()

    counts = {
        (each["method"], each["endpoint"], each["status"]): each["count"]
        for each in stats["requests"]["by_endpoint"]
    }
    assert counts["POST", "salesentry/SalesEntries", 201] == 1
    assert counts["GET", "salesentry/SalesEntries(…)", 200] == 1
    assert counts["GET", "salesentry/SalesEntries", 400] == 1
    assert sum(counts.values()) == stats["requests"]["total"]
    (left,) = (each for each in stats["calls_left"] if each["division"] == NL)
    assert left["minute_left"] == left["minute_limit"] - left["minute_used"]
    assert left["minute_used"] >= 3
    books = next(each for each in stats["divisions"] if each["division"] == NL)
    assert (books["salesentries"], books["open_items"]) == (1, 1)
    assert books["open_amounts"] == {"EUR": "100.00"}
    assert stats["faults_waiting"] == 1
    assert stats["workers"] == 1
    assert stats["memory_bytes"] > 10_000_000
    assert stats["uptime_seconds"] > 0
