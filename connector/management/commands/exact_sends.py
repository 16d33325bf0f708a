"""The emergency stop: `manage.py exact_sends stop --reason "..."`, `release`, `status`."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from integrations import emergency_stop
from integrations.emergency_stop import choose_lanes


class Command(BaseCommand):
    """Stops and releases all writing to Exact; reading goes on, and what people ask for waits."""

    help = "Stop all writing to Exact within one call, release it, or tell what is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will add what to do, to which division, why and in whose name."""
        parser.add_argument("do", choices=["stop", "release", "status"])
        parser.add_argument("--division", type=int, help="only this division of Exact")
        parser.add_argument("--reason", default="", help="what people read in the banner")
        parser.add_argument("--by", default="", help="who decided it; by default the system's user")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will do it and say what it did. Raises CommandError when there is no such division."""
        rows = choose_lanes(options["division"])
        if options["division"] is not None and not rows.exists():
            raise CommandError(f"No connection uses division {options['division']}.")
        now = timezone.now()
        match options["do"]:
            case "stop":
                who = options["by"] or getpass.getuser()
                count = emergency_stop.stop(rows, reason=options["reason"], who=who, now=now)
                self.stdout.write(f"Stopped {_divisions(count)}. Reading goes on.")
            case "release":
                count = emergency_stop.release(rows, now=now)
                self.stdout.write(f"Released {_divisions(count)}.")
            case _:
                self._tell(rows)

    def _tell(self, rows: Any) -> None:
        stopped = list(rows.filter(is_stopped=True))
        self.stdout.write(f"{_divisions(len(stopped))} of {rows.count()} stopped.")
        for lane in stopped:
            since = f"{lane.stopped_at:%Y-%m-%d %H:%M} UTC" if lane.stopped_at else "?"
            self.stdout.write(
                f"  {lane.division} since {since} by {lane.stopped_by}: {lane.stop_reason or 'no reason given'}"
            )


def _divisions(count: int) -> str:
    return f"{count} division{'' if count == 1 else 's'}"
