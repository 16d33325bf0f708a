"""Where invoices stand, derived once more: by Django's queries, from the words of the models. PostgreSQL's rule must say the same."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from invoices import paid_by_hand, payment_conflicts
from invoices.models import (
    SETTLED_STATUSES,
    CopyRequest,
    CopyState,
    DeliveryState,
    IntakeConflict,
    Invoice,
    PaymentStatus,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
)
from invoices.models.copying import ACTIVE_COPY_STATES, ATTENTION_COPY_STATES, UNSENT_DELIVERIES
from invoices.payment_standing import NOT_IN_EXACT, NOT_READ, SET_ASIDE, living_documents
from invoices.queries import CopyStanding


def derived(invoices: QuerySet[Any]) -> dict[int, tuple[str, str, bool]]:
    """Of each invoice: copy standing, payment standing, and whether somebody has to look at it."""
    rows = _with_payment(_with_copy(invoices))
    return {row.pk: (row.by_copy, row.by_payment, _needs_look(row)) for row in rows}


def _with_copy(invoices: QuerySet[Any]) -> QuerySet[Any]:
    states = CopyRequest.objects.filter(invoice=OuterRef("pk")).exclude(state=CopyState.CANCELLED)
    document = PostedDocument.objects.filter(
        invoice=OuterRef("pk"), state=PostedDocumentState.CURRENT
    )
    attention, is_in = Value(CopyStanding.NEEDS_ATTENTION), CopyStanding.COPIED
    annotated: QuerySet[Any] = invoices.annotate(
        last=Subquery(states.order_by("-id").values("state")[:1]),
        delivery=Subquery(document.values("delivery")[:1]),
    ).annotate(
        by_copy=Case(
            When(~Q(set_aside=""), then=F("set_aside")),
            When(last__in=ACTIVE_COPY_STATES, then=Value(CopyStanding.IN_PROGRESS)),
            When(last__in=ATTENTION_COPY_STATES, then=attention),
            When(delivery__in=UNSENT_DELIVERIES, then=attention),
            When(delivery=DeliveryState.SENT, then=Value(CopyStanding.SENT)),
            When(delivery__isnull=False, then=Value(is_in)),
            default=Value(CopyStanding.NOT_COPIED),
            output_field=CharField(),
        )
    )
    return annotated


def _with_payment(invoices: QuerySet[Any]) -> QuerySet[Any]:
    is_open = Q(payment_status=PaymentStatus.OPEN)
    annotated: QuerySet[Any] = invoices.annotate(
        by_payment=Case(
            When(~Q(payment_status__in=SETTLED_STATUSES) & ~Q(set_aside=""), then=Value(SET_ASIDE)),
            When(is_open & ~Exists(living_documents()), then=Value(NOT_IN_EXACT)),
            When(is_open & Q(payments_read_at__isnull=True), then=Value(NOT_READ)),
            default=F("payment_status"),
            output_field=CharField(),
        )
    )
    return annotated


def _needs_look(row: Any) -> bool:
    conflict = payment_conflicts.find_conflict(row, paid_by_hand.find_mark(row))
    return (
        row.by_copy == CopyStanding.NEEDS_ATTENTION
        or (conflict is not None and conflict.decision is None)
        or ReconciliationBreak.objects.filter(invoice=row.pk, closed_at=None).exists()
        or IntakeConflict.objects.filter(invoice=row.pk, resolution="").exists()
    )


def kept(invoices: QuerySet[Any]) -> dict[int, tuple[str, str, bool]]:
    """The same as the columns say it."""
    columns = invoices.values_list("pk", "copy_standing", "payment_standing", "needs_look")
    return {pk: (copy, payment, look) for pk, copy, payment, look in columns}


def count_by_sync(subsidiary_id: int) -> dict[str, int]:
    """How many invoices of a subsidiary have each word of `sync_standing`."""
    found: dict[str, int] = {}
    for word in Invoice.objects.filter(subsidiary=subsidiary_id).values_list(
        "sync_standing", flat=True
    ):
        found[word] = found.get(word, 0) + 1
    return found
