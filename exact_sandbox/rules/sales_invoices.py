"""What Exact accepts as a sales invoice: a document that Exact itself numbers, prints and sends.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
"""

from __future__ import annotations

from exact_sandbox.books.invoice_amounts import (
    BY_AMOUNT_EXCLUDING_VAT,
    BY_AMOUNT_INCLUDING_VAT,
    BY_PERCENTAGE,
)
from exact_sandbox.books.numbers import next_number
from exact_sandbox.books.sales import day
from exact_sandbox.books.sales_invoices import (
    CREDIT_NOTE,
    DIRECT_CREDIT_NOTE,
    DIRECT_INVOICE,
    INVOICE,
    PROCESSED,
    next_order_number,
    remove,
    store,
)
from exact_sandbox.errors import Refused
from exact_sandbox.rules.checks import Reference, new_key, reference_problems, refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.sales_entries import condition_problems, journal_problems
from exact_sandbox.rules.sales_invoice_lines import complete_invoice_line, open_invoice
from exact_sandbox.values import Record

_PARTIES = ("OrderedBy", "InvoiceTo", "DeliverTo")
_PARTY_WORDS = {"OrderedBy": "ordered_by", "InvoiceTo": "invoice_to", "DeliverTo": "deliver_to"}
_REFERENCES = {"Document": Reference("documents", word="document")}
_DISCOUNTS = {  # the last one that was sent leads
    "Discount": BY_PERCENTAGE,
    "AmountDiscountExclVat": BY_AMOUNT_EXCLUDING_VAT,
    "AmountDiscount": BY_AMOUNT_INCLUDING_VAT,
}


def create(context: Context, sent: Record) -> str:
    """Store a new invoice, not yet booked, and return its InvoiceID; raises Refused."""
    raw_lines = sent.pop("SalesInvoiceLines")
    _check_is_no_copy(context, [sent, *raw_lines])
    switches = context.sandbox.switches
    header: Record = {
        "Type": INVOICE,
        **{name: value for name, value in sent.items() if value is not None},
        "InvoiceID": new_key(context, "salesinvoices", sent, "InvoiceID"),
        "Status": int(switches["new_sales_invoice_status"]),
        "InvoiceDate": context.sandbox.clock.today(),
    }
    header["OrderDate"] = day(header.get("OrderDate") or header["InvoiceDate"])
    header["OrderNumber"] = header.get("OrderNumber") or next_order_number(context)
    complete_header(context, header, set(sent))
    lines: list[Record] = []
    problems: list[str] = []
    for raw in raw_lines:
        try:
            lines.append(
                complete_invoice_line(
                    context, header, {**raw, "ID": new_key(context, "salesinvoicelines", raw)}
                )
            )
        except Refused as refusal:
            problems += [text for text in refusal.text.split("\r\n") if text not in problems]
    refuse(problems)
    if switches["sales_invoice_number"] == "at_entry":
        year = header["InvoiceDate"].year
        header["InvoiceNumber"] = next_number(context, header["Journal"], year)
    store(context, header, lines)
    return str(header["InvoiceID"])


def _check_is_no_copy(context: Context, records: list[Record]) -> None:
    """Raise Refused for a new invoice or line that bears the InvoiceID of a printed one.

    Who credits an invoice by sending it again with its own InvoiceID touches the original.
    """
    for key in filter(None, (record.get("InvoiceID") for record in records)):
        if context.sandbox.database.find(
            "salesinvoices", InvoiceID=key, Division=context.division, Status=PROCESSED
        ):
            raise Refused(context.say("processed"))


def update(context: Context, invoice_id: str, changes: Record) -> None:
    """Change the header of an invoice that is not printed; raises Refused."""
    header, lines = open_invoice(context, invoice_id)
    if "InvoiceID" in changes:
        raise Refused(context.say("exists"))
    sent = set(changes)
    header |= changes
    if "OrderNumber" in sent and not header["OrderNumber"]:
        header["OrderNumber"] = next_order_number(context)
    if "PaymentCondition" in sent and "DueDate" not in sent:
        header["DueDate"] = None
    complete_header(context, header, sent)
    if "Currency" in sent:  # another currency may have other decimals
        lines = [
            complete_invoice_line(
                context,
                header,
                {"Quantity": line["Quantity"], "NetPrice": line["NetPrice"]},
                old=line,
            )
            for line in lines
        ]
    store(context, header, lines)


def delete(context: Context, invoice_id: str) -> None:
    """Delete an invoice that is not printed; raises Refused."""
    open_invoice(context, invoice_id)
    remove(context, invoice_id)


def complete_header(context: Context, header: Record, sent: set[str]) -> None:
    """Fill in what was not sent and check every reference; raises Refused with all problems."""
    header["EntryDate"] = header["InvoiceDate"]
    problems = [
        *_party_problems(context, header),
        *journal_problems(context, header, sent),
        *condition_problems(context, header),
        *_type_problems(context, header),
        *_number_problems(context, header),
        *reference_problems(context, header, _REFERENCES, _REFERENCES),
    ]
    refuse(problems)
    for name, kind in _DISCOUNTS.items():
        if name in sent and header.get(name) is not None:
            header["DiscountType"] = kind
    limit = context.sandbox.switches["your_ref_length"]
    if header.get("YourRef") and limit > 0:
        header["YourRef"] = header["YourRef"][:limit]


def _party_problems(context: Context, header: Record) -> list[str]:
    """Check who ordered, pays and receives; the two latter default to the first."""
    database = context.sandbox.database
    orderer = database.find("accounts", ID=header["OrderedBy"], Division=context.division)
    if orderer is None:
        return [context.say("invalid_reference", what="ordered_by")]
    header["InvoiceTo"] = header.get("InvoiceTo") or orderer["InvoiceAccount"] or orderer["ID"]
    header["DeliverTo"] = header.get("DeliverTo") or orderer["ID"]
    accounts = {
        name: database.find("accounts", ID=header[name], Division=context.division)
        for name in _PARTIES
    }
    problems = [
        context.say("invalid_reference", what=_PARTY_WORDS[name])
        for name, account in accounts.items()
        if account is None
    ]
    payer = accounts["InvoiceTo"]
    if payer is not None:
        if payer["Status"] != "C":
            problems.append(context.say("invalid", what="invoice_to_type"))
        if payer["Blocked"]:
            problems.append(context.say("blocked", what="invoice_to"))
        header["PaymentCondition"] = (
            header.get("PaymentCondition") or payer["PaymentConditionSales"]
        )
    return problems + _contact_problems(context, header)


def _contact_problems(context: Context, header: Record) -> list[str]:
    """A contact person must belong to the account it stands beside."""
    return [
        context.say("invalid_reference", what="contact_person")
        for name in _PARTIES
        if header.get(f"{name}ContactPerson")
        and not context.sandbox.database.find(
            "contacts",
            ID=header[f"{name}ContactPerson"],
            Account=header[name],
            Division=context.division,
        )
    ]


def _number_problems(context: Context, header: Record) -> list[str]:
    return [context.say("invalid", what="OrderNumber")] if header["OrderNumber"] < 0 else []


def _type_problems(context: Context, header: Record) -> list[str]:
    """Direct invoices need a warehouse, and warehouses need a license that this one is not."""
    kind = header.get("Type")
    if kind not in (INVOICE, CREDIT_NOTE, DIRECT_INVOICE, DIRECT_CREDIT_NOTE):
        return [context.say("invalid", what="type")]
    if header.get("Warehouse"):
        return [context.say("not_in_license", what="warehouse")]
    if kind in (DIRECT_INVOICE, DIRECT_CREDIT_NOTE):
        return [context.say("mandatory", what="warehouse")]
    return []
