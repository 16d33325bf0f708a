"""Issues a sales invoice: makes its PDF, files it as a document and sends it.

What does not work out stands in the result, a pair of properties each; nothing here refuses.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

from exact_sandbox.books.invoice_document import customer_language, printed_invoice
from exact_sandbox.books.invoice_sending import Shipment, send_invoice, sender_address
from exact_sandbox.books.sales_invoices import amounts_to_book
from exact_sandbox.errors import Refused
from exact_sandbox.invoice_pdf import PrintedInvoice, invoice_pdf
from exact_sandbox.rules import documents
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.document_attachments import store_attachment
from exact_sandbox.values import Record

SALES_INVOICE_DOCUMENT = 10  # the document type


def issue(context: Context, header: Record, lines: list[Record], sent: Record) -> Record:
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
    if context.sandbox.switches["printing_fails"] == "document":
        return {"Document": None, "DocumentCreationError": context.say("output_failed")}
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


def link_printed_document(context: Context, header: Record, document: str | None) -> None:
    """Let the printed document name its invoice, after the entry was booked.

    Of a sales invoice's document FinancialTransactionEntryID is the invoice, says Exact's
    reference, and not the entry.
    """
    if document:
        context.sandbox.database.update(
            "documents",
            ("ID", document),
            {
                "FinancialTransactionEntryID": header["InvoiceID"],
                "SalesInvoiceNumber": header["InvoiceNumber"],
            },
        )
