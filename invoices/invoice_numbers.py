"""Reads the numbers that Exact gave to invoices while it printed them: printing itself does not tell them.

One call reads the numbers of many invoices, so a batch costs little more than the printing; in divisions that number an
invoice when it is entered nothing is left to read. With its number an invoice is finalized (D-4, H-40).
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Min

from connector.crash_points import crash_point
from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors, sales_entries, sales_invoices
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from invoices import adopting, apart, copy_verdicts, history, payment_status
from invoices.models import (
    CopyKind,
    CopyRequest,
    Invoice,
    PostedDocument,
    PostedDocumentState,
)

logger = logging.getLogger(__name__)

_AT_A_TIME = sales_invoices.MAX_INVOICES_PER_CALL
# Exact may show a number a moment after it gave it. The longer it does not, the less often it is asked.
_AGAIN = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(days=1)
# Copies are made first, but their number is not put off for ever.
_PATIENCE = timedelta(minutes=5)
_SET_ASIDE = timedelta(hours=1)


def note_printed(document: PostedDocument, *, now: datetime) -> None:
    """This function will say when the number of a printed invoice is to be read: now, or never when it is known.

    A credit note's entry is read as well, because sources disagree about its sign.
    """
    document.entry_number = document.invoice_number
    known = document.invoice_number is not None and document.gross_amount >= 0
    document.number_due_at = None if known else now


def next_due_at(connection: ExactConnection) -> datetime | None:
    """This function will return when the connection's next number is to be read."""
    waiting = PostedDocument.objects.filter(connection=connection, number_due_at__isnull=False)
    due: datetime | None = waiting.aggregate(due=Min("number_due_at"))["due"]
    return due


def due(connection: ExactConnection, *, now: datetime, is_pressed: bool) -> list[PostedDocument]:
    """This function will return the invoices whose numbers are read next; none while few wait and copies press."""
    rows = list(
        PostedDocument.objects.filter(connection=connection, number_due_at__lte=now)
        .select_related("invoice", "connection")
        .order_by("number_due_at", "id")[:_AT_A_TIME]
    )
    may_wait = len(rows) < _AT_A_TIME and all(
        row.number_due_at is not None and now - row.number_due_at < _PATIENCE for row in rows
    )
    return [] if is_pressed and may_wait else rows


def read(job: LaneJob, documents: Sequence[PostedDocument]) -> None:
    """This function will read the numbers of these invoices: one call, and one more for each credit note.

    What cannot be read is set aside, one by one, so that an odd row never keeps the others from their numbers.
    """
    try:
        _read(job, documents)
    except errors.HeldBack as held:
        if not held.endpoint:
            raise
        _put_off(job, documents, held.until)
    except (errors.TemporaryProblem, errors.Unauthorized):
        raise
    except errors.ExactError as error:
        logger.warning("Numbers could not be read", exc_info=error)
        if len(documents) > 1 and isinstance(error, errors.UnexpectedAnswer):
            for document in documents:
                read(job, [document])
            return
        # What Exact refuses it refuses for each of them, and every refusal counts for its limit on errors.
        _put_off(job, documents, job.now() + _SET_ASIDE)


def _put_off(job: LaneJob, documents: Sequence[PostedDocument], until: datetime) -> None:
    with tenant_transaction(job.organization_id):
        PostedDocument.objects.filter(pk__in=[document.pk for document in documents]).update(
            number_due_at=until
        )


def _read(job: LaneJob, documents: Sequence[PostedDocument]) -> None:
    found = {
        made.exact_id: made
        for made in sales_invoices.read_headers(
            job.client, [document.exact_id for document in documents]
        )
    }
    crash_point("after_number_read")
    for document in documents:
        made = found.get(document.exact_id)
        number = made.invoice_number if made else None
        if number is None:
            with tenant_transaction(job.organization_id):
                _later(document, job.now(), is_gone=made is None)
            continue
        entries = _entries(job, document, number) if document.gross_amount < 0 else []
        with tenant_transaction(job.organization_id):
            take = partial(_take, document, number, entries, job.now())
            if not apart.is_done(take, "A number was not taken over", document=document.pk):
                at = job.now() + _SET_ASIDE
                PostedDocument.objects.filter(pk=document.pk).update(number_due_at=at)


def _entries(
    job: LaneJob, document: PostedDocument, number: int
) -> list[sales_entries.BookedEntry]:
    found = sales_entries.find_printed(
        job.client, journal=document.journal_code, invoice_number=number
    )
    return [one for one in found if one.customer_id == document.customer_exact_id]


def _later(document: PostedDocument, now: datetime, *, is_gone: bool) -> None:
    waited = now - (document.sent_at or now)
    at = None if is_gone else now + min(max(waited, _AGAIN), _LONGEST_PAUSE)
    PostedDocument.objects.filter(pk=document.pk).update(number_due_at=at)
    if is_gone and document.state != PostedDocumentState.DELETED_IN_EXACT:
        # Nothing else would tell: without its number no payment term leads to it.
        payment_status.note_deleted_in_exact(document=document, now=now)


def _take(
    document: PostedDocument,
    number: int,
    entries: Sequence[sales_entries.BookedEntry],
    now: datetime,
) -> None:
    entry = entries[0] if len(entries) == 1 else None
    PostedDocument.objects.filter(pk=document.pk).update(
        invoice_number=number,
        entry_number=number,
        number_due_at=None,
        updated_at=now,
        **({} if entry is None else {"entry_exact_id": entry.entry_id}),
    )
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=document.invoice_id)
    before = invoice.number
    adopting.finalize(invoice, number, by_exact=True)
    # By the earlier number people and the PSA know it.
    told = (
        sentence(
            "Exact gave the invoice number %(number)s in place of %(before)s.",
            number=number,
            before=before,
        )
        if before and before != invoice.number
        else sentence("Exact gave the invoice number %(number)s.", number=number)
    )
    history.note(
        invoice=invoice,
        kind="numbered",
        sentence=told,
        now=now,
        details={"number": number},
    )
    if entry is not None and entry.amount_fc > 0:
        _wrong_sign(document, number, now)


def _wrong_sign(document: PostedDocument, number: int, now: datetime) -> None:
    """A credit note that was booked as an invoice: this division wants the other sign."""
    told = sentence(
        "Exact booked credit note %(number)s as an invoice: this division wants the other sign for credit notes.",
        number=number,
    )
    remedy = sentence(
        "Correct the entry in Exact, and change “Amounts of credit notes” in the connection's settings before the next one."
    )
    request = (
        CopyRequest.objects.filter(invoice=document.invoice_id, kind=CopyKind.SEND)
        .select_related("invoice")
        .order_by("-id")
        .first()
    )
    if request is not None:
        copy_verdicts.differs_after_all(request, told, remedy, now=now)
