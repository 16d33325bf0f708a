"""Finds in Exact what this database does not know: a second document of a copy, or one of a copy that was given up.

Documents are recognized by the mark that each copy puts at the end of its description.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from connector.sentences import Sentence, sentence
from invoices import adopting, apart, breaks, checks
from invoices.document_plan import MadeDocument
from invoices.document_texts import mark_of
from invoices.models import (
    BreakKind,
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    ReconciliationCursor,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.payment_standing import living_documents
from invoices.routes import route_of

# The engine itself looks for these, or has told of them.
_LEFT_TO_THE_ENGINE = frozenset(
    {CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN, CopyState.CONFLICT}
)


def note_unknown(
    cursor: ReconciliationCursor, rows: Sequence[MadeDocument], *, now: datetime
) -> None:
    """This function will note which of the documents that nobody knows here carry a mark of ours."""
    marked = {marker: made for made in rows if (marker := mark_of(made.description))}
    # Two documents with one mark, neither of them known, are told one by one: the next pass sees the second.
    requests = {
        request.marker: request
        for request in CopyRequest.objects.filter(marker__in=marked).select_related("invoice")
    }
    for marker, made in marked.items():
        request = requests.get(marker)
        if request is not None and request.route != cursor.route:
            # The entry that printing made of an invoice of ours: it takes the description over.
            continue
        if request is not None and _take_over(request, made, now=now):
            continue
        found = _of_a_wish(request, made) if request else _of_nobody(cursor, made)
        if found is not None:
            breaks.note(cursor.connection_id, cursor.route, found, now=now)


def _of_a_wish(request: CopyRequest, made: MadeDocument) -> breaks.Found | None:
    if request.kind != CopyKind.CREATE or request.state in _LEFT_TO_THE_ENGINE:
        return None
    document = PostedDocument.objects.filter(copy_request=request).first()
    name = _name(request.route, made)
    if document is None or document.state == PostedDocumentState.DELETED_IN_EXACT:
        return breaks.Found(
            BreakKind.STRAY,
            request.invoice,
            made.exact_id,
            sentence(
                "Exact has %(document)s of a copy of this invoice that is over.", document=name
            ),
            sentence("Delete it in Exact, unless it is the one that counts."),
        )
    return breaks.Found(
        BreakKind.TWICE,
        request.invoice,
        made.exact_id,
        sentence(
            "Exact has this invoice twice: %(one)s and %(other)s.", one=document.called, other=name
        ),
        sentence("Delete the one that is too much in Exact."),
        document,
    )


def _take_over(request: CopyRequest, made: MadeDocument, *, now: datetime) -> bool:
    """Take the one that is left of two documents for the copy, when the one that was known is deleted in Exact.

    Not an invoice that Exact sends: nothing tells what became of that one.
    """
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=request.invoice_id)
    documents = PostedDocument.objects.filter(invoice=invoice)
    if (
        request.state not in {CopyState.COPIED, CopyState.MISMATCH}
        or route_of(request.route).is_sent_by_exact
        or mark_of(made.description) != request.marker
        or documents.filter(exact_id=made.exact_id).exists()
        or living_documents(invoice).exists()
        or CopyRequest.objects.filter(invoice=invoice, state__in=ACTIVE_COPY_STATES).exists()
    ):
        return False
    adopting.take_over(request, made, now=now)
    return True


def _of_nobody(cursor: ReconciliationCursor, made: MadeDocument) -> breaks.Found | None:
    """A mark that no wish here has: another organization's in the same division, or one that a restore forgot."""
    invoice = (
        Invoice.objects.filter(subsidiary=cursor.connection.subsidiary_id, number=made.your_ref)
        .exclude(posted_documents__state=PostedDocumentState.CURRENT)
        .first()
        if made.your_ref
        else None
    )
    if invoice is None:
        return None
    return breaks.Found(
        BreakKind.STRAY,
        invoice,
        made.exact_id,
        sentence(
            "Exact has %(document)s with this invoice's number, made by a copy that is not known here.",
            document=_name(cursor.route, made),
        ),
        sentence("Do not copy the invoice again before you have looked at it in Exact."),
    )


def _name(route: str, made: MadeDocument) -> Sentence:
    if route_of(route).is_sent_by_exact:
        if made.entry_number is None:
            return sentence("another invoice")
        return sentence("invoice %(number)s", number=made.entry_number)
    if made.entry_number is None:
        return sentence("another entry")
    return sentence("entry %(number)s", number=made.entry_number)


def look_again(
    rows: Sequence[ReconciliationBreak], found: Mapping[UUID, MadeDocument], *, now: datetime
) -> None:
    """This function will close the breaks that are no more, by what Exact was just asked for their documents."""
    for row in rows:
        look = partial(_look_again, row, found.get(row.exact_id), now)
        apart.is_done(look, "A break was not looked at again", reconciliation_break=row.pk)


def _look_again(row: ReconciliationBreak, made: MadeDocument | None, now: datetime) -> None:
    if row.document is not None and row.kind in {BreakKind.MISSING, BreakKind.CHANGED}:
        if made is not None:
            checks.seen(row.document, made, now=now)
        elif row.kind == BreakKind.CHANGED:
            checks.not_there(row.document, now=now)
    if row.kind == BreakKind.TWICE and row.document is not None and made is not None:
        _take_over(row.document.copy_request, made, now=now)
    if _is_over(row, made):
        breaks.close([row], now=now)


def _is_over(row: ReconciliationBreak, made: MadeDocument | None) -> bool:
    if ReconciliationBreak.objects.filter(pk=row.pk, closed_at__isnull=False).exists():
        return False
    living = PostedDocument.objects.filter(
        invoice=row.invoice_id, state=PostedDocumentState.CURRENT
    )
    if row.kind == BreakKind.MISSING:
        # Copied again: what was missing is of no interest any more.
        return living.exclude(exact_id=row.exact_id).exists()
    gone = PostedDocument.objects.filter(breaks=row, state=PostedDocumentState.DELETED_IN_EXACT)
    if made is None or gone.exists():
        # What is said of two documents is over when one of them is gone.
        return True
    return row.kind != BreakKind.CHANGED and living.filter(exact_id=row.exact_id).exists()
