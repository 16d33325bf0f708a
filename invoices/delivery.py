"""How an invoice that Exact writes went out: each result is read by itself, shown, and kept.

Exact answers "created" also when an e-mail could not be made; only its texts tell. "Sent" is what Exact says, not proof
that a mailbox took it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy

from connector.sentences import joined_by_and, sentence
from integrations.exact.printing import Delivery, PrintDraft
from integrations.exact.sales_invoices import MadeInvoice
from invoices import adopting, history, invoice_numbers
from invoices.locking import lock_invoices
from invoices.models import CopyRequest, DeliveryState, PostedDocument

WAYS = {
    "document": gettext_lazy("the PDF in Exact's documents"),
    "email": gettext_lazy("the e-mail"),
    "postbox": gettext_lazy("the message to the digital postbox"),
    "peppol": gettext_lazy("the invoice by Peppol"),
}


def printed(
    request: CopyRequest,
    document: PostedDocument,
    draft: PrintDraft,
    deliveries: Sequence[Delivery],
    *,
    now: datetime,
) -> None:
    """This function will write down how printing went, in the transaction that ends the request."""
    document.delivery = _state(draft, deliveries)
    document.delivery_results = [
        {"way": one.way, "succeeded": one.succeeded, "text": one.text[:500]} for one in deliveries
    ]
    _store(request, document, now)
    failed = [one for one in deliveries if not one.succeeded]
    history.note(
        invoice=request.invoice,
        kind="delivery_failed" if failed else "delivered",
        sentence=_sentence(document.delivery, failed),
        user=request.requested_by,
        now=now,
        details={"results": document.delivery_results, "copy_request": request.pk},
    )


def found_printed(
    request: CopyRequest, document: PostedDocument, made: MadeInvoice, *, now: datetime
) -> None:
    """This function will take over that Exact has printed the invoice: its answer was lost, or a person printed it there.

    Nothing tells whether an e-mail left; it is never sent again by itself.
    """
    document.delivery = DeliveryState.UNSURE
    document.delivery_results = []
    document.invoice_number = made.invoice_number
    _store(request, document, now)
    history.note(
        invoice=request.invoice,
        kind="delivery_unsure",
        sentence=sentence(
            "Exact has numbered and booked the invoice, but did not say here whether it was sent: look in Exact."
        ),
        user=request.requested_by,
        now=now,
        details={"copy_request": request.pk},
    )


def _state(draft: PrintDraft, deliveries: Sequence[Delivery]) -> DeliveryState:
    to_customer = [one for one in deliveries if one.way != "document"]
    if to_customer:
        # One way that went is enough: asking again would send that one a second time.
        went = any(one.succeeded for one in to_customer)
        return DeliveryState.SENT if went else DeliveryState.FAILED
    asked = draft.send_email or draft.send_to_postbox or draft.send_via_peppol
    # By the customer's own preference nothing may have been meant to go out.
    return DeliveryState.FAILED if asked else DeliveryState.NOTHING


def _store(request: CopyRequest, document: PostedDocument, now: datetime) -> None:
    lock_invoices([document.invoice_id])
    document.sent_at = now
    document.updated_at = now
    invoice_numbers.note_printed(document, now=now)
    document.save(
        update_fields=[
            *("delivery", "delivery_results", "invoice_number", "entry_number", "sent_at"),
            *("number_due_at", "updated_at"),
        ]
    )
    if document.number_due_at is None:
        adopting.finalize(request.invoice, document.invoice_number, by_exact=True)


def _sentence(state: str, failed: Sequence[Delivery]) -> str:
    if failed:
        return sentence(
            "Exact booked the invoice, but could not make %(what)s: %(said)s",
            what=joined_by_and([WAYS[one.way] for one in failed]),
            said=" ".join(one.text for one in failed),
        )
    if state == DeliveryState.SENT:
        return sentence("Exact numbered, booked and sent the invoice.")
    return sentence("Exact numbered and booked the invoice; it was not sent.")
