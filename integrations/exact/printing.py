"""Printing a sales invoice: Exact numbers and books it, files its PDF as a document and sends it.

Certain from Exact's reference: the call exists for POST only, takes these switches and answers a text for each way,
also when a way failed. From clients in use: the call answers "created" and the invoice is booked although an e-mail
was refused, so the answer's texts are the only place that tells. A text of success is no proof of delivery: Exact
says of e-mail that it still confirms what can not be delivered. Unsure: what a second printing does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import DivisionRow, Draft, OptionalId, Text

Way = Literal["document", "email", "postbox", "peppol"]


class PrintDraft(Draft):
    """Which invoice to print, and how it goes out; without any of the four ways Exact only files the document.

    ``send_email`` overrules the postbox; ``send_based_on_account`` takes the account's own preference and is
    overruled by the others.
    """

    invoice_id: UUID = Field(validation_alias="InvoiceID")
    send_email: bool = Field(default=False, validation_alias="SendEmailToCustomer")
    send_based_on_account: bool = Field(default=False, validation_alias="SendOutputBasedOnAccount")
    send_to_postbox: bool = Field(default=False, validation_alias="SendInvoiceToCustomerPostbox")
    send_via_peppol: bool = Field(default=False, validation_alias="SendInvoiceViaPeppol")
    invoice_date: date | None = Field(default=None, validation_alias="InvoiceDate")
    extra_text: str | None = Field(default=None, validation_alias="ExtraText")

    def to_body(self) -> dict[str, Any]:
        """Return what to send, in Exact's names; ways that are not wanted are left out."""
        return {name: value for name, value in super().to_body().items() if value is not False}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one way ended, in Exact's words (the language of its user); the text can hold an e-mail address."""

    way: Way
    succeeded: bool
    text: str


class PrintResult(DivisionRow):
    """What printing answers; `deliveries` has its texts sorted out."""

    document_id: OptionalId = Field(default=None, validation_alias="Document")
    document_success: Text = Field(default="", validation_alias="DocumentCreationSuccess")
    document_error: Text = Field(default="", validation_alias="DocumentCreationError")
    email_success: Text = Field(default="", validation_alias="EmailCreationSuccess")
    email_error: Text = Field(default="", validation_alias="EmailCreationError")
    postbox_success: Text = Field(default="", validation_alias="PostboxMessageCreationSuccess")
    postbox_error: Text = Field(default="", validation_alias="PostboxMessageCreationError")
    peppol_success: Text = Field(default="", validation_alias="PeppolCreationSuccess")
    peppol_error: Text = Field(default="", validation_alias="PeppolCreationError")

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The ways that Exact said something about; a text of failure counts, also beside one of success."""
        texts: tuple[tuple[Way, str, str], ...] = (
            ("document", self.document_success, self.document_error),
            ("email", self.email_success, self.email_error),
            ("postbox", self.postbox_success, self.postbox_error),
            ("peppol", self.peppol_success, self.peppol_error),
        )
        return tuple(
            Delivery(way, not failure.strip(), failure.strip() or success.strip())
            for way, success, failure in texts
            if success.strip() or failure.strip()
        )


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
def print_invoice(client: ExactClient, draft: PrintDraft) -> PrintResult:
    """Print an invoice once and return how each way of sending ended.

    This function will raise `OutcomeUnknown` when the answer was lost or can not be read: the invoice's status tells
    whether it was printed, and nothing tells whether an e-mail left. Exact may print again and send a second e-mail,
    so never repeat this without looking.
    """
    return client.post(endpoints.PRINTED_SALES_INVOICES, draft.to_body(), PrintResult)
