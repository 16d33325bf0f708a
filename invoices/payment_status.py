"""The only writer of an invoice's payment status, and of what became of its documents in Exact.

Before: `payments.settling` derives from Exact's payment terms what Exact says, and `paid_by_hand` keeps what people say.
After: lists and pages show what counts. Nothing here is ever sent to Exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connector.sentences import Sentence, Words, beginning, sentence, together
from integrations.models import Route
from invoices import breaks, copy_states, history, payment_words
from invoices.aside import marking
from invoices.models import (
    BreakKind,
    CopyKind,
    CopyRequest,
    CopyState,
    HandPayment,
    Invoice,
    InvoiceEvent,
    PostedDocument,
    PostedDocumentState,
)
from invoices.payment_standing import living_documents
from invoices.payment_words import PaymentFacts

_NOT_SENT = (CopyState.QUEUED, CopyState.NEEDS_CHOICE)
_EXACT_COLUMNS = ("exact_payment_status", "exact_paid_amount", "exact_paid_date")
_COLUMNS_THAT_COUNT = ("payment_status", "paid_amount", "paid_date")
_ROWS_A_STATEMENT = 500


class OnSettled(Protocol):
    """Takes note of invoices whose payments may have changed, in the transaction that changed them and holds their rows."""

    def __call__(self, invoices: Sequence[Invoice], *, now: datetime) -> None: ...


on_settled: list[OnSettled] = []
"""The layers above add to it when the program starts: the PSA is told of payments (`payments.psa_reports`)."""


def tell(invoices: Sequence[Invoice], *, now: datetime) -> None:
    """This function will say that payments of these invoices were derived anew; after `apply`, for many of them at once."""
    for take_note in on_settled:
        take_note(invoices, now=now)


@dataclass(frozen=True, slots=True)
class InExact:
    """What Exact says of an invoice, whose row is locked. ``mark`` is the mark by hand that is not taken back."""

    invoice: Invoice
    facts: PaymentFacts
    mark: HandPayment | None = None


def apply(said: Sequence[InExact], *, now: datetime) -> None:
    """This function will store what Exact says of invoices, derive what counts, and note each change.

    With a mark an invoice counts as paid, whatever Exact says. ``now`` becomes the time at which the payments were read.
    """
    events = [event for one in said if (event := _take_over(one, now)) is not None]
    # The rows are there and locked, so this changes columns only: one statement for all of them.
    Invoice.objects.bulk_create(
        [one.invoice for one in said],
        batch_size=_ROWS_A_STATEMENT,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*_EXACT_COLUMNS, *_COLUMNS_THAT_COUNT, "payments_read_at"],
    )
    InvoiceEvent.objects.bulk_create(events, batch_size=_ROWS_A_STATEMENT)
    for event in events:
        history.tell_run(event)


def _take_over(one: InExact, now: datetime) -> InvoiceEvent | None:
    """Change the invoice in memory and return what its history is to say, None when nothing has changed."""
    invoice, facts, mark = one.invoice, one.facts, one.mark
    before = PaymentFacts.in_exact(invoice)
    event = None
    if before != facts:
        told = (
            payment_words.say_change_under_mark(invoice, facts, mark)
            if mark
            else payment_words.say_change(invoice, facts)
        )
        event = history.event(
            invoice=invoice,
            kind=f"payment_{facts.status}",
            sentence=told,
            now=now,
            details=_details(invoice, before, facts) | {"counts": mark is None},
        )
    invoice.exact_payment_status = facts.status
    invoice.exact_paid_amount = facts.paid_amount
    invoice.exact_paid_date = facts.paid_date
    invoice.payments_read_at = now
    _count(invoice, mark)
    return event


def recount(*, invoice: Invoice, mark: HandPayment | None, now: datetime) -> None:
    """This function will derive what counts anew, after a mark by hand was set or taken back, or the total changed."""
    _count(invoice, mark)
    invoice.save(update_fields=_COLUMNS_THAT_COUNT)
    tell([invoice], now=now)


def _count(invoice: Invoice, mark: HandPayment | None) -> None:
    """The one rule: a mark by hand that is not taken back counts, else what Exact says does."""
    facts = PaymentFacts.by_hand(invoice, mark) if mark else PaymentFacts.in_exact(invoice)
    invoice.payment_status = facts.status
    invoice.paid_amount = facts.paid_amount
    invoice.paid_date = facts.paid_date


def _details(invoice: Invoice, before: PaymentFacts, after: PaymentFacts) -> dict[str, Any]:
    return {
        "status_before": before.status,
        "status": after.status,
        "paid_amount_before": str(before.paid_amount),
        "paid_amount": str(after.paid_amount),
        "currency": invoice.currency,
        "paid_date": after.paid_date.isoformat() if after.paid_date else None,
    }


def mark_deleted(*, document: PostedDocument, now: datetime) -> None:
    """This function will mark a document that Exact no longer has, where its request says so already."""
    _set_state(document, PostedDocumentState.DELETED_IN_EXACT, now)


def note_deleted_in_exact(*, document: PostedDocument, now: datetime) -> None:
    """This function will mark a document that Exact no longer has. It is never sent again by itself."""
    advice = sentence("Use Create new to copy the invoice again.")
    if is_earlier_copy(document):
        advice = sentence(
            "It was an earlier copy; the newer one counts and is not touched by that."
        )
    _move(
        document,
        PostedDocumentState.DELETED_IN_EXACT,
        kind="deleted_in_exact",
        sentence=together(
            sentence("%(document)s was deleted in Exact.", document=_name(document)), advice
        ),
        now=now,
    )


def is_earlier_copy(document: PostedDocument) -> bool:
    """This function will tell whether Exact has a newer copy of the document's invoice, which counts instead of it."""
    newest = living_documents(document.invoice_id).first()
    return newest is not None and newest.sequence > document.sequence


def note_back_in_exact(*, document: PostedDocument, now: datetime) -> None:
    """This function will take back that a document was deleted, because Exact shows it again.

    When the invoice was copied again meanwhile, Exact has it twice, and a person is told so until that is over. A new copy
    that still waits was asked for because Exact had none, and is given up.
    """
    told = sentence("%(document)s is in Exact after all.", document=_name(document))
    _give_up_copies(document, now)
    _move(document, PostedDocumentState.CURRENT, kind="back_in_exact", sentence=told, now=now)
    marking.end_by_exact(document.invoice, now=now)
    newer = living_documents(document.invoice_id).first()
    if newer is None or newer.pk == document.pk:
        return
    found = breaks.Found(
        BreakKind.TWICE,
        document.invoice,
        document.exact_id,
        together(
            told,
            sentence(
                "Meanwhile the invoice was copied again: Exact has it twice, as %(one)s and %(other)s.",
                one=document.called,
                other=newer.called,
            ),
        ),
        sentence("Delete the one that is too much in Exact."),
        newer,
    )
    breaks.note(document.connection_id, document.route, found, now=now)


def _give_up_copies(document: PostedDocument, now: datetime) -> None:
    wishes = CopyRequest.objects.filter(
        invoice=document.invoice_id,
        kind=CopyKind.CREATE,
        state__in=_NOT_SENT,
        requested_at__gte=document.updated_at,
    )
    for wish in wishes:
        if copy_states.move(wish, _NOT_SENT, CopyState.CANCELLED, now=now, next_at=None):
            history.note(
                invoice=document.invoice,
                kind="copy_cancelled",
                sentence=sentence(
                    "%(document)s is in Exact after all, so the invoice is not copied again. Use Create new if you want "
                    "a second copy.",
                    document=_name(document),
                ),
                now=now,
            )


def _move(
    document: PostedDocument,
    state: PostedDocumentState,
    *,
    kind: str,
    sentence: Words,
    now: datetime,
) -> None:
    _set_state(document, state, now)
    history.note(
        invoice=document.invoice,
        kind=kind,
        sentence=sentence,
        now=now,
        details={"entry_number": document.entry_number},
    )


def _set_state(document: PostedDocument, state: PostedDocumentState, now: datetime) -> None:
    rows = PostedDocument.objects.filter(invoice=document.invoice_id)
    rows.filter(pk=document.pk).update(state=state, updated_at=now)
    let_newest_count(document.invoice_id, now=now)
    document.refresh_from_db(fields=["state", "updated_at"])


def let_newest_count(invoice_id: int, *, now: datetime) -> None:
    """This function will make the newest copy that Exact still has the one that counts, whatever became of the others."""
    newest = living_documents(invoice_id).first()
    if newest is None:
        return
    rows = PostedDocument.objects.filter(invoice=invoice_id)
    rows.filter(state=PostedDocumentState.CURRENT).exclude(pk=newest.pk).update(
        state=PostedDocumentState.SUPERSEDED, updated_at=now
    )
    rows.filter(pk=newest.pk, state=PostedDocumentState.SUPERSEDED).update(
        state=PostedDocumentState.CURRENT, updated_at=now
    )


def _name(document: PostedDocument) -> Sentence:
    if document.entry_number is None:
        if document.route == Route.EXACT_INVOICE:
            return sentence("The invoice")
        return sentence("The entry")
    return beginning(document.called)
