"""Ways to be refused by Exact, provoked at the sandbox over HTTP: each returns what Exact said.

`CASES` lists them by name with the codes that their explanations should have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import requests

from exact_sandbox.server import RunningSandbox
from integrations.exact import endpoints, errors
from integrations.exact.client import ExactClient
from tests.integrations.exact.support import USER

Body = dict[str, Any]
Said = tuple[str, ...]
Step = Callable[["Shop"], Said]


class Shop:
    """A division with what it takes to be refused: a customer that can be invoiced, an item, an account for revenue."""

    def __init__(self, exact: ExactClient, running: RunningSandbox) -> None:
        self.exact = exact
        self.running = running
        self.customer = self.account()
        self.items = {row["Code"].strip(): row["ID"] for row in self.rows(endpoints.ITEMS)}
        self.ledgers = {row["Code"].strip(): row["ID"] for row in self.rows(endpoints.GL_ACCOUNTS)}

    # --- what Exact says -----------------------------------------------------------------------------------------

    def said(self, method: Any, path: str, body: Body | None = None, key: str = "") -> Said:
        """Make a call that is refused and return Exact's sentences."""
        try:
            self.exact.request(method, path, key=UUID(key) if key else None, body=body)
        except errors.ExactError as refused:
            return refused.messages or (refused.raw_text,)
        raise AssertionError(f"{method} {path} was not refused: {body}")

    def invoice(self, *, line: Body | None = None, **changes: Any) -> Said:
        """What Exact says to a sales invoice with these changes."""
        return self.said("POST", endpoints.SALES_INVOICES, self.invoice_body(line, changes))

    def entry(self, *, line: Body | None = None, **changes: Any) -> Said:
        """What Exact says to a sales entry with these changes."""
        return self.said("POST", endpoints.SALES_ENTRIES, self.entry_body(line, changes))

    def print(self, invoice: str, **flags: Any) -> Said:
        """What Exact says of the ways of sending that failed."""
        body = {"InvoiceID": invoice, **flags}
        made = self.exact.request("POST", endpoints.PRINTED_SALES_INVOICES, body=body)["d"]
        return tuple(made[name] for name in sorted(made) if name.endswith("Error") and made[name])

    # --- what is there -------------------------------------------------------------------------------------------

    def rows(self, path: str) -> list[Body]:
        document = self.exact.request("GET", path, query={"$select": "ID,Code"})
        return list(document["d"]["results"])

    def make(self, path: str, body: Body, key: str = "ID") -> str:
        return str(self.exact.request("POST", path, body=body)["d"][key])

    def account(self, **changes: Any) -> str:
        body = {"Name": "Acme licence GmbH", "Status": "C", "PaymentConditionSales": "30"}
        return self.make(endpoints.ACCOUNTS, body | changes)

    def contact(self, account: str) -> str:
        names = {"FirstName": "Eva", "LastName": "Jansen"}
        return self.make(endpoints.CONTACTS, {"Account": account, **names})

    def invoice_body(self, line: Body | None = None, changes: Body | None = None) -> Body:
        usual = {"Item": self.items["HOSTING"], "Quantity": 1, "NetPrice": 10, "VATCode": "2"}
        body = {
            "OrderedBy": self.customer,
            "Journal": "70",
            "SalesInvoiceLines": [usual | (line or {})],
        }
        return _without_none(body | (changes or {}))

    def entry_body(self, line: Body | None = None, changes: Body | None = None) -> Body:
        usual = {"AmountFC": 10, "GLAccount": self.ledgers["8000"], "VATCode": "2"}
        body = {
            "Customer": self.customer,
            "Journal": "70",
            "EntryDate": date.today(),  # noqa: DTZ011 - the sandbox's own day, in whatever zone
            "SalesEntryLines": [usual | (line or {})],
        }
        return _without_none(body | (changes or {}))

    def made_invoice(self, **changes: Any) -> str:
        return self.make(
            endpoints.SALES_INVOICES, self.invoice_body(changes=changes), key="InvoiceID"
        )

    # --- what a bookkeeper does meanwhile ------------------------------------------------------------------------

    def admin(self, **body: Any) -> None:
        self._control("POST", f"admin/{self.exact.division}", body)

    def change_user(self, **body: Any) -> None:
        self._control("PATCH", "users", {"username": USER, **body})

    @contextmanager
    def switched(self, **positions: Any) -> Iterator[None]:
        switches = self.running.sandbox.switches
        for name, value in positions.items():
            switches.set(name, value)
        yield
        switches.reset(*positions)

    def _control(self, method: str, path: str, body: Body) -> None:
        answer = requests.request(
            method, f"{self.running.base_url}/_sandbox/{path}", json=body, timeout=10
        )
        assert answer.ok, answer.text


def _without_none(body: Body) -> Body:
    return {name: value for name, value in body.items() if value is not None}


# --- the customer and the contact -----------------------------------------------------------------------------------


def no_payment_condition(shop: Shop) -> Said:
    shop.admin(default_payment_condition=None)
    customer = shop.account(PaymentConditionSales=None)
    said = shop.invoice(OrderedBy=customer) + shop.entry(Customer=customer)
    shop.admin(default_payment_condition="30")
    return said


def no_customer(shop: Shop) -> Said:
    prospect = shop.account(Status="P")
    return shop.invoice(OrderedBy=prospect) + shop.entry(Customer=prospect)


def blocked_customer(shop: Shop) -> Said:
    blocked = shop.account(Blocked=True)
    return shop.invoice(OrderedBy=blocked) + shop.entry(Customer=blocked)


def unknown_customer(shop: Shop) -> Said:
    gone = str(uuid4())
    return (
        shop.invoice(OrderedBy=gone)
        + shop.invoice(InvoiceTo=gone)
        + shop.invoice(DeliverTo=gone)
        + shop.entry(Customer=gone)
        + shop.said(
            "POST", endpoints.CONTACTS, {"Account": gone, "FirstName": "E", "LastName": "J"}
        )
        + shop.said("POST", endpoints.DOCUMENTS, {"Subject": "x", "Type": 10, "Account": gone})
    )


def contact_of_another(shop: Shop) -> Said:
    elsewhere = shop.contact(shop.account())
    body = {"Subject": "x", "Type": 10, "Contact": str(uuid4())}
    return (
        shop.invoice(InvoiceToContactPerson=elsewhere)
        + shop.invoice(OrderedByContactPerson=elsewhere)
        + shop.said("POST", endpoints.DOCUMENTS, body)
        + shop.said("PUT", endpoints.ACCOUNTS, {"MainContact": elsewhere}, key=shop.customer)
    )


def contact_without_name(shop: Shop) -> Said:
    with shop.switched(contact_names="both"):
        return shop.said(
            "POST", endpoints.CONTACTS, {"Account": shop.customer, "FirstName": "E"}
        ) + shop.said("POST", endpoints.CONTACTS, {"Account": shop.customer, "LastName": "E"})


def contact_in_use(shop: Shop) -> Said:
    contact = shop.contact(shop.customer)
    shop.made_invoice(InvoiceToContactPerson=contact)
    return shop.said("DELETE", endpoints.CONTACTS, key=contact) + shop.said(
        "DELETE", endpoints.ACCOUNTS, key=shop.customer
    )


def account(**values: Any) -> Step:
    return lambda shop: shop.said("POST", endpoints.ACCOUNTS, {"Name": "Acme", **values})


def used_account_code(shop: Shop) -> Said:
    code = str(uuid4().int % 10**9)
    shop.account(Code=code)
    return shop.said("POST", endpoints.ACCOUNTS, {"Name": "Acme", "Code": code})


# --- the invoice and its lines --------------------------------------------------------------------------------------


def both(line: Body | None = None, **changes: Any) -> Step:
    return lambda shop: shop.invoice(line=line, **changes) + shop.entry(line=line, **changes)


def item(code: str) -> Step:
    return lambda shop: shop.invoice(line={"Item": shop.items.get(code, str(uuid4()))})


def ledger(code: str) -> Step:
    return lambda shop: shop.entry(line={"GLAccount": shop.ledgers.get(code, str(uuid4()))})


def cost_center_missing(shop: Shop) -> Said:
    return shop.entry(line={"GLAccount": shop.ledgers["8070"]})


def without_lines(shop: Shop) -> Said:
    return shop.invoice(SalesInvoiceLines=[]) + shop.entry(SalesEntryLines=[])


def line_of_nothing(shop: Shop) -> Said:
    body = {"InvoiceID": str(uuid4()), "Item": shop.items["HOSTING"]}
    entry = {"EntryID": str(uuid4()), "AmountFC": 1, "GLAccount": shop.ledgers["8000"]}
    return shop.said("POST", endpoints.SALES_INVOICE_LINES, body) + shop.said(
        "POST", endpoints.SALES_ENTRY_LINES, entry
    )


def processed(shop: Shop) -> Said:
    invoice = shop.made_invoice()
    assert shop.print(invoice) == ()
    again = shop.invoice_body(changes={"InvoiceID": invoice})
    entry = shop.make(endpoints.SALES_ENTRIES, shop.entry_body(), key="EntryID")
    shop.admin(mark_processed=entry)
    return (
        shop.said("PUT", endpoints.SALES_INVOICES, {"Description": "x"}, key=invoice)
        + shop.said("DELETE", endpoints.SALES_INVOICES, key=invoice)
        + shop.said("POST", endpoints.SALES_INVOICES, again)
        + shop.said("PUT", endpoints.SALES_ENTRIES, {"Description": "x"}, key=entry)
    )


def closed_period(shop: Shop) -> Said:
    today = date.today()  # noqa: DTZ011 - as above
    where: Body = {"ReportingYear": today.year, "ReportingPeriod": today.month}
    invoice = shop.made_invoice()
    shop.admin(close_period=[today.year, today.month])
    body = {"InvoiceID": invoice}
    said = shop.entry(**where) + shop.said("POST", endpoints.PRINTED_SALES_INVOICES, body)
    shop.admin(open_period=[today.year, today.month])
    return said


def no_such_period(shop: Shop) -> Said:
    long_ago = {"InvoiceID": shop.made_invoice(), "InvoiceDate": date(1990, 1, 1)}
    return shop.entry(EntryDate=date(1990, 1, 1)) + shop.said(
        "POST", endpoints.PRINTED_SALES_INVOICES, long_ago
    )


def used_number(shop: Shop) -> Said:
    entry = shop.make(endpoints.SALES_ENTRIES, shop.entry_body(), key="EntryNumber")
    return shop.entry(EntryNumber=int(entry))


def number_not_taken(shop: Shop) -> Said:
    with shop.switched(entry_number="refused"):
        return shop.entry(EntryNumber=17)


def vat_that_does_not_fit(shop: Shop) -> Said:
    return shop.entry(line={"VATCode": "4", "VATAmountFC": 500})


def warehouse(shop: Shop) -> Said:
    return shop.invoice(Warehouse=str(uuid4()))


# --- documents ------------------------------------------------------------------------------------------------------


def document(**values: Any) -> Step:
    return lambda shop: shop.said(
        "POST", endpoints.DOCUMENTS, {"Subject": "x", "Type": 10, **values}
    )


def attachment(**values: Any) -> Step:
    def refused(shop: Shop) -> Said:
        made = shop.make(endpoints.DOCUMENTS, {"Subject": "x", "Type": 10})
        body = {"Document": made, "FileName": "a.pdf", "Attachment": "AAAA", **values}
        return shop.said("POST", endpoints.DOCUMENT_ATTACHMENTS, body)

    return refused


def too_large(shop: Shop) -> Said:
    with shop.switched(attachment_megabytes=0):
        return attachment()(shop)


def document_gone(shop: Shop) -> Said:
    gone = str(uuid4())
    return shop.invoice(Document=gone) + shop.entry(Document=gone) + attachment(Document=gone)(shop)


def no_rights(shop: Shop) -> Said:
    shop.change_user(rights={"documents": "none", "sales": "none"})
    said = shop.said("GET", endpoints.DOCUMENTS) + shop.said("GET", endpoints.SALES_INVOICES)
    shop.change_user(rights={"documents": "write", "sales": "write"})
    return said


# --- printing -------------------------------------------------------------------------------------------------------


def printed(*, email: str | None = None, fails: str = "", **flags: bool) -> Step:
    def failed(shop: Shop) -> Said:
        invoice = shop.made_invoice(OrderedBy=shop.account(Email=email))
        with shop.switched(printing_fails=fails, mailbox_license=False):
            return shop.print(invoice, **flags)

    return failed


def blocked_after_it_was_made(shop: Shop) -> Said:
    ledger = shop.ledgers["8040"]
    invoice = shop.made_invoice()
    shop.exact.put(endpoints.GL_ACCOUNTS, UUID(ledger), {"IsBlocked": True})
    said = shop.said("POST", endpoints.PRINTED_SALES_INVOICES, {"InvoiceID": invoice})
    shop.exact.put(endpoints.GL_ACCOUNTS, UUID(ledger), {"IsBlocked": False})
    return said


GONE = str(uuid4())
CASES: dict[str, tuple[Step, tuple[str, ...]]] = {
    "payment condition missing": (no_payment_condition, ("payment_condition_missing",)),
    "payment condition unknown": (both(PaymentCondition="ZZ"), ("payment_condition_invalid",)),
    "not a customer": (no_customer, ("not_a_customer_invalid",)),
    "customer blocked": (blocked_customer, ("customer_blocked",)),
    "customer unknown": (unknown_customer, ("customer_unknown",)),
    "customer missing": (both(OrderedBy=None, Customer=None), ("customer_missing",)),
    "contact of another account": (contact_of_another, ("contact_invalid",)),
    "contact without a name": (contact_without_name, ("name_missing",)),
    "contact in use": (contact_in_use, ("in_use",)),
    "account without a name": (account(Name=""), ("name_missing",)),
    "account in no country": (account(Country="ZZ"), ("address_invalid",)),
    "account with a wrong VAT number": (
        account(Country="NL", VATNumber="NL1"),
        ("vat_number_invalid",),
    ),
    "account with a wrong code": (account(Code="A1"), ("value_invalid",)),
    "account with an unknown condition": (
        account(PaymentConditionSales="ZZ"),
        ("payment_condition_invalid",),
    ),
    "account with an unknown VAT code": (account(SalesVATCode="ZZ"), ("vat_code_unknown",)),
    "account code in use": (used_account_code, ("already_exists",)),
    "item unknown": (item("none of them"), ("item_unknown",)),
    "item ended": (item("OLD"), ("item_blocked",)),
    "item not for sale": (item("LAPTOP"), ("item_invalid",)),
    "item missing": (lambda shop: shop.invoice(line={"Item": None}), ("item_missing",)),
    "unit unknown": (lambda shop: shop.invoice(line={"UnitCode": "ZZ"}), ("unit_invalid",)),
    "amount too large": (
        lambda shop: shop.invoice(line={"NetPrice": 10**11, "Quantity": 1000}),
        ("amount_invalid",),
    ),
    "VAT code unknown": (both({"VATCode": "ZZ"}), ("vat_code_unknown",)),
    "VAT code blocked": (both({"VATCode": "19"}), ("vat_code_blocked",)),
    "VAT code of purchases": (both({"VATCode": "9"}), ("vat_code_invalid",)),
    "VAT amount that does not fit": (vat_that_does_not_fit, ("vat_amount_differs",)),
    "cost center missing": (cost_center_missing, ("cost_center_missing",)),
    "cost center unknown": (both({"CostCenter": "ZZ"}), ("cost_center_invalid",)),
    "cost unit unknown": (both({"CostUnit": "ZZ"}), ("cost_unit_invalid",)),
    "ledger account unknown": (ledger("none of them"), ("gl_account_unknown",)),
    "ledger account blocked": (ledger("8999"), ("gl_account_blocked",)),
    "ledger account of another type": (ledger("1300"), ("gl_account_type_invalid",)),
    "ledger account missing": (
        lambda shop: shop.entry(line={"GLAccount": None}),
        ("gl_account_missing",),
    ),
    "amount missing": (lambda shop: shop.entry(line={"AmountFC": None}), ("amount_missing",)),
    "lines missing": (without_lines, ("entry_missing",)),
    "line of an invoice that is gone": (line_of_nothing, ("entry_invalid",)),
    "journal missing": (both(Journal=None), ("journal_missing",)),
    "journal unknown": (both(Journal="ZZ"), ("journal_unknown",)),
    "journal of another kind": (both(Journal="20"), ("journal_type",)),
    "journal blocked": (both(Journal="79"), ("journal_blocked",)),
    "currency unknown": (both(Currency="ZZZ"), ("currency_invalid",)),
    "currency not in this journal": (both(Currency="USD"), ("currency_invalid",)),
    "exchange rate of zero": (lambda shop: shop.entry(Rate=0), ("rate_invalid",)),
    "period closed": (closed_period, ("period_closed",)),
    "period that is not there": (no_such_period, ("period_invalid",)),
    "already processed": (processed, ("already_processed",)),
    "entry number in use": (used_number, ("already_exists",)),
    "entry number not taken": (number_not_taken, ("entry_number_invalid",)),
    "not in the license": (warehouse, ("license",)),
    "type unknown": (lambda shop: shop.invoice(Type=1), ("value_invalid",)),
    "blocked since the invoice was made": (blocked_after_it_was_made, ("gl_account_blocked",)),
    "document without a subject": (document(Subject=""), ("document_missing",)),
    "document of an unknown currency": (document(Currency="ZZZ"), ("currency_invalid",)),
    "document of an entry that is gone": (
        document(FinancialTransactionEntryID=GONE),
        ("entry_invalid",),
    ),
    "document gone": (document_gone, ("document_invalid",)),
    "file name": (attachment(FileName="a/b.pdf"), ("attachment_invalid",)),
    "file missing": (attachment(Attachment=""), ("attachment_missing",)),
    "file too large": (too_large, ("attachment_too_large",)),
    "no rights": (no_rights, ("rights",)),
    "e-mail address missing": (printed(SendEmailToCustomer=True), ("delivery_email_missing",)),
    "e-mail address wrong": (
        printed(email="no address", SendEmailToCustomer=True),
        ("delivery_email_invalid",),
    ),
    "document not made": (printed(fails="document"), ("delivery_output_failed",)),
    "e-mail not made": (
        printed(email="a@b.example", fails="email", SendEmailToCustomer=True),
        ("delivery_output_failed",),
    ),
    "postbox not in the license": (
        printed(SendInvoiceToCustomerPostbox=True),
        ("delivery_postbox_license",),
    ),
    "Peppol number missing": (printed(SendInvoiceViaPeppol=True), ("delivery_peppol_missing",)),
}
