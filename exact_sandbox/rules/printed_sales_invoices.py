"""What printing a sales invoice does: it gets its number, is booked, filed and sent.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

from datetime import datetime

from exact_sandbox.books.due_dates import due_date
from exact_sandbox.books.numbers import Numbers, check_unique, next_number
from exact_sandbox.books.sales import check_period, day
from exact_sandbox.books.sales_invoices import PROCESSED, book_invoice, entry_of, lines_of, store
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.errors import Refused
from exact_sandbox.rules.checks import refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.invoice_issue import issue, link_printed_document
from exact_sandbox.rules.line_checks import vat_code_of
from exact_sandbox.rules.sales_entry_lines import gl_account_problems
from exact_sandbox.rules.sales_invoice_lines import open_invoice
from exact_sandbox.rules.sales_invoices import complete_header
from exact_sandbox.values import Record


def create(context: Context, sent: Record) -> str:
    """Print an invoice: number it, book it, file its PDF and send it; raises Refused.

    What fails in sending stands in the answer; the invoice is booked all the same.
    """
    if context.sandbox.switches["print_again"] == "sends_again":
        printed = context.sandbox.database.find(
            "salesinvoices",
            InvoiceID=sent["InvoiceID"],
            Division=context.division,
            Status=PROCESSED,
        )
        if printed is not None:
            return _print_again(context, printed, sent)
    header, lines = open_invoice(context, sent["InvoiceID"])
    date = day(sent.get("InvoiceDate") or header["InvoiceDate"])
    year = sent.get("ReportingYear") or date.year
    period = sent.get("ReportingPeriod") or date.month
    _check_date(context, date)
    check_period(context, year, period)
    _move(context, header, date)
    complete_header(context, header, set())
    _check_lines(context, lines)
    if header.get("InvoiceNumber") is None:
        header["InvoiceNumber"] = next_number(context, header["Journal"], year)
    header["Status"] = PROCESSED
    store(context, header, lines)
    number = header["InvoiceNumber"]
    check_unique(context, Numbers(number, number), header["Journal"], year)
    result = issue(context, header, lines, sent)
    book_invoice(context, header, lines, year=year, period=period, document=result["Document"])
    return _answer(context, header, sent, result)


def _print_again(context: Context, header: Record, sent: Record) -> str:
    """Make the document and the messages of a booked invoice once more; the books stay."""
    database = context.sandbox.database
    entry = database.find("salesentries", EntryID=entry_of(context, header["InvoiceID"]) or "")
    header["Rate"] = entry["Rate"] if entry else CURRENCIES[header["Currency"]].rate
    result = issue(context, header, lines_of(context, header["InvoiceID"]), sent)
    database.delete("printedsalesinvoices", InvoiceID=header["InvoiceID"])
    return _answer(context, header, sent, result)


def _answer(context: Context, header: Record, sent: Record, result: Record) -> str:
    """Keep what the answer tells and return its key."""
    link_printed_document(context, header, result["Document"])
    context.sandbox.database.insert(
        "printedsalesinvoices", {**sent, **result, "Division": context.division}
    )
    return str(header["InvoiceID"])


def _check_date(context: Context, date: datetime) -> None:
    """Raise Refused for a date in a year that the division keeps no books of."""
    if not context.sandbox.database.find("periods", Division=context.division, FinYear=date.year):
        raise Refused(context.say("invalid_reference", what="period"))


def _move(context: Context, header: Record, date: datetime) -> None:
    """Give the invoice the date it is printed with; a due date that was computed moves along."""
    condition = context.sandbox.database.find(
        "paymentconditions", Division=context.division, Code=header["PaymentCondition"]
    )
    computed = condition and due_date(
        header["InvoiceDate"],
        days=condition["PaymentDays"] or 0,
        end_of_months=condition["PaymentEndOfMonths"] or 0,
    )
    if header["DueDate"] == computed:
        header["DueDate"] = None
    header["InvoiceDate"] = date


def _check_lines(context: Context, lines: list[Record]) -> None:
    """Raise Refused when an account or VAT code was blocked since the invoice was made."""
    problems: list[str] = []
    for line in lines:
        problems += gl_account_problems(context, line)
        problems += vat_code_of(context, line)[1]
    refuse(problems)
