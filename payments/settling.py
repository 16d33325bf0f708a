"""Brings payments and payment statuses of invoices in line with the mirrored terms.

Before: `payments.mirror` marked the terms that changed. After: `invoices.payment_status` has stored the status.
Only complete readings are settled: between two pages a split term can look like a paid invoice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.exact.deleted import SALES_INVOICES, DeletedRow
from integrations.models import ExactConnection, Route
from invoices import paid_by_hand, payment_status
from invoices.models import Invoice, PaymentStatus, PostedDocument, PostedDocumentState
from invoices.payment_status import InExact
from invoices.payment_words import PaymentFacts
from payments.closing_terms import Closings, find_touched_entries
from payments.models import Payment, ReceivableTerm, Removal
from payments.own_terms import find_invoices, find_terms
from payments.payment_rows import PaymentRows
from payments.settlement import Term, settle
from payments.settlement_words import say_parts, say_removal

BATCH = 500


def settle_changed(*, connection: ExactConnection, now: datetime, limit: int = BATCH) -> int:
    """This function will settle the documents of up to `limit` changed terms and return the number of terms handled.

    Call it again, in a transaction of its own, until it returns 0.
    """
    changed = list(
        ReceivableTerm.objects.filter(connection=connection, needs_settling=True).order_by("id")[
            :limit
        ]
    )
    entries = find_touched_entries(connection=connection, changed=changed)
    settle_invoices(
        connection=connection,
        invoice_ids=find_invoices(connection=connection, entries=entries, changed=changed),
        now=now,
    )
    ReceivableTerm.objects.filter(pk__in=[term.pk for term in changed]).update(
        needs_settling=False, earlier_end_date=None
    )
    return len(changed)


def settle_invoices(
    *,
    connection: ExactConnection,
    invoice_ids: Iterable[int],
    now: datetime,
    because: Removal | None = None,
) -> None:
    """This function will derive payments and status of these invoices from what is stored, whatever was there before.

    ``because`` is why payments are gone, where the caller is the reason and not Exact.
    """
    # Locked in one order, so that this never deadlocks with somebody else's work on two of them.
    invoices = Invoice.objects.select_for_update().filter(pk__in=list(invoice_ids)).order_by("id")
    by_id = {invoice.pk: invoice for invoice in invoices}
    marks = paid_by_hand.find_marks(by_id)  # after the lock: nobody marks or takes back meanwhile
    documents: dict[int, list[PostedDocument]] = defaultdict(list)
    for document in PostedDocument.objects.filter(invoice__in=by_id).order_by("-sequence", "-id"):
        document.invoice = by_id[document.invoice_id]
        documents[document.invoice_id].append(document)
    terms = find_terms(
        connection=connection,
        documents=[document for group in documents.values() for document in group],
    )
    closings = Closings(connection, [term for group in terms.values() for term in group])
    payments: dict[int, list[Payment]] = defaultdict(list)
    for payment in Payment.objects.filter(invoice__in=by_id, removed_at__isnull=True).order_by(
        "id"
    ):
        payments[payment.invoice_id].append(payment)
    said = []
    new_payments: list[Payment] = []
    for invoice_id, invoice in by_id.items():
        group = documents[invoice_id]
        for document in group:
            if document.connection_id == connection.pk:
                _note_presence(document, terms[document.pk], now)
        rows = PaymentRows(connection, payments[invoice_id], new_payments, now, because)
        facts = _settle_one(connection, invoice, group, terms, closings, rows)
        if facts is not None:
            said.append(InExact(invoice, facts, marks.get(invoice_id)))
    Payment.objects.bulk_create(new_payments, batch_size=BATCH)
    payment_status.apply(said, now=now)
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
    invoice: Invoice,
    documents: Sequence[PostedDocument],
    terms: Mapping[int, list[ReceivableTerm]],
    closings: Closings,
    rows: PaymentRows,
) -> PaymentFacts | None:
    """Settle by the newest document that is still in Exact, the one that Update existing changes too.

    None when nothing can be said of the invoice through this connection.
    """
    document = next(
        (one for one in documents if one.state != PostedDocumentState.DELETED_IN_EXACT), None
    )
    if document is None:
        removal = rows.store(invoice, (), in_question=())
        return PaymentFacts(PaymentStatus.OPEN, Decimal(0), None, removal=say_removal(removal))
    if document.connection_id != connection.pk:
        return None
    living = [term for term in terms[document.pk] if term.deleted_at is None]
    known = _known_amounts(rows.payments)
    settlement = settle(
        [_term(term, known.get(term.pk)) for term in living],
        gross_amount=document.gross_amount,
        settlers=closings.settlers_of(living),
    )
    if settlement is None:
        return None
    removal = rows.store(
        invoice,
        settlement.parts,
        in_question={term.pk for term in living if closings.is_in_question(term)},
    )
    return PaymentFacts(
        settlement.status,
        settlement.paid_amount,
        settlement.paid_date,
        how=say_parts(settlement.parts, invoice.currency),
        removal=say_removal(removal),
    )


def _known_amounts(payments: Sequence[Payment]) -> dict[int, Decimal]:
    """What earlier readings made of each term, where they know all of it."""
    known: dict[int, Decimal | None] = {}
    for payment in payments:
        before = known.get(payment.term_id, Decimal(0))
        has_both = before is not None and payment.amount is not None
        known[payment.term_id] = before + payment.amount if has_both else None
    return {term: amount for term, amount in known.items() if amount is not None}


def _term(term: ReceivableTerm, known_amount: Decimal | None) -> Term:
    return Term(
        key=term.pk,
        timestamp=term.timestamp,
        status=term.status,
        amount=term.amount,
        document_amount=term.document_amount,
        end_date=term.end_date,
        last_payment_date=term.last_payment_date,
        reference=term.payment_reference,
        known_amount=known_amount,
        has_changed=term.needs_settling,
    )
