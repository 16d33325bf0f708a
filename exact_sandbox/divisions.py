"""What happens to whole divisions: made, archived, blocked, moved, linked to HR, deleted.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemDivisions
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from exact_sandbox.database import Database
from exact_sandbox.resources import table_columns
from exact_sandbox.seed import belgium, germany, netherlands
from exact_sandbox.seed.load import load_division
from exact_sandbox.seed.plan import GROUP, DivisionPlan
from exact_sandbox.users import User, all_users, set_divisions

STATUSES = {"inactive": 0, "active": 1, "archived": 2}
BLOCKINGS = {
    0: "not blocked",
    1: "backup or restore",
    2: "conversion busy",
    3: "conversion shadow",
    4: "conversion waiting",
    5: "copy data waiting",
    6: "copy data busy",
}
PLANS: dict[str, DivisionPlan] = {
    plan.country: plan for plan in (netherlands.PLAN, belgium.PLAN, germany.PLAN)
}


def create_division(
    database: Database, *, country: str, name: str, customer: str = GROUP, users: Iterable[User]
) -> int:
    """Store a division with its country's chart of accounts and return its code.

    The users get access to it; the first division of a customer is its main one.
    """
    with database.transaction():
        highest = max(row["Code"] for row in database.records("divisions"))
        code = 1 + max(int(highest), database.counter("division"))
        database.set_counter("division", code)
        owned = database.records("divisions", CustomerName=customer)
        hid = 1 + max((row["Hid"] for row in owned), default=0)
        plan = replace(PLANS[country], code=code, hid=hid, name=name, customer=customer)
        load_division(database, plan)
        for user in users:
            set_divisions(database, user, (*user.divisions, code))
    return code


def set_status(database: Database, division: int, status: str) -> None:
    """Make a division active, inactive or archived."""
    archived = status == "archived"
    database.update(
        "divisions",
        ("Code", division),
        {
            "Status": STATUSES[status],
            "ArchiveDate": database.clock.today() if archived else None,
            "Modified": database.clock.naive_now(),
        },
    )


def set_blocking(database: Database, division: int, blocking: int) -> None:
    """Give a division a blocking status, as while a backup or a copy is made."""
    database.update("divisions", ("Code", division), {"BlockingStatus": blocking})


def move_division(database: Database, division: int) -> None:
    """Move a division: every Timestamp in it begins anew, so that old cursors are wrong."""
    with database.transaction():
        now = database.clock.naive_now()
        database.update("divisions", ("Code", division), {"DivisionMoveDate": now})
        _renew_timestamps(database, division)


def link_to_hr(database: Database, division: int, *, linked: bool) -> None:
    """Link a division to Exact Online HR or take the link away; that renews the Timestamps too."""
    with database.transaction():
        now = database.clock.naive_now()
        database.update(
            "divisions",
            ("Code", division),
            {"IsHRDivision": linked, "DivisionHRLinkUnlinkDate": now},
        )
        _renew_timestamps(database, division)


def delete_division(database: Database, division: int) -> None:
    """Delete a division with all that is in it; nobody has access any more."""
    with database.transaction():
        for user in all_users(database):
            if division in user.divisions:
                set_divisions(database, user, [code for code in user.divisions if code != division])
        database.delete("divisions", Code=division)
        database.execute("DELETE FROM division_settings WHERE division = ?", [division])
        for table in table_columns():
            if table not in ("divisions", "userrecords"):
                database.delete(table, Division=division)


def timestamp_shift(database: Database, division: int) -> int:
    """Return by how much a division's stored Timestamps exceed those that clients see."""
    rows = database.execute("SELECT shift FROM moved_divisions WHERE division = ?", [division])
    return int(rows[0]["shift"]) if rows else 0


def _renew_timestamps(database: Database, division: int) -> None:
    """Number the records of a division again from 1, in the order they were changed.

    Stored numbers still come from the one counter of the store, so that no two records share one.
    """
    shift = database.next_timestamp()
    for table, columns in table_columns().items():
        if "Timestamp" not in columns:
            continue
        first = database.next_timestamp()
        changed = database.execute(
            f'UPDATE "{table}" SET "Timestamp" = ? + ranked.place FROM ('  # noqa: S608 - own names
            f'SELECT rowid AS id, row_number() OVER (ORDER BY "Timestamp") AS place FROM "{table}" '
            f'WHERE "Division" = ?) AS ranked WHERE "{table}".rowid = ranked.id RETURNING 1',
            [first, division],
        )
        database.skip_timestamps(len(changed))
    database.execute("INSERT OR REPLACE INTO moved_divisions VALUES (?, ?)", [division, shift])
