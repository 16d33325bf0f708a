"""What the status page says of a connection's payments: when they were last read, and last compared with all of Exact's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from integrations.health import Run
from integrations.models import ExactConnection
from integrations.status import StatusLine
from payments.models import Stage, SyncCursor
from payments.sync import PaymentsWork
from payments.sync_words import compared_word, since_sentence


def describe(connection: ExactConnection) -> list[StatusLine]:
    """This function will tell when the connection's payments were last read to their end, and what comparing found."""
    if not connection.sync_payments:
        return [StatusLine(_("Payments"), _("Not read: the sync is off"))]
    cursor = SyncCursor.objects.filter(connection=connection).first()
    lines = [_reading(connection, cursor)]
    if cursor is not None and cursor.compared_at is not None:
        word = compared_word(cursor.repaired_count)
        lines.append(StatusLine(_("Open invoices"), word, cursor.compared_at, kind="good"))
    return lines


def _reading(connection: ExactConnection, cursor: SyncCursor | None) -> StatusLine:
    kind = "attention" if connection.payments_sync_problem else "good"
    note = since_sentence(connection.payments_problem_since)
    if cursor is not None and cursor.stage in {Stage.BEGIN, Stage.LOAD}:
        return StatusLine(
            _("Payments"), _("The first reading began"), cursor.full_started_at, "progress", note
        )
    if connection.payments_synced_at is None:
        return StatusLine(_("Payments"), _("Not read yet"), kind="progress", note=note)
    return StatusLine(_("Payments"), _("Read"), connection.payments_synced_at, kind, note)


def list_runs(connection: ExactConnection, now: datetime) -> Sequence[Run]:
    """This function will tell when payments were read, and everything that is open was compared; and when they are next."""
    if not connection.sync_payments:
        return [
            Run(_("Reading payments"), connection.payments_synced_at, None, _("the sync is off"))
        ]
    cursor = SyncCursor.objects.filter(connection=connection).first()
    due = PaymentsWork().next_due_at(connection, now=now)
    runs = [
        Run(
            _("Reading payments"),
            connection.payments_synced_at,
            due,
            since_sentence(connection.payments_problem_since),
        )
    ]
    if cursor is not None:
        runs.append(
            Run(
                _("Comparing open invoices with Exact"),
                cursor.compared_at,
                cursor.compare_due_at if connection.is_working else None,
            )
        )
    return runs
