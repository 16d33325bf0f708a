"""From a connection's row to a client that may call Exact for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from connector import http
from integrations import token_store
from integrations.exact.calls import CallRecord, Exchange, Method, allow_call, ignore_exchange
from integrations.exact.client import ExactClient
from integrations.models import ExactConnection

_local = threading.local()


def base_url_for(country: str) -> str:
    """This function will return the address of the country's Exact, or of the sandbox when a setting says so."""
    return token_store.base_url(country)


def open_client(
    connection: ExactConnection,
    *,
    on_answer: Callable[[CallRecord], None],
    urgency: token_store.Urgency = token_store.Urgency.PERSON,
    before_call: Callable[[Method, str], None] = allow_call,
    on_exchange: Callable[[Exchange], None] = ignore_exchange,
) -> ExactClient:
    """This function will return a client bound to the connection's division, with a fresh access token.

    It may refresh the token, which is a call to Exact. Raises NeedsConsent or TokenLater of `token_store`; the latter
    also when the ``urgency`` is too low for the token calls that are left of the day.
    """
    if connection.grant_id is None or connection.division is None:
        raise token_store.NeedsConsent("The connection is not set up.")
    token = token_store.access_token(
        organization_id=connection.organization_id,
        grant_id=connection.grant_id,
        urgency=urgency,
    )
    return ExactClient(
        base_url_for(connection.country),
        connection.division,
        token,
        _transport(),
        on_answer=on_answer,
        before_call=before_call,
        on_exchange=on_exchange,
    )


def _transport() -> http.Session:
    # Exact's first TLS handshake takes seconds; a worker keeps its connection open from turn to turn.
    if not hasattr(_local, "transport"):
        _local.transport = http.session()
    transport: http.Session = _local.transport
    return transport
