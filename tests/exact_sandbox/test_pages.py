"""The pages for people: whole, escaped, linked, and at no loss for what is not there."""

from __future__ import annotations

import re

import pytest
import requests
from markupsafe import escape

from exact_sandbox.pages.layout import NAVIGATION, shift_in_words
from exact_sandbox.pages.page import Form
from exact_sandbox.pages.table import PAGES
from tests.exact_sandbox.exact_client import NL, ExactClient
from tests.exact_sandbox.page_reader import Outline, post, read, said


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
        if isinstance(page, Form) or any(
            name in page.path for name in ("{invoice}", "{message}", "{delivery}")
        ):
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
        ("/webhooks", "Nobody is subscribed"),
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
        "/webhooks/1",
        "/webhooks/x",
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


def test_a_printed_invoice_leads_to_its_mail_and_its_books(exact):
    invoice = exact.invoice(YourRef="<PO 1>")
    path = f"/divisions/{NL}/invoices/{invoice['InvoiceID']}"
    assert "It is not printed yet" in read(exact, path)

    exact.print_invoice(
        invoice["InvoiceID"], SendEmailToCustomer=True, SenderEmailAddress="us@example.com"
    )

    page = read(exact, path)
    mail = re.search(r'href="(/outbox/[0-9a-f-]{36})"', page)
    assert "To its sales entry" in page
    assert mail is not None
    message = read(exact, mail[1])
    pdf = re.search(r'href="(/_sandbox/outbox/[^"]+)"', message)
    assert pdf is not None
    answer = exact.control("GET", pdf[1])
    assert answer.content.startswith(b"%PDF")
    assert "us@example.com" in message
    assert "&lt;PO 1&gt;" in read(exact, f"/divisions/{NL}/invoices")
    assert mail[1] in read(exact, "/outbox")
    assert "is empty" in said(post(exact, "/outbox/empty")[1])


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
