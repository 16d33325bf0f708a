"""A plain client of Exact's REST API, as a test needs it: log on, call, and nothing clever."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from exact_sandbox.server import RunningSandbox

ANNA = "anna@studio-noord.example"
BRAM = "bram@studio-noord.example"
CLAIRE = "claire@studio-zuid.example"
DIETER = "dieter@studio-ost.example"
VIEWER = "viewer@studio-noord.example"
NL, BE, DE, ARCHIVED = 1000001, 1000002, 1000003, 1000009
REDIRECT_URI = "http://localhost:8000/callback"


class ExactClient:
    """A user of the sandbox with a token, at work in one division."""

    def __init__(self, running: RunningSandbox, username: str = ANNA, division: int = NL) -> None:
        self.running = running
        self.base_url = running.base_url
        self.division = division
        self.browser = requests.Session()
        self.http = requests.Session()
        self.http.headers["Accept"] = "application/json"
        self.tokens = self.exchange(self.log_on(username)).json()
        self.use(self.tokens["access_token"])

    def close(self) -> None:
        self.browser.close()
        self.http.close()

    def use(self, access_token: str) -> None:
        self.http.headers["Authorization"] = f"Bearer {access_token}"

    def authorize(self, **more: str) -> requests.Response:
        arguments = {
            "client_id": DEFAULT_CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "state": "the state",
            **more,
        }
        return self.browser.get(
            f"{self.base_url}/api/oauth2/auth", params=arguments, allow_redirects=False
        )

    def log_on(self, username: str, decision: str = "allow", **more: str) -> str:
        """Pass the pages as a person would; return the address the browser is sent back to."""
        page = self.authorize(**more)
        if 'name="login"' in page.text:
            form = {"username": username, "password": "sandbox", "login": "1"}
            page = self.browser.post(page.url, data=form, allow_redirects=False)
            address = f"{self.base_url}{page.headers['Location']}"
            page = self.browser.get(address, allow_redirects=False)
        if 'name="decision"' in page.text:
            page = self.browser.post(page.url, data={"decision": decision}, allow_redirects=False)
        return page.headers["Location"]

    def exchange(self, callback: str, **more: str) -> Any:
        code = parse_qs(urlsplit(callback).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        return self.token(**{**form, **more})

    def refresh(self, refresh_token: str, /, **more: str) -> Any:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.token(**{**form, **more})

    def token(self, **form: str) -> requests.Response:
        form = {"client_id": DEFAULT_CLIENT_ID, "client_secret": DEFAULT_CLIENT_SECRET, **form}
        return requests.post(f"{self.base_url}/api/oauth2/token", data=form, timeout=10)

    def url(self, path: str) -> str:
        if path.startswith("http"):
            return path
        if path.lower().startswith(("system/users", "current/")):  # these name no division
            return f"{self.base_url}/api/v1/{path}"
        return f"{self.base_url}/api/v1/{self.division}/{path}"

    def call(self, method: str, path: str, body: Any = None, **options: str) -> requests.Response:
        parameters = {f"${name}": value for name, value in options.items()}
        return self.http.request(
            method, self.url(path), json=body, params=parameters, timeout=10, allow_redirects=False
        )

    def get(self, path: str, **options: str) -> Any:
        """Return what the answer holds under "d"."""
        answer = self.call("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()["d"]

    def rows(self, path: str, **options: str) -> list[dict[str, Any]]:
        """Return all rows, following __next."""
        page = self.get(path, **options)
        rows = list(page["results"])
        while "__next" in page:
            page = self.get(page["__next"])
            rows += page["results"]
        return rows

    def row(self, path: str, condition: str, **options: str) -> Any:
        rows = self.get(path, filter=condition, **options)["results"]
        assert len(rows) == 1, rows
        return rows[0]

    def error(self, method: str, path: str, body: Any = None, **options: str) -> tuple[int, str]:
        answer = self.call(method, path, body, **options)
        return answer.status_code, answer.json()["error"]["message"]["value"]

    # The books.

    def customer(self, number: int = 1) -> Any:
        return self.row("crm/Accounts", f"trim(Code) eq '{number}'", select="ID")["ID"]

    def gl_account(self, code: str) -> Any:
        return self.row("financial/GLAccounts", f"Code eq '{code}'", select="ID")["ID"]

    def entry(self, *lines: dict[str, Any], **header: Any) -> Any:
        """Return the body of a sales entry in the Dutch division; one line of 100 by default."""
        revenue = self.gl_account("8000")
        wanted = lines or ({"AmountFC": 100},)
        return {
            "Customer": self.customer(),
            "Journal": "70",
            "YourRef": "INV-1",
            "SalesEntryLines": [{"GLAccount": revenue, **line} for line in wanted],
            **header,
        }

    def book(self, *lines: dict[str, Any], **header: Any) -> Any:
        answer = self.call("POST", "salesentry/SalesEntries", self.entry(*lines, **header))
        assert answer.status_code == 201, answer.text
        return answer.json()["d"]

    def new_account(self, **more: Any) -> Any:
        body = {"Name": "Nieuw B.V.", "Status": "C", **more}
        answer = self.call("POST", "crm/Accounts", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["d"]["ID"]

    def new_contact(self, account_id: str, **more: Any) -> Any:
        body = {"Account": account_id, "FirstName": "Piet", "LastName": "Jansen", **more}
        answer = self.call("POST", "crm/Contacts", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["d"]["ID"]

    # Sales invoices.

    def item(self, code: str = "DESIGN") -> Any:
        return self.row("logistics/Items", f"Code eq '{code}'", select="ID")["ID"]

    def invoice_body(self, *lines: dict[str, Any], **header: Any) -> Any:
        """Return the body of a sales invoice; one hour of design at 100 by default."""
        item = self.item()
        wanted = lines or ({"Quantity": 1, "NetPrice": 100},)
        return {
            "OrderedBy": self.customer(),
            "Journal": "70",
            "SalesInvoiceLines": [{"Item": item, **line} for line in wanted],
            **header,
        }

    def invoice(self, *lines: dict[str, Any], **header: Any) -> Any:
        body = self.invoice_body(*lines, **header)
        answer = self.call("POST", "salesinvoice/SalesInvoices", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["d"]

    def refused_invoice(self, *lines: dict[str, Any], **header: Any) -> Any:
        """Post an invoice that must be refused; return Exact's text."""
        body = self.invoice_body(*lines, **header)
        status, text = self.error("POST", "salesinvoice/SalesInvoices", body)
        assert status == 500
        assert self.sales_invoices() == []
        return text

    def invoice_lines(self, invoice_id: str) -> Any:
        return self.get(f"salesinvoice/SalesInvoices(guid'{invoice_id}')/SalesInvoiceLines")[
            "results"
        ]

    def print_invoice(self, invoice_id: str, **more: Any) -> Any:
        body = {"InvoiceID": invoice_id, **more}
        answer = self.call("POST", "salesinvoice/PrintedSalesInvoices", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["d"]

    def outbox(self) -> Any:
        return self.control("GET", "/_sandbox/outbox").json()["messages"]

    def sales_invoices(self) -> Any:
        """Return what sales invoices there really are."""
        path = f"/_sandbox/books/{self.division}/sales-invoices"
        return self.control("GET", path).json()["sales_invoices"]

    def terms(self) -> Any:
        """Return the receivable terms of the division, oldest change first."""
        names = "ID,Timestamp,AmountFC,AmountDC,Status,LineType,TransactionEntryID,YourRef,EndDate"
        rows = self.rows("sync/Cashflow/PaymentTerms", filter="Timestamp gt 1L", select=names)
        return [row for row in rows if row["LineType"] == 20]

    def terms_of(self, entry_id: str) -> list[dict[str, Any]]:
        return [row for row in self.terms() if row["TransactionEntryID"] == entry_id]

    # The sandbox's own addresses.

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"{self.base_url}{path}", json=body, timeout=10)

    def pay(self, *lines: tuple[str, Any], date: str = "2026-11-20", **more: Any) -> Any:
        body = {
            "division": self.division,
            "date": date,
            "reference": "statement 1",
            "lines": [{"entry_id": entry_id, "amount": amount} for entry_id, amount in lines],
            **more,
        }
        answer = self.control("POST", "/_sandbox/bank/payments", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def books_are_good(self) -> bool:
        answer = self.control("GET", f"/_sandbox/books/{self.division}/check")
        assert answer.json() == {"problems": []}
        return True

    def truth(self) -> Any:
        return self.control("GET", f"/_sandbox/books/{self.division}/entries").json()["entries"]

    def switch(self, **positions: Any) -> None:
        answer = self.control("PATCH", "/_sandbox/switches", positions)
        assert answer.status_code == 200, answer.text

    def register(self, **application: Any) -> Any:
        """Register another application and return it."""
        answer = self.control("POST", "/_sandbox/applications", application)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def scopes(self, **levels: str) -> None:
        """Change scopes of the application the sandbox was started with."""
        body = {"client_id": DEFAULT_CLIENT_ID, "scopes": levels}
        answer = self.control("PATCH", "/_sandbox/applications", body)
        assert answer.status_code == 200, answer.text

    def fault(self, name: str, **more: Any) -> None:
        answer = self.control("POST", "/_sandbox/faults", {"fault": name, **more})
        assert answer.status_code == 200, answer.text

    def admin(self, **orders: Any) -> None:
        answer = self.control("POST", f"/_sandbox/admin/{self.division}", orders)
        assert answer.status_code == 204, answer.text

    def advance(self, seconds: float) -> None:
        self.control("POST", "/_sandbox/clock", {"advance_seconds": seconds})
