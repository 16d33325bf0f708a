"""Notes in the transaction of a change that the PSA is to be told of it, and has things told again.

Before: `invoices.payment_status` stored how far invoices are paid. After: `telling` calls the PSA, or the PSA reads the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.db import connection as database, transaction
from django.db.models import CharField, Func, QuerySet

from connector.tenancy.scope import current_organization_id
from integrations.psa.registry import REST_PUSH
from invoices.models import Invoice
from payments.psa_reports import answers, lines
from payments.psa_reports.models import EndpointState, PsaEndpoint, PsaPaymentReport, ReportState

_TICK = timedelta(microseconds=1)
_CHANGED = (
    "facts_hash",
    "changed_at",
    "changed_xid",
    "state",
    "message_id",
    "next_at",
    "attempt_count",
    "first_tried_at",
)


def keep_up(invoices: Sequence[Invoice], *, now: datetime) -> None:
    """This function will note for each of these invoices that its payments changed, if they did.

    Call it in the transaction of the change, holding the invoices' rows. Only invoices that a program sent are reported:
    a file cannot be told anything. An invoice that is open as it began has nothing to report.
    """
    pushed = [invoice for invoice in invoices if invoice.source == REST_PUSH.name]
    if not pushed:
        return
    known = {
        report.invoice_id: report
        for report in PsaPaymentReport.objects.filter(invoice__in=pushed)
        .select_for_update()
        .order_by("id")
    }
    new, changed = [], []
    for invoice, state in zip(pushed, answers.describe(pushed), strict=True):
        report, facts_hash = known.get(invoice.pk), answers.hash_of(state)
        if report is not None and report.facts_hash != facts_hash:
            changed.append(report)
        elif report is None and not answers.says_nothing(state):
            report = PsaPaymentReport(
                organization_id=invoice.organization_id, invoice=invoice, changed_at=now - _TICK
            )
            new.append(report)
        else:
            continue
        report.facts_hash = facts_hash
    _change([*new, *changed], now=now)
    PsaPaymentReport.objects.bulk_create(
        [*new, *changed], update_conflicts=True, unique_fields=["invoice"], update_fields=_CHANGED
    )


def _change(reports: Sequence[PsaPaymentReport], *, now: datetime) -> None:
    if not reports:
        return
    endpoint = PsaEndpoint.objects.first()
    xid = _transaction_id()
    for report in reports:
        # Later than the change before, whatever the clock of this host says.
        report.changed_at = max(now, report.changed_at + _TICK)
        report.changed_xid = xid
        # One that is not called for now is told when it is called again.
        report.state = ReportState.WAITING if endpoint else ReportState.NOT_ASKED
        report.message_id = f"msg_{uuid4().hex}"
        report.next_at = now if endpoint else None
        report.attempt_count, report.first_tried_at = 0, None
    if endpoint and endpoint.state == EndpointState.ON:
        ring_after_commit()


def tell_again(reports: QuerySet[PsaPaymentReport], *, now: datetime) -> int:
    """This function will have these reports told as they are now, also those that were told, and return how many.

    Each becomes a message of its own, so that a receiver which remembers the ids of messages takes it once more.
    """
    # Locked in one order, as by everybody else.
    locked = list(reports.select_for_update().order_by("id").values_list("pk", flat=True))
    count = PsaPaymentReport.objects.filter(pk__in=locked).update(
        state=ReportState.WAITING,
        message_id=_NewMessageId(),
        next_at=now,
        attempt_count=0,
        first_tried_at=None,
    )
    if count:
        ring_after_commit(at_once=True)
    return count


def bring_forward(*, now: datetime) -> None:
    """This function will have everything that waits for its next try tried now: the endpoint was away and is back."""
    waiting = PsaPaymentReport.objects.filter(state=ReportState.WAITING, next_at__gt=now)
    # Those that are being changed right now are due anyway; waiting for them could mean waiting for each other.
    free = waiting.select_for_update(skip_locked=True).order_by("id")
    rows = PsaPaymentReport.objects.filter(pk__in=list(free.values_list("pk", flat=True)))
    # The time they have been failing begins anew with it.
    rows.update(next_at=now, attempt_count=0, first_tried_at=None)


def report_all(invoice_ids: Sequence[int], *, now: datetime) -> None:
    """This function will report these invoices, also those that have nothing to report, as if each had changed.

    For a database that was restored: what the PSA was told since the backup is not known any more.
    """
    PsaPaymentReport.objects.bulk_create(
        [
            PsaPaymentReport(
                organization_id=current_organization_id(),
                invoice_id=invoice_id,
                changed_at=now,
                changed_xid=0,
                state=ReportState.NOT_ASKED,
            )
            for invoice_id in invoice_ids
        ],
        ignore_conflicts=True,
    )
    reports = PsaPaymentReport.objects.filter(invoice__in=invoice_ids)
    locked = list(reports.select_for_update().order_by("id").values_list("pk", flat=True))
    PsaPaymentReport.objects.filter(pk__in=locked).update(
        facts_hash="", changed_at=now, changed_xid=_transaction_id()
    )
    if PsaEndpoint.objects.exists():
        tell_again(reports, now=now)


def ring_after_commit(*, at_once: bool = False) -> None:
    """This function will have the organization's line looked at as soon as the open transaction is committed."""
    transaction.on_commit(
        partial(lines.ring, current_organization_id(), at_once=at_once), robust=True
    )


class _NewMessageId(Func):
    """Another id for each row, made by PostgreSQL."""

    template = "'msg_' || replace(gen_random_uuid()::text, '-', '')"
    output_field = CharField()


def _transaction_id() -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        found: int = cursor.fetchone()[0]
    return found
