"""What the layers above tell this one: invoices knows which work hangs on a connection, integrations does not.

`invoices.apps` adds its functions here when the program starts; each is called inside the tenant transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from integrations.mappings.open_lines import OpenInvoices
from integrations.models import ExactConnection


class OnDisconnect(Protocol):
    """Cancels what is queued for a connection that is being disconnected; returns how much that was."""

    def __call__(self, *, connection: ExactConnection, now: datetime) -> int: ...


class OnRestore(Protocol):
    """Prepares a connection for a database that was restored: `backup_at` (UTC) is until when it knows what was sent."""

    def __call__(
        self, *, connection: ExactConnection, backup_at: datetime, now: datetime
    ) -> None: ...


division_lock_checks: list[Callable[[ExactConnection], bool]] = []
"""Whether documents hang on the connection's division, so that it may not change any more."""

on_disconnect: list[OnDisconnect] = []

waiting_work: list[Callable[[ExactConnection], int]] = []
"""How many invoices wait for the connection, for the mail, the banner and the disconnect dialog."""


on_restore: list[OnRestore] = []

recovery_waits: list[Callable[[ExactConnection], str]] = []
"""What a connection still looks up after a restore, in words; empty when it is done."""


open_invoices: list[Callable[[ExactConnection], OpenInvoices]] = []
"""What the connection's invoices that are not in Exact yet are made of; one function, in one statement."""


def has_documents(connection: ExactConnection) -> bool:
    """This function will tell whether documents hang on the connection's division."""
    return any(check(connection) for check in division_lock_checks)


def count_waiting(connection: ExactConnection) -> int:
    """This function will return how many invoices wait for the connection."""
    return sum(count(connection) for count in waiting_work)


def cancel_queued(*, connection: ExactConnection, now: datetime) -> int:
    """This function will cancel what is queued for the connection and return how much that was."""
    return sum(cancel(connection=connection, now=now) for cancel in on_disconnect)


def restored(*, connection: ExactConnection, backup_at: datetime, now: datetime) -> None:
    """This function will prepare the connection for a database that was restored."""
    for prepare in on_restore:
        prepare(connection=connection, backup_at=backup_at, now=now)


def recovery_waits_for(connection: ExactConnection) -> str:
    """This function will say what the connection still looks up after a restore; empty when it is done."""
    return next((words for wait in recovery_waits if (words := wait(connection))), "")


def read_open_invoices(connection: ExactConnection) -> OpenInvoices:
    """This function will tell what the connection's open invoices are made of."""
    return next((read(connection) for read in open_invoices), OpenInvoices())
