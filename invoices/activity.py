"""What happened to invoices, for the organization's activity page."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from connector.tenancy.activity import ActivityRow
from invoices.models import InvoiceEvent


def list_invoice_events(*, until: datetime | None, limit: int) -> list[ActivityRow]:
    """This function will return the newest events of all invoices at or before `until`."""
    events = InvoiceEvent.objects.select_related("user", "invoice").order_by("-at", "-id")
    if until is not None:
        events = events.filter(at__lte=until)
    return [
        ActivityRow(
            at=event.at,
            user=str(event.user) if event.user else "",
            sentence=event.sentence,
            subject=_("Invoice %(number)s") % {"number": event.invoice.number}
            if event.invoice.number
            else _("Invoice"),
            address=reverse("invoice", args=[event.invoice_id]),
        )
        for event in events[:limit]
    ]
