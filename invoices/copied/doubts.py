"""Why Exact may refuse an update, said before it is tried: from what was read of it already. No calls.

What is final for certain is refused here (`copy_refusals.why_final`). These are likely only: Exact documents none of its
refusals, and what was read may be old, so a person may try all the same.
"""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from invoices.models import CopyRequest, CopyState, Invoice, PaymentStatus, PostedDocument

# SalesEntry.Status of what Exact has processed: https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
_PROCESSED = 50
_PERIOD_CLOSED = "period_closed"


def find_doubts(invoice: Invoice, document: PostedDocument) -> list[str]:
    """This function will say why Exact may refuse to change the document, a sentence each; with at most one query."""
    doubts = []
    status = PaymentStatus(invoice.exact_payment_status)
    if invoice.payments_read_at is not None and status == PaymentStatus.IN_COLLECTION:
        doubts.append(_("It is being collected by direct debit."))
    elif invoice.payments_read_at is not None and status != PaymentStatus.OPEN:
        doubts.append(_("A payment is matched with it; undo the matching in Exact first."))
    if (document.seen or {}).get("status") == _PROCESSED:
        doubts.append(_("It was processed when it was last read."))
    if _is_period_closed(invoice, document):
        doubts.append(
            _("The period of %(month)s is closed: another invoice was refused for that.")
            % {"month": date_format(invoice.invoice_date, "F Y")}
        )
    return doubts


def _is_period_closed(invoice: Invoice, document: PostedDocument) -> bool:
    """Whether a copy through the same connection still stands still because Exact called its month closed."""
    day = invoice.invoice_date
    held = CopyRequest.objects.filter(
        connection=document.connection_id,
        state=CopyState.NEEDS_CHOICE,
        problem_code=_PERIOD_CLOSED,
        invoice__invoice_date__year=day.year,
        invoice__invoice_date__month=day.month,
    )
    return held.exists()
