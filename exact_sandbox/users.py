"""The Exact users of the sandbox and what they may do."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from exact_sandbox.database import Database


@dataclass(frozen=True, slots=True)
class User:
    """A person who can log on; `language` is NL, DE, FR or EN."""

    id: str
    username: str
    full_name: str
    language: str
    may_write: bool
    divisions: tuple[int, ...]
    current_division: int


def _user(row: sqlite3.Row) -> User:
    return User(
        row["id"],
        row["username"],
        row["full_name"],
        row["language"],
        bool(row["may_write"]),
        tuple(json.loads(row["divisions"])),
        row["current_division"],
    )


def all_users(database: Database) -> list[User]:
    """Return every user, in the order of seeding."""
    return [_user(row) for row in database.execute("SELECT * FROM users ORDER BY rowid")]


def user_by_id(database: Database, user_id: str) -> User | None:
    """Return a user by id, or None."""
    rows = database.execute("SELECT * FROM users WHERE id = ?", [user_id])
    return _user(rows[0]) if rows else None


def user_by_name(database: Database, username: str) -> User | None:
    """Return a user by e-mail address, or None."""
    rows = database.execute("SELECT * FROM users WHERE username = ?", [username.strip().lower()])
    return _user(rows[0]) if rows else None


def password_fits(database: Database, username: str, password: str) -> User | None:
    """Return the user when name and password belong together, or None."""
    rows = database.execute(
        "SELECT * FROM users WHERE username = ? AND password = ?",
        [username.strip().lower(), password],
    )
    return _user(rows[0]) if rows else None


def use_division(database: Database, user: User, division: int) -> None:
    """Remember the division a user's application worked in last."""
    if user.current_division != division:
        database.execute(
            "UPDATE users SET current_division = ? WHERE id = ?",
            [division, user.id],
        )


def users_as_json(database: Database) -> list[dict[str, object]]:
    """Return every user with what may be changed about them."""
    return [
        {
            "username": user.username,
            "full_name": user.full_name,
            "language": user.language,
            "may_write": user.may_write,
            "divisions": list(user.divisions),
        }
        for user in all_users(database)
    ]


def change_user(database: Database, changes: dict[str, object]) -> bool:
    """Change the divisions, the right to write, the language or the password of a user."""
    user = user_by_name(database, str(changes.get("username")))
    if user is None:
        return False
    divisions = changes.get("divisions")
    if isinstance(divisions, list):
        database.execute(
            "UPDATE users SET divisions = ? WHERE id = ?",
            [json.dumps([int(code) for code in divisions]), user.id],
        )
    for name in ("may_write", "language", "password"):
        if name in changes:
            database.execute(
                f"UPDATE users SET {name} = ? WHERE id = ?",  # noqa: S608 - one of three names
                [changes[name], user.id],
            )
    return True
