"""What follows when a person lets a difference with Exact stand: what was told of it is over, and the same is not told again.

Before: `payments.drift.accepting` has the person's word. After: the invoice needs no look for it, and `breaks.note` opens nothing
for what is as it was. Another change in Exact is told like any other.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from invoices import copy_verdicts
from invoices.models import (
    AcceptedDifference,
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
)
from invoices.models.copying import newest_that_stands

_REMEDY = gettext_lazy("Compare both and correct it in Exact, or use Update existing.")


def let_stand(accepted: AcceptedDifference, invoice: Invoice, *, now: datetime) -> None:
    """This function will close what is open about an invoice, and count its copy as good; the invoice's row is locked.

    From now on the copy is expected to be what Exact was last seen to have.
    """
    ReconciliationBreak.objects.filter(invoice=invoice, closed_at=None).update(
        closed_at=now, accepted=accepted
    )
    request = _differing(invoice, CopyState.MISMATCH)
    if request is None:
        return
    difference = request.problem_sentence
    if not copy_verdicts.let_stand(request, now=now):
        return
    AcceptedDifference.objects.filter(pk=accepted.pk).update(difference=difference)
    seen = PostedDocument.objects.filter(
        invoice=invoice, state=PostedDocumentState.CURRENT, seen_at__isnull=False
    ).first()
    if seen is not None:
        seen.gross_amount = seen.seen_gross_amount
        seen.vat_amount = seen.seen_vat_amount
        seen.customer_exact_id = seen.seen_customer_exact_id or seen.customer_exact_id
        seen.save(update_fields=["gross_amount", "vat_amount", "customer_exact_id"])


def ask_anew(accepted: AcceptedDifference, *, now: datetime) -> None:
    """This function will tell again what an acceptance had ended; what is over by now closes at the next comparison."""
    for row in accepted.breaks.filter(closed_at__isnull=False):
        rivals = ReconciliationBreak.objects.filter(
            connection=row.connection_id, kind=row.kind, exact_id=row.exact_id, closed_at=None
        )
        if not rivals.exists():
            row.closed_at, row.accepted = None, None
            row.save(update_fields=["closed_at", "accepted"])
    if accepted.difference and accepted.invoice is not None:
        request = _differing(accepted.invoice, CopyState.COPIED)
        if request is not None:
            copy_verdicts.differs_after_all(request, accepted.difference, _REMEDY, now=now)


def _differing(invoice: Invoice, state: CopyState) -> CopyRequest | None:
    """The newest wish that was not given up, if it is in this state."""
    wishes = CopyRequest.objects.filter(invoice=invoice).select_related("invoice")
    newest = newest_that_stands(wishes).first()
    return newest if newest is not None and newest.state == state else None
