"""The Exact users of the sandbox and what they may do.

Name, language and divisions are those of Exact's own record (system/Users); the table `users` holds
how they log on and what they may do.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from exact_sandbox.database import Database
from exact_sandbox.rights import AREAS, Rights
from exact_sandbox.values import Record, from_store

CULTURES = {"EN": "en-GB", "NL": "nl-NL", "DE": "de-DE", "FR": "fr-BE"}
_SELECT = (
    'SELECT u.*, r."UserName", r."FullName", r."Language", r."UserDivisionList", r."StartDate", '
    'r."EndDate" FROM users u JOIN userrecords r ON r."UserID" = u.id'
)


@dataclass(frozen=True, slots=True)
class User:
    """A person who can log on; `language` is NL, DE, FR or EN, or another one we have no texts in."""

    id: str
    username: str
    full_name: str
    culture: str  # such as nl-NL
    rights: Rights
    divisions: tuple[int, ...]
    current_division: int
    country: str
    blocked: bool
    starts: datetime | None
    ends: datetime | None

    @property
    def language(self) -> str:
        """The language of texts and refusals."""
        return self.culture[:2].upper()

    @property
    def may_write(self) -> bool:
        """Whether the user may write anything at all."""
        return any(self.rights.get(area, "write") == "write" for area in AREAS)

    def is_active(self, now: datetime) -> bool:
        """Whether the user may log on at a moment."""
        return (self.starts is None or self.starts <= now) and (
            self.ends is None or now < self.ends
        )


def _user(row: sqlite3.Row) -> User:
    return User(
        row["id"],
        row["UserName"],
        row["FullName"],
        row["Language"],
        json.loads(row["rights"]),
        tuple(division_codes(row["UserDivisionList"])),
        row["current_division"],
        row["country"],
        bool(row["blocked"]),
        from_store("DateTime", row["StartDate"]),
        from_store("DateTime", row["EndDate"]),
    )


def division_codes(listed: str | None) -> list[int]:
    """Return the codes of a UserDivisionList, such as "1000001,1000002"; raises ValueError."""
    return [int(code) for code in (listed or "").replace(";", ",").split(",") if code.strip()]


def all_users(database: Database) -> list[User]:
    """Return every user, in the order of seeding."""
    return [_user(row) for row in database.execute(f"{_SELECT} ORDER BY u.rowid")]


def user_by_id(database: Database, user_id: str) -> User | None:
    """Return a user by id, or None."""
    rows = database.execute(f"{_SELECT} WHERE u.id = ?", [user_id])
    return _user(rows[0]) if rows else None


def user_by_name(database: Database, username: str) -> User | None:
    """Return a user by log-on name, an e-mail address, or None; case does not matter."""
    rows = database.execute(f'{_SELECT} WHERE r."UserName" = ?', [username.strip()])
    return _user(rows[0]) if rows else None


def password_fits(database: Database, username: str, password: str) -> User | None:
    """Return the user when name and password belong together, or None."""
    user = user_by_name(database, username)
    if user is None:
        return None
    stored = database.execute("SELECT password FROM users WHERE id = ?", [user.id])[0][0]
    return user if stored == password else None


def remember_log_on(database: Database, user: User) -> None:
    """Store when a user logged on last."""
    with database.transaction():
        database.update(
            "userrecords", ("UserID", user.id), {"LastLogin": database.clock.naive_now()}
        )


def add_user(
    database: Database,
    record: Record,
    *,
    password: str,
    country: str,
    rights: Rights | None = None,
) -> None:
    """Store a new user with Exact's record of them; rights that are not named are to write."""
    with database.transaction():
        database.insert("userrecords", record)
        database.execute(
            "INSERT INTO users (id, password, rights, current_division, country) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                record["UserID"],
                password,
                json.dumps(rights or {}),
                next(iter(division_codes(record["UserDivisionList"])), 0),
                country,
            ],
        )


def set_divisions(database: Database, user: User, codes: Collection[int]) -> None:
    """Give a user access to these divisions only."""
    listed = ",".join(map(str, codes))
    database.update("userrecords", ("UserID", user.id), {"UserDivisionList": listed})
    if codes and user.current_division not in codes:
        use_division(database, user, next(iter(codes)))


def use_division(database: Database, user: User, division: int) -> None:
    """Remember the division a user's application worked in last."""
    if user.current_division != division:
        database.execute(
            "UPDATE users SET current_division = ? WHERE id = ?",
            [division, user.id],
        )


def user_as_json(user: User) -> dict[str, object]:
    """Return a user with what may be changed about them."""
    return {
        "username": user.username,
        "full_name": user.full_name,
        "language": user.language,
        "country": user.country,
        "may_write": user.may_write,
        "rights": {area: user.rights.get(area, "write") for area in AREAS},
        "divisions": list(user.divisions),
        "blocked": user.blocked,
    }


def change_user(database: Database, user: User, changes: dict[str, object]) -> None:
    """Change divisions, rights, language, country, password or whether a user is blocked.

    `may_write` sets all areas at once, `rights` those that are named.
    """
    divisions = changes.get("divisions")
    if isinstance(divisions, list):
        set_divisions(database, user, [int(code) for code in divisions])
    if "language" in changes:
        culture = CULTURES[str(changes["language"])]
        database.update("userrecords", ("UserID", user.id), {"Language": culture})
    rights = dict(user.rights)
    if "may_write" in changes:
        rights = dict.fromkeys(AREAS, "write" if changes["may_write"] else "read")
    named = changes.get("rights")
    if isinstance(named, dict):
        rights |= named
    database.execute("UPDATE users SET rights = ? WHERE id = ?", [json.dumps(rights), user.id])
    for name in ("country", "password", "blocked"):
        if name in changes:
            database.execute(
                f"UPDATE users SET {name} = ? WHERE id = ?",  # noqa: S608 - one of three names
                [changes[name], user.id],
            )
