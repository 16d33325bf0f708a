"""Payments after a restore from a backup: everything is read again, because the cursor tells of another database's reading."""

from __future__ import annotations

from datetime import datetime

from integrations.models import ExactConnection
from payments.models import SyncCursor


def start_over(*, connection: ExactConnection, backup_at: datetime, now: datetime) -> None:
    """This function will let the next run read all payment terms from the start (RELIABILITY G12); nothing is shown less."""
    del backup_at, now
    SyncCursor.objects.filter(connection=connection).update(
        # Of no division: a reading that is under way sees it too.
        division=None,
        read_at=None,
        full_started_at=None,
        next_at=None,
    )
