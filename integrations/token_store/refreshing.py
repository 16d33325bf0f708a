"""Trades a refresh token for new tokens while the row of its consent is locked.

1. A short transaction counts the call and notes that it is about to be made.
2. A second one locks the row, looks again, calls Exact, stores what came, commits. Whoever waited for the lock finds a
   token that works. The lock ends with the worker or its host, and not before the call does.
3. Tokens that came are kept whatever happens then (`rescue`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, OperationalError, connection as database, transaction

from connector import encryption, http
from connector.crash_points import crash_point
from connector.database_guard import allow_call_inside_transaction
from connector.secrets import Secret
from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from integrations.exact import oauth
from integrations.models import ExactGrant
from integrations.token_store import calls, events, refusals, rescue, vault
from integrations.token_store.problems import Got, Outcome, Wait
from integrations.token_store.registration import app, base_url
from integrations.token_store.stored import look

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# The longest wait in a transaction is longer than the longest token call, so that the database never drops a lock whose
# new token is still on its way. A host that is lost without a word frees it after 25 seconds: PostgreSQL asks whether
# it is still there (https://www.postgresql.org/docs/current/runtime-config-connection.html).
_LOCK_SETTINGS = """
    SET LOCAL lock_timeout = '20s';
    SET LOCAL idle_in_transaction_session_timeout = '90s';
    SET LOCAL client_connection_check_interval = '5s';
    SET LOCAL tcp_keepalives_idle = 10;
    SET LOCAL tcp_keepalives_interval = 5;
    SET LOCAL tcp_keepalives_count = 3
"""
# So long a call that another worker noted counts as the one we are about to make.
_JUST_NOW = timedelta(seconds=1)


@dataclass(slots=True)
class _Attempt:
    """One call under the lock; ``received`` is set as soon as there is something that must not get lost."""

    organization_id: int
    grant_id: int
    clock: Clock
    received: rescue.Received | None = None


def refresh(
    *, organization_id: int, grant_id: int, clock: Clock, urgency: calls.Urgency
) -> Outcome:
    """This function will return what came of a refresh, by this worker or by one that was faster.

    Call it outside any transaction: it raises RuntimeError inside one.
    """
    try:
        noted = _note_before_the_call(organization_id, grant_id, clock, urgency)
        if noted is not None:
            return noted
        outcome = _refresh_alone(_Attempt(organization_id, grant_id, clock))
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        logger.warning("Waited too long for another worker's refresh", extra={"grant_id": grant_id})
        with transaction.atomic():
            return Wait(clock() + refusals.FIRST_WAIT)
    # Disconnected while Exact answered: its page did not wait for the lock and left the wiping to us.
    vault.forget_unused(organization_id=organization_id, grant_id=grant_id, now=clock())
    return outcome


def _note_before_the_call(
    organization_id: int, grant_id: int, clock: Clock, urgency: calls.Urgency
) -> Outcome | None:
    with transaction.atomic(durable=True), tenant_transaction(organization_id):
        _set_lock_limits()
        grant, now = vault.lock(grant_id), clock()
        stored = look(grant, now)
        if stored is not None:
            return stored
        if _is_noted(grant, now):
            return None
        refused_until = calls.reserve(grant, now=now, urgency=urgency)
        if refused_until is not None:
            return Wait(refused_until)
        grant.asked_at, grant.asked_version = now, grant.version
        grant.save(update_fields=["asked_at", "asked_version"])
        events.note(grant, "asked", now=now)
        return None


def _is_noted(grant: ExactGrant, now: datetime) -> bool:
    """Whether another worker is between its note and its lock: one of us will make the one call."""
    if grant.asked_at is None or grant.asked_version != grant.version:
        return False
    return abs(now - grant.asked_at) < _JUST_NOW


def _refresh_alone(attempt: _Attempt) -> Outcome:
    try:
        # Durable: the new token must be stored for good before anybody uses it.
        with transaction.atomic(durable=True), tenant_transaction(attempt.organization_id):
            _set_lock_limits()
            grant = vault.lock(attempt.grant_id)
            return look(grant, attempt.clock()) or _call(grant, attempt)
    except BaseException as error:
        if attempt.received is None:
            raise
        outcome = rescue.keep(attempt.received)
        if isinstance(error, Error):
            return outcome
        # A time limit or a shutdown goes on once the tokens are safe.
        raise


def _set_lock_limits() -> None:
    with database.cursor() as cursor:
        cursor.execute(_LOCK_SETTINGS)


def _call(grant: ExactGrant, attempt: _Attempt) -> Outcome:
    sent_at = attempt.clock()
    started = time.monotonic()
    try:
        old = vault.reveal(grant, "refresh")
    except encryption.CannotDecrypt:
        logger.critical("Stored tokens can not be decrypted", extra={"grant_id": grant.pk})
        events.note(grant, "cannot_decrypt", now=sent_at)
        return refusals.lose(
            grant, sentence("The stored log-in can not be read any more."), sent_at
        )
    try:
        tokens = _ask_exact(grant, old)
    except oauth.TokenError as error:
        now = attempt.clock()
        events.note(grant, type(error).__name__, now=now, old=old)
        return refusals.act_on(grant, error, now)
    # No query may come before the tokens are safe: the time is counted on.
    answered_at = sent_at + timedelta(seconds=time.monotonic() - started)
    attempt.received = rescue.Received(grant, tokens, old, sent_at, answered_at)
    crash_point("after_refresh_response", f"{grant.pk}-{grant.issued_at}")
    vault.write(grant, tokens, sent_at=sent_at, answered_at=answered_at)
    events.note(grant, "refreshed", now=answered_at, old=old, new=tokens.refresh_token)
    if tokens.refresh_token is None:
        logger.error(
            "Exact gave no new refresh token; the old one is kept", extra={"grant_id": grant.pk}
        )
    return Got(tokens.access_token)


def _ask_exact(grant: ExactGrant, old: Secret) -> oauth.TokenSet:
    with (
        http.session() as transport,
        allow_call_inside_transaction("single-use refresh tokens: the lock spans the call"),
    ):
        return oauth.refresh(transport, base_url(grant.country), app(), old)
