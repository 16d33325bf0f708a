"""Compares one document with what Exact has of it now, and writes down what follows.

The first time everything is compared, line by line: a difference is Exact's doing, and the copy is one "with a difference"
(A12). Later only what matters to the invoice is - total, VAT, customer - because a bookkeeper may well move a line to another
ledger account: a difference then is a break, somebody's doing in Exact.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connector.sentences import Money, Sentence, beginning, sentence
from invoices import adopting, breaks, comparing, copy_verdicts, history, payment_status
from invoices.booked.remembering import as_booked, remember, vat_as_booked
from invoices.document_plan import MadeDocument
from invoices.models import (
    BreakKind,
    CopyKind,
    CopyRequest,
    CopyState,
    PostedDocument,
    PostedDocumentState,
)
from invoices.models.copying import ACTIVE_COPY_STATES, newest_that_stands
from invoices.routes import route_of

_REMEDY = _("Compare both and correct it in Exact, or use Update existing.")


def seen(document: PostedDocument, made: MadeDocument, *, now: datetime) -> None:
    """This function will compare a document with what Exact was just seen to have."""
    if not _reload(document) or _is_being_changed(document):
        # What was read may be from before; the next pass sees it as it is then.
        return
    is_first = document.checked_at is None
    remember(document, made, now=now)
    _follow_number(document, made, now)
    if document.state == PostedDocumentState.DELETED_IN_EXACT:
        payment_status.note_back_in_exact(document=document, now=now)
    breaks.close_of_document(document, BreakKind.MISSING, now=now)
    request = _ended_request(document)
    if request is not None and (is_first or request.state == CopyState.MISMATCH):
        _compare_as_sent(document, request, made, now)
    else:
        _compare_as_booked(document, made, now)
    PostedDocument.objects.filter(pk=document.pk).update(checked_at=now, check_due_at=None)


def not_there(document: PostedDocument, *, now: datetime) -> None:
    """This function will note that Exact no longer has a document that should be there (A24)."""
    if not _reload(document):
        return
    if document.state == PostedDocumentState.DELETED_IN_EXACT or _is_being_changed(document):
        return
    if document.checked_at is None and document.copy_request.kind == CopyKind.LINK:
        # Where Exact lists an entry depends on what made it, which nobody knows of one that was only linked; its payment
        # terms tell when it is gone. One that was seen here once is asked for like any other.
        put_off(document)
        return
    settled_at = document.created_at + timedelta(seconds=settings.COPY_SETTLE_SECONDS)
    if now < settled_at:
        # Whether Exact shows at once what it has just made is not sure: absent counts as late here as for a lost answer.
        PostedDocument.objects.filter(pk=document.pk).update(check_due_at=settled_at)
        return
    if payment_status.is_earlier_copy(document):
        # Nobody misses it: with a newer one, Exact had the invoice twice.
        payment_status.note_deleted_in_exact(document=document, now=now)
        put_off(document)
        return
    breaks.note(
        document.connection_id,
        document.route,
        breaks.Found(
            BreakKind.MISSING,
            document.invoice,
            document.exact_id,
            sentence(
                "%(document)s is no longer in Exact, and was not deleted from here.",
                document=beginning(document.called),
            ),
            sentence("If it should be there, use Create new to copy the invoice again."),
            document,
        ),
        now=now,
    )
    payment_status.note_deleted_in_exact(document=document, now=now)
    put_off(document)


def put_off(document: PostedDocument) -> None:
    """This function will leave a document to the nightly pass."""
    PostedDocument.objects.filter(pk=document.pk).update(check_due_at=None)


def _reload(document: PostedDocument) -> bool:
    """Read the document again; False when a person has unlinked it while Exact was asked."""
    try:
        document.refresh_from_db()
    except PostedDocument.DoesNotExist:
        return False
    return True


def _is_being_changed(document: PostedDocument) -> bool:
    return CopyRequest.objects.filter(
        invoice=document.invoice_id, state__in=ACTIVE_COPY_STATES, kind=CopyKind.UPDATE
    ).exists()


def _compare_as_sent(
    document: PostedDocument, request: CopyRequest, made: MadeDocument, now: datetime
) -> None:
    draft = document.payload.get("draft")
    if not draft:
        return
    route = route_of(document.route)
    found = comparing.list_differences(
        document.payload,
        route.draft(draft),
        made,
        route=route,
        currency=document.invoice.currency,
    )
    said = comparing.say(found)
    if said and request.state == CopyState.COPIED:
        copy_verdicts.differs_after_all(request, said, _REMEDY, now=now)
    elif not said and copy_verdicts.agrees_after_all(request, now=now):
        document.gross_amount = as_booked(document.invoice, made.amount_fc)
        document.vat_amount = vat_as_booked(document.invoice, made)
        document.customer_exact_id = made.customer_id
        document.save(update_fields=["gross_amount", "vat_amount", "customer_exact_id"])


def _compare_as_booked(document: PostedDocument, made: MadeDocument, now: datetime) -> None:
    currency = document.currency
    booked = as_booked(document.invoice, made.amount_fc)
    vat, expected_vat = vat_as_booked(document.invoice, made), document.vat_amount
    found: list[Sentence] = []
    if booked != document.gross_amount:
        found.append(
            sentence(
                "%(seen)s instead of %(expected)s",
                seen=Money(booked, currency),
                expected=Money(document.gross_amount, currency),
            )
        )
    if vat is not None and expected_vat is not None and vat != expected_vat:
        # Also where the total is the same: what is owed to the tax office is another amount then.
        found.append(
            sentence(
                "VAT %(seen)s instead of %(expected)s",
                seen=Money(vat, currency),
                expected=Money(expected_vat, currency),
            )
        )
    if made.customer_id != document.customer_exact_id:
        found.append(sentence("another customer"))
    if not found:
        breaks.close_of_document(document, BreakKind.CHANGED, now=now)
        return
    name = beginning(adopting.name_of(document.copy_request, made))
    breaks.note(
        document.connection_id,
        document.route,
        breaks.Found(
            BreakKind.CHANGED,
            document.invoice,
            document.exact_id,
            sentence(
                "%(document)s was changed in Exact: %(differences)s.",
                document=name,
                differences=comparing.name_some(found),
            ),
            sentence(
                "Correct it in Exact, or use Update existing to bring it back to what the invoice says."
            ),
            document,
        ),
        now=now,
    )


def _ended_request(document: PostedDocument) -> CopyRequest | None:
    """The request that last wrote this document, if it ended with the document as sent or with a difference.

    Never the request of another copy of the invoice: an earlier one says nothing of what became of a newer one.
    """
    wrote_it = Q(pk=document.copy_request_id) | Q(
        kind=CopyKind.UPDATE, choices__document_exact_id=str(document.exact_id)
    )
    wishes = CopyRequest.objects.filter(wrote_it, invoice=document.invoice_id)
    newest = newest_that_stands(wishes.select_related("invoice")).first()
    ended = {CopyState.COPIED, CopyState.MISMATCH}
    return newest if newest is not None and newest.state in ended else None


def _follow_number(document: PostedDocument, made: MadeDocument, now: datetime) -> None:
    """Somebody renumbered it in Exact: the page must not name a number that is somebody else's by now."""
    if made.entry_number is None or made.entry_number == document.entry_number:
        return
    if document.entry_number is None:
        # Read by `invoice_numbers.py`, which finalizes the invoice with it.
        return
    history.note(
        invoice=document.invoice,
        kind="renumbered",
        sentence=sentence(
            "Exact now calls it %(document)s instead of %(before)s.",
            document=adopting.name_of(document.copy_request, made),
            before=document.entry_number,
        ),
        now=now,
    )
    document.entry_number = made.entry_number
    document.invoice_number = made.invoice_number
    document.updated_at = now
    document.save(update_fields=["entry_number", "invoice_number", "updated_at"])
