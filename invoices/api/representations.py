"""How invoices and what they refer to look in the API's answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings
from django.db.models import QuerySet
from pydantic import Field

from connector.money import quantize
from integrations.psa.registry import REST_PUSH
from invoices.api.schema import Answer
from invoices.document_words import DocumentWords
from invoices.intake_files import load_files
from invoices.models import (
    Contact,
    CopyRequest,
    HandPayment,
    Invoice,
    InvoiceFile,
    PaymentStatus,
    PostedDocument,
    PostedDocumentState,
)
from invoices.paid_by_hand import find_marks
from invoices.queries import SETTLED_STANDINGS, with_updated_at

Outcome = Literal["created", "updated", "unchanged", "conflict", "refused"]


class CopyAnswer(Answer):
    """The invoice's place in Exact."""

    state: Literal[
        "not_copied", "in_progress", "copied", "needs_attention", "copied_elsewhere", "ignored"
    ] = Field(description="The last two are a person's word: it does not go to Exact through us.")
    problem: str = Field(description="Why a person is needed, when that is so.")
    exact_id: str | None = Field(description="Exact's id of the newest document.")
    exact_number: str = Field(description="The document's number in Exact.")
    entry_number: int | None
    journal: str
    copied_at: datetime | None
    delivery: Literal["", "waiting", "sent", "failed", "unsure"] = Field(
        description="Whether Exact has sent the invoice to the customer; empty when it is not Exact's to send."
    )


class HandPaymentAnswer(Answer):
    """A person's word here that the invoice is paid. It counts until a person takes it back."""

    # Named so in the schema; a field of this name would hide the type of the others.
    date_: date = Field(
        serialization_alias="date", description="The day on which it was paid, as the person says."
    )
    by: str = Field(description="Who marked it; empty when the person is no longer here.")
    note: str


class PaymentAnswer(Answer):
    """How far the invoice is paid: by what Exact says, or in full when a person marked it so."""

    status: PaymentStatus
    paid_amount: Decimal
    open_amount: Decimal
    paid_date: date | None = Field(description="The day of the payment that settled the invoice.")
    read_at: datetime | None = Field(description="When Exact was last read.")
    paid_by_hand: HandPaymentAnswer | None = Field(
        description="Set while a mark by hand counts; only people set it, on the invoice's page."
    )


class ReferenceAnswer(Answer):
    """A client or subsidiary, by your own id."""

    id: str
    name: str


class ContactAnswer(ReferenceAnswer):
    """Who receives the invoice at the client."""

    email: str


class FileAnswer(Answer):
    """A file that came with the invoice; its content is at `files/<kind>/` under the invoice's address."""

    kind: Literal["pdf", "ubl"]
    name: str
    size: int = Field(description="In bytes.")
    sha256: str


class InvoiceAnswer(Answer):
    """An invoice with its state here and in Exact. Amounts are decimals in text, in major units of the currency."""

    id: str
    kind: Literal["invoice", "credit_note"]
    state: Literal["draft", "finalized"]
    number: str = Field(description="Your number, or Exact's where Exact generates the numbers.")
    invoice_date: date
    due_date: date | None
    currency: str
    net_amount: Decimal
    vat_amount: Decimal
    gross_amount: Decimal
    paid_on: date | None = Field(description="The day you called it paid.")
    client: ReferenceAnswer
    contact: ContactAnswer | None
    subsidiary: ReferenceAnswer
    files: list[FileAnswer]
    # Named so in the schema; `copy` is a method of every pydantic model.
    copy_: CopyAnswer = Field(serialization_alias="copy")
    payment: PaymentAnswer
    url: str = Field(description="The invoice's page here.")
    updated_at: datetime


class StoredAnswer(Answer):
    """What became of an invoice that was sent, and the invoice."""

    result: Literal["created", "updated", "unchanged"]
    invoice: InvoiceAnswer


class ItemAnswer(Answer):
    """What became of one invoice of a batch. `problems` holds sentences by the path of their field."""

    index: int
    id: str | None
    result: Outcome
    problems: dict[str, list[str]]


class BatchAnswer(Answer):
    """What became of each invoice of a batch, in the order they were sent."""

    counts: dict[str, int]
    results: list[ItemAnswer]


class InvoicePage(Answer):
    """Some invoices, the longest unchanged first, and where to go on."""

    results: list[InvoiceAnswer]
    next: str | None = Field(description="The address of the next page; null at the end.")


class ErrorDetail(Answer):
    """What went wrong, for programs (`code`) and for people (`message`, `fields`)."""

    code: str
    message: str
    fields: dict[str, list[str]] = {}


class ErrorAnswer(Answer):
    """The one shape of errors."""

    error: ErrorDetail


def invoices_of_the_caller() -> QuerySet[Any]:
    """This function will return the invoices that came through this API, with what an answer needs."""
    rows = Invoice.objects.filter(source=REST_PUSH.name).select_related(
        "client", "contact", "subsidiary"
    )
    return with_updated_at(rows)


def represent(rows: Sequence[Invoice]) -> list[InvoiceAnswer]:
    """This function will describe the invoices, with a fixed number of queries for all of them together."""
    documents: dict[int, PostedDocument] = {}
    current = PostedDocument.objects.filter(invoice__in=rows, state=PostedDocumentState.CURRENT)
    for document in current.order_by("sequence", "id"):
        documents[document.invoice_id] = document
    problems = defaultdict[int, str](str)
    for request in CopyRequest.objects.filter(invoice__in=rows).order_by("id"):
        problems[request.invoice_id] = request.problem_sentence
    marks = find_marks(row.pk for row in rows)
    files = load_files(rows)
    return [
        _represent(
            row, documents.get(row.pk), problems[row.pk], marks.get(row.pk), files=files[row.pk]
        )
        for row in rows
    ]


def _represent(
    row: Invoice,
    document: PostedDocument | None,
    problem: str,
    mark: HandPayment | None,
    *,
    files: Sequence[InvoiceFile],
) -> InvoiceAnswer:
    standing = row.copy_standing
    number = (document.invoice_number or document.entry_number) if document else None
    words = DocumentWords(document) if document else None
    return InvoiceAnswer.model_validate(
        {
            "id": row.source_id,
            "kind": row.kind,
            "state": row.state,
            "number": row.number,
            "invoice_date": row.invoice_date,
            "due_date": row.due_date,
            "currency": row.currency,
            "net_amount": quantize(row.net_amount, row.currency),
            "vat_amount": quantize(row.vat_amount, row.currency),
            "gross_amount": quantize(row.gross_amount, row.currency),
            "paid_on": row.psa_paid_date,
            "client": {"id": row.client.source_id, "name": row.client.name},
            "contact": _contact(row.contact),
            "subsidiary": {"id": row.subsidiary.source_id, "name": row.subsidiary.name},
            "files": [
                {"kind": file.kind, "name": file.name, "size": file.size, "sha256": file.sha256}
                for file in files
            ],
            "copy_": {
                "state": "copied" if standing in SETTLED_STANDINGS else standing,
                "problem": (problem or (words.sentence if words else ""))
                if standing == "needs_attention"
                else "",
                "exact_id": str(document.exact_id) if document else None,
                "exact_number": str(number or ""),
                "entry_number": document.entry_number if document else None,
                "journal": document.journal_code if document else "",
                "copied_at": document.created_at if document else None,
                "delivery": document.delivery if document else "",
            },
            "payment": {
                "status": row.payment_status,
                "paid_amount": quantize(row.paid_amount, row.currency),
                "open_amount": quantize(row.open_amount, row.currency),
                "paid_date": row.paid_date,
                "read_at": row.payments_read_at,
                "paid_by_hand": _represent_mark(mark) if mark else None,
            },
            "url": f"{settings.PUBLIC_URL}/invoices/{row.pk}/",
            "updated_at": row.updated_at,  # type: ignore[attr-defined]  # annotated too
        }
    )


def _represent_mark(mark: HandPayment) -> dict[str, Any]:
    by = str(mark.user) if mark.user else ""
    return {"date_": mark.paid_date, "by": by, "note": mark.note}


def _contact(contact: Contact | None) -> dict[str, str] | None:
    if contact is None:
        return None
    return {"id": contact.source_id, "name": contact.name, "email": contact.email}
