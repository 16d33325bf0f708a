"""Puts the PDF and UBL of an invoice beside its booking: first a document in Exact, then its files, then the entry (B-9).

The entry names the document, so nothing has to be changed afterwards. An update puts what is new into the same document
and takes out what it replaces; an entry that has no document yet is named by a new one.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from connector.money import quantize
from connector.sentences import sentence, together
from connector.tenancy.scope import tenant_transaction
from integrations.exact import documents
from integrations.lanes import LaneJob
from invoices import copy_requests, copy_states, history
from invoices.copy_choices import CopyChoices
from invoices.document_plan import Records
from invoices.document_texts import marked
from invoices.exact_records import RecordMaker, RecordWords
from invoices.models import (
    AttachmentLink,
    CopyKind,
    CopyRequest,
    DocumentLink,
    ExactRecordState,
    Invoice,
    InvoiceFile,
)
from invoices.models.records import UNDER_WAY_OR_THERE
from invoices.problems import Obstacle, Problem

# Letters that no file of Exact's may have in its name.
_WITHOUT_FILES = _(
    "Or copy the invoice without its files: open the copy dialog and clear the box at “Files”."
)
_NOT_IN_A_NAME = re.compile(r'[:*?"<>|]')


@dataclass(frozen=True, slots=True)
class _Place:
    """Where files go: the document of the copy that `owner` made or makes, and its entry when that is booked already."""

    owner: CopyRequest
    entry_id: UUID | None
    files: Sequence[InvoiceFile]


def put_files(
    job: LaneJob, request: CopyRequest, records: Records, obstacle: Obstacle
) -> Records | None:
    """This function will put the invoice's files into Exact and name their document in the records.

    Called outside any transaction, with the customer's account made; None: look at the request again later.
    """
    if request.kind == CopyKind.CREATE and request.payload_hash:
        # The entry was sent before, and what was sent names its document.
        stored = (request.payload or {}).get("draft", {}).get("document_id")
        return replace(records, document_id=UUID(stored) if stored else None)
    if not CopyChoices.from_json(request.choices).with_files:
        return records
    with tenant_transaction(job.organization_id):
        place = _find_place(request)
        if place is None:
            return records
        if problem := obstacle(records.customer_id):
            copy_states.hold(request, problem, now=job.now())
            return None
    document_id = DocumentMaker(job, request, place, records.customer_id).ensure()
    if document_id is None:
        return None
    for file in place.files:
        if AttachmentMaker(job, request, place, document_id, file).ensure() is None:
            return None
    with tenant_transaction(job.organization_id):
        _give_up_replaced(place, job.now())
    return replace(records, document_id=document_id)


def entry_made(request: CopyRequest) -> None:
    """This function will note that the entry is there which the document was made for: it is never deleted again."""
    DocumentLink.objects.filter(copy_request=request).update(next_at=None)


def _find_place(request: CopyRequest) -> _Place | None:
    """Where this request's files go; None when there is nothing to put or to take out."""
    owner, entry_id = request, None
    if request.kind != CopyKind.CREATE:
        document = copy_requests.target_of(request)
        if document is None:
            return None
        owner, entry_id = document.copy_request, document.exact_id
    # What a file holds is read when it is sent, not each time a request is looked at.
    files = list(InvoiceFile.objects.filter(invoice=request.invoice_id).defer("content"))
    if not files and not DocumentLink.objects.filter(copy_request=owner).exists():
        return None
    return _Place(owner, entry_id, files)


def _give_up_replaced(place: _Place, now: datetime) -> None:
    """Have deleted what is in the document and is not a file of the invoice any more.

    Not while a file of the invoice is missing there, because the PSA has replaced it this moment: the next update sees to
    both.
    """
    links = AttachmentLink.objects.filter(
        document_link__copy_request=place.owner, state=ExactRecordState.LINKED
    )
    held = {(link.file_id, link.sha256): link.pk for link in links}
    current = set(
        InvoiceFile.objects.filter(invoice=place.owner.invoice_id).values_list("pk", "sha256")
    )
    if current <= held.keys():
        links.filter(pk__in=[pk for file, pk in held.items() if file not in current]).update(
            state=ExactRecordState.ORPHANED, absent_lookups=0, next_at=now
        )


class DocumentMaker(RecordMaker[DocumentLink, documents.Document]):
    """The document that holds the files of one copy."""

    noun = "document"
    words = RecordWords(
        creating=_("Creating the document in Exact"),
        checking=_("Checking in Exact whether the document was created"),
        waiting=_("Waiting for the document to be created in Exact"),
        refused=_("Exact did not create the document."),
        ambiguous=_("Exact has %(n)s new documents that may be this one."),
    )

    def __init__(self, job: LaneJob, request: CopyRequest, place: _Place, account_id: UUID) -> None:
        super().__init__(job, request)
        self._place = place
        self._account_id = account_id

    @property
    def _draft(self) -> documents.DocumentDraft:
        invoice: Invoice = self.request.invoice
        what = "Credit note" if invoice.sign < 0 else "Invoice"
        return documents.DocumentDraft(
            subject=marked(f"{what} {invoice.number or invoice.client}", self._place.owner.marker),
            account_id=self._account_id,
            document_date=invoice.invoice_date,
            amount_fc=quantize(invoice.gross_amount, invoice.currency) * invoice.sign,
            currency=invoice.currency,
            entry_id=self._place.entry_id,
        )

    def row(self) -> DocumentLink | None:
        """The copy's document."""
        return (
            DocumentLink.objects.select_for_update().filter(copy_request=self._place.owner).first()
        )

    def note(self, values: dict[str, Any]) -> DocumentLink:
        """Make the copy's link, or renew it; what was in a document that is gone is gone with it."""
        link, is_new = DocumentLink.objects.update_or_create(
            copy_request=self._place.owner,
            defaults={
                "organization_id": self.request.organization_id,
                "subject": self._draft.subject,
                **values,
            },
        )
        if not is_new:
            AttachmentLink.objects.filter(document_link=link).delete()
        return link

    def create(self) -> documents.Document:
        """Make the document, without a file yet."""
        return documents.create_document(self.job.client, self._draft)

    def exact_id(self, made: documents.Document) -> UUID:
        """The document's id."""
        return made.exact_id

    def look_up(self, link: DocumentLink) -> Sequence[documents.Document]:
        """Find it by its subject, which ends with a mark of ours."""
        return documents.find_documents(self.job.client, link.subject)

    def linked(self, link: DocumentLink, made: documents.Document, *, now: datetime) -> None:
        """Keep it on the list of what is deleted again, until the entry is there that it is made for."""
        if self._place.entry_id is None:
            DocumentLink.objects.filter(pk=link.pk).update(next_at=now)

    def refusal(self, problem: Problem) -> Problem:
        """Say that it is about the files, and that the invoice can go without them."""
        return _refusal(sentence("the document for the invoice's files"), problem)


class AttachmentMaker(RecordMaker[AttachmentLink, documents.Attachment]):
    """One file in that document."""

    noun = "attachment"
    words = RecordWords(
        creating=_("Creating the attachment in Exact"),
        checking=_("Checking in Exact whether the attachment was created"),
        waiting=_("Waiting for the attachment to be created in Exact"),
        refused=_("Exact did not create the attachment."),
        ambiguous=_("Exact has %(n)s new files that may be this one."),
    )

    def __init__(
        self,
        job: LaneJob,
        request: CopyRequest,
        place: _Place,
        document_id: UUID,
        file: InvoiceFile,
    ) -> None:
        super().__init__(job, request)
        self._place = place
        self._document_id = document_id
        self._file = file

    @property
    def _name(self) -> str:
        return _NOT_IN_A_NAME.sub("-", self._file.name)

    def row(self) -> AttachmentLink | None:
        """The link of the file as it is now; one that the PSA has replaced is another."""
        return (
            AttachmentLink.objects.select_for_update()
            .filter(
                document_link__copy_request=self._place.owner,
                file=self._file,
                sha256=self._file.sha256,
                state__in=UNDER_WAY_OR_THERE,
            )
            .first()
        )

    def note(self, values: dict[str, Any]) -> AttachmentLink:
        """Make the file's link, and read what is sent: the file as it is at this moment."""
        self._file = InvoiceFile.objects.get(pk=self._file.pk)
        return AttachmentLink.objects.create(
            organization_id=self.request.organization_id,
            document_link=DocumentLink.objects.get(copy_request=self._place.owner),
            file=self._file,
            name=self._name,
            sha256=self._file.sha256,
            **values,
        )

    def create(self) -> documents.Attachment:
        """Send the file."""
        draft = documents.AttachmentDraft(self._document_id, self._name, bytes(self._file.content))
        return documents.create_attachment(self.job.client, draft)

    def exact_id(self, made: documents.Attachment) -> UUID:
        """The attachment's id."""
        return made.exact_id

    def look_up(self, link: AttachmentLink) -> Sequence[documents.Attachment]:
        """Find it by its name among the document's files; an earlier one of this name is known by its id."""
        found = documents.list_attachments(self.job.client, self._document_id)
        with tenant_transaction(self.job.organization_id):
            known = set(
                AttachmentLink.objects.filter(document_link=link.document_link_id)
                .exclude(pk=link.pk)
                .values_list("exact_id", flat=True)
            )
        return [one for one in found if one.file_name == link.name and one.exact_id not in known]

    def linked(self, link: AttachmentLink, made: documents.Attachment, *, now: datetime) -> None:
        """Tell of it."""
        history.note(
            invoice=self.request.invoice,
            kind="file_put",
            sentence=sentence(
                "%(kind)s %(name)s was put beside the booking in Exact.",
                kind=self._file.get_kind_display(),
                name=self._file.name,
            ),
            now=now,
        )

    def refused(self, link: AttachmentLink, problem: Problem) -> None:
        """A document that somebody deleted in Exact is made anew at the next try."""
        if problem.code.startswith("document"):
            DocumentLink.objects.filter(
                pk=link.document_link_id, state=ExactRecordState.LINKED
            ).update(state=ExactRecordState.REFUSED, next_at=None)

    def refusal(self, problem: Problem) -> Problem:
        """Say which file it is, and that the invoice can go without it."""
        size = self._file.size / 2**20
        return _refusal(f"{self._file.name} ({size:,.1f} MB)", problem)


def _refusal(what: str, problem: Problem) -> Problem:
    return Problem(
        problem.code,
        together(sentence("Exact did not take %(what)s.", what=what), problem.sentence),
        together(problem.remedy, _WITHOUT_FILES),
        problem.raw,
    )
