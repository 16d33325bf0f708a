"""Invoices, their copies in Exact, and what happened to them."""

from __future__ import annotations

from invoices.models.copying import (
    AttemptOutcome,
    CopyAttempt,
    CopyKind,
    CopyRequest,
    CopyState,
    CustomerLink,
    CustomerLinkState,
    PostedDocument,
    PostedDocumentState,
)
from invoices.models.intake import ImportRun, IntakeConflict
from invoices.models.invoice import (
    Client,
    Invoice,
    InvoiceEvent,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    PaymentStatus,
)

__all__ = [
    "AttemptOutcome",
    "Client",
    "CopyAttempt",
    "CopyKind",
    "CopyRequest",
    "CopyState",
    "CustomerLink",
    "CustomerLinkState",
    "ImportRun",
    "IntakeConflict",
    "Invoice",
    "InvoiceEvent",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceState",
    "PaymentStatus",
    "PostedDocument",
    "PostedDocumentState",
]
