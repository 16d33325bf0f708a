"""What follows when a document is in Exact: compare it with what was sent, remember it, finalize the invoice.

An invoice that Exact writes is not done by that: it is sent next (`sending.py`), and finalized when it has its number.
"""

from __future__ import annotations

from datetime import datetime

from connector.sentences import Sentence, beginning, sentence, together
from integrations import lanes
from integrations.models import Numbering
from invoices import (
    breaks,
    check_times,
    comparing,
    copy_requests,
    copy_states,
    entry_documents,
    history,
)
from invoices.aside import marking
from invoices.booked.remembering import as_booked, remember, vat_as_booked
from invoices.document_plan import DocumentDraft, MadeDocument
from invoices.models import (
    BreakKind,
    CopyRequest,
    DeliveryState,
    Invoice,
    InvoiceState,
    PostedDocument,
    PostedDocumentState,
)
from invoices.psa_numbers import psa_number_of
from invoices.routes import DocumentRoute, route_of


def adopt(
    request: CopyRequest,
    booked: MadeDocument,
    draft: DocumentDraft,
    *,
    now: datetime,
    fence: int | None = None,
) -> PostedDocument | None:
    """This function will take a document of ours over: PostedDocument, number, finalized invoice, request ended.

    It returns None when another worker's later look-up has already ended the request.
    """
    differs = comparing.difference(request, booked, draft)
    if not copy_states.complete(request, now=now, differs=differs, fence=fence):
        return None
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=request.invoice_id)
    route = route_of(request.route)
    document = _remember(request, invoice, booked, route, now)
    entry_documents.entry_made(request)
    if route.is_sent_by_exact:
        _tell_made(request, invoice, booked, differs, now)
        if not differs:
            # What Exact made of it otherwise is for a person to see before the customer does.
            copy_requests.queue_sending(request, document, now=now)
        return document
    finalize(invoice, booked.invoice_number or booked.entry_number, by_exact=_numbers(request))
    _tell(request, invoice, booked, differs, now)
    if request.connection.sync_payments:
        # The new document's payment terms come with the next run; a person expects to see them soon.
        lanes.ring(request.connection, at=now)
    return document


def take_over(request: CopyRequest, booked: MadeDocument, *, now: datetime) -> None:
    """This function will take another document with a copy's mark for that copy, whose own was deleted in Exact.

    It is compared with what was sent at the next look.
    """
    document = _remember(request, request.invoice, booked, route_of(request.route), now)
    PostedDocument.objects.filter(pk=document.pk).update(check_due_at=now)
    history.note(
        invoice=request.invoice,
        kind="copy_found",
        sentence=sentence(
            "%(document)s is in Exact as a copy of this invoice, and counts now: the one that counted before was deleted "
            "there.",
            document=beginning(name_of(request, booked)),
        ),
        now=now,
        details={"entry_id": str(booked.exact_id), "copy_request": request.pk},
    )


def note_stray(request: CopyRequest, booked: MadeDocument, *, now: datetime) -> None:
    """This function will tell of a document whose answer came after its copy had been given up, unless it was found."""
    if PostedDocument.objects.filter(
        connection=request.connection, exact_id=booked.exact_id
    ).exists():
        return
    history.note(
        invoice=request.invoice,
        kind="copy_stray",
        sentence=sentence(
            "Exact answered late: it made %(document)s although this copy had been given up. Delete it in Exact if the "
            "invoice is copied again.",
            document=name_of(request, booked),
        ),
        now=now,
        details={"entry_id": str(booked.exact_id), "copy_request": request.pk},
    )


def updated(
    request: CopyRequest,
    document: PostedDocument,
    booked: MadeDocument,
    draft: DocumentDraft,
    *,
    changed: bool,
    now: datetime,
    fence: int,
) -> None:
    """This function will note that a document now says what the invoice says, or how it still differs."""
    differs = comparing.difference(request, booked, draft)
    if not copy_states.complete(request, now=now, differs=differs, fence=fence):
        return
    PostedDocument.objects.filter(pk=document.pk).update(
        gross_amount=as_booked(request.invoice, booked.amount_fc),
        vat_amount=vat_as_booked(request.invoice, booked),
        customer_exact_id=booked.customer_id,
        currency=booked.currency or request.invoice.currency,
        your_ref=booked.your_ref,
        entry_number=booked.entry_number,
        invoice_number=booked.invoice_number,
        journal_code=booked.journal or request.journal_code,
        content_hash=_sent_content_hash(request),
        payload=request.payload,
        payload_hash=request.payload_hash,
        updated_at=now,
    )
    document.refresh_from_db()
    remember(document, booked, now=now)
    breaks.close_of_document(document, BreakKind.CHANGED, now=now)
    name = beginning(name_of(request, booked))
    told = (
        sentence("%(document)s in Exact was updated.", document=name)
        if changed
        else sentence(
            "%(document)s in Exact already says what the invoice says and was not changed.",
            document=name,
        )
    )
    history.note(
        invoice=request.invoice,
        kind="copy_differs" if differs else "copy_updated",
        sentence=together(told, differs),
        user=request.requested_by,
        now=now,
        details={"entry_id": str(booked.exact_id), "copy_request": request.pk},
    )
    if document.delivery == DeliveryState.WAITING and not differs:
        copy_requests.queue_sending(request, document, now=now)


def name_of(request: CopyRequest, made: MadeDocument) -> Sentence:
    """This function will name a document of Exact in a sentence: "entry 26001"; its kind alone before it has a number."""
    if route_of(request.route).is_sent_by_exact:
        if made.entry_number is None:
            return sentence("the invoice")
        return sentence("invoice %(number)s", number=made.entry_number)
    if made.entry_number is None:
        return sentence("the entry")
    return sentence("entry %(number)s", number=made.entry_number)


def _sent_content_hash(request: CopyRequest) -> str:
    """The invoice's content as it was sent: a change since then has to be seen as one."""
    frozen: str | None = (request.payload or {}).get("content_hash")
    return frozen or request.invoice.content_hash


def _remember(
    request: CopyRequest,
    invoice: Invoice,
    booked: MadeDocument,
    route: DocumentRoute,
    now: datetime,
) -> PostedDocument:
    earlier = PostedDocument.objects.filter(invoice=invoice)
    earlier.filter(state=PostedDocumentState.CURRENT).update(
        state=PostedDocumentState.SUPERSEDED, updated_at=now
    )
    check_times.expect(request, now=now)
    marking.end_by_exact(invoice, now=now)
    newest = earlier.order_by("-sequence").values_list("sequence", flat=True).first()
    return PostedDocument.objects.create(
        organization_id=request.organization_id,
        invoice=invoice,
        connection=request.connection,
        copy_request=request,
        route=request.route,
        exact_id=booked.exact_id,
        entry_exact_id=None if route.is_sent_by_exact else booked.exact_id,
        delivery=DeliveryState.WAITING if route.is_sent_by_exact else DeliveryState.NOTHING,
        entry_number=booked.entry_number,
        invoice_number=booked.invoice_number,
        journal_code=booked.journal or request.journal_code,
        customer_exact_id=booked.customer_id,
        your_ref=booked.your_ref or request.your_ref,
        currency=booked.currency or invoice.currency,
        gross_amount=as_booked(invoice, booked.amount_fc),
        vat_amount=vat_as_booked(invoice, booked),
        content_hash=_sent_content_hash(request),
        payload=request.payload,
        payload_hash=request.payload_hash,
        sequence=(newest or 0) + 1,
        check_due_at=now if check_times.is_soon(request) else None,
        created_at=now,
        updated_at=now,
    )


def _numbers(request: CopyRequest) -> bool:
    return bool(request.connection.numbering == Numbering.EXACT)


def finalize(invoice: Invoice, number: int | None, *, by_exact: bool) -> None:
    """This function will finalize an invoice that is in Exact, with Exact's number where Exact numbers (D-4)."""
    fields = ["state"]
    invoice.state = InvoiceState.FINALIZED
    if by_exact and number is not None and invoice.number != str(number):
        invoice.psa_number = psa_number_of(invoice)
        invoice.number = str(number)
        fields += ["number", "psa_number"]
    invoice.save(update_fields=fields)


def _tell_made(
    request: CopyRequest, invoice: Invoice, made: MadeDocument, differs: str, now: datetime
) -> None:
    follows = sentence("It was not sent.") if differs else sentence("It is numbered and sent next.")
    history.note(
        invoice=invoice,
        kind="copy_differs" if differs else "copy_made",
        sentence=together(
            sentence(
                "The invoice was made in Exact, journal %(journal)s of %(division)s.",
                journal=made.journal or request.journal_code,
                division=request.connection.division_name.rstrip("."),
            ),
            differs,
            follows,
        ),
        user=request.requested_by,
        now=now,
        details={"invoice_id": str(made.exact_id), "copy_request": request.pk},
    )


def _tell(
    request: CopyRequest, invoice: Invoice, booked: MadeDocument, differs: str, now: datetime
) -> None:
    told = sentence(
        "Copied to Exact: entry %(number)s in journal %(journal)s of %(division)s.",
        number=str(booked.entry_number),
        journal=booked.journal or request.journal_code,
        division=request.connection.division_name.rstrip("."),
    )
    sent_number = (request.payload or {}).get("draft", {}).get("entry_number")
    if sent_number is not None and sent_number != booked.entry_number:
        told = together(
            told,
            sentence(
                "Exact gave it number %(number)s although %(sent)s was sent.",
                number=str(booked.entry_number),
                sent=str(sent_number),
            ),
        )
    history.note(
        invoice=invoice,
        kind="copy_differs" if differs else "copied",
        sentence=together(told, differs),
        user=request.requested_by,
        now=now,
        details={
            "entry_id": str(booked.exact_id),
            "entry_number": booked.entry_number,
            "copy_request": request.pk,
        },
    )
