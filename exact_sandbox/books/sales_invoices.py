"""Keeps sales invoices: their totals, and the sales entry that printing makes of one.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
"""

from __future__ import annotations

from decimal import Decimal

from exact_sandbox.books.amounts import LARGEST, LineAmounts, in_division_currency
from exact_sandbox.books.invoice_amounts import (
    BY_AMOUNT_EXCLUDING_VAT,
    BY_AMOUNT_INCLUDING_VAT,
    BY_PERCENTAGE,
    InvoiceDiscount,
    discounted,
    invoice_discount,
)
from exact_sandbox.books.ledger import record_deletion
from exact_sandbox.books.sales import book
from exact_sandbox.books.terms import OPEN as ENTRY_OPEN
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.values import INTEGER_RANGES, Record

SALES_INVOICES = 13  # EntityType of sync/Deleted
DRAFT, OPEN, PROCESSED = 10, 20, 50
INVOICE, CREDIT_NOTE, DIRECT_INVOICE, DIRECT_CREDIT_NOTE = 8020, 8021, 8023, 8024
_DISCOUNT_GIVEN_AS = {
    BY_PERCENTAGE: "Discount",
    BY_AMOUNT_EXCLUDING_VAT: "AmountDiscountExclVat",
    BY_AMOUNT_INCLUDING_VAT: "AmountDiscount",
}

_HEADER_TAKEN_OVER = (  # from an invoice by its entry
    *("Journal", "Currency", "Rate", "DueDate", "PaymentCondition", "PaymentReference"),
    *("InvoiceNumber", "OrderNumber", "YourRef", "Description", "GAccountAmountFC"),
    *("IsExtraDuty", "WithholdingTaxBaseAmount", "WithholdingTaxPercentage"),
)
_TAKEN_OVER = (  # from a line of the invoice by the line of its entry
    *("GLAccount", "VATCode", "VATPercentage", "Description", "Notes", "Quantity", "CostCenter"),
    *("CostUnit", "Project", "ProjectWBS", "ExtraDutyAmountFC", "ExtraDutyPercentage"),
)


def lines_of(context: Context, invoice_id: str) -> list[Record]:
    """Return the lines of an invoice in their order."""
    return context.sandbox.database.records(
        "salesinvoicelines", InvoiceID=invoice_id, order='"LineNumber"'
    )


def store(context: Context, header: Record, lines: list[Record]) -> None:
    """Store an invoice with its lines, new or changed; totals are derived here.

    Every line gets a new Timestamp, so that readers of the sync endpoint see the invoice again.
    `header` carries the Rate. Raises Refused when the discount cannot be given.
    """
    database = context.sandbox.database
    _total(context, header, lines)
    is_new = database.find("salesinvoices", InvoiceID=header["InvoiceID"]) is None
    header |= context.created() if is_new else context.modified()
    if is_new:
        database.insert("salesinvoices", header)
    else:
        database.update("salesinvoices", ("InvoiceID", header["InvoiceID"]), header)
    stored = {line["ID"] for line in lines_of(context, header["InvoiceID"])}
    for gone in stored - {line["ID"] for line in lines}:
        _remove_line(context, gone)
    for number, line in enumerate(lines, 1):
        line |= {
            "LineNumber": number,
            "InvoiceID": header["InvoiceID"],
            "Division": context.division,
            "AmountDC": in_division_currency(line["AmountFC"], header["Rate"]),
            "VATAmountDC": in_division_currency(line["VATAmountFC"], header["Rate"]),
        }
        if line["ID"] in stored:
            database.update("salesinvoicelines", ("ID", line["ID"]), line | context.modified())
        else:
            database.insert("salesinvoicelines", line | context.created())


def remove(context: Context, invoice_id: str) -> None:
    """Delete an invoice with its lines; sync/Deleted says so."""
    database = context.sandbox.database
    for line in lines_of(context, invoice_id):
        _remove_line(context, line["ID"])
    database.delete("salesinvoices", InvoiceID=invoice_id)
    if context.sandbox.switches["deleted_sales_invoice_key"] == "invoice":
        record_deletion(context, SALES_INVOICES, invoice_id)


def _remove_line(context: Context, line_id: str) -> None:
    context.sandbox.database.delete("salesinvoicelines", ID=line_id)
    if context.sandbox.switches["deleted_sales_invoice_key"] == "line":
        record_deletion(context, SALES_INVOICES, line_id)


def next_order_number(context: Context) -> int:
    """Return the first free order number of the division."""
    highest = context.sandbox.database.execute(
        'SELECT max("OrderNumber") FROM salesinvoices WHERE "Division" = ? AND "OrderNumber" < ?',
        [context.division, INTEGER_RANGES["Int32"][1]],
    )[0][0]
    return int(highest or 0) + 1


def amounts_to_book(context: Context, header: Record, lines: list[Record]) -> list[LineAmounts]:
    """Return what each line comes to after the discount on the whole; raises Refused."""
    decimals = CURRENCIES[header["Currency"]].decimals
    return discounted(_plain(lines), _discount(context, header, lines), decimals)


def _plain(lines: list[Record]) -> list[LineAmounts]:
    return [LineAmounts(line["AmountFC"], line["VATAmountFC"]) for line in lines]


def _discount(context: Context, header: Record, lines: list[Record]) -> InvoiceDiscount:
    kind = header.get("DiscountType") or BY_PERCENTAGE
    value = header.get(_DISCOUNT_GIVEN_AS[kind]) or Decimal(0)
    if kind != BY_PERCENTAGE:
        value /= header["Rate"]  # discount amounts are in the division's currency
    try:
        return invoice_discount(_plain(lines), kind, value, CURRENCIES[header["Currency"]].decimals)
    except ValueError as error:
        raise Refused(context.say("invalid", what="discount")) from error


def _total(context: Context, header: Record, lines: list[Record]) -> None:
    rate = header["Rate"]
    discount = _discount(context, header, lines)
    net = sum((line["AmountFC"] for line in lines), Decimal(0)) - discount.net
    vat = sum((line["VATAmountFC"] for line in lines), Decimal(0)) - discount.vat
    if max(abs(net), abs(vat), abs(net + vat)) * max(rate, Decimal(1)) >= LARGEST:
        raise Refused(context.say("invalid", what="amount"))
    kind = header.get("DiscountType") or BY_PERCENTAGE
    shown = {
        "Discount": discount.fraction,
        "AmountDiscountExclVat": in_division_currency(discount.net, rate),
        "AmountDiscount": in_division_currency(discount.net + discount.vat, rate),
    }
    given = _DISCOUNT_GIVEN_AS[kind]  # what the user gave stays as it was given
    shown[given] = header.get(given) or Decimal(0)
    header |= {
        **shown,
        "DiscountType": kind,
        "AmountFC": net + vat,
        "AmountFCExclVat": net,
        "VATAmountFC": vat,
        "AmountDC": in_division_currency(net + vat, rate),
        "VATAmountDC": in_division_currency(vat, rate),
    }


def book_invoice(
    context: Context,
    header: Record,
    lines: list[Record],
    *,
    year: int,
    period: int,
    document: str | None,
) -> str:
    """Make the sales entry of an invoice that has its number and return its EntryID.

    `document` is the printed one, which the entry is linked to; the invoice itself keeps only the
    document that was linked by hand.
    """
    entry: Record = {
        **{name: header.get(name) for name in _HEADER_TAKEN_OVER},
        "EntryID": new_id(),
        "Status": ENTRY_OPEN,
        "Customer": header["InvoiceTo"],
        "EntryDate": header["InvoiceDate"],
        "ReportingYear": year,
        "ReportingPeriod": period,
        "EntryNumber": header["InvoiceNumber"],
        "Document": document,
    }
    amounts = amounts_to_book(context, header, lines)
    sign = booked_sign(context, header)
    book(
        context,
        entry,
        [
            _entry_line(context, line, amount, sign)
            for line, amount in zip(lines, amounts, strict=True)
        ],
    )
    context.sandbox.database.execute(
        "INSERT INTO sales_invoice_entries VALUES (?, ?)",
        [header["InvoiceID"], entry["EntryID"]],
    )
    return str(entry["EntryID"])


def booked_sign(context: Context, header: Record) -> int:
    """Return -1 where a credit note holds positive amounts, else 1."""
    positive = context.sandbox.switches["sales_credit_note_sign"] == "positive"
    return -1 if positive and header["Type"] in (CREDIT_NOTE, DIRECT_CREDIT_NOTE) else 1


def _entry_line(context: Context, line: Record, amount: LineAmounts, sign: int) -> Record:
    vat = context.sandbox.database.find(
        "vatcodes", Division=context.division, Code=line.get("VATCode")
    )
    without_vat = vat is None or vat["Type"] == "N"
    return {
        **{name: line.get(name) for name in _TAKEN_OVER},
        "ID": new_id(),
        "From": line.get("StartTime"),
        "To": line.get("EndTime"),
        "AmountFC": amount.net * sign,
        "VATAmountFC": amount.vat * sign,
        "VATBaseAmountFC": Decimal(0) if without_vat else amount.net * sign,
    }


def entry_of(context: Context, invoice_id: str) -> str | None:
    """Return the EntryID of what printing booked, or None."""
    rows = context.sandbox.database.execute(
        "SELECT entry_id FROM sales_invoice_entries WHERE invoice_id = ?", [invoice_id]
    )
    return str(rows[0][0]) if rows else None
