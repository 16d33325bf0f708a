"""Ways to be refused by Exact, provoked at the sandbox over HTTP: each returns what Exact said.

`CASES` lists them by name with the codes that their explanations should have.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

from integrations.exact import endpoints
from tests.integrations.exact.shop import Body, Said, Shop

Step = Callable[[Shop], Said]

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
}
