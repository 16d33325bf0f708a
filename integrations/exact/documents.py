"""Documents and the files attached to them: how a PDF gets to an entry.

Of the three ways seen in use the connector takes the one without a later change: document, attachment, and then the
entry that names the document. When the entry is refused the document stays behind and has to be deleted. An entry that
is booked already gets its document the other way round: the document names the entry, since some divisions refuse to
change an entry's ``Document``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import (
    Amount,
    DivisionRow,
    Draft,
    Moment,
    OptionalId,
    Row,
    Text,
    Whole,
)

SALES_INVOICE = 10  # type of a document
MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024
# The answer to an attachment may repeat the whole file, a third longer as base64. Its call may last no longer than any
# other, since a send counts as lost after that.
_MAX_ANSWER_BYTES = 2 * MAX_ATTACHMENT_BYTES


class DocumentDraft(Draft):
    """A document to create, without its file. `entry_id` puts it at an entry that is booked already."""

    subject: str = Field(validation_alias="Subject", min_length=1)
    type: int = Field(default=SALES_INVOICE, validation_alias="Type")
    account_id: UUID | None = Field(default=None, validation_alias="Account")
    document_date: date | None = Field(default=None, validation_alias="DocumentDate")
    amount_fc: Amount | None = Field(default=None, validation_alias="AmountFC")
    currency: str | None = Field(default=None, validation_alias="Currency")
    entry_id: UUID | None = Field(default=None, validation_alias="FinancialTransactionEntryID")


class Document(DivisionRow):
    """A document as Exact stored it."""

    exact_id: UUID = Field(validation_alias="ID")
    subject: Text = Field(default="", validation_alias="Subject")
    type: Whole | None = Field(default=None, validation_alias="Type")
    account_id: OptionalId = Field(default=None, validation_alias="Account")
    created_at: Moment | None = Field(default=None, validation_alias="Created")


@dataclass(frozen=True, slots=True)
class AttachmentDraft:
    """A file to attach. Kept out of ``repr`` and of JSON, since it is as large and as private as the invoice.

    This will raise `ValueError` for a file that is empty or larger than Exact takes.
    """

    document_id: UUID
    file_name: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.content) <= MAX_ATTACHMENT_BYTES:
            raise ValueError(f"A file of {len(self.content)} bytes can not be attached")

    def to_body(self) -> dict[str, Any]:
        """Return what to send, in Exact's names."""
        return {
            "Document": self.document_id,
            "FileName": self.file_name,
            "Attachment": base64.b64encode(self.content).decode("ascii"),
        }


class Attachment(Row):
    """A file of a document, without its content. Exact names no division here."""

    exact_id: UUID = Field(validation_alias="ID")
    document_id: UUID = Field(validation_alias="Document")
    file_name: Text = Field(default="", validation_alias="FileName")
    file_size: Amount | None = Field(default=None, validation_alias="FileSize")  # bytes


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
def create_document(client: ExactClient, draft: DocumentDraft) -> Document:
    """Create a document and return what Exact stored. Raises `OutcomeUnknown` when the answer was lost."""
    return client.post(endpoints.DOCUMENTS, draft.to_body(), Document)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentAttachments
def create_attachment(client: ExactClient, draft: AttachmentDraft) -> Attachment:
    """Attach a file to a document. Raises `OutcomeUnknown` when the answer was lost: list before repeating."""
    return client.post(
        endpoints.DOCUMENT_ATTACHMENTS,
        draft.to_body(),
        Attachment,
        max_answer_bytes=_MAX_ANSWER_BYTES,
    )


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
def find_documents(client: ExactClient, subject: str) -> list[Document]:
    """Return the documents with exactly this subject. Raises `UnexpectedAnswer` when one can not be read."""
    chosen = odata.eq("Subject", subject)
    return client.look_up(endpoints.DOCUMENTS, Document, query={"$filter": chosen.text})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentAttachments
def list_attachments(client: ExactClient, document_id: UUID) -> list[Attachment]:
    """Return the files of a document, without their content. Raises `UnexpectedAnswer` when one can not be read."""
    chosen = odata.eq("Document", document_id)
    return client.look_up(
        endpoints.DOCUMENT_ATTACHMENTS, Attachment, query={"$filter": chosen.text}
    )


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
def delete_document(client: ExactClient, document_id: UUID) -> None:
    """Delete a document with its attachments."""
    client.delete(endpoints.DOCUMENTS, document_id)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentAttachments
def delete_attachment(client: ExactClient, attachment_id: UUID) -> None:
    """Delete one file of a document."""
    client.delete(endpoints.DOCUMENT_ATTACHMENTS, attachment_id)
