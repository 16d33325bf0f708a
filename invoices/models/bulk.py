"""Many invoices copied in one go: who chose which, and when. How each one goes stands at its copy request."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from connector.sentences import SentenceField
from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from invoices.models.invoice import Invoice


class BulkCopy(TenantModel):
    """A selection of invoices; with `started_at` their copies were asked for, by `created_by`."""

    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    # When nothing of it was under way any more; empty again after a retry.
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                "started_at",
                name="bulk_copy_that_runs",
                condition=Q(started_at__isnull=False, ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"Bulk copy {self.pk}"


class BulkCopyItem(TenantModel):
    """One invoice of it. `left_out`: why no copy was asked for."""

    bulk = TenantForeignKey(BulkCopy, on_delete=models.CASCADE, related_name="items")
    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="+")
    left_out = SentenceField(longest=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("bulk", "invoice", name="one_item_per_bulk_and_invoice")
        ]

    def __str__(self) -> str:
        return f"Invoice {self.invoice_id} of bulk copy {self.bulk_id}"
