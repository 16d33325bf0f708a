"""How invoices came in: files, and input that contradicts what is stored."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from connector.sentences import unpack
from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from invoices.models.invoice import Invoice


class ImportRun(TenantModel):
    """One uploaded file and the report on it, by row and column."""

    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    row_count = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    conflict_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    # A list of {"row", "column", "invoice_number", "sentence", "said"}: the sentence in English, and for its reader
    # (`connector.sentences.pack`).
    problems = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index("organization", "file_hash", name="import_run_by_file_hash")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def told_problems(self) -> list[dict[str, Any]]:
        """The problems, each with its sentence in the language of whoever reads."""
        return [
            problem | {"sentence": unpack(problem.get("said") or problem["sentence"])}
            for problem in self.problems
        ]


class IntakeConflict(TenantModel):
    """Input that differs from the stored invoice and was not applied; a person decides."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="conflicts")
    import_run = TenantForeignKey(
        ImportRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="conflicts"
    )
    at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)
    # The whole SourceInvoice as it came in, and a list of {"field", "ours", "theirs"}.
    incoming = models.JSONField()
    differences = models.JSONField(default=list)
    resolution = models.CharField(max_length=20, blank=True)
    resolved_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "invoice",
                "content_hash",
                condition=Q(resolution=""),
                name="one_open_conflict_per_content",
            ),
        ]

    def __str__(self) -> str:
        return f"Conflict on invoice {self.invoice_id}"
