"""What a person says of an invoice that Exact booked and did not send: it reached the customer in another way."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from connector.sentences import pack, sentence
from connector.tenancy.models import User
from invoices import copy_requests, copy_states, history
from invoices.copy_refusals import AlreadyCopying, CopyRefused
from invoices.models import CopyKind, CopyRequest, CopyState, DeliveryState, Invoice
from invoices.models.copying import ACTIVE_COPY_STATES

# Exact does not print an invoice twice, so what it could not send is often sent from Exact's own pages.
_MARKABLE = (DeliveryState.FAILED, DeliveryState.UNSURE)
_HELD = (CopyState.NEEDS_CHOICE, CopyState.CONFLICT)


def mark_sent(*, invoice: Invoice, user: User, now: datetime) -> None:
    """This function will mark the newest copy as sent, and give up what Exact refused of sending it.

    Call it in the organization's transaction. Raises AlreadyCopying, and CopyRefused when it waits for Exact or was sent.
    """
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    requests = CopyRequest.objects.filter(invoice=invoice).select_related("requested_by")
    active = requests.filter(state__in=ACTIVE_COPY_STATES).first()
    if active is not None:
        raise AlreadyCopying(active)
    document = copy_requests.newest_document(invoice)
    if document is None or document.delivery not in _MARKABLE:
        raise CopyRefused(
            _("There is no invoice that Exact booked and did not send."),
            _("Look at the invoice's copies below."),
        )
    for held in requests.filter(kind=CopyKind.SEND, state__in=_HELD):
        copy_states.move(held, _HELD, CopyState.CANCELLED, now=now, next_at=None)
    said = {
        "way": "person",
        "succeeded": True,
        "text": pack(sentence("Marked as sent by %(name)s.", name=str(user))),
    }
    document.delivery = DeliveryState.SENT
    document.delivery_results = [*document.delivery_results, said]
    document.updated_at = now
    document.save(update_fields=["delivery", "delivery_results", "updated_at"])
    history.note(
        invoice=invoice,
        kind="sent_by_hand",
        sentence=sentence(
            "The invoice was marked as sent: it reached the customer in another way."
        ),
        user=user,
        now=now,
        details={"document": document.pk},
    )
