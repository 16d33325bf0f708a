"""What a restored database has forgotten and no invoice has claimed: `manage.py forgotten list`, `dismiss EXACT_ID`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from connector.tenancy.organizations import list_ids
from invoices import forgotten_unclaimed


class Command(BaseCommand):
    """Lists documents in Exact that wait for their invoices since a restore, and dismisses those that are nobody's here."""

    help = "List or dismiss documents in Exact that a restored database has forgotten."

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will add what to do, and with which document."""
        parser.add_argument("do", choices=["list", "dismiss"])
        parser.add_argument("exact_id", nargs="?", type=UUID, help="the document's id in Exact")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will do it and say what it did. Raises CommandError when there is no such document."""
        if options["do"] == "list":
            self._tell()
            return
        if options["exact_id"] is None:
            raise CommandError("Name the document to dismiss by its id in Exact.")
        if not forgotten_unclaimed.dismiss(list_ids(), options["exact_id"], now=timezone.now()):
            raise CommandError(f"No such document waits for an invoice: {options['exact_id']}.")
        self.stdout.write(
            "Dismissed: copies look at it no more, and those that waited for it are asked for again."
        )

    def _tell(self) -> None:
        found = list(forgotten_unclaimed.list_unclaimed(list_ids()))
        self.stdout.write(f"{len(found)} wait for their invoices.")
        for one in found:
            self.stdout.write(
                f"  {one.exact_id} organization {one.organization_id}, {one.connection}: "
                f"{one.your_ref or 'no number'}, {one.gross_amount:.2f} on {one.document_date or 'an unknown day'}"
            )
