"""A backup of the stage's PostgreSQL and its restore, with PostgreSQL's own tools, as docs/operations.md describes them."""

from __future__ import annotations

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.db import connections

from connector.local import postgres
from tests.torture.programs import wait_until
from tests.torture.stage import Stage

_ARCHIVED_WITHIN = 60.0


class Backup(ABC):
    """A way to back up. First `prepare`, then `base` and `mark` while work goes on, and `restore` when all is stopped."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        # Where a copy of the cluster, or a dump, is put.
        self._copy = stage.ground.folder / "backup"

    def prepare(self) -> None:  # noqa: B027  # most ways need nothing
        """Make the server ready for it, before anything works with it."""

    def base(self) -> None:  # noqa: B027  # most ways need nothing
        """Take what has to be taken before the time to go back to."""

    @abstractmethod
    def mark(self) -> datetime:
        """Choose the present as the time to go back to, and return it (UTC)."""

    @abstractmethod
    def restore(self) -> None:
        """Put the database back to that time."""

    def _copy_cluster(self) -> None:
        self._run("pg_basebackup", "--pgdata", str(self._copy), "--checkpoint", "fast")

    def _replace_cluster(self) -> Path:
        """Stop the server and put the copy in the place of its data; it returns that place."""
        data = self._stage.database.cluster.data
        connections.close_all()
        self._stage.database.stop()
        shutil.rmtree(data)
        return self._copy.rename(data)

    def _superuser(self, database: str = postgres.DATABASE) -> psycopg.Connection:
        """A connection of the one role that may do everything."""
        url = self._stage.database.superuser_url()
        return psycopg.connect(url, dbname=database, autocommit=True)

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own tools against the stage's server."""
        url = self._stage.database.superuser_url()
        command = [str(postgres.binaries() / program), "--dbname", url, *arguments]
        subprocess.run(command, check=True)  # noqa: S603  # PostgreSQL's own program


class PointInTime(Backup):
    """A base backup and every WAL file since: the restored cluster goes on with a timeline of its own."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._archive = stage.ground.folder / "archive"
        self._time = ""

    def prepare(self) -> None:
        """Let the server keep each WAL file away from its data."""
        self._archive.mkdir()
        if os.geteuid() == 0:
            os.chown(self._archive, postgres.unprivileged_user().pw_uid, -1)
        with self._superuser() as connection:
            connection.execute("ALTER SYSTEM SET archive_mode = on")
            connection.execute(f"ALTER SYSTEM SET archive_command = 'cp %p \"{self._archive}/%f\"'")
        connections.close_all()
        self._stage.database.stop()
        self._stage.database.start()

    def base(self) -> None:
        """Copy the cluster while it works."""
        self._copy_cluster()

    def mark(self) -> datetime:
        """Note the server's time."""
        with self._superuser() as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        at: datetime = row[0]
        self._time = at.isoformat()
        return at.astimezone(UTC)

    def restore(self) -> None:
        """Put the base backup in the place of the cluster, and let it go on with the kept WAL up to the time."""
        self._wait_for_archive()
        data = self._replace_cluster()
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
        with self._superuser() as connection:
            connection.execute("CREATE TABLE after_the_backup ()")
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        kept = self._archive / row[0]
        wait_until(kept.exists, _ARCHIVED_WITHIN, "The last WAL file is kept")


class DiskCopy(Backup):
    """A copy of the disk at one time, as clouds take it: the cluster goes on from there with the same timeline."""

    def mark(self) -> datetime:
        """Copy the cluster while it works: as it is at the end of the copy."""
        now = datetime.now(UTC)
        self._copy_cluster()
        return now

    def restore(self) -> None:
        """Put the copy in the place of the cluster."""
        self._replace_cluster()
        self._stage.database.start()


class Dump(Backup):
    """`pg_dump`, and `pg_restore` into a new database of the same cluster, which goes on with its timeline."""

    def mark(self) -> datetime:
        """Dump the database while it works: as it is now."""
        now = datetime.now(UTC)
        self._run("pg_dump", "--format", "custom", "--file", str(self._copy))
        return now

    def restore(self) -> None:
        """Drop the database and make it anew from the dump."""
        connections.close_all()
        name = postgres.DATABASE
        with self._superuser("postgres") as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} OWNER {postgres.OWNER} TEMPLATE template0")
        self._run("pg_restore", "--exit-on-error", str(self._copy))
