"""A backup of the stage's PostgreSQL and its restore, with PostgreSQL's own tools, as docs/operations.md describes them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import psycopg
from django.db import connections

from connector.local import postgres, processes
from tests.torture.programs import wait_until
from tests.torture.stage import Stage

_ARCHIVED_WITHIN = 60.0


class Backup(Protocol):
    """A way to back up. First `prepare`, then `base` and `mark` while work goes on, and `restore` when all is stopped."""

    def prepare(self) -> None:
        """Make the server ready for it, before anything works with it."""
        ...

    def base(self) -> None:
        """Take what has to be taken before the time to go back to."""
        ...

    def mark(self) -> datetime:
        """Choose the present as the time to go back to, and return it (UTC)."""
        ...

    def restore(self) -> None:
        """Put the database back to that time."""
        ...


class PointInTime:
    """A base backup and every WAL file since: the restored cluster goes on with a timeline of its own."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._archive = stage.ground.folder / "archive"
        self._copy = stage.ground.folder / "base"
        self._time = ""

    def prepare(self) -> None:
        """Let the server keep each WAL file away from its data."""
        self._archive.mkdir()
        if os.geteuid() == 0:
            os.chown(self._archive, postgres.unprivileged_user().pw_uid, -1)
        with _superuser(self._stage, postgres.DATABASE) as connection:
            connection.execute("ALTER SYSTEM SET archive_mode = on")
            connection.execute(f"ALTER SYSTEM SET archive_command = 'cp %p \"{self._archive}/%f\"'")
        connections.close_all()
        self._stage.database.stop()
        self._stage.database.start()

    def base(self) -> None:
        """Copy the cluster while it works."""
        _run(self._stage, "pg_basebackup", "--pgdata", str(self._copy), "--checkpoint", "fast")

    def mark(self) -> datetime:
        """Note the server's time."""
        with _superuser(self._stage, postgres.DATABASE) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        self._time = row[0].isoformat()
        return datetime.fromisoformat(self._time).astimezone(UTC)

    def restore(self) -> None:
        """Put the base backup in the place of the cluster, and let it go on with the kept WAL up to the time."""
        self._wait_for_archive()
        data = _replace(self._stage, self._copy)
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"restore_command = 'cp \"{self._archive}/%f\" %p'\n"
                f"recovery_target_time = '{self._time}'\n"
                "recovery_target_action = 'promote'\n"
                # Who connects meets the restored cluster, or none.
                "hot_standby = off\n"
            )
        (data / "recovery.signal").touch()
        self._stage.database.start()

    def _wait_for_archive(self) -> None:
        """The file with the time is kept: PostgreSQL refuses a restore to a time that it does not find."""
        with _superuser(self._stage, postgres.DATABASE) as connection:
            connection.execute("CREATE TABLE after_the_backup ()")
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        kept = self._archive / row[0]
        wait_until(kept.exists, _ARCHIVED_WITHIN, "The last WAL file is kept")


class DiskCopy:
    """A copy of the disk at one time, as clouds take it: the cluster goes on from there with the same timeline."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._copy = stage.ground.folder / "disk"

    def prepare(self) -> None:
        """Do nothing: every cluster can be copied."""

    def base(self) -> None:
        """Do nothing: a copy needs nothing from before it."""

    def mark(self) -> datetime:
        """Copy the cluster while it works: as it is at the end of the copy."""
        now = datetime.now(UTC)
        _run(self._stage, "pg_basebackup", "--pgdata", str(self._copy), "--checkpoint", "fast")
        return now

    def restore(self) -> None:
        """Put the copy in the place of the cluster."""
        _replace(self._stage, self._copy)
        self._stage.database.start()


class Dump:
    """`pg_dump`, and `pg_restore` into a new database of the same cluster, which goes on with its timeline."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._file: Path = stage.ground.folder / "connector.dump"

    def prepare(self) -> None:
        """Do nothing: every server can be dumped."""

    def base(self) -> None:
        """Do nothing: a dump needs nothing from before it."""

    def mark(self) -> datetime:
        """Dump the database while it works: as it is now."""
        now = datetime.now(UTC)
        _run(self._stage, "pg_dump", "--format", "custom", "--file", str(self._file), postgres.DATABASE)  # fmt: skip
        return now

    def restore(self) -> None:
        """Drop the database and make it anew from the dump."""
        connections.close_all()
        name = postgres.DATABASE
        with _superuser(self._stage, "postgres") as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} OWNER {postgres.OWNER} TEMPLATE template0")
        _run(self._stage, "pg_restore", "--exit-on-error", "--dbname", name, str(self._file))


def _replace(stage: Stage, copy: Path) -> Path:
    """Stop the server and put the copy in the place of its data; it returns that place."""
    data = stage.database.cluster.data
    connections.close_all()
    stage.database.stop()
    shutil.rmtree(data)
    return copy.rename(data)


@contextmanager
def _superuser(stage: Stage, database: str) -> Iterator[psycopg.Connection]:
    cluster = stage.database.cluster
    with psycopg.connect(
        host=processes.LOOPBACK,
        port=cluster.port,
        user=postgres.SUPERUSER,
        password=cluster.passwords.superuser,
        dbname=database,
        autocommit=True,
    ) as connection:
        yield connection


def _run(stage: Stage, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own tools against the stage's server."""
    cluster = stage.database.cluster
    subprocess.run(  # noqa: S603  # PostgreSQL's own program
        [str(postgres.binaries() / program), *arguments],
        env={
            **os.environ,
            "PGHOST": processes.LOOPBACK,
            "PGPORT": str(cluster.port),
            "PGUSER": postgres.SUPERUSER,
            "PGPASSWORD": cluster.passwords.superuser,
        },
        check=True,
    )
