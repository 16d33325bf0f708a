"""Gives out access tokens, and says what the row of a consent holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.database_clock import database_now
from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection, ExactGrant, GrantState
from integrations.token_store import other_app, refreshing
from integrations.token_store.calls import Urgency
from integrations.token_store.problems import Got, Lost, NeedsConsent, TokenLater, Wait
from integrations.token_store.stored import look


def access_token(
    *,
    organization_id: int,
    grant_id: int,
    now: datetime | None = None,
    urgency: Urgency = Urgency.PERSON,
) -> Secret:
    """This function will return an access token that works for at least 20 seconds, refreshing it when it is time.

    Call it outside any transaction. Times are the database's unless ``now`` (UTC) is given. It will raise
    NeedsConsent when somebody has to log in at Exact again, and TokenLater when Exact gives no token for now, or when
    the ``urgency`` is too low for the calls that are left of the day.
    """
    clock: Callable[[], datetime] = database_now if now is None else lambda: now
    with tenant_transaction(organization_id):
        outcome = look(ExactGrant.objects.get(pk=grant_id), clock())
    if outcome is None:
        outcome = refreshing.refresh(
            organization_id=organization_id, grant_id=grant_id, clock=clock, urgency=urgency
        )
    match outcome:
        case Got(token):
            return token
        case Wait(until):
            raise TokenLater(until)
        case Lost(reason):
            raise NeedsConsent(reason)


def waits_until(connection: ExactConnection, *, now: datetime) -> datetime | None:
    """This function will return when Exact is asked for a token again; None when there is a valid one or none to hope for."""
    grant = connection.grant
    if grant is None or (grant.expires_at is not None and grant.expires_at > now):
        return None
    if grant.state == GrantState.ACTIVE and other_app.is_another_app(grant.client_id):
        return now + other_app.LOOK_AGAIN
    return grant.cooldown_until if grant.cooldown_until and grant.cooldown_until > now else None
