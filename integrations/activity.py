"""What happened to connections, for the organization's activity page."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from connector.tenancy.activity import ActivityRow
from integrations.models import ConnectionEvent


def list_connection_events(*, until: datetime | None, limit: int) -> list[ActivityRow]:
    """This function will return the newest events of all connections at or before `until`."""
    events = ConnectionEvent.objects.select_related("user", "connection").order_by("-at", "-id")
    if until is not None:
        events = events.filter(at__lte=until)
    return [
        ActivityRow(
            at=event.at,
            user=str(event.user) if event.user else "",
            sentence=event.sentence,
            subject=event.connection.name,
            address=reverse("connection_activity", args=[event.connection_id]),
        )
        for event in events[:limit]
    ]
