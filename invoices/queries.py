"""What the invoice screens and the API read."""

from __future__ import annotations

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from invoices.models import CopyRequest, Invoice, InvoiceEvent, PostedDocument, PostedDocumentState
from invoices.models.copying import ACTIVE_COPY_STATES, CopyState

ATTENTION_COPY_STATES = (CopyState.NEEDS_CHOICE, CopyState.CONFLICT, CopyState.MISMATCH)


class CopyStanding(TextChoices):
    """Where an invoice stands with Exact, in one word."""

    NOT_COPIED = "not_copied", "Not copied"
    IN_PROGRESS = "in_progress", "Copying"
    COPIED = "copied", "Copied"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"


def with_copy_standing(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """This function will add `copy_standing` (CopyStanding) and `last_copy_state` to each invoice, without more queries."""
    last_state = (
        CopyRequest.objects.filter(invoice=OuterRef("pk")).order_by("-id").values("state")[:1]
    )
    document = PostedDocument.objects.filter(
        invoice=OuterRef("pk"), state=PostedDocumentState.CURRENT
    )
    return invoices.annotate(last_copy_state=Subquery(last_state)).annotate(
        copy_standing=Case(
            When(last_copy_state__in=ACTIVE_COPY_STATES, then=Value(CopyStanding.IN_PROGRESS)),
            When(
                last_copy_state__in=ATTENTION_COPY_STATES, then=Value(CopyStanding.NEEDS_ATTENTION)
            ),
            When(Exists(document), then=Value(CopyStanding.COPIED)),
            default=Value(CopyStanding.NOT_COPIED),
            output_field=CharField(),
        )
    )


def with_updated_at(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """This function will add `updated_at`: the time of the newest event, as every change of an invoice notes one."""
    newest = (
        InvoiceEvent.objects.filter(invoice=OuterRef("pk"))
        .order_by()
        .values("invoice")
        .annotate(newest=Max("at"))
        .values("newest")
    )
    return invoices.annotate(
        updated_at=Coalesce(Subquery(newest), "created_at", output_field=DateTimeField())
    )
