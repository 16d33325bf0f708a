"""The row of a consent: locked, read, written and wiped. The only module that touches ciphertexts of tokens.

Lock order: the consent first, then its connections by id. Whoever holds a connection never waits for a consent
(`forget_unused`), so that a page and a refresh cannot wait for each other (RELIABILITY F1).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.database_clock import database_now
from connector.encrypted_fields import encrypted_field
from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations.exact import oauth
from integrations.models import ExactConnection, ExactGrant
from integrations.token_store import events
from integrations.token_store.registration import app

_WRITTEN = (
    "access_token_encrypted",
    "refresh_token_encrypted",
    "key_id",
    "client_id",
    "issued_at",
    "expires_at",
    "version",
    "cooldown_until",
    "refresh_failures",
)


def lock(grant_id: int) -> ExactGrant:
    """This function will lock the consent's row until the transaction ends, and return it as it is then.

    Raises ExactGrant.DoesNotExist.
    """
    # "no key": a row that refers to the consent may be written meanwhile; only its own writers wait.
    grant: ExactGrant = ExactGrant.objects.select_for_update(no_key=True).get(pk=grant_id)
    return grant


def reveal(grant: ExactGrant, kind: str) -> Secret:
    """This function will return the "access" or the "refresh" token, or raise `encryption.CannotDecrypt`."""
    return encrypted_field(ExactGrant, f"{kind}_token_encrypted").reveal(grant)


def write(
    grant: ExactGrant, tokens: oauth.TokenSet, *, sent_at: datetime, answered_at: datetime
) -> None:
    """This function will store a token set in the locked row.

    Exact made the tokens between ``sent_at`` and ``answered_at`` (UTC). They are taken to end as if they were made
    first, and to be renewable as if they were made last: so they are never used too long, nor refreshed too early.
    """
    fresh = {"access": tokens.access_token, "refresh": tokens.refresh_token}
    for kind, token in fresh.items():
        # Without a new refresh token the old one goes on.
        kept = token or reveal(grant, kind)
        encrypted_field(ExactGrant, f"{kind}_token_encrypted").seal(grant, kept.reveal())
    grant.client_id = app().client_id
    grant.issued_at = answered_at
    grant.expires_at = sent_at + timedelta(seconds=tokens.expires_in)
    grant.version += 1
    grant.cooldown_until = None
    grant.refresh_failures = 0
    grant.save(update_fields=_WRITTEN)


def forget_tokens(grant: ExactGrant) -> None:
    """This function will wipe the tokens of a consent that no connection needs any more."""
    grant.access_token_encrypted = b""
    grant.refresh_token_encrypted = b""
    grant.key_id = grant.client_id = ""
    grant.expires_at = grant.issued_at = grant.cooldown_until = None
    grant.version += 1
    grant.save(update_fields=_WRITTEN)


def forget_unused(*, organization_id: int, grant_id: int, now: datetime | None = None) -> bool:
    """This function will wipe the tokens of a consent that no connection uses; True when it did.

    It never waits: while a refresh holds the row, nothing is done, and the refresh asks again when it has ended.
    """
    with tenant_transaction(organization_id):
        free = ExactGrant.objects.select_for_update(no_key=True, skip_locked=True)
        grant = free.filter(pk=grant_id).first()
        if grant is None or not grant.refresh_token_encrypted:
            return False
        if ExactConnection.objects.filter(grant_id=grant_id).exists():
            return False
        forget_tokens(grant)
        events.note(grant, "forgotten", now=now or database_now())
        return True
