"""The pages for people: what they show, what their forms do, and that they break on nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from markupsafe import escape

from exact_sandbox.pages.layout import NAVIGATION, shift_in_words
from exact_sandbox.pages.page import Form
from exact_sandbox.pages.table import PAGES
from exact_sandbox.switches import SWITCHES
from tests.exact_sandbox.exact_client import ANNA, BE, BRAM, NL, ExactClient


class Outline(HTMLParser):
    """Reads a page: that its elements close, its ids, links, labels and headings."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.unnamed: list[dict[str, str | None]] = []
        self.labeled: set[str | None] = set()
        self.headings = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if named.get("id"):
            self.ids.append(str(named["id"]))
        if tag == "a":
            self.links.append(str(named["href"]))
        if tag == "label":
            self.labeled.add(named["for"])
        if tag in ("input", "select") and named.get("type") != "hidden":
            self.unnamed.append(named)
        self.headings += tag == "h1"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def check(self) -> None:
        assert self.open == []
        assert self.headings == 1
        assert len(set(self.ids)) == len(self.ids)
        for field in self.unnamed:
            assert field.get("aria-label") or field.get("id") in self.labeled, field


def post(exact: ExactClient, address: str, /, **form: Any) -> tuple[int, str]:
    """Send a form and follow the way back; return the status and the page."""
    answer = exact.browser.post(f"{exact.base_url}{address}", data=form, timeout=10)
    return answer.status_code, answer.text


def read(exact: ExactClient, path: str) -> str:
    answer = exact.browser.get(f"{exact.base_url}{path}", timeout=10)
    assert answer.status_code == 200, answer.text
    Outline(answer.text).check()
    return answer.text


def said(page: str) -> str:
    """Return the message above a page."""
    found = re.search(r'<p class="message \w+" role="\w+">(.*?)</p>', page)
    return found[1] if found else ""


@pytest.fixture
def busy(exact: ExactClient) -> ExactClient:
    """A division with work in it, and a sandbox that misbehaves a little."""
    exact.control("POST", "/_sandbox/seed", {"division": NL, "sales_entries": 60, "customers": 5})
    exact.book(YourRef="<b>INV & 1</b>", Description="Ünïcode")
    exact.get("crm/Accounts", filter="Name eq '<i>'", select="Name")
    exact.call("POST", "salesentry/SalesEntries", {"Nonsense": "<script>"})
    exact.fault("slow", path="Nowhere")
    exact.switch(receivable_sign="positive")
    return exact


def addresses(exact: ExactClient) -> list[str]:
    """Return every page with the ids of records that are there."""
    entry = exact.truth()[-1]
    found = {
        "division": str(NL),
        "entry": entry["entry_id"],
        "account": entry["customer"],
        "seq": str(exact.control("GET", "/_sandbox/log").json()["entries"][-1]["seq"]),
    }
    shown = []
    for page in PAGES:
        if isinstance(page, Form) or any(name in page.path for name in ("{invoice}", "{message}")):
            continue
        shown.append(re.sub(r"\{(\w+)\}", lambda match: found[match[1]], page.path))
    return shown


def test_every_page_is_whole_and_escapes_what_it_shows(busy):
    for address in addresses(busy):
        page = read(busy, address)
        for raw in ("<b>INV", "<script", "<i>"):
            assert raw not in page, address


def test_every_link_of_every_page_leads_somewhere(busy):
    seen: set[str] = set()
    for address in addresses(busy):
        for link in Outline(read(busy, address)).links:
            if link not in seen and link.startswith("/"):
                seen.add(link)
                answer = busy.browser.get(
                    f"{busy.base_url}{link.replace('&amp;', '&')}", timeout=10
                )
                assert answer.status_code == 200, f"{address} leads to {link}"

    assert len(seen) > 50


def test_every_page_is_empty_in_words_on_a_fresh_sandbox(exact):
    exact.control("DELETE", "/_sandbox/log")
    for address, sentence in (
        ("/", "No request came in yet"),
        ("/log", "No request came in yet"),
        ("/outbox", "Nothing was sent yet"),
        ("/faults", "None waits"),
        (f"/divisions/{NL}/entries", "No sales entry is booked yet"),
        (f"/divisions/{NL}/invoices", "No sales invoice yet"),
        (f"/divisions/{NL}/open-items", "Nothing is open"),
        (f"/divisions/{NL}/entries?q=nothing", "Nothing fits"),
        ("/bank-desk", "Nothing is open"),
    ):
        assert sentence in read(exact, address), address


def test_pages_take_no_script_and_no_frame(exact):
    answer = exact.control("GET", "/")
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/divisions/1",
        "/divisions/x/entries",
        f"/divisions/{NL}/entries/nothing",
        f"/divisions/{NL}/invoices/nothing",
        f"/divisions/{NL}/relations/nothing",
        "/log/0",
        "/log/999999",
        "/log/x",
        "/outbox/nothing",
    ],
)
def test_what_is_not_there_is_said_on_a_page(exact, path):
    answer = exact.control("GET", path)

    assert answer.status_code == 404
    Outline(answer.text).check()
    assert "Not found" in answer.text


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "2", "1e5"])
def test_a_page_number_can_be_anything(busy, number):
    for path in (f"/divisions/{NL}/entries", "/log", f"/divisions/{NL}/relations"):
        assert busy.control("GET", f"{path}?page={number}").status_code == 200


def test_a_long_list_is_shown_a_page_at_a_time(busy):
    first = read(busy, f"/divisions/{NL}/entries")
    second = read(busy, f"/divisions/{NL}/entries?page=2")

    assert "1 to 50 of 61" in first
    assert "51 to 61 of 61" in second
    assert not set(re.findall(r"/entries/[0-9a-f-]{36}", first)) & set(
        re.findall(r"/entries/[0-9a-f-]{36}", second)
    )


@pytest.mark.parametrize(
    ("words", "found"), [("INV", True), ("100%", False), ("_", False), ("Studio", False)]
)
def test_a_search_takes_words_to_the_letter(busy, words, found):
    page = read(busy, f"/divisions/{NL}/entries?q={words}")

    assert (str(escape("<b>INV & 1</b>")) in page) is found
    assert ("Nothing fits" in page) is not found


def test_an_entry_shows_lines_terms_and_ledger(exact):
    entry = exact.book({"AmountFC": "10.10", "Description": "Work"}, YourRef="T-1")
    exact.pay((entry["EntryID"], "2.22"))

    page = read(exact, f"/divisions/{NL}/entries/{entry['EntryID']}")

    for text in (
        "T-1",
        "EUR 12.22",
        "EUR 2.22",
        "EUR 10.00",
        "8000 Omzet ontwerp",
        "1300 Debiteuren",
    ):
        assert text in page
    assert "matched" in page


def test_the_trial_balance_balances_and_the_check_is_run_when_asked(busy):
    balances = read(busy, f"/divisions/{NL}/trial-balance")
    total = re.search(r"<strong>Total</strong>.*?</tr>", balances, re.DOTALL)

    assert total is not None
    debit, credit, balance = re.findall(r'class="number"[^>]*>([^<]*)<', total[0])
    assert debit == credit != "0.00"
    assert balance == "0.00"
    assert "Check the books now" in read(busy, f"/divisions/{NL}")
    assert "They do." in read(busy, f"/divisions/{NL}?check=1")


def test_the_notice_says_what_is_unusual_and_goes_away(exact):
    post(exact, "/switches/reset")  # the tests' sandbox has higher limits
    assert "Unusual" not in read(exact, "/")
    exact.fault("slow", path="Nowhere")
    exact.switch(consent="always")
    exact.advance(3_600)

    page = read(exact, "/clock")

    assert "1 fault waits" in page
    assert "1 switch is changed" in page
    assert "The clock is 1 hour ahead" in page
    post(exact, "/faults/clear")
    post(exact, "/switches/reset")
    post(exact, "/clock", step="now")
    assert "Unusual" not in read(exact, "/")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second ahead"),
        (-61, "1 minute 1 second behind"),
        (86_400 * 31 + 7_200, "31 days 2 hours ahead"),
        (0.4, "0 seconds ahead"),
    ],
)
def test_a_shift_of_the_clock_reads_well(seconds, words):
    assert shift_in_words(seconds) == words


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
    assert position(exact, name) == SWITCHES[name].default


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
    for bad in ({}, {"seconds": "soon"}, {"seconds": "--1"}, {"seconds": "9" * 30}, {"step": "x"}):
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


@pytest.mark.parametrize(
    "page", [page for page in PAGES if isinstance(page, Form)], ids=lambda page: page.path
)
def test_no_form_is_taken_from_another_site(exact, page):
    path = re.sub(r"\{\w+\}", "1", page.path)

    answer = requests.post(
        f"{exact.base_url}{path}", headers={"Origin": "https://evil.example"}, timeout=10
    )

    assert answer.status_code == 403


def test_the_navigation_marks_where_one_is(exact):
    for address, name in NAVIGATION:
        assert f'<a href="{address}" aria-current="page">{name}</a>' in read(exact, address)
