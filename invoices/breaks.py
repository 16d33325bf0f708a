"""What in Exact is not as this database believes: kept as a row until it is so no more, shown on its invoice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connector.sentences import english, sentence
from integrations.models import ExactConnection
from invoices import history
from invoices.locking import lock_invoices
from invoices.models import BreakKind, Invoice, PostedDocument, ReconciliationBreak


@dataclass(frozen=True, slots=True)
class Found:
    """A break as it was just seen."""

    kind: BreakKind
    invoice: Invoice
    exact_id: UUID
    sentence: str
    remedy: str
    document: PostedDocument | None = None


def note(connection_id: int, route: str, found: Found, *, now: datetime) -> ReconciliationBreak:
    """This function will open a break, or note that an open one is still there; only the first time is told.

    One that is as it was when a person accepted it stays closed.
    """
    accepted = ReconciliationBreak.objects.filter(
        connection_id=connection_id,
        kind=found.kind,
        exact_id=found.exact_id,
        accepted__undone_at=None,
        accepted__isnull=False,
    )
    said = english(found.sentence)
    for row in accepted:
        if english(row.sentence) == said:
            return row
    lock_invoices([found.invoice.pk])
    row, is_new = ReconciliationBreak.objects.get_or_create(
        connection_id=connection_id,
        kind=found.kind,
        exact_id=found.exact_id,
        closed_at=None,
        defaults={
            "organization_id": found.invoice.organization_id,
            "invoice": found.invoice,
            "document": found.document,
            "route": route,
            "sentence": found.sentence,
            "remedy": found.remedy,
            "first_seen_at": now,
            "last_seen_at": now,
        },
    )
    if not is_new:
        row.sentence, row.remedy, row.last_seen_at = found.sentence, found.remedy, now
        row.save(update_fields=["sentence", "remedy", "last_seen_at"])
        return row
    history.note(
        invoice=found.invoice,
        kind="break_found",
        sentence=found.sentence,
        now=now,
        details={"kind": found.kind, "exact_id": str(found.exact_id)},
    )
    return row


def close(rows: Iterable[ReconciliationBreak], *, now: datetime) -> None:
    """This function will close breaks that are no more, and say so on their invoices."""
    rows = list(rows)
    lock_invoices(row.invoice_id for row in rows)
    for row in rows:
        row.closed_at = row.last_seen_at = now
        row.save(update_fields=["closed_at", "last_seen_at"])
        history.note(
            invoice=row.invoice,
            kind="break_closed",
            sentence=sentence("Exact agrees again. Before: %(before)s", before=row.sentence),
            now=now,
        )


def close_of_document(document: PostedDocument, *kinds: BreakKind, now: datetime) -> None:
    """This function will close the open breaks of these kinds about a document."""
    open_rows = ReconciliationBreak.objects.filter(
        connection=document.connection_id,
        exact_id=document.exact_id,
        kind__in=kinds,
        closed_at=None,
    )
    close(open_rows.select_related("invoice"), now=now)


def list_open(invoice: Invoice) -> list[ReconciliationBreak]:
    """This function will return what is open about an invoice, the newest first."""
    return list(ReconciliationBreak.objects.filter(invoice=invoice, closed_at=None))


def count_open(connection: ExactConnection | None = None) -> int:
    """This function will return how many breaks the organization has open, or one of its connections."""
    rows = ReconciliationBreak.objects.filter(closed_at=None)
    return rows.count() if connection is None else rows.filter(connection=connection).count()
