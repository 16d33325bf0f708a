"""What the status page says of a connection's payments: when they were last read."""

from __future__ import annotations

from integrations.models import ExactConnection
from integrations.status import StatusLine


def describe(connection: ExactConnection) -> list[StatusLine]:
    """This function will tell when the connection's payments were last read to their end."""
    if not connection.sync_payments:
        return [StatusLine("Payments", "Not read: the sync is off")]
    if connection.payments_synced_at is None:
        return [StatusLine("Payments", "Not read yet", kind="progress")]
    kind = "attention" if connection.payments_sync_problem else "good"
    return [StatusLine("Payments", "Read", connection.payments_synced_at, kind=kind)]
