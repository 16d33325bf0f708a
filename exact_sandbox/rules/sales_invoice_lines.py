"""What Exact accepts as a line of a sales invoice: an item, how many, and at what price.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoiceLines
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from exact_sandbox.books.amounts import LARGEST, rounded
from exact_sandbox.books.invoice_amounts import line_price
from exact_sandbox.books.sales import day
from exact_sandbox.books.sales_invoices import PROCESSED, lines_of, remove, store
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.errors import Refused
from exact_sandbox.messages import property_word
from exact_sandbox.rules.checks import Reference, new_key, reference_problems, refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.sales_entries import journal_problems
from exact_sandbox.rules.sales_entry_lines import REVENUE, complete_line
from exact_sandbox.values import Record

_REFERENCES = {"UnitCode": Reference("units", "Code", "unit")}
_PRICES = frozenset({"AmountFC", "NetPrice", "UnitPrice", "Discount", "Quantity", "Item"})
_VAT = frozenset({"VATCode", "VATPercentage", "VATAmountFC", "VATAmountDC"})


def create(context: Context, sent: Record) -> str:
    """Add a line to an open invoice and return its ID; raises Refused."""
    header, lines = open_invoice(context, sent["InvoiceID"])
    own = {**sent, "ID": new_key(context, "salesinvoicelines", sent)}
    line = complete_invoice_line(context, header, own)
    store(context, header, [*lines, line])
    return str(line["ID"])


def update(context: Context, line_id: str, changes: Record) -> None:
    """Change a line of an open invoice; what follows from the change is computed anew."""
    stored = _stored(context, line_id)
    header, lines = open_invoice(context, stored["InvoiceID"])
    changes = {name: value for name, value in changes.items() if name not in ("ID", "InvoiceID")}
    changed = complete_invoice_line(context, header, changes, old=stored)
    store(context, header, [changed if line["ID"] == line_id else line for line in lines])


def delete(context: Context, line_id: str) -> None:
    """Delete a line of an open invoice; the last line takes the invoice with it."""
    stored = _stored(context, line_id)
    header, lines = open_invoice(context, stored["InvoiceID"])
    rest = [line for line in lines if line["ID"] != line_id]
    if rest:
        store(context, header, rest)
    else:
        remove(context, header["InvoiceID"])


def _stored(context: Context, line_id: str) -> Record:
    stored = context.sandbox.database.find("salesinvoicelines", ID=line_id)
    if stored is None:
        raise Refused(context.say("not_found", what="lines"))
    return stored


def open_invoice(context: Context, invoice_id: str) -> tuple[Record, list[Record]]:
    """Return an invoice that may still change, with its Rate, and its lines; raises Refused."""
    header = context.sandbox.database.find(
        "salesinvoices", InvoiceID=invoice_id, Division=context.division
    )
    if header is None:
        raise Refused(context.say("invalid_reference", what="invoice"))
    if header["Status"] == PROCESSED:
        raise Refused(context.say("processed"))
    header["EntryDate"] = header["InvoiceDate"]
    refuse(journal_problems(context, header, set()))
    return header, lines_of(context, invoice_id)


def complete_invoice_line(
    context: Context,
    header: Record,
    changes: Record,
    *,
    old: Record | None = None,
) -> Record:
    """Return a line with its references checked and its amounts computed; raises Refused.

    `changes` is what was sent: all of a new line with its ID, or what is new about `old`.
    """
    line = {"Quantity": Decimal(1), **(old or {}), **changes}
    new_item = old is None or changes.get("Item", old["Item"]) != old["Item"]
    item = _item(context, header, line)
    sent = {name for name, value in changes.items() if value is not None}
    if new_item:
        _take_over(context, header, line, item, sent)
    refuse(reference_problems(context, line, _REFERENCES, _REFERENCES))
    if old is not None and not new_item and not changes.keys() & (_PRICES | _VAT):
        return complete_line(context, header, line, set(), old=old)
    try:
        _price(header, line, item if new_item else None, sent)
    except InvalidOperation as error:  # a price of more digits than can be rounded
        raise Refused(context.say("invalid", what="amount")) from error
    _check_size(context, line, ("UnitPrice", "NetPrice", "AmountFC", "Discount"))
    vat_sent = _vat_sent(header, line, sent)
    if changes.keys() & {"VATCode"} and "VATPercentage" not in sent:
        line["VATPercentage"] = None
    if "VATPercentage" in sent and not 0 <= line["VATPercentage"] <= 1:
        raise Refused(context.say("invalid", what="VATPercentage"))
    return complete_line(context, header, line, vat_sent)


def _check_size(context: Context, line: Record, names: tuple[str, ...]) -> None:
    """Raise Refused when prices multiply to more than any amount may be."""
    for name in names:
        if abs(line[name]) >= LARGEST:
            raise Refused(context.say("invalid", what=property_word(name)))


def _item(context: Context, header: Record, line: Record) -> Record:
    """Return the item a line sells; raises Refused when it cannot be sold on the invoice's date."""
    if not line.get("Item"):
        raise Refused(context.say("mandatory", what="item"))
    item = context.sandbox.database.find("items", ID=line["Item"], Division=context.division)
    if item is None:
        raise Refused(context.say("invalid_reference", what="item"))
    date = header["EntryDate"]
    started = item["StartDate"] is None or day(item["StartDate"]) <= date
    ended = item["EndDate"] is not None and day(item["EndDate"]) < date
    if ended or not started:
        raise Refused(context.say("blocked", what="item"))
    if not item["IsSalesItem"]:
        raise Refused(context.say("invalid", what="item"))
    return item


def _take_over(
    context: Context,
    header: Record,
    line: Record,
    item: Record,
    sent: set[str],
) -> None:
    """Fill in what the item brings and was not sent: words, unit, ledger account, VAT code."""
    buyer = context.sandbox.database.find("accounts", ID=header["InvoiceTo"]) or {}
    brought = {
        "Description": item["Description"],
        "UnitCode": item["Unit"],
        "GLAccount": item["GLRevenue"]
        or buyer.get("GLAccountSales")
        or _group_revenue_account(context),
        "VATCode": item["SalesVatCode"] or buyer.get("SalesVATCode"),
    }
    line |= {name: value for name, value in brought.items() if name not in sent}


def _group_revenue_account(context: Context) -> str | None:
    """Return the account of an item without one: that of the item group, the first for revenue."""
    rows = context.sandbox.database.execute(
        'SELECT "ID" FROM glaccounts WHERE "Division" = ? AND "Type" = ? AND NOT "IsBlocked" '
        'AND "UseCostcenter" <> 1 ORDER BY "Code" LIMIT 1',
        [context.division, REVENUE],
    )
    return str(rows[0][0]) if rows else None


def _price(header: Record, line: Record, new_item: Record | None, sent: set[str]) -> None:
    """Set prices, discount and the amount as posted; VAT comes afterwards."""
    if line.get("Quantity") is None:
        line["Quantity"] = Decimal(1)
    if new_item is not None and "UnitPrice" not in sent:
        line["UnitPrice"] = new_item["StandardSalesPrice"]
    keeps_net_price = new_item is None and not sent & {"UnitPrice", "Discount"}
    price = line_price(
        quantity=line["Quantity"],
        unit_price=line.get("UnitPrice") or Decimal(0),
        net_price=line.get("NetPrice") if "NetPrice" in sent or keeps_net_price else None,
        discount=line.get("Discount"),
        amount=line["AmountFC"] if "AmountFC" in sent else None,
    )
    line |= {
        "UnitPrice": price.unit_price,
        "NetPrice": price.net_price,
        "Discount": price.discount,
        "AmountFC": rounded(price.amount, CURRENCIES[header["Currency"]].decimals),
    }


def _vat_sent(header: Record, line: Record, sent: set[str]) -> set[str]:
    """Return which VAT values count as given; an amount may come in the division's currency."""
    if "VATAmountDC" in sent and "VATAmountFC" not in sent:
        line["VATAmountFC"] = line["VATAmountDC"] / header["Rate"]
        return sent & _VAT | {"VATAmountFC"}
    return sent & _VAT
