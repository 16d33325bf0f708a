"""Ways to be refused by Exact when a file goes along, and when an invoice is printed and sent; see `refusals`."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from integrations.exact import endpoints
from tests.integrations.exact.refusals import Step
from tests.integrations.exact.shop import Said, Shop

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
SENDING_CASES: dict[str, tuple[Step, tuple[str, ...]]] = {
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
