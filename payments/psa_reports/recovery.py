"""Callbacks after a restore from a backup: what the PSA was told since is not known any more, so all of it is told again."""

from __future__ import annotations

from datetime import datetime

from integrations.models import ExactConnection
from invoices.models import Invoice
from payments.psa_reports import reporting


def tell_all(*, connection: ExactConnection, backup_at: datetime, now: datetime) -> None:
    """This function will have the payments of every invoice of this connection told as they are (RELIABILITY G18)."""
    del backup_at
    invoices = Invoice.objects.filter(posted_documents__connection=connection).distinct()
    reporting.report_all(invoices, now=now)
