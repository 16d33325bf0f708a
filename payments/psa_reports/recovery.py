"""Callbacks after a restore from a backup: what the PSA was told since is not known any more, so all of it is told again.

A restore begins with as little work as there can be; this comes after it, in steps, by the worker that calls PSAs.
"""

from __future__ import annotations

from datetime import datetime

from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactConnection
from integrations.psa.registry import REST_PUSH
from invoices.models import Invoice, InvoiceState
from payments.psa_reports import lines, reporting
from payments.psa_reports.lines import Claim

STEP = 500


def tell_all(*, connection: ExactConnection, backup_at: datetime, now: datetime) -> None:
    """This function will have the payments of every finalized invoice told as they are (RELIABILITY G18)."""
    del backup_at
    lines.ask_retelling(connection.organization_id, now)


def go_on(claim: Claim, *, now: datetime) -> None:
    """This function will report the next invoices of a line that was claimed for it, and give the line back. ``now`` is UTC."""
    with tenant_transaction(claim.organization_id):
        rows = Invoice.objects.filter(
            source=REST_PUSH.name, state=InvoiceState.FINALIZED, pk__gt=claim.retell_after_id
        ).order_by("pk")
        found = list(rows.values_list("pk", flat=True)[:STEP])
        reporting.report_all(found, now=now)
        lines.note_retelling(claim, found[-1] if len(found) == STEP else None)
        lines.release(claim, due_at=now)
