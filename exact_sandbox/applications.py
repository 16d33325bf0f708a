"""The applications registered in Exact's App Center: who may ask for tokens, and for what.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep1
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from exact_sandbox.database import Database
from exact_sandbox.options import Options
from exact_sandbox.scopes import Scopes, scopes_from, scopes_text


@dataclass(frozen=True, slots=True)
class Application:
    """One registered application; `scopes` is None where it has all of them."""

    client_id: str
    client_secret: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: Scopes | None
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
        scopes_from(row["scopes"]),
        row["webhook_secret"],
        row["country"],
    )


def all_applications(database: Database) -> list[Application]:
    """Return every application, the first registered one first."""
    rows = database.execute("SELECT * FROM applications ORDER BY rowid")
    return [_application(row) for row in rows]


def find_application(database: Database, client_id: str, country: str = "") -> Application | None:
    """Return the application with a client id, in braces or not, or None.

    With a country it must be registered in that country's App Center, or in each.
    """
    rows = database.execute(
        "SELECT * FROM applications WHERE client_id = ?", [plain_client_id(client_id)]
    )
    application = _application(rows[0]) if rows else None
    if application is not None and country and application.country not in ("", country):
        return None
    return application


def register(database: Database, application: Application) -> None:
    """Register an application, or change the one with its client id."""
    with database.transaction():
        database.execute(
            "INSERT INTO applications (client_id, client_secret, name, redirect_uris, scopes, "
            "webhook_secret, country) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) "
            "DO UPDATE SET client_secret = excluded.client_secret, name = excluded.name, "
            "redirect_uris = excluded.redirect_uris, scopes = excluded.scopes, "
            "webhook_secret = excluded.webhook_secret, country = excluded.country",
            [
                plain_client_id(application.client_id),
                application.client_secret,
                application.name,
                json.dumps(application.redirect_uris),
                scopes_text(application.scopes),
                application.webhook_secret,
                application.country,
            ],
        )


def remove(database: Database, client_id: str) -> None:
    """Remove an application; its tokens die with it."""
    with database.transaction():
        database.execute(
            "DELETE FROM applications WHERE client_id = ?", [plain_client_id(client_id)]
        )


def register_from_options(database: Database, options: Options) -> None:
    """Register the application that the sandbox was started with, or bring it up to date.

    What was changed about it later (scopes, country) is kept over a restart.
    """
    known = find_application(database, options.client_id)
    register(
        database,
        Application(
            options.client_id,
            options.client_secret,
            options.client_name,
            options.redirect_uris,
            known.scopes if known else None,
            options.webhook_secret,
            known.country if known else "",
        ),
    )
