"""Keeps tokens that Exact gave and our database did not take: this process holds the only copy of them.

The database was restarted during the call, the connection broke, or the worker was told to stop. The tokens are written
on a new connection, for as long as a restart takes, unless the row has moved on meanwhile.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import partial

from django.db import Error, connection as database, transaction

from connector import encryption
from connector.database_clock import database_now
from connector.secrets import Secret
from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import until_written
from integrations import history
from integrations.exact import oauth
from integrations.models import ExactGrant, GrantState, LaneMember
from integrations.token_store import consents, events, vault
from integrations.token_store.problems import Got, Outcome

logger = logging.getLogger(__name__)

_TRY_FOR = 60.0  # seconds: a restart of PostgreSQL, or the switch to a replica, takes less


class Received:
    """A token set on its way into the row that it was fetched for."""

    def __init__(
        self,
        grant: ExactGrant,
        tokens: oauth.TokenSet,
        old: Secret,
        sent_at: datetime,
        answered_at: datetime,
    ) -> None:
        self.organization_id = grant.organization_id
        self.grant_id = grant.pk
        self.version = grant.version
        self.tokens = tokens
        self.old = old
        self.sent_at = sent_at
        self.answered_at = answered_at


def keep(received: Received) -> Outcome:
    """This function will store the tokens, trying for a minute; it raises the database's last error when it gives up."""
    logger.warning("Tokens were received and not stored yet", extra=_log(received))
    # Whatever broke off the transaction may have left its connection in any state.
    database.close()
    try:
        return until_written(partial(_store, received), ends_at=time.monotonic() + _TRY_FOR)
    except Error:
        logger.critical("Received tokens could not be stored", extra=_log(received))
        raise


def _store(received: Received) -> Outcome:
    with transaction.atomic(durable=True), tenant_transaction(received.organization_id):
        grant = vault.lock(received.grant_id)
        if grant.version == received.version:
            _write(grant, received)
        elif not _is_stored(grant, received):
            # A new log-in, or a disconnection: what it stored is newer than what we hold.
            logger.warning("The consent has moved on; the tokens are dropped", extra=_log(received))
        return Got(received.tokens.access_token)


def _write(grant: ExactGrant, received: Received) -> None:
    vault.write(grant, received.tokens, sent_at=received.sent_at, answered_at=received.answered_at)
    events.note(
        grant,
        "rescued",
        now=received.answered_at,
        old=received.old,
        new=received.tokens.refresh_token,
    )
    if grant.state == GrantState.ACTIVE:
        return
    # Another worker tried the old token meanwhile and was told that it is used up. It was: by us.
    now = database_now()
    revived = consents.revive(grant, now=now)
    for connection in revived:
        history.note(
            connection=connection,
            kind="reconnected",
            sentence=sentence("The log-in at Exact works after all; nobody has to log in again."),
            now=now,
        )
    # The sweep rings for whoever is due; the lanes, which ask us for tokens, are not known here.
    ids = [connection.pk for connection in revived]
    LaneMember.objects.filter(connection_id__in=ids).update(due_at=now)


def _is_stored(grant: ExactGrant, received: Received) -> bool:
    """Whether the commit that seemed to fail had arrived."""
    try:
        return vault.reveal(grant, "access") == received.tokens.access_token
    except encryption.CannotDecrypt:
        return False


def _log(received: Received) -> dict[str, object]:
    return {"grant_id": received.grant_id, "version": received.version}
