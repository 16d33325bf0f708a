"""The applications registered in Exact's App Center: who may ask for tokens, and for what.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep1
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from exact_sandbox.database import Database
from exact_sandbox.options import Options


@dataclass(frozen=True, slots=True)
class Application:
    """One registered application; `scopes` is None where it has all of them."""

    client_id: str
    client_secret: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: dict[str, str] | None
    webhook_secret: str
    country: str


def plain_client_id(client_id: str) -> str:
    """Return a client id without the braces of older registrations, in lower case."""
    return client_id.strip().strip("{}").lower()


def _application(row: sqlite3.Row) -> Application:
    return Application(
        row["client_id"],
        row["client_secret"],
        row["name"],
        tuple(json.loads(row["redirect_uris"])),
        json.loads(row["scopes"]) if row["scopes"] is not None else None,
        row["webhook_secret"],
        row["country"],
    )


def all_applications(database: Database) -> list[Application]:
    """Return every application, the first registered one first."""
    rows = database.execute("SELECT * FROM applications ORDER BY rowid")
    return [_application(row) for row in rows]


def find_application(database: Database, client_id: str) -> Application | None:
    """Return the application with a client id, in braces or not, or None."""
    rows = database.execute(
        "SELECT * FROM applications WHERE client_id = ?", [plain_client_id(client_id)]
    )
    return _application(rows[0]) if rows else None


def webhook_secret(database: Database, client_id: str) -> str:
    """Return the secret that signs an application's webhooks; raises LookupError without one."""
    application = find_application(database, client_id)
    if application is None:
        raise LookupError(f"There is no application {client_id}.")
    return application.webhook_secret


def register_from_options(database: Database, options: Options) -> None:
    """Register the application that the sandbox was started with, or bring it up to date.

    What was changed about it later (scopes, country) is kept over a restart.
    """
    database.execute(
        "INSERT INTO applications (client_id, client_secret, name, redirect_uris, webhook_secret) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (client_id) DO UPDATE SET "
        "client_secret = excluded.client_secret, name = excluded.name, "
        "redirect_uris = excluded.redirect_uris, webhook_secret = excluded.webhook_secret",
        [
            plain_client_id(options.client_id),
            options.client_secret,
            options.client_name,
            json.dumps(options.redirect_uris),
            options.webhook_secret,
        ],
    )
