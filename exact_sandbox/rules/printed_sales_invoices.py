"""What printing a sales invoice does: it gets its number, is booked, filed and sent.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

from datetime import datetime

from exact_sandbox.books.due_dates import due_date
from exact_sandbox.books.invoice_document import customer_language, printed_invoice
from exact_sandbox.books.invoice_sending import Shipment, send_invoice, sender_address
from exact_sandbox.books.numbers import Numbers, check_unique, next_number
from exact_sandbox.books.sales import check_period, day
from exact_sandbox.books.sales_invoices import PROCESSED, amounts_to_book, book_invoice, store
from exact_sandbox.errors import Refused
from exact_sandbox.invoice_pdf import PrintedInvoice, invoice_pdf
from exact_sandbox.rules import documents
from exact_sandbox.rules.checks import refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.document_attachments import store_attachment
from exact_sandbox.rules.line_checks import vat_code_of
from exact_sandbox.rules.sales_entry_lines import gl_account_problems
from exact_sandbox.rules.sales_invoice_lines import open_invoice
from exact_sandbox.rules.sales_invoices import complete_header
from exact_sandbox.values import Record

SALES_INVOICE_DOCUMENT = 10  # the document type


def create(context: Context, sent: Record) -> str:
    """Print an invoice: number it, book it, file its PDF and send it; raises Refused.

    What fails in sending stands in the answer; the invoice is booked all the same.
    """
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
    result = _issue(context, header, lines, sent)
    book_invoice(context, header, lines, year=year, period=period, document=result["Document"])
    if result["Document"]:
        # Of a sales invoice's document this is the invoice, says Exact's reference, not the entry.
        context.sandbox.database.update(
            "documents",
            ("ID", result["Document"]),
            {"FinancialTransactionEntryID": header["InvoiceID"], "SalesInvoiceNumber": number},
        )
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


def _issue(context: Context, header: Record, lines: list[Record], sent: Record) -> Record:
    """Make the PDF, file it and send it; return what the answer tells about that."""
    database = context.sandbox.database
    customer = database.find("accounts", ID=header["InvoiceTo"]) or {}
    contact_id = header.get("InvoiceToContactPerson")
    contact = database.find("contacts", ID=contact_id) if contact_id else None
    printed = printed_invoice(
        context,
        header,
        lines,
        amounts_to_book(context, header, lines),
        language=customer_language(context, customer, contact),
        extra_text=sent.get("ExtraText") or "",
    )
    pdf = invoice_pdf(printed)
    division = database.find("divisions", Code=context.division) or {}
    shipment = Shipment(
        header["InvoiceID"], printed, pdf, customer, contact, sender_address(sent, division)
    )
    results = dict.fromkeys(
        f"{kind}Creation{end}"
        for kind in ("Document", "Email", "PostboxMessage", "Peppol")
        for end in ("Success", "Error")
    )
    return {
        **results,
        **_file(context, header, printed, pdf),
        **send_invoice(context, sent, shipment),
    }


def _file(context: Context, header: Record, printed: PrintedInvoice, pdf: bytes) -> Record:
    """Keep the PDF as a document of the customer; return what the answer tells about that.

    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
    """
    document = documents.create(
        context,
        {
            "Type": SALES_INVOICE_DOCUMENT,
            "Subject": f"{printed.kind} {printed.number}",
            "Account": header["InvoiceTo"],
            "Contact": header.get("InvoiceToContactPerson"),
            "DocumentDate": header["InvoiceDate"],
            "AmountFC": header["AmountFC"],
            "Currency": header["Currency"],
            "Language": printed.language,
        },
    )
    try:
        store_attachment(context, document, f"{printed.number}.pdf", pdf)
    except Refused as refusal:
        documents.delete(context, document)
        return {"Document": None, "DocumentCreationError": refusal.text}
    text = context.say("document_created", detail=str(printed.number))
    return {"Document": document, "DocumentCreationSuccess": text}
