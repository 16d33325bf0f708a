"""A line of a sales invoice sells an item, at a price that follows from what was sent.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoiceLines
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import BRAM

INVOICES, LINES = "salesinvoice/SalesInvoices", "salesinvoice/SalesInvoiceLines"
NOBODY = "00000000-0000-0000-0000-000000000001"


def address(invoice: Any) -> str:
    return f"{INVOICES}(guid'{invoice['InvoiceID']}')"


def test_the_item_brings_words_unit_price_ledger_account_and_vat_code(exact):
    invoice = exact.invoice({"Item": exact.item("HOSTING")}, {"Item": exact.item("PRINT")})
    hosting, print_work = exact.invoice_lines(invoice["InvoiceID"])

    assert (hosting["LineNumber"], hosting["Description"], hosting["ItemCode"]) == (
        1,
        "Hosting",
        "HOSTING",
    )
    assert (hosting["Quantity"], hosting["UnitPrice"], hosting["NetPrice"]) == (1, 49.5, 49.5)
    assert (hosting["UnitCode"], hosting["UnitDescription"]) == ("month", "Maand")
    assert hosting["GLAccountDescription"] == "Omzet hosting en licenties"
    assert (hosting["VATCode"], hosting["VATPercentage"], hosting["VATAmountFC"]) == (
        "2  ",
        0.21,
        10.4,
    )
    # The item names no VAT code, so the ledger account's own applies.
    assert (print_work["VATCode"], print_work["VATCodeDescription"]) == (
        "1  ",
        "BTW laag tarief, exclusief",
    )


def test_the_customers_vat_code_comes_before_the_ledger_accounts(exact):
    buyer = exact.new_account(SalesVATCode="6")
    invoice = exact.invoice({}, {"Item": exact.item("HOSTING")}, {"VATCode": "1"}, OrderedBy=buyer)

    assert [line["VATCode"] for line in exact.invoice_lines(invoice["InvoiceID"])] == [
        "6  ",
        "2  ",
        "1  ",
    ]


def test_an_item_without_a_ledger_account_is_booked_as_its_group(exact):
    item = exact.call("POST", "logistics/Items", {"Code": "N", "Description": "New"}).json()["d"]
    invoice = exact.invoice({"Item": item["ID"], "NetPrice": 1})

    assert exact.invoice_lines(invoice["InvoiceID"])[0]["GLAccount"] == exact.gl_account("8000")


@pytest.mark.parametrize(
    ("line", "unit_price", "net_price", "discount", "amount"),
    [
        ({}, 95, 95, 0, 95),
        ({"Quantity": 10.5}, 95, 95, 0, 997.5),
        ({"NetPrice": 76}, 95, 76, 0.2, 76),
        ({"Discount": 0.1, "Quantity": 2}, 95, 85.5, 0.1, 171),
        ({"UnitPrice": 80}, 80, 80, 0, 80),
        ({"UnitPrice": 80, "Discount": 0.25}, 80, 60, 0.25, 60),
        ({"AmountFC": 100, "Quantity": 3}, 95, 33.333333, 0.649123, 100),
        ({"Quantity": 0}, 95, 95, 0, 0),
        ({"Quantity": -1}, 95, 95, 0, -95),
        ({"NetPrice": "33.333", "Quantity": "3"}, 95, 33.333, 0.649126, 100),
    ],
)
def test_prices_follow_from_what_is_sent(exact, line, unit_price, net_price, discount, amount):
    (stored,) = exact.invoice_lines(exact.invoice(line)["InvoiceID"])

    assert (stored["UnitPrice"], stored["NetPrice"]) == (unit_price, net_price)
    assert (stored["Discount"], stored["AmountFC"]) == (discount, amount)


@pytest.mark.parametrize(
    ("line", "amount", "vat"),
    [
        ({"NetPrice": 121, "VATCode": "4"}, 100, 21),  # including VAT
        ({"NetPrice": 100, "VATCode": "5"}, 100, 0),  # base only
        ({"NetPrice": 100, "VATCode": "0"}, 100, 0),  # none
        ({"NetPrice": 100, "VATAmountFC": "21.01"}, 100, 21.01),
        ({"NetPrice": 100, "VATAmountDC": "20.99"}, 100, 20.99),
        ({"NetPrice": 100, "VATPercentage": 0.06}, 100, 6),
    ],
)
def test_vat_follows_the_code_or_what_is_sent(exact, line, amount, vat):
    (stored,) = exact.invoice_lines(exact.invoice(line)["InvoiceID"])

    assert (stored["AmountFC"], stored["VATAmountFC"]) == (amount, vat)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"Item": NOBODY}, "Invalid reference: Item"),
        ({"VATCode": "77"}, "Not found: VAT code"),
        ({"VATCode": "19"}, "Blocked: VAT code"),
        ({"UnitCode": "mile"}, "Invalid reference: Unit"),
        ({"GLAccount": NOBODY}, "Not found: G/L Account"),
    ],
)
def test_a_line_that_does_not_fit_is_refused(exact, line, text):
    assert exact.refused_invoice(line) == text


@pytest.mark.parametrize(
    ("code", "text"), [("OLD", "Geblokkeerd: Artikel"), ("LAPTOP", "Ongeldig: Artikel")]
)
def test_an_item_that_is_not_sold_is_refused(log_on, code, text):
    bram = log_on(BRAM)

    assert bram.refused_invoice({"Item": bram.item(code)}) == text


def test_the_ledger_account_must_be_one_for_revenue(exact):
    text = exact.refused_invoice({"GLAccount": exact.gl_account("1300")}, {"VATCode": "77"})

    assert text == "Invalid: G/L account type\r\nNot found: VAT code"


def test_a_cost_center_may_be_mandatory(exact):
    training = {"GLAccount": exact.gl_account("8070")}

    assert exact.refused_invoice(training) == "Mandatory: Cost center"


@pytest.mark.parametrize(
    ("line", "header", "text"),
    [
        ({"Quantity": 1e11, "NetPrice": 1e11}, {}, "Invalid: Amount"),
        ({"Quantity": "0.000001", "AmountFC": 1e11}, {}, "Invalid: NetPrice"),
        ({"NetPrice": 100, "VATPercentage": 21}, {}, "Invalid: VATPercentage"),
        ({"NetPrice": 9e11}, {}, "Invalid: Amount"),
        ({}, {"AmountDiscount": 9e11}, "Invalid: Discount"),
        ({}, {"OrderNumber": -1}, "Invalid: OrderNumber"),
    ],
)
def test_values_out_of_bounds_are_refused(exact, line, header, text):
    assert exact.refused_invoice(line, **header) == text


def test_lines_are_added_changed_and_taken_away_at_their_own_endpoint(exact):
    invoice = exact.invoice()
    key = invoice["InvoiceID"]
    added = exact.call("POST", LINES, {"InvoiceID": key, "Item": exact.item("DEV"), "Quantity": 2})
    assert added.status_code == 201
    line = added.json()["d"]
    assert (line["LineNumber"], line["AmountFC"]) == (2, 220)
    assert exact.get(address(invoice))["AmountFCExclVat"] == 320

    where = f"{LINES}(guid'{line['ID']}')"
    assert exact.call("PUT", where, {"Quantity": 3, "Notes": "More"}).status_code == 204
    changed = exact.get(where)
    assert (changed["AmountFC"], changed["NetPrice"], changed["Notes"]) == (330, 110, "More")

    assert exact.call("DELETE", where).status_code == 204
    assert exact.get(address(invoice))["AmountFCExclVat"] == 100
    assert exact.books_are_good()


def test_a_change_of_the_words_leaves_an_overridden_vat_amount(exact):
    (line,) = exact.invoice_lines(
        exact.invoice({"NetPrice": 100, "VATAmountFC": 20.5})["InvoiceID"]
    )
    where = f"{LINES}(guid'{line['ID']}')"

    exact.call("PUT", where, {"Description": "Other words"})
    assert exact.get(where)["VATAmountFC"] == 20.5

    exact.call("PUT", where, {"Quantity": 2})
    assert exact.get(where)["VATAmountFC"] == 42


def test_another_item_brings_its_own_words_and_price(exact):
    (line,) = exact.invoice_lines(exact.invoice({"Quantity": 2})["InvoiceID"])
    where = f"{LINES}(guid'{line['ID']}')"

    exact.call("PUT", where, {"Item": exact.item("PRINT")})

    changed = exact.get(where)
    assert (changed["Description"], changed["NetPrice"], changed["Quantity"]) == (
        "Drukwerk",
        12.25,
        2,
    )
    assert (changed["VATCode"], changed["AmountFC"]) == ("1  ", 24.5)


def test_a_line_that_exact_loses_is_lost_here_too(exact):
    exact.fault("drop_lines", method="POST", path=INVOICES)

    assert exact.invoice({"NetPrice": 100}, {"NetPrice": 50})["AmountFCExclVat"] == 100


def test_deleting_the_last_line_deletes_the_invoice(exact):
    invoice = exact.invoice()
    (line,) = exact.invoice_lines(invoice["InvoiceID"])

    assert exact.call("DELETE", f"{LINES}(guid'{line['ID']}')").status_code == 204

    assert exact.sales_invoices() == []
    assert exact.call("GET", address(invoice)).status_code == 404


def test_a_line_for_an_unknown_invoice_is_refused(exact):
    body = {"InvoiceID": NOBODY, "Item": exact.item()}

    assert exact.error("POST", LINES, body) == (500, "Invalid reference: Invoice")
    assert exact.error("POST", LINES, {"Item": exact.item()}) == (500, "Mandatory: Invoice")


@pytest.mark.parametrize(
    "line",
    [
        {"Quantity": "0.000000000001", "AmountFC": "999999999999"},
        {"Quantity": 1, "UnitPrice": "1e-30", "NetPrice": "999999999999"},
        {"Quantity": 1, "UnitPrice": "999999999999", "Discount": "999999999999"},
    ],
)
def test_a_price_of_too_many_digits_is_refused(exact, line):
    assert exact.refused_invoice(line).startswith("Invalid: ")
