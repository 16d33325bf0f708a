"""What the installation as a whole knows of itself: signs of life and counts. No row belongs to an organization."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When a part of the background work was last seen: "sweep", or "worker:" and the name of its node.

    Also two times of the last restore, "restored:backup" and "restored:began", and which database this is
    (connector.database_identity).
    """

    name = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField()
    # How many tasks a worker does at a time.
    slots = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S} UTC"


class Tally(models.Model):
    """How often something happened since the installation began, in all processes together."""

    name = models.CharField(max_length=80, unique=True)
    count = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"
