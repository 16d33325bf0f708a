"""Log-ins that Exact gave to another app than ours: `manage.py exact_log_ins status`, `ask-again`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from connector.tenancy.organizations import list_ids
from integrations import token_store


class Command(BaseCommand):
    """For an operator who changed `EXACT_CLIENT_ID`: says whom it holds up, and asks these to log in again."""

    help = "Count the log-ins of another app at Exact than that of EXACT_CLIENT_ID, or ask for new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will add what to do."""
        parser.add_argument("do", choices=["status", "ask-again"])

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will do it and say what it did."""
        if options["do"] == "status":
            waiting = token_store.count_of_another_app(list_ids())
            self.stdout.write(
                f"Log-ins that wait, for they are of another app than that of EXACT_CLIENT_ID: {waiting}"
            )
            return
        asked = token_store.ask_for_log_ins(list_ids(), now=timezone.now())
        self.stdout.write(
            f"New log-ins asked for: {asked}. What waits for them goes on after each."
        )
