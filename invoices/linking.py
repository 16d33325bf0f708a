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
from django.utils.translation import gettext as _

from connector.sentences import Money, Sentence, beginning, sentence
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
        return self.called

    @property
    def called(self) -> Sentence:
        """What it is called within a sentence: "entry 26001"."""
        if self.number is None:
            return sentence("an entry without a number")
        return sentence("entry %(number)s", number=self.number)


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
    history.note(
        invoice=invoice,
        kind="linked",
        sentence=sentence(
            "Linked to %(entry)s of %(total)s in journal %(journal)s of %(division)s, which was in Exact already. Nothing "
            "was sent.",
            entry=entry.called,
            total=Money(entry.gross_amount, entry.currency),
            journal=entry.journal_code,
            division=request.connection.division_name,
        ),
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
            _("%(entry)s is in %(currency)s, and the invoice in %(other)s.")
            % {
                "entry": beginning(entry.called),
                "currency": entry.currency,
                "other": invoice.currency,
            },
            _("Choose another one, or copy the invoice."),
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
            _("A copy is under way whose answer is still looked up, and %(entry)s may be that one.")
            % {"entry": entry.called},
            _("Try again when it is done."),
        )


def _taken(entry: FoundEntry, owner: Invoice) -> LinkRefused:
    return LinkRefused(
        _("%(entry)s belongs to invoice %(invoice)s already.")
        % {"entry": beginning(entry.called), "invoice": owner},
        _("Choose another one, or copy the invoice."),
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
            _("%(entry)s was linked to another invoice just now.")
            % {"entry": beginning(entry.called)},
            _("Look at the list again."),
        ) from None
