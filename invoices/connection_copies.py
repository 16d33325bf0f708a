"""What a connection's copies mean for it, and what becomes of them when it is disconnected."""

from __future__ import annotations

from datetime import datetime

from connector.sentences import sentence
from integrations.models import ExactConnection
from invoices import copy_states
from invoices.locking import lock_invoices
from invoices.models import CopyRequest, CopyState, PostedDocument
from invoices.models.copying import ACTIVE_COPY_STATES


def has_documents(connection: ExactConnection) -> bool:
    """This function will tell whether documents were copied through the connection: its division is fixed then."""
    return PostedDocument.objects.filter(connection=connection).exists()


def count_waiting(connection: ExactConnection) -> int:
    """This function will return how many copies wait for the connection."""
    return CopyRequest.objects.filter(connection=connection, state__in=ACTIVE_COPY_STATES).count()


def cancel_for_connection(*, connection: ExactConnection, now: datetime) -> int:
    """This function will cancel what waits for a connection that is being disconnected; it returns how many.

    What has been sent and not been answered stays: its fate is looked up after a reconnection.
    """
    CopyRequest.objects.filter(
        connection=connection, state__in=(CopyState.SENDING, CopyState.UNKNOWN)
    ).update(
        progress=sentence("Exact was disconnected before it answered; reconnect to see what it did")
    )
    waiting = CopyRequest.objects.filter(
        connection=connection, state=CopyState.QUEUED
    ).select_related("invoice")
    rows = list(waiting.order_by("id"))
    lock_invoices(request.invoice_id for request in rows)
    return sum(copy_states.end_for_disconnection(request, now) for request in rows)


def cancel_outlived(connection: ExactConnection, *, now: datetime) -> int:
    """This function will cancel what was queued before the connection was last disconnected; it returns how many."""
    outlived = (
        CopyRequest.objects.filter(connection=connection, state=CopyState.QUEUED)
        .exclude(connection_generation=connection.generation)
        .select_related("invoice")
    )
    rows = list(outlived.order_by("id"))
    lock_invoices(request.invoice_id for request in rows)
    return sum(copy_states.end_for_disconnection(request, now) for request in rows)
