"""What is known of an invoice's payment (`Invoice.payment_standing`), for lists and totals: a status that nobody read is not called open."""

from __future__ import annotations

from django.db.models import (
    Case,
    DecimalField,
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
    (NOT_IN_EXACT, _("Not in Exact")),
    (NOT_READ, _("Not read yet")),
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


def is_open(standing: str) -> bool:
    """This function will tell whether something is still to be paid, as far as is known; what is set aside is over here."""
    return standing != SET_ASIDE and standing not in SETTLED_STATUSES


def label_of(standing: str) -> str:
    """This function will return the words for a standing."""
    return str(_LABELS[standing])
