"""Brings payments and payment statuses of invoices in line with the mirrored terms.

Before: `payments.mirror` marked the terms that changed. After: `invoices.payment_status` has stored the status.
Only complete readings are settled: between two pages a split term can look like a paid invoice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.exact.deleted import SALES_INVOICES, DeletedRow
from integrations.models import ExactConnection, Route
from invoices import paid_by_hand, payment_status
from invoices.models import Invoice, PaymentStatus, PostedDocument, PostedDocumentState
from invoices.payment_words import PaymentFacts
from payments.models import Payment, ReceivableTerm
from payments.settlement import SettledPart, Term, settle

BATCH = 500


def settle_changed(*, connection: ExactConnection, now: datetime, limit: int = BATCH) -> int:
    """This function will settle the documents of up to `limit` changed terms and return the number of terms handled.

    Call it again, in a transaction of its own, until it returns 0.
    """
    changed = list(
        ReceivableTerm.objects.filter(connection=connection, needs_settling=True)
        .order_by("id")
        .values_list("pk", "entry_exact_id")[:limit]
    )
    entries = {entry for _, entry in changed if entry is not None}
    documents = PostedDocument.objects.filter(connection=connection, entry_exact_id__in=entries)
    settle_invoices(
        connection=connection,
        invoice_ids=set(documents.values_list("invoice_id", flat=True)),
        now=now,
    )
    ReceivableTerm.objects.filter(pk__in=[pk for pk, _ in changed]).update(needs_settling=False)
    return len(changed)


def settle_invoices(
    *, connection: ExactConnection, invoice_ids: Iterable[int], now: datetime
) -> None:
    """This function will derive payments and status of these invoices from what is stored, whatever was there before."""
    # Locked in one order, so that this never deadlocks with somebody else's work on two of them.
    invoices = Invoice.objects.select_for_update().filter(pk__in=list(invoice_ids)).order_by("id")
    by_id = {invoice.pk: invoice for invoice in invoices}
    marks = paid_by_hand.find_marks(by_id)  # after the lock: nobody marks or takes back meanwhile
    documents: dict[int, list[PostedDocument]] = defaultdict(list)
    for document in PostedDocument.objects.filter(invoice__in=by_id).order_by("-sequence", "-id"):
        document.invoice = by_id[document.invoice_id]
        documents[document.invoice_id].append(document)
    entries = [document.entry_exact_id for group in documents.values() for document in group]
    terms: dict[object, list[ReceivableTerm]] = defaultdict(list)
    for term in ReceivableTerm.objects.filter(
        connection=connection, entry_exact_id__in=entries
    ).order_by("id"):
        terms[term.entry_exact_id].append(term)
    payments: dict[int, list[Payment]] = defaultdict(list)
    for payment in Payment.objects.filter(invoice__in=by_id, removed_at__isnull=True).order_by(
        "id"
    ):
        payments[payment.invoice_id].append(payment)
    for invoice_id, group in documents.items():
        for document in group:
            if document.connection_id == connection.pk:
                _note_presence(document, terms[document.entry_exact_id], now)
        facts = _settle_one(connection, group, terms, payments[invoice_id], now)
        if facts is not None:
            payment_status.apply(
                invoice=by_id[invoice_id], in_exact=facts, mark=marks.get(invoice_id), now=now
            )
    payment_status.tell(list(by_id.values()), now=now)


def note_deleted_invoices(
    *, connection: ExactConnection, rows: Iterable[DeletedRow], now: datetime
) -> int:
    """This function will mark the invoices among the deletions that Exact had not printed yet; it returns how many.

    They have no terms to tell it. Whether Exact names the invoice or only its lines is not certain; where it names the
    lines, sending and updating find out when they look.
    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncDeleted
    """
    gone = {row.entity_key for row in rows if row.entity_type == SALES_INVOICES}
    documents = (
        PostedDocument.objects.filter(
            connection=connection,
            route=Route.EXACT_INVOICE,
            exact_id__in=gone,
            sent_at__isnull=True,
        )
        .exclude(state=PostedDocumentState.DELETED_IN_EXACT)
        .select_related("invoice")
        .order_by("id")
    )
    for document in documents:
        payment_status.note_deleted_in_exact(document=document, now=now)
    return len(documents)


def _note_presence(
    document: PostedDocument, terms: Sequence[ReceivableTerm], now: datetime
) -> None:
    """A document all of whose terms were deleted is gone from Exact; one with a living term is there."""
    is_there = any(term.deleted_at is None for term in terms)
    was_gone = document.state == PostedDocumentState.DELETED_IN_EXACT
    if terms and not is_there and not was_gone:
        payment_status.note_deleted_in_exact(document=document, now=now)
    elif is_there and was_gone:
        payment_status.note_back_in_exact(document=document, now=now)


def _settle_one(
    connection: ExactConnection,
    documents: Sequence[PostedDocument],
    terms: dict[object, list[ReceivableTerm]],
    payments: Sequence[Payment],
    now: datetime,
) -> PaymentFacts | None:
    """Settle by the newest document that is still in Exact, the one that Update existing changes too.

    None when nothing can be said of the invoice through this connection.
    """
    invoice = documents[0].invoice
    document = next(
        (one for one in documents if one.state != PostedDocumentState.DELETED_IN_EXACT), None
    )
    if document is None:
        _store_payments(invoice, (), payments, now)
        return PaymentFacts(PaymentStatus.OPEN, Decimal(0), None)
    if document.connection_id != connection.pk:
        return None
    living = [term for term in terms[document.entry_exact_id] if term.deleted_at is None]
    known = {payment.term_id: payment.amount for payment in payments}
    settlement = settle(
        [_term(term, known.get(term.pk)) for term in living], gross_amount=document.gross_amount
    )
    if settlement is None:
        return None
    _store_payments(invoice, settlement.parts, payments, now)
    return PaymentFacts(settlement.status, settlement.paid_amount, settlement.paid_date)


def _term(term: ReceivableTerm, known_amount: Decimal | None) -> Term:
    return Term(
        key=term.pk,
        timestamp=term.timestamp,
        status=term.status,
        amount=term.amount,
        document_amount=term.document_amount,
        settled_date=term.last_payment_date or term.end_date,
        reference=term.payment_reference,
        known_amount=known_amount,
        has_changed=term.needs_settling,
    )


def _store_payments(
    invoice: Invoice, parts: Sequence[SettledPart], payments: Sequence[Payment], now: datetime
) -> None:
    """Make the invoice's payments equal to the settled parts; a payment that was edited stays the same row."""
    rows = {payment.term_id: payment for payment in payments}
    keys = {part.key for part in parts}
    left = [payment for payment in payments if payment.term_id not in keys]
    for part in parts:
        payment = rows.get(part.key)
        if payment is None:
            payment = next((one for one in left if _is_same(one, part)), None)
            if payment is not None:
                left.remove(payment)
        if payment is None:
            _add(invoice, part, now)
        else:
            _change(payment, part, now)
    for payment in left:
        payment.removed_at = now
        payment.save(update_fields=["removed_at"])


def _is_same(payment: Payment, part: SettledPart) -> bool:
    """Whether a part is an earlier payment under a new id: matching it anew in Exact can make a new term."""
    same_amount = part.amount is not None and payment.amount == part.amount
    return same_amount or (part.paid_date is not None and payment.paid_date == part.paid_date)


def _add(invoice: Invoice, part: SettledPart, now: datetime) -> None:
    Payment.objects.create(
        invoice=invoice,
        term_id=part.key,
        amount=part.amount,
        currency=invoice.currency,
        paid_date=part.paid_date,
        reference=part.reference,
        first_seen_at=now,
        changed_at=now,
    )


def _change(payment: Payment, part: SettledPart, now: datetime) -> None:
    before = (payment.term_id, payment.amount, payment.paid_date, payment.reference)
    after = (part.key, part.amount, part.paid_date, part.reference)
    if before == after:
        return
    payment.term_id, payment.amount, payment.paid_date, payment.reference = after
    payment.changed_at = now
    payment.save()
