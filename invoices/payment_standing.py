"""What is known of an invoice's payment, for lists and totals: a status that nobody read is not called open."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable, Expression
from django.utils.translation import gettext_lazy as _

from invoices.models import (
    SETTLED_STATUSES,
    Invoice,
    InvoiceKind,
    PaymentStatus,
    PostedDocument,
    PostedDocumentState,
)

NOT_IN_EXACT = "not_in_exact"
NOT_READ = "not_read"
SET_ASIDE = "set_aside"
# What a list can be narrowed down to; new statuses come along by themselves.
CHOICES = [
    (NOT_IN_EXACT, "Not in Exact"),
    (NOT_READ, "Not read yet"),
    (SET_ASIDE, _("Not synced: set aside")),
    *PaymentStatus.choices,
]
_LABELS = dict(CHOICES)

# What is still to be paid, in an invoice's own sign, and which invoices have something.
OPEN_AMOUNT = F("gross_amount") - F("paid_amount")
STILL_OPEN = ~Q(payment_status__in=SETTLED_STATUSES) & ~Q(gross_amount=F("paid_amount"))


def in_books(amount: Combinable) -> Expression:
    """This function will give an amount of an invoice the sign it has in the books: a credit note's is negative."""
    sign = Case(
        When(kind=InvoiceKind.CREDIT_NOTE, then=Value(-1)),
        default=Value(1),
        output_field=IntegerField(),
    )
    return ExpressionWrapper(
        amount * sign, output_field=DecimalField(max_digits=19, decimal_places=4)
    )


def living_documents(invoice: Invoice | int | None = None) -> QuerySet[PostedDocument]:
    """This function will return an invoice's documents that are in Exact, the newest first; of the outer query's without one.

    The newest is the one whose payments count.
    """
    return (
        PostedDocument.objects.filter(invoice=invoice or OuterRef("pk"))
        .exclude(state=PostedDocumentState.DELETED_IN_EXACT)
        .order_by("-sequence", "-id")
    )


def with_payment_standing(invoices: QuerySet[Any]) -> QuerySet[Any]:
    """This function will add `payment_standing` to each invoice: its status, or why that is not known (`CHOICES`)."""
    is_open = Q(payment_status=PaymentStatus.OPEN)
    annotated: QuerySet[Any] = invoices.annotate(
        payment_standing=Case(
            # Settled or not is seen where it was copied to; here it is neither open nor paid.
            When(~Q(payment_status__in=SETTLED_STATUSES) & ~Q(set_aside=""), then=Value(SET_ASIDE)),
            When(is_open & ~Exists(living_documents()), then=Value(NOT_IN_EXACT)),
            When(is_open & Q(payments_read_at__isnull=True), then=Value(NOT_READ)),
            default=F("payment_status"),
            output_field=CharField(),
        )
    )
    return annotated


def is_open(standing: str) -> bool:
    """This function will tell whether something is still to be paid, as far as is known; what is set aside is over here."""
    return standing != SET_ASIDE and standing not in SETTLED_STATUSES


def label_of(standing: str) -> str:
    """This function will return the words for a standing."""
    return str(_LABELS[standing])
