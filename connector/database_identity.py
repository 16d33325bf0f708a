"""Whether PostgreSQL is the one it was, and has not been put back to an earlier time (RELIABILITY F3, F4).

Every sweep notes in the database itself which one it is, and when. A restore brings an old note back, whose time says until when
this database knows what was sent. It is seen by the name, which is another after a promotion, a recovery to a point in time or a
dump that was read in; and by the time, which is older than the broker remembers, after a copy of the disk was put back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import NotSupportedError, ProgrammingError, connection as database, transaction
from django.db.models import Q, QuerySet

from connector import database_witness, heartbeats
from connector.models import Heartbeat

# Two more notes, of the last restore: the time of the backup, and when its recovery began.
BACKUP, RECOVERY = "restored:backup", "restored:began"
# The timeline changes with every promotion and every recovery to a point in time, the identifier with every new cluster; the
# numbers of database and table change when a dump is read in.
_NAMES = """
    SELECT
        'database:' || (pg_control_system()).system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
        'tables:' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || 'connector_heartbeat'::regclass::oid
"""
_KINDS = ("database:", "tables:")


def known_until() -> datetime | None:
    """This function will return until when this database knows what was sent, if it was restored; else None (UTC)."""
    names = current_names()
    # Asked before the rows are read: what the broker saw by then was committed by then.
    seen = database_witness.saw(_witnessed(names)) if names else None
    notes = dict(_notes().values_list("name", "at"))
    if not names or not notes:
        return None
    until = max(notes.values())
    is_another = any(
        name not in notes and any(note.startswith(kind) for note in notes)
        for name, kind in zip(names, _KINDS, strict=True)
    )
    return until if is_another or (seen is not None and seen > until) else None


def remember() -> None:
    """This function will note that this database is the one that counts, at its own time: a host's may be far ahead."""
    names = current_names()
    if not names:
        return
    for name in names:
        heartbeats.beat(name)
    _notes().exclude(name__in=names).delete()
    at = max(_notes().values_list("at", flat=True))
    transaction.on_commit(lambda: database_witness.see(_witnessed(names), at))


def current_history() -> str:
    """This function will return what is another whenever rows or numbers of transactions may have gone back.

    After a copy of the disk was put back it is so once the recovery began.
    """
    began = Heartbeat.objects.filter(name=RECOVERY).values_list("at", flat=True).first()
    return f"{_witnessed(current_names())} {began.isoformat() if began else ''}"


def current_names() -> list[str]:
    """This function will return what tells this database from one it was restored from or promoted over, one of each kind.

    Empty where PostgreSQL does not tell it: then only the operator can say that it was restored.
    """
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(_NAMES)
            return list(cursor.fetchone())
    except (ProgrammingError, NotSupportedError):
        return []


def _notes() -> QuerySet[Heartbeat]:
    return Heartbeat.objects.filter(Q(name__startswith=_KINDS[0]) | Q(name__startswith=_KINDS[1]))


def _witnessed(names: Sequence[str]) -> str:
    return " ".join(names)
