"""Whether PostgreSQL is the one it was: a restored cluster or a promoted replica is another (RELIABILITY F3, F4).

Every sweep notes in the database itself which one it is, and when. A restore brings that note back, the new one's own name does
not match it, and its time says until when this database knows what was sent.
"""

from __future__ import annotations

from datetime import datetime

from django.db import NotSupportedError, ProgrammingError, connection as database, transaction

from connector import heartbeats
from connector.models import Heartbeat

_PREFIX = "database:"
# The timeline changes with every promotion and every recovery to a point in time, the identifier with every new cluster.
_NAME = """
    SELECT (pg_control_system()).system_identifier::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
"""


def known_until() -> datetime | None:
    """This function will return until when another database wrote this one's rows; None when it is the one it was (UTC)."""
    name = current_name()
    rows = dict(Heartbeat.objects.filter(name__startswith=_PREFIX).values_list("name", "at"))
    return None if not name or not rows or name in rows else max(rows.values())


def remember() -> None:
    """This function will note that this database is the one that counts, at its own time: a host's may be far ahead."""
    name = current_name()
    if not name:
        return
    heartbeats.beat(name)
    Heartbeat.objects.filter(name__startswith=_PREFIX).exclude(name=name).delete()


def current_name() -> str:
    """This function will return the name that tells this database from one it was restored from or promoted over.

    Empty where PostgreSQL does not tell it: then only the operator can say that it was restored.
    """
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(_NAME)
            return _PREFIX + str(cursor.fetchone()[0])
    except (ProgrammingError, NotSupportedError):
        return ""
