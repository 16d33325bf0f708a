"""After a restore from a backup: what of Exact is read before anything is sent, and what was found there and forgotten."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models import ExactConnection, Route
from invoices.models.invoice import money_field


class RecoveryPass(TenantModel):
    """The reading of everything that Exact got since the backup. Nothing is sent through its connection until it is done."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="recovery_passes"
    )
    route = models.CharField(max_length=15, choices=Route.choices)
    began_at = models.DateTimeField()
    # Documents that were made or changed since then are read.
    since = models.DateTimeField()
    # Until then Exact may still book what was sent before the restore: only a reading that begins later is the last one.
    settled_at = models.DateTimeField()
    reading_began_at = models.DateTimeField(null=True, blank=True)
    next_page = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "connection",
                "route",
                condition=Q(done_at__isnull=True),
                name="one_open_recovery_per_route",
            )
        ]

    def __str__(self) -> str:
        return f"Recovery of connection {self.connection_id}, {self.route}"

    @classmethod
    def may_forget_since(cls, connection: ExactConnection, at: datetime) -> bool:
        """Whether something that was made in Exact at this time (UTC) or later may have been forgotten by a restore."""
        return cls.objects.filter(connection=connection, settled_at__gte=at).exists()


class ForgottenDocument(TenantModel):
    """A document with a mark of ours in Exact whose copy the restored database does not know."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="forgotten_documents"
    )
    route = models.CharField(max_length=15, choices=Route.choices)
    exact_id = models.UUIDField()
    marker = models.CharField(max_length=12)
    your_ref = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=200, blank=True)
    document_date = models.DateField(null=True, blank=True)
    # As Exact booked it, including VAT, without its sign.
    gross_amount = money_field()
    found_at = models.DateTimeField()
    # Set when it belongs to an invoice again, or is gone from Exact.
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "exact_id", name="one_row_per_forgotten_document")
        ]
        indexes = [
            models.Index(
                "connection",
                "route",
                name="forgotten_document_to_settle",
                condition=Q(settled_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"[{self.marker}] {self.your_ref}"
