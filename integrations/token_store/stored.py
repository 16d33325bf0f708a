"""When a stored token is used and when it is time for a new one: no call, no change."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector import encryption
from connector.sentences import sentence
from integrations.models import ExactGrant, GrantState
from integrations.token_store import other_app, vault
from integrations.token_store.problems import Got, Lost, Outcome, Wait

REFRESH_BEFORE_EXPIRY = timedelta(seconds=20)
# Exact refuses before 570; every 580 seconds are 149 calls a day of the 200 it allows a user.
EARLIEST_REFRESH = timedelta(seconds=580)


def look(grant: ExactGrant, now: datetime) -> Outcome | None:
    """This function will return what the row says without a call; None means that a refresh is due."""
    if grant.state != GrantState.ACTIVE:
        return Lost(grant.state_reason)
    if grant.issued_at is None or grant.expires_at is None or not grant.refresh_token_encrypted:
        return Lost(sentence("There are no tokens: the log-in at Exact was not finished."))
    if not _is_due(grant.issued_at, grant.expires_at, now):
        try:
            return Got(vault.reveal(grant, "access"))
        except encryption.CannotDecrypt:
            return None
    if other_app.is_another_app(grant.client_id):
        return other_app.wait(grant, now)
    if grant.cooldown_until is not None and grant.cooldown_until > now:
        return Wait(grant.cooldown_until)
    return None


def _is_due(issued_at: datetime, expires_at: datetime, now: datetime) -> bool:
    if now >= expires_at:
        return True
    return now >= expires_at - REFRESH_BEFORE_EXPIRY and now - issued_at >= EARLIEST_REFRESH
