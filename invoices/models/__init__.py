"""Invoices, their copies in Exact, and what happened to them."""

from __future__ import annotations

from invoices.models.bulk import BulkCopy, BulkCopyItem
from invoices.models.checking import BreakKind, ReconciliationBreak, ReconciliationCursor
from invoices.models.copying import (
    AttemptOutcome,
    CopyAttempt,
    CopyKind,
    CopyRequest,
    CopyState,
    DeliveryState,
    PostedDocument,
    PostedDocumentState,
)
from invoices.models.costs import ClientCost
from invoices.models.decisions import AcceptedDifference, PaymentDecision
from invoices.models.intake import ImportRun, IntakeConflict
from invoices.models.invoice import (
    SETTLED_STATUSES,
    Client,
    Contact,
    FileKind,
    HandPayment,
    Invoice,
    InvoiceEvent,
    InvoiceFile,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    PaymentStatus,
)
from invoices.models.records import (
    AttachmentLink,
    ContactLink,
    CustomerLink,
    DocumentLink,
    ExactRecord,
    ExactRecordState,
)
from invoices.models.recovery import ForgottenDocument, RecoveryPass
from invoices.models.set_aside import SetAside

__all__ = [
    "SETTLED_STATUSES",
    "AcceptedDifference",
    "AttachmentLink",
    "AttemptOutcome",
    "BreakKind",
    "BulkCopy",
    "BulkCopyItem",
    "Client",
    "ClientCost",
    "Contact",
    "ContactLink",
    "CopyAttempt",
    "CopyKind",
    "CopyRequest",
    "CopyState",
    "CustomerLink",
    "DeliveryState",
    "DocumentLink",
    "ExactRecord",
    "ExactRecordState",
    "FileKind",
    "ForgottenDocument",
    "HandPayment",
    "ImportRun",
    "IntakeConflict",
    "Invoice",
    "InvoiceEvent",
    "InvoiceFile",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceState",
    "PaymentDecision",
    "PaymentStatus",
    "PostedDocument",
    "PostedDocumentState",
    "ReconciliationBreak",
    "ReconciliationCursor",
    "RecoveryPass",
    "SetAside",
]
