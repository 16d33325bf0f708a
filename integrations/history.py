"""Writes down what happens to a connection; its activity page shows the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.sentences import Words
from connector.tenancy.models import User
from integrations.models import ConnectionEvent, ExactConnection


def note(
    *,
    connection: ExactConnection,
    kind: str,
    sentence: Words,
    user: User | None = None,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> ConnectionEvent:
    """This function will add an event to the connection; ``kind`` is a short word, ``sentence`` is for people."""
    return ConnectionEvent.objects.create(
        connection=connection,
        at=now,
        user=user,
        kind=kind,
        sentence=sentence,
        details=dict(details or {}),
    )
