"""What is kept about tokens beside the tokens themselves: how often Exact was asked, and what came of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models.connections import ExactGrant


class TokenCalls(models.Model):
    """The token calls of one Exact user with our app in the last 24 hours, across organizations.

    Exact counts them per app and user, and does not know our organizations. The row says nothing of those either.
    """

    host = models.CharField(max_length=200)
    client_id = models.CharField(max_length=100)
    exact_user_id = models.UUIDField()
    called_at = ArrayField(models.DateTimeField(), default=list)
    alarmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "host", "client_id", "exact_user_id", name="one_count_per_app_and_exact_user"
            )
        ]

    def __str__(self) -> str:
        return f"{len(self.called_at)} token calls"


class TokenEvent(TenantModel):
    """What happened to the tokens of a consent: enough to explain a lost one later, nothing to use one with.

    Rows are only ever added, which a trigger of the database sees to; after 90 days they may be deleted.
    """

    grant = TenantForeignKey(ExactGrant, on_delete=models.CASCADE, related_name="token_events")
    at = models.DateTimeField()
    worker = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    token_version = models.PositiveIntegerField()
    # The first characters of the tokens' SHA-256.
    old_sha256 = models.CharField(max_length=12, blank=True)
    new_sha256 = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index("organization", "at", name="token_events_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"
