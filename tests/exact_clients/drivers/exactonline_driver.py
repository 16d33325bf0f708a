"""Drives exactonline (https://github.com/ossobv/exactonline), set up and subclassed as its README tells its users."""

from __future__ import annotations

import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from exactonline.api import ExactApi
from exactonline.elements.invoice import ExactInvoice
from exactonline.elements.relation import ExactCustomer
from exactonline.http import HTTPError
from exactonline.resource import DELETE, GET, POST, PUT
from exactonline.storage.ini import IniStorage

from tests.exact_clients.drivers.serve import serve

CONFIG = """\
[server]
auth_url = {base_url}/api/oauth2/auth
rest_url = {base_url}/api
token_url = {base_url}/api/oauth2/token

[application]
base_url = {site}
client_id = {client_id}
client_secret = {client_secret}
"""


class Storage(IniStorage):
    """Where the client keeps its tokens; the address of the callback is ours to choose."""

    def get_response_url(self) -> str:
        """The address that Exact sends the browser back to."""
        return f"{self.get_base_url()}/oauth/success/"


class Customer(ExactCustomer):
    """A customer as the client's own element writes it."""

    def __init__(self, code: str, name: str, **more: Any) -> None:
        super().__init__(**more)
        self._code, self._name = code, name

    def get_code(self) -> str:
        """Our customer number."""
        return self._code

    def get_name(self) -> str:
        """Our name for the customer."""
        return self._name

    def get_address(self) -> dict[str, str]:
        """The address as Exact names its parts."""
        return {"AddressLine1": "Dorpsstraat 1", "Postcode": "1234 AB", "City": "Utrecht"}


class Invoice(ExactInvoice):
    """An invoice as the client's own element writes it; lines are (ledger code, net amount)."""

    def __init__(self, number: str, customer: Customer, lines: list[list[str]], **more: Any):
        super().__init__(**more)
        self._number, self._customer, self._lines = number, customer, lines

    def get_customer(self) -> Customer:
        """Whom it is sent to."""
        return self._customer

    def get_created_date(self) -> datetime.date:
        """The date of the invoice."""
        return datetime.date(2026, 11, 20)

    def get_exact_journal(self) -> int:
        """The sales journal; a number, as in the client's README."""
        return 70

    def get_invoice_number(self) -> str:
        """The number on the paper."""
        return self._number

    def get_ledger_lines(self) -> list[dict[str, Any]]:
        """The lines, at 21 %."""
        return [
            {
                "code": code,
                "vat_percentage": 21,
                "total_amount_excl_vat": amount,
                "description": f"Work on {code}",
            }
            for code, amount in self._lines
        ]

    def get_total_amount_incl_vat(self) -> Decimal:
        """The total on the paper."""
        return self._net() + self.get_total_vat()

    def get_total_vat(self) -> Decimal:
        """The VAT on the paper."""
        return (self._net() * Decimal("0.21")).quantize(Decimal("0.01"))

    def _net(self) -> Decimal:
        return sum((Decimal(amount) for _code, amount in self._lines), Decimal())

    def hint_exact_invoice_number(self) -> str:
        """What Exact may use as its own number."""
        return f"2670{self._number[-4:]}"


class Orders:
    """What the tests may ask of this client."""

    def __init__(self, given: dict[str, str]) -> None:
        config = Path(given["folder"]) / "config.ini"
        config.write_text(CONFIG.format(**given))
        self.api = ExactApi(storage=Storage(str(config)))
        self.helpers = {
            helper.resource: helper
            for helper in (self.api.relations, self.api.invoices, self.api.ledgeraccounts)
        }

    def authorize_address(self) -> str:
        """Where a person logs on."""
        address: str = self.api.create_auth_request_url()
        return address

    def take_code(self, code: str) -> None:
        """Exchange the code and choose the user's current division."""
        self.api.request_token(code)
        _choices, current = self.api.get_divisions()
        self.api.set_division(current)

    def divisions(self) -> dict[str, str]:
        """The divisions by code (as text, since JSON has no other keys)."""
        choices, _current = self.api.get_divisions()
        return {str(code): name for code, name in choices.items()}

    def tokens(self) -> dict[str, str]:
        """The pair in use."""
        storage = self.api.storage
        return {"access": storage.get_access_token(), "refresh": storage.get_refresh_token()}

    def grow_older(self, seconds: int) -> None:
        """Let the client's own idea of time pass: it goes by the expiry that it stored."""
        self.api.storage.set_access_expiry(self.api.storage.get_access_expiry() - seconds)

    def refresh(self) -> None:
        """Ask for a new pair at once."""
        self.api.refresh_token()

    def rows(self, resource: str, **options: str) -> Any:
        """All rows, over as many pages as there are."""
        return self.helpers[resource].filter(**options)

    def one(self, resource: str, **options: str) -> Any:
        """The only row."""
        return self.helpers[resource].get(**options)

    def create(self, resource: str, data: dict[str, Any]) -> Any:
        """POST."""
        return self.api.restv1(POST(resource, data))

    def update(self, resource: str, record: str, data: dict[str, Any]) -> Any:
        """PUT."""
        return self.api.restv1(PUT(f"{resource}(guid'{record}')", data))

    def delete(self, resource: str, record: str) -> Any:
        """DELETE."""
        return self.api.restv1(DELETE(f"{resource}(guid'{record}')"))

    def read(self, resource: str) -> Any:
        """GET an address as it is."""
        return self.api.restv1(GET(resource))

    def customer_by_code(self, code: str) -> Any:
        """The client's own helper, which pads the code."""
        return self.api.relations.get(relation_code=code)

    def commit_invoice(self, number: str, code: str, name: str, lines: list[list[str]]) -> Any:
        """Write an invoice, and its customer when new, through the client's elements."""
        customer = Customer(code, name, api=self.api)
        return Invoice(number, customer, lines, api=self.api).commit()

    def numbers_in_exact(self, numbers: list[str]) -> Any:
        """The client's map from our invoice numbers to Exact's."""
        return self.api.invoices.map_foreign2exact_invoice_numbers(numbers)

    def open_items(self, due_before: str) -> Any:
        """What customers owe, by the client's own filter."""
        day = datetime.date.fromisoformat(due_before)
        return self.api.receivables.filter(duedate__lt=day)


def describe(problem: Exception) -> dict[str, Any]:
    """Status and body of an HTTP error."""
    if not isinstance(problem, HTTPError):
        return {}
    return {"status": problem.code, "body": problem.response.decode()}


if __name__ == "__main__":
    serve(Orders(json.loads(sys.argv[1])), describe)
