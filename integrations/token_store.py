"""Keeps the tokens of each consent and trades them in time: one worker at a time, stored before they are used.

Exact's refresh tokens work once and a refresh is refused before the access token is 570 seconds old
(https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep4), so the
row of the consent stays locked from reading the old token until the new one is stored (RELIABILITY C1 to C4).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection as database, transaction

from connector import encryption, http
from connector.crash_points import crash_point
from connector.database_guard import allow_call_inside_transaction
from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations import consent_lost
from integrations.exact import hosts, oauth
from integrations.models import ConnectionState, ExactConnection, ExactGrant, GrantState

logger = logging.getLogger(__name__)

REFRESH_BEFORE_EXPIRY = timedelta(seconds=25)
EARLIEST_REFRESH = timedelta(seconds=575)  # Exact refuses before 570
_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=15)
_THROTTLED_WAIT = timedelta(hours=1)
_APP_REFUSED_WAIT = timedelta(minutes=5)
# Longer than the longest token call, so that the database never drops a lock whose new token is still on its way.
_LOCK_SETTINGS = (
    "SET LOCAL lock_timeout = '20s'; SET LOCAL idle_in_transaction_session_timeout = '90s'"
)

_LOST: dict[type[oauth.TokenError], str] = {
    oauth.OldTokenUsed: "Exact says that the stored log-in was used before.",
    oauth.TokenExpired: "The log-in at Exact was not used for 30 days and has expired.",
    oauth.ConsentBroken: "The permission was withdrawn at Exact, or the password there was changed.",
}


class NeedsConsent(Exception):
    """Exact no longer accepts the consent: somebody has to log in at Exact again."""


class TokenLater(Exception):
    """There is no token now; ``until`` (UTC) says when to ask again. The consent itself is not in doubt."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"No token before {until:%H:%M:%S} UTC")
        self.until = until


@dataclass(frozen=True, slots=True)
class _Got:
    token: Secret


@dataclass(frozen=True, slots=True)
class _Wait:
    until: datetime


@dataclass(frozen=True, slots=True)
class _Lost:
    reason: str


_Outcome = _Got | _Wait | _Lost


def app() -> oauth.App:
    """This function will return our registration at Exact, from the settings."""
    return oauth.App(
        settings.EXACT_CLIENT_ID, Secret(settings.EXACT_CLIENT_SECRET), settings.EXACT_REDIRECT_URI
    )


def base_url(country: str) -> str:
    """This function will return the address of the country's Exact, or of the sandbox when a setting says so."""
    return hosts.base_url(country, settings.EXACT_BASE_URL or None)


# --- Reading --------------------------------------------------------------------------------------------------------


def access_token(*, organization_id: int, grant_id: int, now: datetime | None = None) -> Secret:
    """This function will return an access token that works for at least 25 seconds, refreshing it when it is time.

    Call it outside any transaction. Times are the database's unless ``now`` (UTC) is given. It will raise
    NeedsConsent when somebody has to log in at Exact again, and TokenLater when Exact gives no token for now.
    """
    with tenant_transaction(organization_id):
        grant = ExactGrant.objects.get(pk=grant_id)
        outcome = _stored(grant, now or _database_time())
    if outcome is None:
        outcome = _refresh_alone(organization_id, grant_id, now)
    match outcome:
        case _Got(token):
            return token
        case _Wait(until):
            raise TokenLater(until)
        case _Lost(reason):
            raise NeedsConsent(reason)


def _stored(grant: ExactGrant, now: datetime) -> _Outcome | None:
    """What the row says without a call; None means that a refresh is due."""
    if grant.state != GrantState.ACTIVE:
        return _Lost(grant.state_reason)
    if grant.issued_at is None or grant.expires_at is None or not grant.refresh_token_encrypted:
        return _Lost("There are no tokens: the log-in at Exact was not finished.")
    if not _is_due(grant.issued_at, grant.expires_at, now):
        try:
            return _Got(_reveal(grant, "access"))
        except encryption.CannotDecrypt:
            return None
    if grant.cooldown_until is not None and grant.cooldown_until > now:
        return _Wait(grant.cooldown_until)
    return None


def _is_due(issued_at: datetime, expires_at: datetime, now: datetime) -> bool:
    if now >= expires_at:
        return True
    return now >= expires_at - REFRESH_BEFORE_EXPIRY and now - issued_at >= EARLIEST_REFRESH


def _database_time() -> datetime:
    # Not now(): that is when the transaction began, before the wait for the lock.
    with database.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


# --- Refreshing -----------------------------------------------------------------------------------------------------


def _refresh_alone(organization_id: int, grant_id: int, now: datetime | None) -> _Outcome:
    clock: Callable[[], datetime] = _database_time if now is None else lambda: now
    try:
        # Durable: the new token must be stored for good before anybody uses it.
        with transaction.atomic(durable=True), tenant_transaction(organization_id):
            with database.cursor() as cursor:
                cursor.execute(_LOCK_SETTINGS)
            grant = ExactGrant.objects.select_for_update().get(pk=grant_id)
            return _stored(grant, clock()) or _refresh(grant, clock)
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        logger.warning("Waited too long for another worker's refresh", extra={"grant_id": grant_id})
        with transaction.atomic():
            return _Wait(clock() + _FIRST_WAIT)


def _refresh(grant: ExactGrant, clock: Callable[[], datetime]) -> _Outcome:
    try:
        old = _reveal(grant, "refresh")
    except encryption.CannotDecrypt:
        logger.critical("Stored tokens can not be decrypted", extra={"grant_id": grant.pk})
        return _lose(grant, "The stored log-in can not be read any more.", clock())
    try:
        with (
            http.session() as transport,
            allow_call_inside_transaction("single-use refresh tokens: the lock spans the call"),
        ):
            tokens = oauth.refresh(transport, base_url(grant.country), app(), old)
    except oauth.TokenError as error:
        _log(grant, type(error).__name__, old=old)
        return _refused(grant, error, clock())
    crash_point("after_refresh_response", f"{grant.pk}-{grant.issued_at}")
    _write(grant, tokens, clock())
    _log(grant, "refreshed", old=old, new=tokens.refresh_token)
    if tokens.refresh_token is None:
        logger.error(
            "Exact gave no new refresh token; the old one is kept", extra={"grant_id": grant.pk}
        )
    return _Got(tokens.access_token)


def _refused(grant: ExactGrant, error: oauth.TokenError, now: datetime) -> _Outcome:
    match error:
        case oauth.TooEarly():
            return _too_early(grant, now)
        case oauth.OldTokenUsed() | oauth.TokenExpired() | oauth.ConsentBroken():
            return _lose(grant, _LOST[type(error)], now)
        case oauth.ClientRefused():
            logger.critical(
                "Exact refuses our app's id or secret; check EXACT_CLIENT_ID and EXACT_CLIENT_SECRET"
            )
            return _cool_down(grant, now, _APP_REFUSED_WAIT)
        case oauth.TokenThrottled():
            return _cool_down(grant, now, _THROTTLED_WAIT)
    # Nothing is known of the token: the same one is tried again, ever more slowly.
    return _cool_down(grant, now, min(_FIRST_WAIT * 2**grant.refresh_failures, _LONGEST_WAIT))


def _too_early(grant: ExactGrant, now: datetime) -> _Outcome:
    issued_at = grant.issued_at or now
    if now - issued_at < EARLIEST_REFRESH:
        # A call was answered 401 before its time (`note_rejected`), and Exact gives no other token yet.
        return _cool_down(grant, now, issued_at + EARLIEST_REFRESH - now)
    # Our clock runs ahead of Exact's: the stored token still works, and less than 570 seconds have gone by there.
    grant.issued_at = now - EARLIEST_REFRESH + _FIRST_WAIT
    grant.expires_at = grant.issued_at + timedelta(seconds=oauth.LIFETIME)
    grant.save(update_fields=["issued_at", "expires_at"])
    return _Got(_reveal(grant, "access"))


def _cool_down(grant: ExactGrant, now: datetime, wait: timedelta) -> _Outcome:
    grant.cooldown_until = now + wait
    grant.refresh_failures = min(grant.refresh_failures + 1, 10)
    grant.save(update_fields=["cooldown_until", "refresh_failures"])
    return _Wait(grant.cooldown_until)


def _lose(grant: ExactGrant, reason: str, now: datetime) -> _Outcome:
    mark_needs_consent(grant, reason=reason, now=now)
    return _Lost(reason)


# --- Writing --------------------------------------------------------------------------------------------------------


def store_tokens(
    grant: ExactGrant, tokens: oauth.TokenSet, *, now: datetime
) -> list[ExactConnection]:
    """This function will store the tokens of a new consent and revive the connections that waited for it.

    Call it in the organization's transaction. It returns the revived connections, for the caller to ring their lanes.
    """
    grant = ExactGrant.objects.select_for_update().get(pk=grant.pk)
    _write(grant, tokens, now)
    _log(grant, "consent", new=tokens.refresh_token)
    if grant.state != GrantState.ACTIVE:
        grant.state = GrantState.ACTIVE
        grant.state_reason = ""
        grant.state_changed_at = now
        grant.save(update_fields=["state", "state_reason", "state_changed_at"])
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


def mark_needs_consent(grant: ExactGrant, *, reason: str, now: datetime) -> None:
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


def note_rejected(*, organization_id: int, connection_id: int, now: datetime) -> None:
    """This function will make the next `access_token` refresh: Exact answered 401 to a token that looked good."""
    with tenant_transaction(organization_id):
        connection = ExactConnection.objects.filter(pk=connection_id).first()
        if connection is None or connection.grant_id is None:
            return
        grant = ExactGrant.objects.select_for_update().get(pk=connection.grant_id)
        if grant.expires_at is not None and grant.expires_at > now:
            grant.expires_at = now
            grant.save(update_fields=["expires_at"])


def waits_until(connection: ExactConnection, *, now: datetime) -> datetime | None:
    """This function will return when Exact is asked for a token again; None when there is a valid one or none to hope for."""
    grant = connection.grant
    if grant is None or grant.cooldown_until is None or grant.cooldown_until <= now:
        return None
    has_valid_token = grant.expires_at is not None and grant.expires_at > now
    return None if has_valid_token else grant.cooldown_until


def forget_tokens(grant: ExactGrant) -> None:
    """This function will wipe the tokens of a consent that no connection needs any more."""
    grant.access_token_encrypted = b""
    grant.refresh_token_encrypted = b""
    grant.key_id = ""
    grant.expires_at = grant.issued_at = grant.cooldown_until = None
    grant.version += 1
    grant.save()


def _write(grant: ExactGrant, tokens: oauth.TokenSet, now: datetime) -> None:
    refresh = tokens.refresh_token or _reveal(grant, "refresh")
    for kind, token in (("access", tokens.access_token), ("refresh", refresh)):
        sealed = encryption.encrypt(token.reveal(), row=_place(grant, kind))
        setattr(grant, f"{kind}_token_encrypted", sealed)
    grant.key_id = encryption.current_key_id()
    grant.issued_at = now
    grant.expires_at = now + timedelta(seconds=tokens.expires_in)
    grant.version += 1
    grant.cooldown_until = None
    grant.refresh_failures = 0
    grant.save()


def _reveal(grant: ExactGrant, kind: str) -> Secret:
    sealed: bytes = getattr(grant, f"{kind}_token_encrypted")
    return Secret(encryption.decrypt(sealed, row=_place(grant, kind)))


def _place(grant: ExactGrant, kind: str) -> str:
    return f"grant:{grant.organization_id}:{grant.pk}:{kind}"


def _log(
    grant: ExactGrant, event: str, *, old: Secret | None = None, new: Secret | None = None
) -> None:
    """Enough to explain a lost token later, and nothing to use one with."""
    logger.info(
        "Token event",
        extra={
            "event": event,
            "organization_id": grant.organization_id,
            "grant_id": grant.pk,
            "token_version": grant.version,
            "old_sha256": _fingerprint(old),
            "new_sha256": _fingerprint(new),
        },
    )


def _fingerprint(token: Secret | None) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest()[:12] if token else ""
