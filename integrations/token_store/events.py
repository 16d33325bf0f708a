"""Writes down what happens to tokens: rows that are only ever added, and a line in the log.

They explain a lost token later ("asked" without a result: the worker died between Exact's answer and its commit) and
hold nothing that one could be used with.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from datetime import datetime, timedelta

from connector.secrets import Secret
from integrations.models import ExactGrant, TokenEvent

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=90)  # the trigger of the table says the same


def note(
    grant: ExactGrant,
    kind: str,
    *,
    now: datetime,
    old: Secret | None = None,
    new: Secret | None = None,
) -> None:
    """This function will add an event to the consent, in the caller's transaction. ``kind`` is a short word."""
    event = TokenEvent.objects.create(
        grant=grant,
        at=now,
        worker=f"{socket.gethostname()}:{os.getpid()}"[:80],
        kind=kind[:40],
        token_version=grant.version,
        old_sha256=_fingerprint(old),
        new_sha256=_fingerprint(new),
    )
    logger.info(
        "Token event",
        extra={
            "event": kind,
            "organization_id": grant.organization_id,
            "grant_id": grant.pk,
            "version": event.token_version,
            "old_sha256": event.old_sha256,
            "new_sha256": event.new_sha256,
        },
    )


def clean(*, now: datetime) -> int:
    """This function will delete the open organization's events that are older than 90 days; it returns how many."""
    deleted, _ = TokenEvent.objects.filter(at__lt=now - KEPT_FOR).delete()
    return deleted


def _fingerprint(token: Secret | None) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest()[:12] if token else ""
