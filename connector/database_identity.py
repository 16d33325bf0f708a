"""Whether PostgreSQL is the one it was, and has not been put back to an earlier time (RELIABILITY F3, F4).

Every sweep notes in the database itself which one it is, and when. A restore brings an old note back, whose time says until when
this database knows what was sent. It is seen by the name, which is another after a promotion, a recovery to a point in time or a
dump that was read in; and by the time, which is older than the broker remembers, after a copy of the disk was put back.
"""

from __future__ import annotations

from datetime import datetime

from django.db import NotSupportedError, ProgrammingError, connection as database, transaction

from connector import database_witness, heartbeats
from connector.models import Heartbeat

# Two more notes, of the last restore: the time of the backup, and when its recovery began.
BACKUP, RECOVERY = "restored:backup", "restored:began"
_PREFIX = "database:"
# The timeline changes with every promotion and every recovery to a point in time, the identifier with every new cluster, and the
# numbers of database and table when a dump is read in.
_NAME = """
    SELECT concat_ws(
        '/',
        (pg_control_system()).system_identifier,
        substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        'connector_heartbeat'::regclass::oid
    )
"""


def known_until() -> datetime | None:
    """This function will return until when this database knows what was sent, if it was restored; else None (UTC)."""
    name = current_name()
    # Asked before the rows are read: what the broker saw by then was committed by then.
    seen = database_witness.saw(name) if name else None
    rows = dict(Heartbeat.objects.filter(name__startswith=_PREFIX).values_list("name", "at"))
    if not name or not rows:
        return None
    if name in rows:
        return rows[name] if seen and seen > rows[name] else None
    return max(rows.values())


def remember() -> None:
    """This function will note that this database is the one that counts, at its own time: a host's may be far ahead."""
    name = current_name()
    if not name:
        return
    heartbeats.beat(name)
    Heartbeat.objects.filter(name__startswith=_PREFIX).exclude(name=name).delete()
    at = Heartbeat.objects.values_list("at", flat=True).get(name=name)
    transaction.on_commit(lambda: database_witness.see(name, at))


def current_history() -> str:
    """This function will return what is another whenever rows or numbers of transactions may have gone back.

    After a copy of the disk was put back it is so once the recovery began.
    """
    began = Heartbeat.objects.filter(name=RECOVERY).values_list("at", flat=True).first()
    return f"{current_name()} {began.isoformat() if began else ''}"


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
