"""Deletes in Exact the files that nothing needs any more (B-9).

A document whose copy ended without an entry - refused, in conflict, cancelled - and a file that an update replaced. It is
found by a query rather than told by whatever ends a copy, so nothing is forgotten. Deleting twice does no harm.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min, QuerySet
from django.utils.translation import gettext_lazy as _

from connector.sentences import Words, sentence
from connector.tenancy.scope import tenant_transaction
from integrations.exact import documents, errors, sales_entries
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from invoices import history
from invoices.models import AttachmentLink, CopyState, DocumentLink, ExactRecordState, Invoice
from invoices.problems import Problem

Unneeded = DocumentLink | AttachmentLink

_ENDED = (CopyState.NEEDS_CHOICE, CopyState.CONFLICT, CopyState.CANCELLED)
# A lost answer, or one that cannot be read: tried again this much later, so many times in all.
_AGAIN = timedelta(minutes=10)
_TRIES = 5
_LOOKUPS_BEFORE_ABSENT = 2


def next_due_at(connection: ExactConnection) -> datetime | None:
    """This function will return when the connection's next unneeded file is to be deleted."""
    times: list[datetime | None] = [
        rows.aggregate(due=Min("next_at"))["due"]
        for rows in (_documents(connection), _attachments(connection))
    ]
    return min((at for at in times if at is not None), default=None)


def find_due(connection: ExactConnection, *, now: datetime) -> Unneeded | None:
    """This function will return what is to be deleted next."""
    document = (
        _documents(connection)
        .filter(next_at__lte=now)
        .select_related("copy_request__invoice")
        .order_by("next_at", "id")
        .first()
    )
    if document is not None:
        return document
    return (
        _attachments(connection)
        .filter(next_at__lte=now)
        .select_related("document_link__copy_request__invoice")
        .order_by("next_at", "id")
        .first()
    )


def _documents(connection: ExactConnection) -> QuerySet[DocumentLink]:
    """Documents of copies that ended; one whose answer is still to be looked up has not, and hopes for its entry."""
    return DocumentLink.objects.filter(
        copy_request__connection=connection,
        copy_request__state__in=_ENDED,
        copy_request__posted_documents__isnull=True,
        next_at__isnull=False,
    )


def _attachments(connection: ExactConnection) -> QuerySet[AttachmentLink]:
    return AttachmentLink.objects.filter(
        document_link__copy_request__connection=connection,
        state=ExactRecordState.ORPHANED,
        next_at__isnull=False,
    )


def delete(job: LaneJob, unneeded: Unneeded) -> None:
    """This function will delete it in Exact, or note why it is still there: a few calls at most.

    Called outside any transaction. Limits and faults of the line are raised to the lane.
    """
    if not job.still_ours():
        return
    try:
        if isinstance(unneeded, DocumentLink):
            _delete_document(job, unneeded)
        else:
            _delete_attachment(job, unneeded)
    except errors.HeldBack as held:
        if not held.endpoint:
            raise
        with tenant_transaction(job.organization_id):
            type(unneeded).objects.filter(pk=unneeded.pk).update(next_at=held.until)
    except (errors.TemporaryProblem, errors.Unauthorized):
        raise
    except errors.NeedsAttention as refusal:
        _give_up(job, unneeded, Problem.from_error(refusal).sentence)
    except errors.ExactError:
        _try_later(job, unneeded)


def _delete_document(job: LaneJob, link: DocumentLink) -> None:
    if link.exact_id is not None:
        ids: Sequence[UUID] = [link.exact_id]
    else:
        # Its answer was lost, and then the copy was given up.
        ids = [one.exact_id for one in documents.find_documents(job.client, link.subject)]
    if not ids:
        _absent(job, link)
        return
    for document_id in ids:
        if sales_entries.find_of_document(job.client, document_id):
            # An entry that we were never told of: its copy's answer came too late, or somebody made it.
            _keep(job, link, document_id)
            return
        with suppress(errors.NotFound):
            documents.delete_document(job.client, document_id)
    _deleted(job, link)


def _delete_attachment(job: LaneJob, link: AttachmentLink) -> None:
    if link.exact_id is not None:
        with suppress(errors.NotFound):
            documents.delete_attachment(job.client, link.exact_id)
    with tenant_transaction(job.organization_id):
        _change(link, state=ExactRecordState.REMOVED)
        history.note(
            invoice=_invoice(link),
            kind="file_removed",
            sentence=sentence(
                "%(file)s, as it was before, was removed from the booking in Exact.", file=link.name
            ),
            now=job.now(),
        )


def _deleted(job: LaneJob, link: DocumentLink) -> None:
    with tenant_transaction(job.organization_id):
        held = AttachmentLink.objects.filter(
            document_link=link, state=ExactRecordState.LINKED
        ).update(state=ExactRecordState.REMOVED)
        _change(link, state=ExactRecordState.REMOVED)
        history.note(
            invoice=_invoice(link),
            kind="file_removed",
            sentence=sentence("The PDF that was put into Exact for it was removed again.")
            if held
            else sentence("The document that was made in Exact for its files was removed again."),
            now=job.now(),
        )


def _absent(job: LaneJob, link: DocumentLink) -> None:
    """Not there: surely so after two looks, the last of them when Exact must be done with what it was sent."""
    now = job.now()
    lookups = link.absent_lookups + 1
    is_settled = link.settle_until is None or now >= link.settle_until
    with tenant_transaction(job.organization_id):
        if is_settled and lookups >= _LOOKUPS_BEFORE_ABSENT:
            _change(link, state=ExactRecordState.REMOVED)
            return
        at = now if is_settled or link.settle_until is None else link.settle_until
        type(link).objects.filter(pk=link.pk).update(absent_lookups=lookups, next_at=at)


def _keep(job: LaneJob, link: DocumentLink, document_id: UUID) -> None:
    with tenant_transaction(job.organization_id):
        DocumentLink.objects.filter(pk=link.pk).update(
            state=ExactRecordState.LINKED, exact_id=document_id, next_at=None
        )


def _try_later(job: LaneJob, unneeded: Unneeded) -> None:
    tries = unneeded.absent_lookups + 1
    if tries >= _TRIES:
        _give_up(job, unneeded, _("Exact did not answer."))
        return
    with tenant_transaction(job.organization_id):
        type(unneeded).objects.filter(pk=unneeded.pk).update(
            state=ExactRecordState.ORPHANED, absent_lookups=tries, next_at=job.now() + _AGAIN
        )


def _give_up(job: LaneJob, unneeded: Unneeded, reason: Words) -> None:
    """A person deletes it in Exact, or lets it be: it is in nobody's way."""
    what = (
        sentence("Document “%(subject)s”", subject=unneeded.subject)
        if isinstance(unneeded, DocumentLink)
        else unneeded.name
    )
    with tenant_transaction(job.organization_id):
        _change(unneeded, state=ExactRecordState.ORPHANED)
        history.note(
            invoice=_invoice(unneeded),
            kind="file_left",
            sentence=sentence(
                "%(what)s is not needed in Exact any more, and could not be deleted there. %(reason)s Delete it in Exact if "
                "you want it gone.",
                what=what,
                reason=reason,
            ),
            now=job.now(),
        )


def _change(unneeded: Unneeded, *, state: ExactRecordState) -> None:
    type(unneeded).objects.filter(pk=unneeded.pk).update(state=state, next_at=None)


def _invoice(unneeded: Unneeded) -> Invoice:
    link = unneeded if isinstance(unneeded, DocumentLink) else unneeded.document_link
    invoice: Invoice = link.copy_request.invoice
    return invoice
