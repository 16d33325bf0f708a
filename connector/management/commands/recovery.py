"""After a restore from a backup: `manage.py recovery begin --backup-at TIME`, `status`, `finish`."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connector.database_clock import database_now
from integrations import recovering


class Command(BaseCommand):
    """Stops all sends until every connection has looked up what Exact got since the backup."""

    help = "Look up in Exact what a restored database has forgotten, before anything is sent."

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will add what to do, and for its beginning the time of the backup."""
        parser.add_argument("do", choices=["begin", "status", "finish"])
        parser.add_argument(
            "--backup-at",
            help="the time the database was restored to, with its zone: 2026-11-27T03:00:00+00:00",
        )
        parser.add_argument("--by", default="", help="who decided it; by default the system's user")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will do it and say how far it is. Raises CommandError when it is not finished."""
        now = database_now()
        match options["do"]:
            case "begin":
                self._begin(_moment(options["backup_at"], now), options["by"], now)
            case "status":
                self._tell(recovering.look())
            case _:
                progress = recovering.finish(now=now)
                self.stdout.write(f"Released {progress.released} divisions.")
                self._tell(progress)
                if progress.waiting:
                    raise CommandError("Not finished: run it again when those have looked up.")

    def _begin(self, backup_at: datetime, who: str, now: datetime) -> None:
        progress = recovering.begin(backup_at=backup_at, who=who or getpass.getuser(), now=now)
        self.stdout.write(
            f"Sending is stopped. {progress.connections} connections look up what Exact got since "
            f"{backup_at:%Y-%m-%d %H:%M:%S %Z}; start the workers now."
        )
        found = recovering.check_log_ins()
        self.stdout.write(
            f"Log-ins at Exact: {found['works']} work, {found['later']} are tried again by themselves, "
            f"{found['lost']} are lost (their admins have been told to reconnect)."
        )

    def _tell(self, progress: recovering.Progress) -> None:
        done = progress.connections - len(progress.waiting)
        self.stdout.write(
            f"{done} of {progress.connections} connections have looked up everything. Times are in UTC."
        )
        for one in progress.waiting:
            self.stdout.write(f"  {one}")


def _moment(text: str | None, now: datetime) -> datetime:
    if not text:
        raise CommandError("Say with --backup-at to which time the database was restored.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--backup-at is not a time: {text}") from None
    if moment.tzinfo is None:
        raise CommandError("--backup-at needs a time zone: 2026-11-27T03:00:00+00:00.")
    if moment > now:
        raise CommandError("--backup-at lies in the future.")
    return moment
