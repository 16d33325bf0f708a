"""Writes everything that is stored encrypted again with the newest key: docs/operations.md, "Keys"."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connector import encryption, key_rotation


class Command(BaseCommand):
    """May be stopped and run again at any time; it is done when nothing remains with an old key."""

    help = "Write every encrypted column again with the first key of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will rotate and print what remains. Raises CommandError while anything does."""
        self.stdout.write(f"The key that encrypts now has the id {encryption.current_key_id()}.")
        remaining = 0
        for result in key_rotation.rotate():
            remaining += result.remaining
            self.stdout.write(
                f"{result.model}: {result.rewritten} rows written again, "
                f"{result.remaining} remain with old keys"
                + (
                    f", {result.unreadable} can be read with none of the keys."
                    if result.unreadable
                    else "."
                )
            )
        if remaining:
            raise CommandError(
                f"{remaining} rows remain with old keys, so the old keys are still needed. "
                "Restart what runs with an older ENCRYPTION_KEYS, then run this again."
            )
        self.stdout.write("0 rows remain with old keys: the old keys may go.")
