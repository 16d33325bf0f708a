"""What happened to an invoice, who and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.tenancy.models import User
from invoices.models import Invoice, InvoiceEvent

_LONGEST = 600


def note(
    *,
    invoice: Invoice,
    kind: str,
    sentence: str,
    now: datetime,
    user: User | None = None,
    details: dict[str, Any] | None = None,
) -> InvoiceEvent:
    """This function will add an event to the invoice's history, in the open transaction of its organization."""
    return InvoiceEvent.objects.create(
        organization_id=invoice.organization_id,
        invoice=invoice,
        kind=kind,
        sentence=sentence[:_LONGEST],
        at=now,
        user=user,
        details=details or {},
    )
