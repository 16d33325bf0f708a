"""The sandbox as these tests see it: its pages, its log and its books."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

DIVISION = 1000001
ANNA = "anna@studio-noord.example"
BRAM = "bram@studio-noord.example"
SITE = "https://connector.example"
PASSWORD = "sandbox"


@dataclass(frozen=True)
class Exact:
    """A running sandbox; over https only those reach it who trust its certificate."""

    base_url: str
    certificate: Path | None

    def browser(self) -> requests.Session:
        """A browser of a person who trusts the certificate; close it."""
        browser = requests.Session()
        browser.trust_env = False  # a machine's own REQUESTS_CA_BUNDLE would win
        browser.verify = str(self.certificate) if self.certificate else True
        return browser

    def log_on(self, address: str, username: str) -> dict[str, str]:
        """Pass the log-on and consent pages as a person does; return what the client gets back in its callback."""
        with self.browser() as browser:
            form = {"username": username, "password": PASSWORD, "login": "1"}
            page = browser.post(address, data=form, allow_redirects=False, timeout=10)
            address = urljoin(address, page.headers["Location"])
            page = browser.get(address, allow_redirects=False, timeout=10)
            if page.status_code == 200:
                page = browser.post(
                    address, data={"decision": "allow"}, allow_redirects=False, timeout=10
                )
        query = parse_qs(urlsplit(page.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the sandbox's own API."""
        with self.browser() as browser:
            answer = browser.request(
                method, f"{self.base_url}/_sandbox/{path}", json=body, timeout=10
            )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def wait(self, seconds: int) -> None:
        """Let time pass at Exact."""
        self.control("POST", "clock", {"advance_seconds": seconds})

    def entries(self, your_ref: str) -> list[dict[str, Any]]:
        """What is really booked under a reference."""
        found = self.control("GET", f"books/{DIVISION}/entries")["entries"]
        return [entry for entry in found if entry["your_ref"] == your_ref]

    def pay(self, entry_id: str, amount: str) -> None:
        """Register a payment of one entry on the bank desk."""
        line = {"entry_id": entry_id, "amount": amount}
        body = {"division": DIVISION, "date": "2026-11-20", "reference": "BANK", "lines": [line]}
        self.control("POST", "bank/payments", body)

    def last_call(self) -> int:
        """The number of the newest call."""
        entries = self.control("GET", "log")["entries"]
        return max((entry["seq"] for entry in entries), default=0)

    def calls_since(self, number: int) -> list[tuple[str, str, int]]:
        """Method, resource and status of the calls after that one."""
        entries = self.control("GET", f"log?since={number}")["entries"]
        return [
            (entry["method"], entry["path"].rsplit("/", 1)[-1].partition("(")[0], entry["status"])
            for entry in entries
        ]
