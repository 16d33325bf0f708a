"""Whether PostgreSQL is the one it was, and has not been put back to an earlier time (RELIABILITY F3, F4).

Every sweep and every turn of a lane notes in the database itself which one it is, and when. A restore brings an old note back,
whose time says until when this database knows what was sent. It is seen by the name, which is another after a promotion, a
recovery to a point in time or a dump that was read in; and by the time, which is older than the broker remembers, after a copy of
the disk was put back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    return _known_until(current_names())


def _known_until(names: Sequence[str]) -> datetime | None:
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


def goes_on() -> bool:
    """This function will tell whether this database is the one it was, and note that it is.

    Call it outside any transaction before Exact is asked for anything: all that follows is then later than what the broker saw.
    """
    names = current_names()
    if _known_until(names) is not None:
        return False
    _note(names, names[:1])
    return True


def note() -> None:
    """This function will note that this database is the one it was, at its own time: a host's may be far ahead."""
    names = current_names()
    _note(names, names)


def begin() -> None:
    """This function will note that this database is the one that counts from now on, whatever was noted before."""
    names = current_names()
    if names:
        _notes().exclude(name__in=names).delete()
    _note(names, names, tell=database_witness.begin)


def _note(
    names: Sequence[str],
    noted: Sequence[str],
    *,
    tell: Callable[[str, datetime], None] = database_witness.see,
) -> None:
    if noted:
        at = max([heartbeats.beat(name) for name in noted])
        transaction.on_commit(lambda: tell(_witnessed(names), at))


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
