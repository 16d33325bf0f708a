"""The life of a connection: made in the connect dialog, linked to a log-in, ready, disconnected, reconnected.

Disconnecting keeps the row, its mappings and its links to documents in Exact; connecting the same division again
continues with that row. Nothing here calls Exact.
"""

from __future__ import annotations

from integrations.connection_lifecycle.beginning import begin, change_beginning
from integrations.connection_lifecycle.logging_in import ExactUser, attach_grant, list_sharing
from integrations.connection_lifecycle.pausing import pause, resume
from integrations.connection_lifecycle.rows import NotPossible, get_for_change, is_division_locked
from integrations.connection_lifecycle.stages import disconnect, make_ready
from integrations.connection_lifecycle.takers import (
    TAKES_INVOICES,
    find_taker,
    refuse_taken_subsidiary,
)

__all__ = [
    "TAKES_INVOICES",
    "ExactUser",
    "NotPossible",
    "attach_grant",
    "begin",
    "change_beginning",
    "disconnect",
    "find_taker",
    "get_for_change",
    "is_division_locked",
    "list_sharing",
    "make_ready",
    "pause",
    "refuse_taken_subsidiary",
    "resume",
]
