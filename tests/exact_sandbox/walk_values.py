"""Generic values of each type, and the least body that makes a record, for the catalogue walk."""

from __future__ import annotations

import base64
from itertools import count
from typing import Any

from exact_sandbox.catalogue import Property
from tests.exact_sandbox.exact_client import NL, ExactClient

_NUMBERS = {"Byte": 0, "Int16": 2, "Int32": 3, "Int64": 4}
_FIRST_OF_MARCH = 1_772_323_200_000
_DAY = 86_400_000


def generic(prop: Property, number: int) -> Any:
    """Return a value of the property's type; `number` 1 to 9 gives different ones."""
    if prop.type in _NUMBERS:
        return number % 2 if prop.type == "Byte" else _NUMBERS[prop.type] + number
    return {
        "Binary": base64.b64encode(bytes([number])).decode(),
        "Boolean": number % 2 == 1,
        "DateTime": f"2026-03-0{number}T00:00:00",
        "Double": number + 0.5,
        "Guid": f"{number * 11111111}-0000-4000-8000-000000000000",
        "String": f"text {number}",
    }[prop.type]


def shown(prop: Property, number: int) -> Any:
    """Return how a read shows that value."""
    if prop.type == "DateTime":
        return f"/Date({_FIRST_OF_MARCH + (number - 1) * _DAY})/"
    value = generic(prop, number)
    return str(value) if prop.type == "Int64" else value


class World:
    """Makes bodies of new records in the Dutch division; codes and names differ each time."""

    def __init__(self, exact: ExactClient) -> None:
        self.exact = exact
        self.numbers = count(1)
        self.customer = exact.customer()
        self.receivable = exact.gl_account("1300")

    def body(self, path: str) -> dict[str, Any]:
        """Return the least that an endpoint takes to make a record."""
        number = next(self.numbers)
        family, _, name = path.rpartition("/")
        special = {
            "crm": self._crm,
            "documents": self._documents,
            "financialtransaction": self._bank,
            "salesentry": self._entry,
            "salesinvoice": self._invoice,
        }.get(family)
        if special is not None:
            return special(name, number)
        if name == "ExchangeRates":
            date = f"2019-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"
            return {"SourceCurrency": "USD", "Rate": 1.5, "StartDate": date}
        if name == "Users":
            return {
                "Email": f"walker{number}@studio-noord.example",
                "FirstName": "A",
                "LastName": "B",
                "UserDivisionList": str(NL),
            }
        if name == "WebhookSubscriptions":
            return {"CallbackURL": f"{self.exact.base_url}/", "Topic": "Accounts"}
        return {"Code": f"{number % 900 + 100}", "Description": f"walk {number}"}

    def _crm(self, name: str, number: int) -> dict[str, Any]:
        if name == "Accounts":
            return {"Name": f"Walk {number}"}
        return {"Account": self.customer, "FirstName": "A", "LastName": f"B{number}"}

    def _documents(self, name: str, number: int) -> dict[str, Any]:
        if name == "Documents":
            return {"Subject": f"walk {number}", "Type": 55}
        document = self.made("documents/Documents")["ID"]
        return {"Document": document, "FileName": "a.txt", "Attachment": "YQ=="}

    def _bank(self, name: str, _: int) -> dict[str, Any]:
        kind = name[:4]
        line = {"Account": self.customer, "GLAccount": self.receivable, "AmountFC": 1}
        if name.endswith("Lines"):
            return {**line, "EntryID": self.made(f"financialtransaction/{kind}Entries")["EntryID"]}
        journal = {"Bank": "20", "Cash": "10"}[kind]
        return {"JournalCode": journal, f"{kind}EntryLines": [line]}

    def _entry(self, name: str, _: int) -> dict[str, Any]:
        if name == "SalesEntries":
            return dict(self.exact.entry())
        line = self.exact.entry()["SalesEntryLines"][0]
        return {**line, "EntryID": self.made("salesentry/SalesEntries")["EntryID"]}

    def _invoice(self, name: str, _: int) -> dict[str, Any]:
        if name == "SalesInvoices":
            return dict(self.exact.invoice_body())
        invoice = self.made("salesinvoice/SalesInvoices")["InvoiceID"]
        if name == "PrintedSalesInvoices":
            return {"InvoiceID": invoice}
        return {"InvoiceID": invoice, "Item": self.exact.item(), "Quantity": 1, "NetPrice": 1}

    def made(self, path: str, **more: Any) -> Any:
        """Make a record and return it."""
        answer = self.exact.call("POST", path, {**self.body(path), **more})
        assert answer.status_code == 201, (path, more, answer.text)
        return answer.json()["d"]
