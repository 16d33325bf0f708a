"""What the tests of the Exact library share: a client on a mocked address, and bodies in Exact's shapes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connector import http
from connector.secrets import Secret
from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from integrations.exact import oauth
from integrations.exact.client import CallRecord, ExactClient

BASE = "https://start.exactonline.nl"
DIVISION = 123456
CUSTOMER = "9e1c1c2e-0000-4000-8000-000000000001"
LEDGER = "9e1c1c2e-0000-4000-8000-000000000002"
ENTRY = "9e1c1c2e-0000-4000-8000-000000000003"
JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}
APP = oauth.App(
    DEFAULT_CLIENT_ID, Secret(DEFAULT_CLIENT_SECRET), "http://localhost:8000/exact/callback/"
)
USER = "bram@studio-noord.example"


def consent(base_url: str, username: str = USER) -> str:
    """Log on and allow access as a person would, and return the code that comes back."""
    url = oauth.authorize_url(base_url, APP, state="the-state")
    typed = {"username": username, "password": "sandbox", "login": "1"}
    with requests.Session() as browser:
        page = browser.post(url, data=typed, allow_redirects=False)
        onward = base_url + page.headers["Location"]
        page = browser.get(onward, allow_redirects=False)
        if page.status_code == 200:
            page = browser.post(onward, data={"decision": "allow"}, allow_redirects=False)
    answered = parse_qs(urlsplit(page.headers["Location"]).query)
    assert answered["state"] == ["the-state"]
    return answered["code"][0]


def client(records: list[CallRecord] | None = None, division: int | None = DIVISION) -> ExactClient:
    report = records.append if records is not None else (lambda record: None)
    return ExactClient(BASE, division, Secret("token-abc"), http.session(), report)


def address(path: str) -> str:
    return f"{BASE}/api/v1/{DIVISION}/{path}"


def answer(status: int, body: str | bytes = b"", **headers: str) -> http.Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body.encode() if isinstance(body, str) else body
    return http.Answer(status=status, headers={**JSON_TYPE, **named}, body=content, url=BASE)


def error_body(text: str) -> str:
    return json.dumps({"error": {"code": "", "message": {"lang": "", "value": text}}})


def entry_row(**changes: Any) -> dict[str, Any]:
    return {
        "__metadata": {"uri": address(f"salesentry/SalesEntries(guid'{ENTRY}')")},
        "EntryID": ENTRY,
        "EntryNumber": 24700001,
        "InvoiceNumber": 24700001,
        "AmountFC": 121.1,
        "VATAmountFC": 21,
        "Currency": "EUR",
        "Customer": CUSTOMER,
        "Journal": "70",
        "YourRef": "2024-0001",
        "Type": 20,
        "Status": 20,
        "Division": DIVISION,
        "EntryDate": "/Date(1704067200000)/",
        "Created": "/Date(1704100000000)/",
        "SalesEntryLines": {"__deferred": {"uri": address("x")}},
        **changes,
    }


def invoice_row(**changes: Any) -> dict[str, Any]:
    return {
        "InvoiceID": ENTRY,
        "InvoiceNumber": None,
        "AmountFC": 121.1,
        "AmountFCExclVat": 100.08,
        "VATAmountFC": "21.02",
        "Currency": "EUR",
        "InvoiceTo": CUSTOMER,
        "OrderedBy": CUSTOMER,
        "InvoiceToContactPerson": None,
        "Journal": "70",
        "Type": 8020,
        "Status": 20,
        "Division": DIVISION,
        "InvoiceDate": "/Date(1704067200000)/",
        "Created": "/Date(1704100000000)/",
        "SalesInvoiceLines": {"__deferred": {"uri": address("x")}},
        **changes,
    }


def term_row(timestamp: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "Timestamp": str(timestamp),
        "ID": f"9e1c1c2e-0000-4000-8000-{timestamp:012d}",
        "LineType": 20,
        "Status": 20,
        "AmountFC": -121.1,
        "AmountDC": -121.1,
        "TransactionEntryID": ENTRY,
        "Division": DIVISION,
        "YourRef": None,
        "IsFullyPaid": None,
        **changes,
    }
