"""The history of the work with Exact: a run is one kind of work for one connection in one turn of its lane.

All of a run is written in one transaction after its turn, so a worker that is killed leaves none of it. Nothing here decides
anything: the work's own rows do.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from integrations.models.connections import ExactConnection


class Direction(models.TextChoices):
    """Which way the data went."""

    OUT = "out", _("To Exact")
    IN = "in", _("From Exact")


class RecordOutcome(models.TextChoices):
    """What a run did to one thing."""

    CREATED = "created", _("Created")
    UPDATED = "updated", _("Updated")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")
    SEEN = "seen", _("Read")


class WorkRun(TenantModel):
    """What one kind of work did for a connection in one turn of its lane."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="work_runs"
    )
    work = models.CharField(max_length=40)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    # Who asked for it, when one person did; null: the schedule, or several.
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    # Calls made, also those beyond the number that is kept of one run.
    call_count = models.PositiveIntegerField(default=0)
    # The worker's log lines of this turn carry the same id.
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index("organization", "started_at", "id", name="work_runs_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.work} at {self.started_at:%Y-%m-%d %H:%M:%S}"


class RunRecord(TenantModel):
    """What a run did to one invoice, or what it read from one list of Exact; the sentence is made when it is read.

    ``kind`` is the kind of the invoice's event, or empty for calls that were about no single invoice.
    """

    run = TenantForeignKey(WorkRun, on_delete=models.CASCADE, related_name="records")
    # Calls of the run with this number belong to it.
    step = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=10, choices=RecordOutcome.choices)
    # An invoice's id; the tables of invoices stand above this one.
    subject_id = models.BigIntegerField(null=True)
    path = models.CharField(max_length=120, blank=True)
    call_count = models.PositiveIntegerField(default=0)
    row_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                "organization",
                "subject_id",
                "id",
                name="run_records_by_subject",
                condition=models.Q(subject_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind or self.path} {self.subject_id or ''}"


class ExactCall(TenantModel):
    """One call of a run, without its bodies."""

    run = TenantForeignKey(WorkRun, on_delete=models.CASCADE, related_name="calls")
    step = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=120)
    # Path and options as they were called, with texts of people hidden.
    address = models.CharField(max_length=1100)
    # Null: no whole answer came.
    status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField()
    row_count = models.PositiveIntegerField(default=0)
    # The kind of reason that Exact gave, a word of `integrations.exact.explain`.
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class ExactCallBody(TenantModel):
    """What was said in a call, masked; in a table of its own because it is kept for 30 days only."""

    call = TenantForeignKey(ExactCall, on_delete=models.CASCADE, related_name="bodies")
    at = models.DateTimeField()
    sent = models.TextField(blank=True)
    received = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index("organization", "at", name="exact_call_bodies_by_time")]
        constraints = [models.UniqueConstraint("call", name="one_body_per_call")]

    def __str__(self) -> str:
        return f"Bodies of call {self.call_id}"
