"""What is compared with Exact again after it was copied, and what did not agree."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connector.sentences import SentenceField
from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models import ExactConnection, Route
from invoices.models.copying import PostedDocument
from invoices.models.decisions import AcceptedDifference
from invoices.models.invoice import Invoice


class ReconciliationCursor(TenantModel):
    """How far the documents of one route were compared with Exact: a pass each night, over everything once a week."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="reconciliation_cursors"
    )
    route = models.CharField(max_length=15, choices=Route.choices)
    # What Exact changed since this time is read in the next pass.
    read_from = models.DateTimeField()
    next_at = models.DateTimeField()
    # While a pass is under way: when it began, since when it reads, and the page it goes on with.
    began_at = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    is_full = models.BooleanField(default=False)
    next_page = models.TextField(blank=True)
    pages_done = models.BooleanField(default=False)
    full_at = models.DateTimeField(null=True, blank=True)
    # When a person asked that everything be compared (`booked/asking.py`); until that is done.
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "route", name="one_reconciliation_per_route")
        ]

    def __str__(self) -> str:
        return f"Reconciliation of connection {self.connection_id}, {self.route}"


class BreakKind(models.TextChoices):
    """What did not agree."""

    MISSING = "missing", _("No longer in Exact")
    CHANGED = "changed", _("Changed in Exact")
    TWICE = "twice", _("Twice in Exact")
    STRAY = "stray", _("In Exact, and not known here")


class ReconciliationBreak(TenantModel):
    """Something in Exact that is not as this database believes; it closes by itself when it is so no more."""

    connection = TenantForeignKey(ExactConnection, on_delete=models.CASCADE, related_name="breaks")
    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="breaks")
    document = TenantForeignKey(
        PostedDocument, on_delete=models.CASCADE, null=True, related_name="breaks"
    )
    kind = models.CharField(max_length=10, choices=BreakKind.choices)
    route = models.CharField(max_length=15, choices=Route.choices)
    # The document in Exact that it is about.
    exact_id = models.UUIDField()
    sentence = SentenceField(longest=600)
    remedy = SentenceField(longest=600)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # Somebody said that it is right so, which closed it: the same is not told again (`booked/accepted.py`).
    accepted = TenantForeignKey(
        AcceptedDifference, on_delete=models.CASCADE, null=True, related_name="breaks"
    )
    # When the mail of a morning told of it.
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "connection",
                "kind",
                "exact_id",
                condition=Q(closed_at__isnull=True),
                name="one_open_break_per_document",
            )
        ]
        indexes = [
            models.Index("invoice", name="break_by_invoice", condition=Q(closed_at__isnull=True)),
            models.Index(
                "first_seen_at",
                name="break_that_is_not_told",
                condition=Q(closed_at__isnull=True, told_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.sentence}"
