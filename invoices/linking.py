"""Ties an invoice to a document that is in Exact already, instead of copying it (B-21).

Before: `payments.link_proposals` found the document among what was read of Exact, and a person chose it. After: it is the
invoice's document as if a copy had made it: nothing copies the invoice again, its payments are followed, and the lane reads
it back soon (`read_backs`), so that a document that is gone by then is told. Nothing here calls or changes Exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from connector.money import format_money
from connector.tenancy.models import User
from integrations.models import ExactConnection, Numbering, Route
from invoices import adopting, check_times, copy_requests, copy_states, history, unlinking
from invoices.copy_refusals import CopyRefused
from invoices.models import (
    CopyRequest,
    CopyState,
    ForgottenDocument,
    Invoice,
    PostedDocument,
)

# The engine itself finds out whose document it is.
_ON_ITS_WAY = (CopyState.SENDING, CopyState.UNKNOWN)


class LinkRefused(CopyRefused):
    """The document cannot be this invoice's; it reads well to a person."""


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry in the books of Exact, as it was read. ``gross_amount`` is absolute and in ``currency``."""

    exact_id: UUID
    journal_code: str
    customer_exact_id: UUID
    currency: str
    gross_amount: Decimal
    entry_number: int | None = None
    invoice_number: int | None = None
    your_ref: str = ""

    @property
    def number(self) -> int | None:
        """The number that people know it by."""
        return self.invoice_number or self.entry_number

    def __str__(self) -> str:
        return f"entry {self.number}" if self.number is not None else "an entry without a number"


def link(
    *,
    invoice: Invoice,
    connection: ExactConnection,
    entry: FoundEntry,
    user: User | None,
    now: datetime,
) -> PostedDocument:
    """This function will make the entry the invoice's document, in the open transaction of its organization.

    Raises AlreadyCopying and AlreadyCopied as a copy does, and LinkRefused when the entry is another invoice's or another
    currency's; then nothing is changed.
    """
    with transaction.atomic():
        request = copy_requests.request_link(
            invoice=invoice,
            connection=connection,
            entry_id=entry.exact_id,
            journal_code=entry.journal_code,
            user=user,
            now=now,
        )
        locked = Invoice.objects.get(pk=invoice.pk)
        _refuse_foreign(locked, connection, entry)
        copy_states.end_unsent(request, now=now)
        document = _remember(request, locked, entry, now)
        check_times.expect(request, now=now)
        ForgottenDocument.objects.filter(
            connection=connection, exact_id=entry.exact_id, settled_at=None
        ).update(settled_at=now)
        by_exact = connection.numbering == Numbering.EXACT
        before = {name: getattr(locked, name) for name in unlinking.GIVEN_BACK}
        adopting.finalize(locked, entry.number, by_exact=by_exact)
        _tell(request, locked, entry, user, now, before)
        return document


def _tell(
    request: CopyRequest,
    invoice: Invoice,
    entry: FoundEntry,
    user: User | None,
    now: datetime,
    before: dict[str, str],
) -> None:
    total = format_money(entry.gross_amount, entry.currency)
    place = f"journal {entry.journal_code} of {request.connection.division_name}"
    history.note(
        invoice=invoice,
        kind="linked",
        sentence=f"Linked to {entry} of {total} in {place}, which was in Exact already. Nothing was sent.",
        user=user,
        now=now,
        details={
            "entry_id": str(entry.exact_id),
            "copy_request": request.pk,
            unlinking.BEFORE: before,
        },
    )


def _refuse_foreign(invoice: Invoice, connection: ExactConnection, entry: FoundEntry) -> None:
    owner = (
        PostedDocument.objects.filter(Q(exact_id=entry.exact_id) | Q(entry_exact_id=entry.exact_id))
        .select_related("invoice")
        .first()
    )
    if owner is not None:
        raise _taken(entry, owner.invoice)
    if entry.currency != invoice.currency:
        raise LinkRefused(
            f"{entry} is in {entry.currency}, and the invoice in {invoice.currency}.".capitalize(),
            "Choose another one, or copy the invoice.",
        )
    on_its_way = CopyRequest.objects.filter(
        Q(your_ref=entry.your_ref) & ~Q(your_ref="")
        | Q(entry_number=entry.entry_number, entry_number__isnull=False)
        | Q(invoice__gross_amount=entry.gross_amount),
        connection=connection,
        state__in=_ON_ITS_WAY,
    ).exclude(invoice=invoice)
    if on_its_way.exists():
        raise LinkRefused(
            f"A copy is under way whose answer is still looked up, and {entry} may be that one.",
            "Try again when it is done.",
        )


def _taken(entry: FoundEntry, owner: Invoice) -> LinkRefused:
    return LinkRefused(
        f"{adopting.capitalized(str(entry))} belongs to invoice {owner} already.",
        "Choose another one, or copy the invoice.",
    )


def _remember(
    request: CopyRequest, invoice: Invoice, entry: FoundEntry, now: datetime
) -> PostedDocument:
    """Store the document; the database lets an entry of a connection have one owner only, whoever is faster."""
    sequences = PostedDocument.objects.filter(invoice=invoice).values_list("sequence", flat=True)
    try:
        with transaction.atomic():
            return PostedDocument.objects.create(
                organization_id=invoice.organization_id,
                invoice=invoice,
                connection=request.connection,
                copy_request=request,
                # What is known of it is its entry in the books, whichever way it came there.
                route=Route.BOOKING,
                exact_id=entry.exact_id,
                entry_exact_id=entry.exact_id,
                entry_number=entry.entry_number,
                invoice_number=entry.invoice_number,
                journal_code=entry.journal_code,
                customer_exact_id=entry.customer_exact_id,
                your_ref=entry.your_ref,
                currency=entry.currency,
                gross_amount=entry.gross_amount * invoice.sign,
                content_hash=invoice.content_hash,
                payload={},
                payload_hash="",
                sequence=max(sequences, default=0) + 1,
                check_due_at=now,
                created_at=now,
                updated_at=now,
            )
    except IntegrityError:
        raise LinkRefused(
            f"{adopting.capitalized(str(entry))} was linked to another invoice just now.",
            "Look at the list again.",
        ) from None
