"""What follows when a document is in Exact: compare it with what was sent, remember it, finalize the invoice."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from connector.money import format_money
from integrations import lanes
from integrations.exact.sales_entries import BookedEntry, SalesEntryDraft
from integrations.models import Numbering
from invoices import copy_states, history
from invoices.models import CopyRequest, Invoice, InvoiceState, PostedDocument, PostedDocumentState


def adopt(
    request: CopyRequest,
    booked: BookedEntry,
    draft: SalesEntryDraft,
    *,
    now: datetime,
    fence: int | None = None,
) -> PostedDocument | None:
    """This function will take a document of ours over: PostedDocument, number, finalized invoice, request ended.

    It returns None when another worker's later look-up has already ended the request.
    """
    differs = difference(request, booked, draft)
    if not copy_states.complete(request, now=now, differs=differs, fence=fence):
        return None
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=request.invoice_id)
    document = _remember(request, invoice, booked, now)
    _finalize(request, invoice, booked)
    _tell(request, invoice, booked, differs, now)
    if request.connection.sync_payments:
        # The new document's payment terms come with the next run; a person expects to see them soon.
        lanes.ring(request.connection, at=now)
    return document


def note_stray(request: CopyRequest, booked: BookedEntry, *, now: datetime) -> None:
    """This function will tell of a document whose answer came after its copy had been given up, unless it was found."""
    if PostedDocument.objects.filter(
        connection=request.connection, exact_id=booked.entry_id
    ).exists():
        return
    history.note(
        invoice=request.invoice,
        kind="copy_stray",
        sentence=f"Exact answered late: it booked entry {booked.entry_number} although this copy had been given up. "
        "Delete that entry in Exact if the invoice is copied again.",
        now=now,
        details={"entry_id": str(booked.entry_id), "copy_request": request.pk},
    )


def updated(
    request: CopyRequest,
    document: PostedDocument,
    booked: BookedEntry,
    draft: SalesEntryDraft,
    *,
    changed: bool,
    now: datetime,
    fence: int,
) -> None:
    """This function will note that a document now says what the invoice says, or how it still differs."""
    differs = difference(request, booked, draft)
    if not copy_states.complete(request, now=now, differs=differs, fence=fence):
        return
    PostedDocument.objects.filter(pk=document.pk).update(
        gross_amount=booked.amount_fc,
        vat_amount=booked.vat_amount_fc,
        customer_exact_id=booked.customer_id,
        your_ref=booked.your_ref,
        entry_number=booked.entry_number,
        invoice_number=booked.invoice_number,
        journal_code=booked.journal or request.journal_code,
        content_hash=_sent_content_hash(request),
        payload=request.payload,
        payload_hash=request.payload_hash,
        updated_at=now,
    )
    verb = "was updated" if changed else "already says what the invoice says; nothing was changed"
    history.note(
        invoice=request.invoice,
        kind="copy_differs" if differs else "copy_updated",
        sentence=f"Entry {booked.entry_number} in Exact {verb}. {differs}".strip(),
        user=request.requested_by,
        now=now,
        details={"entry_id": str(booked.entry_id), "copy_request": request.pk},
    )


def difference(request: CopyRequest, booked: BookedEntry, draft: SalesEntryDraft) -> str:
    """This function will say in words where Exact's document differs from what was sent; empty when it does not."""
    found = []
    currency = draft.currency or request.invoice.currency
    payload = request.payload or {}
    gross, vat = Decimal(payload["gross"]), Decimal(payload["vat"])
    if booked.amount_fc != gross:
        found.append(
            f"total {format_money(booked.amount_fc, currency)} instead of {format_money(gross, currency)}"
        )
    if booked.vat_amount_fc is not None and booked.vat_amount_fc != vat:
        found.append(
            f"VAT {format_money(booked.vat_amount_fc, currency)} instead of {format_money(vat, currency)}"
        )
    if booked.customer_id != draft.customer_id:
        found.append("another customer")
    if booked.line_count is not None and booked.line_count != len(draft.lines):
        found.append(f"{booked.line_count} lines instead of {len(draft.lines)}")
    return f"Exact booked something else: {', '.join(found)}." if found else ""


def _sent_content_hash(request: CopyRequest) -> str:
    """The invoice's content as it was sent: a change since then has to be seen as one."""
    frozen: str | None = (request.payload or {}).get("content_hash")
    return frozen or request.invoice.content_hash


def _remember(
    request: CopyRequest, invoice: Invoice, booked: BookedEntry, now: datetime
) -> PostedDocument:
    earlier = PostedDocument.objects.filter(invoice=invoice)
    earlier.filter(state=PostedDocumentState.CURRENT).update(
        state=PostedDocumentState.SUPERSEDED, updated_at=now
    )
    newest = earlier.order_by("-sequence").values_list("sequence", flat=True).first()
    return PostedDocument.objects.create(
        organization_id=request.organization_id,
        invoice=invoice,
        connection=request.connection,
        copy_request=request,
        exact_id=booked.entry_id,
        entry_exact_id=booked.entry_id,
        entry_number=booked.entry_number,
        invoice_number=booked.invoice_number,
        journal_code=booked.journal or request.journal_code,
        customer_exact_id=booked.customer_id,
        your_ref=booked.your_ref or request.your_ref,
        currency=booked.currency or invoice.currency,
        gross_amount=booked.amount_fc,
        vat_amount=booked.vat_amount_fc,
        content_hash=_sent_content_hash(request),
        payload=request.payload,
        payload_hash=request.payload_hash,
        sequence=(newest or 0) + 1,
        created_at=now,
        updated_at=now,
    )


def _finalize(request: CopyRequest, invoice: Invoice, booked: BookedEntry) -> None:
    fields = ["state"]
    invoice.state = InvoiceState.FINALIZED
    if request.connection.numbering == Numbering.EXACT:
        invoice.number = str(booked.invoice_number or booked.entry_number)
        fields.append("number")
    invoice.save(update_fields=fields)


def _tell(
    request: CopyRequest, invoice: Invoice, booked: BookedEntry, differs: str, now: datetime
) -> None:
    sentence = (
        f"Copied to Exact: entry {booked.entry_number} in journal {booked.journal or request.journal_code} "
        f"of {request.connection.division_name.rstrip('.')}."
    )
    sent_number = (request.payload or {}).get("draft", {}).get("entry_number")
    if sent_number is not None and sent_number != booked.entry_number:
        sentence += f" Exact gave it number {booked.entry_number} although {sent_number} was sent."
    history.note(
        invoice=invoice,
        kind="copy_differs" if differs else "copied",
        sentence=f"{sentence} {differs}".strip(),
        user=request.requested_by,
        now=now,
        details={
            "entry_id": str(booked.entry_id),
            "entry_number": booked.entry_number,
            "copy_request": request.pk,
        },
    )
