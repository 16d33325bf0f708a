"""The lane's work "webhooks": what Exact told brings the next reading forward, and then its own work reads.

The layer that reads registers here how its reading is brought forward; nothing is read from Exact in this step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from connector.tenancy.scope import tenant_transaction
from integrations.lanes import LaneJob
from integrations.models import ExactConnection, WebhookListener


class BringForward(Protocol):
    """Makes the connection's reading due now, inside the organization's transaction.

    ``created``: the only thing that happened is that these records were created; None: anything may have happened.
    It returns False when nothing new is to be read, because we made those records ourselves (RELIABILITY G16).
    """

    def __call__(
        self, connection: ExactConnection, *, created: Sequence[UUID] | None, now: datetime
    ) -> bool: ...


readings: dict[str, BringForward] = {}
"""How each group's reading is brought forward."""


class NudgesWork:
    """Turns what was heard into work that is due."""

    name = "webhooks"
    # Before what it brings forward, after what a person waits for.
    priority = 15

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the next reading may be brought forward."""
        if not connection.is_working:
            return None
        return (
            WebhookListener.objects.filter(
                member__connection_id=connection.pk, due_at__isnull=False
            )
            .order_by("due_at")
            .values_list("due_at", flat=True)
            .first()
        )

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return None: nothing is sent here whose outcome could be unknown."""
        return None

    def step(self, job: LaneJob) -> None:
        """This function will bring forward what is due."""
        now = job.now()
        with tenant_transaction(job.organization_id):
            connection = ExactConnection.objects.filter(pk=job.connection_id).first()
            due = WebhookListener.objects.select_for_update(of=("self",)).filter(
                member__connection_id=job.connection_id, due_at__lte=now
            )
            for listener in due:
                bring_forward = readings.get(listener.group)
                if connection is not None and bring_forward is not None:
                    created = listener.created_keys
                    if bring_forward(connection, created=created, now=now):
                        listener.handled_at = now
                listener.due_at = None
                listener.save(update_fields=["due_at", "handled_at"])
