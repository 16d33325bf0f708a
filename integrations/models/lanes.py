"""Lanes: all work for one division of Exact, done by one worker at a time.

These two tables are the only ones read across organizations. They say when there is work and for which connection,
never what the work is.
"""

from __future__ import annotations

from django.db import models

from connector.sentences import SentenceField


class DivisionLane(models.Model):
    """A division on one host of Exact: the lease of the worker at it, Exact's limits as last seen, and when to go on."""

    host = models.CharField(max_length=200)
    division = models.IntegerField()
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Grows with each lease; a worker whose number is no longer the lane's has lost it.
    fence = models.BigIntegerField(default=0)
    last_served_at = models.DateTimeField(null=True, blank=True)
    resume_at = models.DateTimeField(null=True, blank=True)
    resume_reason = SentenceField(longest=200, blank=True)
    minute_limit = models.IntegerField(null=True, blank=True)
    minute_remaining = models.IntegerField(null=True, blank=True)
    minute_reset_at = models.DateTimeField(null=True, blank=True)
    day_limit = models.IntegerField(null=True, blank=True)
    day_remaining = models.IntegerField(null=True, blank=True)
    day_reset_at = models.DateTimeField(null=True, blank=True)
    # By Exact user and endpoint: its errors of the last hour and until when it is left alone (`lanes.breaker`).
    breakers = models.JSONField(default=dict, blank=True)
    # Calls in a row that got no usable answer, whose work made the last one, and the pause after it in seconds.
    unanswered_count = models.PositiveIntegerField(default=0)
    unanswered_work = models.CharField(max_length=40, blank=True)
    pause_seconds = models.FloatField(default=0)
    # How long the last calls took, in milliseconds, and whether that is so long that other lanes go first.
    recent_ms = models.JSONField(default=list, blank=True)
    is_slow = models.BooleanField(default=False)
    # While it is stopped nothing is written to Exact; reading goes on.
    is_stopped = models.BooleanField(default=False)
    stop_reason = models.CharField(max_length=120, blank=True)
    stopped_by = models.CharField(max_length=200, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("host", "division", name="one_lane_per_division")]

    def __str__(self) -> str:
        return f"{self.division} at {self.host}"


class LaneMember(models.Model):
    """A connection that works through a lane, and when its next work is due (null: nothing to do)."""

    lane = models.ForeignKey(DivisionLane, on_delete=models.CASCADE, related_name="members")
    organization_id = models.BigIntegerField()
    connection_id = models.BigIntegerField(unique=True)
    due_at = models.DateTimeField(null=True, blank=True)
    last_served_at = models.DateTimeField(null=True, blank=True)
    # Disconnected, and here until this time at most to tell Exact to send nothing more.
    leaving_until = models.DateTimeField(null=True, blank=True)
    # Since when an admin lets it rest: only what was sent before is looked up, and its log-in is kept alive.
    paused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index("due_at", name="lane_member_by_due_time")]

    def __str__(self) -> str:
        return f"Connection {self.connection_id} in lane {self.lane_id}"
