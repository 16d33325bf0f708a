"""The token endpoint: codes, rotation, the 570-second rule and every refusal Exact is known for.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep3
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from werkzeug import Request

from exact_sandbox.applications import Application, find_application
from exact_sandbox.oauth.grants import Pair, next_pair, start_chain
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import user_by_id

EARLIEST_REFRESH_SECONDS = 570
CODE_SECONDS = 180
REFRESH_SECONDS = 30 * 86_400
FORM = "application/x-www-form-urlencoded"


class TokenRefused(Exception):
    """A refusal with its status, OAuth error, description and Reason header."""

    def __init__(self, status: int, error: str, description: str, reason: str = "") -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description
        self.reason = reason


def token_answer(sandbox: Sandbox, request: Request) -> Pair:
    """Return the body of a good token answer; raises TokenRefused."""
    _check_form(request)
    grant = GRANTS.get(_field(request, "grant_type"))
    if grant is None:
        raise TokenRefused(400, "unsupported_grant_type", "The grant type is not supported.")
    application = _client(sandbox, request)
    # A refusal is raised after the transaction: the call it answers stays counted.
    with sandbox.database.transaction():
        try:
            return grant(sandbox, request, application)
        except TokenRefused as error:
            refusal = error
    raise refusal


def _check_form(request: Request) -> None:
    if request.mimetype != FORM:
        raise TokenRefused(
            400, "invalid_request", f"The parameters must be sent in the body as {FORM}."
        )


def _field(request: Request, name: str) -> str:
    value = request.form.get(name, "")
    if not value:
        raise TokenRefused(400, "invalid_request", f"Missing required parameter: {name}.")
    return value


def _client(sandbox: Sandbox, request: Request) -> Application:
    """Return the application that asks; raises TokenRefused."""
    authorization = request.authorization
    if authorization is not None and authorization.type == "basic":
        client_id = request.form.get("client_id") or authorization.username or ""
        secret = request.form.get("client_secret") or authorization.password or ""
    else:
        if request.headers.get("Authorization") and sandbox.switches["strict_token_endpoint"]:
            raise TokenRefused(
                401, "invalid_client", "An authorization header is not allowed here."
            )
        client_id, secret = _field(request, "client_id"), _field(request, "client_secret")
    country = sandbox.hosts.country(request.host) or ""
    application = find_application(sandbox.database, client_id, country)
    if application is None or not secrets.compare_digest(
        secret.encode(), application.client_secret.encode()
    ):
        raise TokenRefused(400, "invalid_client", "The client credentials are invalid.")
    return application


def _from_code(sandbox: Sandbox, request: Request, application: Application) -> Pair:
    database = sandbox.database
    code, redirect_uri = _field(request, "code"), _field(request, "redirect_uri")
    rows = database.execute("SELECT * FROM codes WHERE code = ?", [code])
    if not rows or not _belongs_here(sandbox, request, application, rows[0]):
        raise TokenRefused(400, "invalid_grant", "The authorization code is invalid.")
    row = rows[0]
    _count_call(sandbox, application.client_id, row["user_id"])
    if row["used"]:
        raise TokenRefused(400, "invalid_grant", "The authorization code was already used.")
    if sandbox.clock.seconds() - row["issued_at"] > CODE_SECONDS:
        raise TokenRefused(400, "invalid_grant", "The authorization code has expired.")
    if redirect_uri != row["redirect_uri"]:
        raise TokenRefused(400, "invalid_grant", "The redirect_uri does not match.")
    database.execute("UPDATE codes SET used = 1 WHERE code = ?", [code])
    return start_chain(sandbox, application.client_id, row["user_id"], row["scopes"])


def _belongs_here(
    sandbox: Sandbox, request: Request, application: Application, row: sqlite3.Row
) -> bool:
    """Whether a code or token is the application's own, and of a user of the asked country."""
    if row["client_id"] != application.client_id:
        return False
    country = sandbox.hosts.country(request.host)
    if country == "":
        return True
    user = user_by_id(sandbox.database, row["user_id"])
    return user is not None and user.country == country


def _from_refresh(sandbox: Sandbox, request: Request, application: Application) -> Pair:
    database = sandbox.database
    token = _field(request, "refresh_token")
    rows = database.execute(
        "SELECT t.*, c.client_id, c.user_id, c.broken, c.revoked FROM tokens t "
        "JOIN chains c ON c.id = t.chain_id WHERE refresh_token = ?",
        [token],
    )
    if not rows or not _belongs_here(sandbox, request, application, rows[0]):
        raise TokenRefused(400, "invalid_grant", "Refresh token is invalid.")
    row = rows[0]
    _count_call(sandbox, application.client_id, row["user_id"])
    _check_refresh(sandbox, row)
    database.execute(
        "UPDATE tokens SET refreshed_at = coalesce(refreshed_at, ?) WHERE refresh_token = ?",
        [sandbox.clock.seconds(), token],
    )
    return next_pair(sandbox, row["chain_id"])


GRANTS: dict[str, Callable[[Sandbox, Request, Application], Pair]] = {
    "authorization_code": _from_code,
    "refresh_token": _from_refresh,
}


def _check_refresh(sandbox: Sandbox, row: sqlite3.Row) -> None:
    now = sandbox.clock.seconds()
    age = now - row["issued_at"]
    if row["broken"] or row["revoked"]:
        text = "Token is not allowed, because of invalid or empty chainId"
        raise TokenRefused(400, "invalid_grant", text, f"Unknown: {text}")
    if row["refreshed_at"] is not None:
        if now - row["refreshed_at"] >= sandbox.switches["old_refresh_grace_seconds"]:
            raise TokenRefused(401, "unauthorized_client", "Old refresh token used.")
        return
    if age > REFRESH_SECONDS:
        expired = american(row["issued_at"] + REFRESH_SECONDS)
        text = f"The refresh token expired at {expired} and it is now {american(now)}."
        raise TokenRefused(400, "invalid_request", text)
    if age < EARLIEST_REFRESH_SECONDS:
        status = int(sandbox.switches["too_early_status"])
        text = "Rate limit exceeded: access_token not expired"
        raise TokenRefused(status, "access_denied", text, f"TooEarlyToRefreshTokens: {text}")


def american(seconds: float) -> str:
    """Return a moment, given as seconds since 1970, as Exact writes it: 10/28/2022 4:15:50 PM."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return (
        f"{moment.month}/{moment.day}/{moment.year} "
        f"{moment.hour % 12 or 12}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}"
    )


def _count_call(sandbox: Sandbox, client_id: str, user_id: str) -> None:
    """Count a call that names a user; Exact allows 200 a day for each application and user."""
    day = sandbox.clock.now().date().isoformat()
    calls = sandbox.database.execute(
        "INSERT INTO token_calls VALUES (?, ?, ?, 1) ON CONFLICT (client_id, user_id, day) "
        "DO UPDATE SET calls = calls + 1 RETURNING calls",
        [client_id, user_id, day],
    )[0]["calls"]
    if calls > sandbox.switches["token_day_limit"]:
        text = "Rate limit exceeded: too many token requests"
        raise TokenRefused(429, "access_denied", text, f"TooManyTokenRequests: {text}")
