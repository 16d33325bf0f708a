"""The token endpoint: codes, rotation, the 570-second rule and every refusal Exact is known for.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep3
"""

from __future__ import annotations

import secrets
import sqlite3
from datetime import UTC, datetime

from werkzeug import Request

from exact_sandbox.applications import find_application
from exact_sandbox.sandbox import Sandbox

ACCESS_SECONDS = 600
EARLIEST_REFRESH_SECONDS = 570
CODE_SECONDS = 180
REFRESH_SECONDS = 30 * 86_400


class TokenRefused(Exception):
    """A refusal with its status, OAuth error, description and Reason header."""

    def __init__(self, status: int, error: str, description: str, reason: str = "") -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description
        self.reason = reason


def issue_code(sandbox: Sandbox, user_id: str, client_id: str, redirect_uri: str) -> str:
    """Return a new authorization code; like Exact's it may hold a character to be encoded."""
    code = "stampNL001." + secrets.token_urlsafe(24) + "!" + secrets.token_urlsafe(8)
    sandbox.database.execute(
        "INSERT INTO codes (code, client_id, user_id, redirect_uri, issued_at) VALUES (?,?,?,?,?)",
        [code, client_id, user_id, redirect_uri, sandbox.clock.seconds()],
    )
    return code


def token_answer(sandbox: Sandbox, request: Request) -> dict[str, object]:
    """Return the body of a good token answer; raises TokenRefused."""
    client_id = _client(sandbox, request)
    grant = request.form.get("grant_type", "")
    with sandbox.database.lock:
        if grant == "authorization_code":
            return _from_code(sandbox, request, client_id)
        if grant == "refresh_token":
            return _from_refresh(sandbox, request.form.get("refresh_token", ""), client_id)
    raise TokenRefused(400, "unsupported_grant_type", "The grant type is not supported.")


def _client(sandbox: Sandbox, request: Request) -> str:
    client_id = request.form.get("client_id", "")
    secret = request.form.get("client_secret", "")
    if request.authorization is not None:
        if request.authorization.type == "basic":
            client_id = client_id or request.authorization.username or ""
            secret = secret or request.authorization.password or ""
        elif sandbox.switches["strict_token_endpoint"]:
            raise TokenRefused(
                401, "invalid_client", "An authorization header is not allowed here."
            )
    application = find_application(sandbox.database, client_id)
    if application is None or not secrets.compare_digest(
        secret.encode(), application.client_secret.encode()
    ):
        raise TokenRefused(400, "invalid_client", "The client credentials are invalid.")
    return application.client_id


def _from_code(sandbox: Sandbox, request: Request, client_id: str) -> dict[str, object]:
    database = sandbox.database
    rows = database.execute("SELECT * FROM codes WHERE code = ?", [request.form.get("code", "")])
    now = sandbox.clock.seconds()
    if not rows or rows[0]["client_id"] != client_id:
        raise TokenRefused(400, "invalid_grant", "The authorization code is invalid.")
    row = rows[0]
    if row["used"]:
        raise TokenRefused(400, "invalid_grant", "The authorization code was already used.")
    if now - row["issued_at"] > CODE_SECONDS:
        raise TokenRefused(400, "invalid_grant", "The authorization code has expired.")
    if request.form.get("redirect_uri", "") != row["redirect_uri"]:
        raise TokenRefused(400, "invalid_grant", "The redirect_uri does not match.")
    _count_call(sandbox, client_id, row["user_id"])
    with database.transaction():
        database.execute("UPDATE codes SET used = 1 WHERE code = ?", [row["code"]])
        if sandbox.switches["new_consent_ends_tokens"]:
            database.execute(
                "UPDATE chains SET broken = 1 WHERE client_id = ? AND user_id = ?",
                [client_id, row["user_id"]],
            )
        chain = database.execute(
            "INSERT INTO chains (client_id, user_id) VALUES (?, ?) RETURNING id",
            [client_id, row["user_id"]],
        )[0]["id"]
        return _new_pair(sandbox, chain)


def _from_refresh(sandbox: Sandbox, token: str, client_id: str) -> dict[str, object]:
    database = sandbox.database
    rows = database.execute(
        "SELECT t.*, c.client_id, c.user_id, c.broken, c.revoked FROM tokens t "
        "JOIN chains c ON c.id = t.chain_id WHERE refresh_token = ?",
        [token],
    )
    if not rows or rows[0]["client_id"] != client_id:
        raise TokenRefused(400, "invalid_grant", "Refresh token is invalid.")
    row = rows[0]
    _count_call(sandbox, client_id, row["user_id"])
    _check_refresh(sandbox, row)
    with database.transaction():
        database.execute("UPDATE tokens SET refreshed = 1 WHERE refresh_token = ?", [token])
        return _new_pair(sandbox, row["chain_id"])


def _check_refresh(sandbox: Sandbox, row: sqlite3.Row) -> None:
    now = sandbox.clock.seconds()
    age = now - row["issued_at"]
    if row["broken"] or row["revoked"]:
        text = "Token is not allowed, because of invalid or empty chainId"
        raise TokenRefused(400, "invalid_grant", text, f"Unknown: {text}")
    if row["refreshed"]:
        raise TokenRefused(401, "unauthorized_client", "Old refresh token used.")
    if age > REFRESH_SECONDS:
        expired = _american(row["issued_at"] + REFRESH_SECONDS)
        text = f"The refresh token expired at {expired} and it is now {_american(now)}."
        raise TokenRefused(400, "invalid_request", text)
    if age < EARLIEST_REFRESH_SECONDS:
        text = "Rate limit exceeded: access_token not expired"
        raise TokenRefused(400, "access_denied", text, f"TooEarlyToRefreshTokens: {text}")


def _american(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return (
        f"{moment.month}/{moment.day}/{moment.year} "
        f"{hour}:{moment.minute:02}:{moment.second:02} {half}"
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


def _new_pair(sandbox: Sandbox, chain_id: int) -> dict[str, object]:
    access = "stampNL001.gAAAA" + secrets.token_urlsafe(96)
    refresh = "stampNL001.__1P!I" + secrets.token_urlsafe(64)
    sandbox.database.execute(
        "INSERT INTO tokens (access_token, refresh_token, chain_id, issued_at) VALUES (?, ?, ?, ?)",
        [access, refresh, chain_id, sandbox.clock.seconds()],
    )
    return {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": str(ACCESS_SECONDS),
        "refresh_token": refresh,
    }


def bearer_user(sandbox: Sandbox, token: str) -> tuple[str, str] | None:
    """Return (client id, user id) of a valid access token, or None."""
    rows = sandbox.database.execute(
        "SELECT c.client_id, c.user_id FROM tokens t JOIN chains c ON c.id = t.chain_id "
        "WHERE t.access_token = ? AND c.revoked = 0 AND t.issued_at > ?",
        [token, sandbox.clock.seconds() - ACCESS_SECONDS],
    )
    return (rows[0]["client_id"], rows[0]["user_id"]) if rows else None


def revoke(sandbox: Sandbox, user_id: str) -> None:
    """Withdraw a user's consent: the tokens die at once and the consent page is shown again."""
    with sandbox.database.transaction():
        sandbox.database.execute("DELETE FROM consents WHERE user_id = ?", [user_id])
        sandbox.database.execute("UPDATE chains SET revoked = 1 WHERE user_id = ?", [user_id])
