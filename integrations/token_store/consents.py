"""A consent that begins, ends and begins again: what that means for the connections that live by it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from connector import encryption
from connector.secrets import Secret
from connector.sentences import Words
from connector.tenancy.scope import tenant_transaction
from integrations import consent_lost
from integrations.exact import oauth
from integrations.models import ConnectionState, ExactConnection, ExactGrant, GrantState
from integrations.token_store import calls, events, vault

# Ten errors within an hour close an address of Exact to our app, so a log-in is given up long before.
_REJECTIONS = 3


def store_tokens(
    grant: ExactGrant, tokens: oauth.TokenSet, *, now: datetime
) -> list[ExactConnection]:
    """This function will store the tokens of a new consent and revive the connections that waited for it.

    Call it in the organization's transaction. It returns the revived connections, for the caller to ring their lanes.
    """
    grant = vault.lock(grant.pk)
    vault.write(grant, tokens, sent_at=now, answered_at=now)
    events.note(grant, "consent", now=now, new=tokens.refresh_token)
    calls.note(grant, now=now)
    return revive(grant, now=now)


def revive(grant: ExactGrant, *, now: datetime) -> list[ExactConnection]:
    """This function will let a consent whose tokens were just stored, and its connections, work again."""
    grant.rejected_version = None
    grant.rejections = 0
    if grant.state != GrantState.ACTIVE:
        grant.state = GrantState.ACTIVE
        grant.state_reason = ""
        grant.state_changed_at = now
    grant.save(
        update_fields=[
            "rejected_version",
            "rejections",
            "state",
            "state_reason",
            "state_changed_at",
        ]
    )
    revived = list(
        ExactConnection.objects.filter(grant=grant, state=ConnectionState.NEEDS_CONSENT)
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
    )
    for connection in revived:
        connection.state = ConnectionState.READY
        connection.state_reason = ""
        connection.save(update_fields=["state", "state_reason"])
    return revived


def mark_needs_consent(grant: ExactGrant, *, reason: Words, now: datetime) -> None:
    """This function will note that Exact refuses the consent: once, with one mail to the admins.

    Call it in the organization's transaction. Queued work stays; nothing fails and nothing is lost.
    """
    if grant.state == GrantState.NEEDS_CONSENT:
        return
    grant.state = GrantState.NEEDS_CONSENT
    grant.state_reason = reason
    grant.state_changed_at = now
    grant.save(update_fields=["state", "state_reason", "state_changed_at"])
    consent_lost.tell(grant, reason=reason, now=now)


def note_rejected(
    *, organization_id: int, connection_id: int, now: datetime, token: Secret | None = None
) -> None:
    """This function will make the next `access_token` refresh: Exact answered 401 to a token that looked good.

    When the stored token is no longer the ``token`` that was refused, somebody renewed it meanwhile and nothing is to
    be done. After three renewed tokens in a row that Exact refused, a new log-in is asked for.
    """
    with tenant_transaction(organization_id):
        connection = ExactConnection.objects.filter(pk=connection_id).first()
        if connection is None or connection.grant_id is None:
            return
        grant = vault.lock(connection.grant_id)
        if grant.state != GrantState.ACTIVE or not _is_stored(grant, token):
            return
        _count_rejection(grant)
        events.note(grant, "rejected", now=now)
        if grant.expires_at is not None and grant.expires_at > now:
            grant.expires_at = now
        grant.save(update_fields=["expires_at", "rejected_version", "rejections"])
        if grant.rejections >= _REJECTIONS:
            mark_needs_consent(
                grant, reason=_("Exact refuses calls with a log-in that was just renewed."), now=now
            )


def _is_stored(grant: ExactGrant, token: Secret | None) -> bool:
    if token is None:
        return True
    try:
        return vault.reveal(grant, "access") == token
    except encryption.CannotDecrypt:
        return False


def _count_rejection(grant: ExactGrant) -> None:
    if grant.rejected_version == grant.version:
        return
    is_next = grant.rejected_version is not None and grant.rejected_version + 1 == grant.version
    grant.rejections = grant.rejections + 1 if is_next else 1
    grant.rejected_version = grant.version
