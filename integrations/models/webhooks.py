"""Webhooks: who listens, what is subscribed, and what was not taken.

Like the lanes these tables are read across organizations: a webhook names a division of Exact and no organization.
They hold ids and times only.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.lanes import DivisionLane, LaneMember


class WebhookListener(models.Model):
    """A connection that has a reading brought forward when Exact tells of a group of topics."""

    member = models.ForeignKey(LaneMember, on_delete=models.CASCADE, related_name="listeners")
    group = models.CharField(max_length=20)
    # When the reading is brought forward; null: nothing was told since the last time.
    due_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    # Of the newest webhook: a repeated one changes nothing.
    last_signature = models.CharField(max_length=64, blank=True)
    # The records that were created since `due_at` was set; null: something else happened, or too many to tell.
    created_keys = ArrayField(models.UUIDField(), null=True, default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint("member", "group", name="one_listener_per_group"),
        ]

    def __str__(self) -> str:
        return f"{self.group} of member {self.member_id}"


class WebhookSubscription(models.Model):
    """A topic that Exact tells us about in a lane's division; connections of the division share it."""

    lane = models.ForeignKey(DivisionLane, on_delete=models.CASCADE, related_name="subscriptions")
    topic = models.CharField(max_length=40)
    # Null while Exact has none of ours; `problem` says why, for the operator.
    exact_id = models.UUIDField(null=True, blank=True)
    subscribed_at = models.DateTimeField(null=True, blank=True)
    # When to look in Exact again.
    check_at = models.DateTimeField()
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("lane", "topic", name="one_subscription_per_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} in lane {self.lane_id}"


class SetAsideReason(models.TextChoices):
    """Why a webhook was not taken."""

    FORM = "form", _("Another form than Exact's")
    SIGNATURE = "signature", _("Not signed with one of our secrets")
    CLIENT = "client", _("Meant for another app")
    CONTENT = "content", _("Signed, but not understood")
    NOBODY = "nobody", _("No connection listens")


class SetAsideWebhook(models.Model):
    """A webhook that was not taken, kept for a day; nothing of what it says is kept."""

    received_at = models.DateTimeField(db_index=True)
    size = models.PositiveIntegerField()  # bytes
    reason = models.CharField(max_length=10, choices=SetAsideReason.choices)

    def __str__(self) -> str:
        return f"{self.get_reason_display()} at {self.received_at:%Y-%m-%d %H:%M}"
