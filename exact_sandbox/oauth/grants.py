"""What users granted to applications: consents, codes, and token pairs in chains."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from exact_sandbox.applications import Application
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.scopes import Scopes, covers, scopes_from, scopes_text

ACCESS_SECONDS = 600
Pair = dict[str, str]


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom an access token speaks for; `scopes` are those of the consent and those of today."""

    client_id: str
    user_id: str
    scopes: tuple[Scopes | None, Scopes | None]


def has_consent(sandbox: Sandbox, application: Application, user_id: str) -> bool:
    """Whether a user agreed to all that the application may do; more scopes need a new consent."""
    rows = sandbox.database.execute(
        "SELECT scopes FROM consents WHERE user_id = ? AND client_id = ?",
        [user_id, application.client_id],
    )
    return bool(rows) and covers(scopes_from(rows[0]["scopes"]), application.scopes)


def remember_consent(sandbox: Sandbox, application: Application, user_id: str) -> None:
    """Store that a user agreed to what the application may do now."""
    with sandbox.database.transaction():
        sandbox.database.execute(
            "INSERT OR REPLACE INTO consents (user_id, client_id, scopes) VALUES (?, ?, ?)",
            [user_id, application.client_id, scopes_text(application.scopes)],
        )


def issue_code(sandbox: Sandbox, application: Application, user_id: str, redirect_uri: str) -> str:
    """Return a new authorization code; like Exact's it holds a character that must be encoded."""
    code = "stampNL001." + secrets.token_urlsafe(24) + "!" + secrets.token_urlsafe(8)
    with sandbox.database.transaction():
        sandbox.database.execute(
            "INSERT INTO codes (code, client_id, user_id, redirect_uri, scopes, issued_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                code,
                application.client_id,
                user_id,
                redirect_uri,
                scopes_text(application.scopes),
                sandbox.clock.seconds(),
            ],
        )
    return code


def start_chain(sandbox: Sandbox, client_id: str, user_id: str, scopes: str | None) -> Pair:
    """Return the first token pair of a new log-on.

    Whether it breaks the chain of the user's earlier log-on is unsure (`new_consent_ends_tokens`);
    an access token of a broken chain works until it expires. Call it inside a transaction.
    """
    database = sandbox.database
    if sandbox.switches["new_consent_ends_tokens"]:
        database.execute(
            "UPDATE chains SET broken = 1 WHERE client_id = ? AND user_id = ?",
            [client_id, user_id],
        )
    chain = database.execute(
        "INSERT INTO chains (client_id, user_id, scopes) VALUES (?, ?, ?) RETURNING id",
        [client_id, user_id, scopes],
    )[0]["id"]
    return next_pair(sandbox, chain)


def log_on_without_pages(sandbox: Sandbox, application: Application, user_id: str) -> Pair:
    """Return the token pair of a user who logged on and agreed."""
    with sandbox.database.transaction():
        remember_consent(sandbox, application, user_id)
        return start_chain(sandbox, application.client_id, user_id, scopes_text(application.scopes))


def next_pair(sandbox: Sandbox, chain_id: int) -> Pair:
    """Return a new token pair of a chain, as the token endpoint words it.

    `expires_in` is a text at Exact. Call it inside a transaction.
    """
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


def find_bearer(sandbox: Sandbox, token: str) -> Bearer | None:
    """Return whom a valid access token speaks for, or None."""
    rows = sandbox.database.execute(
        "SELECT c.client_id, c.user_id, c.scopes, a.scopes AS registered FROM tokens t "
        "JOIN chains c ON c.id = t.chain_id JOIN applications a ON a.client_id = c.client_id "
        "WHERE t.access_token = ? AND c.revoked = 0 AND t.issued_at > ?",
        [token, sandbox.clock.seconds() - ACCESS_SECONDS],
    )
    if not rows:
        return None
    row = rows[0]
    return Bearer(
        row["client_id"],
        row["user_id"],
        (scopes_from(row["scopes"]), scopes_from(row["registered"])),
    )


def token_owner(sandbox: Sandbox, token: str) -> tuple[str, str] | None:
    """Return (client id, user id) of an access token, good or no longer good, or None."""
    rows = sandbox.database.execute(
        "SELECT c.client_id, c.user_id FROM tokens t JOIN chains c ON c.id = t.chain_id "
        "WHERE t.access_token = ?",
        [token],
    )
    return (rows[0]["client_id"], rows[0]["user_id"]) if rows else None


def revoke(sandbox: Sandbox, user_id: str) -> None:
    """Withdraw a user's consents: the tokens die at once and the consent page is shown again."""
    with sandbox.database.transaction():
        sandbox.database.execute("DELETE FROM consents WHERE user_id = ?", [user_id])
        sandbox.database.execute("UPDATE chains SET revoked = 1 WHERE user_id = ?", [user_id])
