"""Takes back that an invoice was linked to an entry in Exact by hand. Nothing here calls or changes Exact.

Before: `linking.link` made the entry the invoice's document. After: the entry belongs to nobody, the invoice is as it was before
and can be copied or linked again, and its history keeps both. A document that we made is never taken off its invoice: PostgreSQL
lets only those go that a link made, and only after its history says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from connector.sentences import beginning, sentence
from connector.tenancy.models import User
from invoices import history, payment_status
from invoices.copy_refusals import AlreadyCopying, CopyRefused
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    ForgottenDocument,
    Invoice,
    InvoiceEvent,
    PostedDocument,
    ReconciliationBreak,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.payment_standing import living_documents

# What linking changes of an invoice, kept with the event "linked" so that it can be given back.
GIVEN_BACK = ("state", "number", "psa_number")
BEFORE = "before"
_EVENT = "unlinked"


def find_linked(invoice: Invoice) -> PostedDocument | None:
    """This function will return the invoice's newest document in Exact if a person linked it; else None."""
    document = living_documents(invoice).select_related("connection", "copy_request").first()
    if document is None or document.copy_request.kind != CopyKind.LINK:
        return None
    return document


def check(invoice: Invoice) -> PostedDocument:
    """This function will return the document that can be unlinked, or raise CopyRefused in words."""
    document = find_linked(invoice)
    if document is None:
        raise CopyRefused(
            _("This invoice is not linked to an entry that was in Exact already."),
            _("What was copied from here stays tied to it; correct or delete it in Exact."),
        )
    requests = CopyRequest.objects.filter(invoice=invoice).select_related("requested_by")
    active = requests.filter(state__in=ACTIVE_COPY_STATES).first()
    if active is not None:
        raise AlreadyCopying(active)
    ours = requests.filter(
        kind=CopyKind.UPDATE,
        state__in=(CopyState.COPIED, CopyState.MISMATCH),
        choices__document_exact_id=str(document.exact_id),
    )
    if ours.exists():
        raise CopyRefused(
            _("%(document)s was updated from here since it was linked, so it is this invoice.")
            % {"document": beginning(document.called)},
            _("Correct or delete it in Exact instead."),
        )
    return document


def unlink(*, invoice: Invoice, reason: str, user: User, now: datetime) -> PostedDocument:
    """This function will take the entry off the invoice, in the open transaction of its organization.

    It returns the document, which is no longer stored. Its payments are the caller's to derive anew. Raises CopyRefused.
    """
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    document = check(invoice)
    history.note(
        invoice=invoice,
        kind=_EVENT,
        sentence=sentence(
            "Unlinked from %(document)s in journal %(journal)s of %(division)s, which stays in Exact as it is. "
            "Reason: %(reason)s",
            document=document.called,
            journal=document.journal_code,
            division=document.connection.division_name,
            reason=reason,
        ),
        user=user,
        now=now,
        details={
            "document": document.pk,
            "entry_id": str(document.exact_id),
            "copy_request": document.copy_request_id,
            "reason": reason,
        },
    )
    _give_back(invoice, document)
    # What did not agree between the two is no more, and is kept with the invoice.
    about = ReconciliationBreak.objects.filter(document=document)
    about.filter(closed_at=None).update(closed_at=now)
    about.update(document=None)
    # A mark of ours that nobody here remembers is again one.
    ForgottenDocument.objects.filter(
        connection=document.connection_id, exact_id=document.exact_id
    ).update(settled_at=None)
    # Its own key stays readable for the caller, which Django would take away.
    PostedDocument.objects.filter(pk=document.pk).delete()
    payment_status.let_newest_count(invoice.pk, now=now)
    return document


def _give_back(invoice: Invoice, document: PostedDocument) -> None:
    """Give the invoice the state and numbers it had before it was linked."""
    linked = InvoiceEvent.objects.filter(
        invoice=invoice, kind="linked", details__copy_request=document.copy_request_id
    ).first()
    before: dict[str, Any] = (linked.details if linked else {}).get(BEFORE, {})
    columns = {name: before[name] for name in GIVEN_BACK if name in before}
    if columns:
        Invoice.objects.filter(pk=invoice.pk).update(**columns)
