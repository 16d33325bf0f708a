"""What happened to an invoice, who and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.sentences import Words
from connector.tenancy.models import User
from integrations.call_history.notebook import note_record
from invoices.exact_history.kinds import outcome_of
from invoices.models import Invoice, InvoiceEvent


def event(
    *,
    invoice: Invoice,
    kind: str,
    sentence: Words,
    now: datetime,
    user: User | None = None,
    details: dict[str, Any] | None = None,
) -> InvoiceEvent:
    """This function will return an event for the invoice's history, not stored yet: for many that are stored together."""
    return InvoiceEvent(
        organization_id=invoice.organization_id,
        invoice=invoice,
        kind=kind,
        sentence=sentence,
        at=now,
        user=user,
        details=details or {},
    )


def note(
    *,
    invoice: Invoice,
    kind: str,
    sentence: Words,
    now: datetime,
    user: User | None = None,
    details: dict[str, Any] | None = None,
) -> InvoiceEvent:
    """This function will add an event to the invoice's history, in the open transaction of its organization."""
    noted = event(
        invoice=invoice, kind=kind, sentence=sentence, now=now, user=user, details=details
    )
    noted.save()
    tell_run(noted)
    return noted


def tell_run(noted: InvoiceEvent) -> None:
    """This function will let the run that is going on with Exact, if any, list what happened to the invoice."""
    note_record(
        kind=noted.kind,
        outcome=outcome_of(noted.kind),
        subject_id=noted.invoice_id,
        user_id=noted.user_id,
    )
