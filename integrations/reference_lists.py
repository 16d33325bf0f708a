"""Keeps our copies of a division's lists fresh: journals, ledger accounts, VAT codes, conditions, customers.

The lane asks this work what is due; one step refreshes one list, or one page of the customers. Screens read the
copies only, so they open when Exact is slow or away.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from connector.tenancy.scope import tenant_transaction
from integrations import lanes, list_rows
from integrations.exact import errors
from integrations.lane_work import LaneJob
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ListKind,
    ReferenceList,
)

logger = logging.getLogger(__name__)

# In the order in which a newly connected division is read: what the setup window shows comes first.
ORDER = (
    ListKind.JOURNALS,
    ListKind.LEDGER_ACCOUNTS,
    ListKind.VAT_CODES,
    ListKind.PAYMENT_CONDITIONS,
    ListKind.CUSTOMERS,
    ListKind.DELETED_CUSTOMERS,
    ListKind.DIVISIONS,
)
SHOWN = tuple(
    kind for kind in ORDER if kind not in {ListKind.DELETED_CUSTOMERS, ListKind.DIVISIONS}
)
_PLACE = {kind: place for place, kind in enumerate(ORDER)}
_REFRESHED_IN = frozenset(
    {
        ConnectionState.SETUP_INCOMPLETE,
        ConnectionState.READY,
        ConnectionState.NEEDS_ATTENTION,
    }
)
_AFTER_A_PROBLEM = timedelta(hours=1)
# Reading everything costs Exact's calls, which copies need as well.
_COOLDOWN = timedelta(seconds=30)


def request_refresh(
    connection: ExactConnection, *, kinds: Iterable[str] | None = None, now: datetime
) -> None:
    """This function will ask the lane to read the lists again now: all of them, or the kinds that are named."""
    for kind in kinds if kinds is not None else ORDER:
        ReferenceList.objects.update_or_create(
            connection=connection, kind=kind, defaults={"requested_at": now, "due_at": now}
        )
    lanes.ring(connection, at=now)


def refresh_for_person(connection: ExactConnection, *, now: datetime) -> bool:
    """This function will ask for all lists again; False when they were asked for a moment ago."""
    latest = (
        ReferenceList.objects.filter(connection=connection, requested_at__isnull=False)
        .order_by("-requested_at")
        .values_list("requested_at", flat=True)
        .first()
    )
    if latest is not None and now - latest < _COOLDOWN:
        return False
    request_refresh(connection, now=now)
    return True


def freshness(connection: ExactConnection) -> dict[str, ReferenceList]:
    """This function will return the state of each list by its kind; a list never asked for is absent."""
    return {row.kind: row for row in ReferenceList.objects.filter(connection=connection)}


class ListsWork:
    """Refreshes the lists through the lane."""

    name = "lists"
    priority = 30

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the next list is due, or None for a connection that does not work."""
        if connection.state not in _REFRESHED_IN:
            return None
        return (
            ReferenceList.objects.filter(connection=connection, due_at__isnull=False)
            .order_by("due_at", "id")
            .values_list("due_at", flat=True)
            .first()
        )

    def step(self, job: LaneJob) -> None:
        """This function will read one due list, or one page of it, and store it with its place in one transaction."""
        with tenant_transaction(job.organization_id):
            due = _find_due(job.connection_id, job.now())
        if due is None:
            return
        try:
            read = list_rows.read(job.client, due)
        except errors.DivisionGone:
            _save_division_gone(job)
            return
        except (errors.Refused, errors.UnexpectedAnswer) as error:
            if isinstance(error, errors.Forbidden) and due.kind == ListKind.DIVISIONS:
                # This list needs no scope and no right but the one to open the division.
                _save_division_gone(job)
            else:
                _save_problem(job, due, error)
            return
        if not job.still_ours():
            return
        with tenant_transaction(job.organization_id):
            _save(job, due, read)


def _find_due(connection_id: int, now: datetime) -> ReferenceList | None:
    rows = ReferenceList.objects.filter(connection_id=connection_id, due_at__lte=now)
    return min(rows, key=lambda row: _PLACE[ListKind(row.kind)], default=None)


def _save(job: LaneJob, due: ReferenceList, read: list_rows.Read) -> None:
    now = job.now()
    row = ReferenceList.objects.select_for_update().filter(pk=due.pk).first()
    connection = (
        ExactConnection.objects.select_related("grant").filter(pk=job.connection_id).first()
    )
    # Disconnected, or another division chosen, while Exact answered.
    if row is None or connection is None or connection.division != job.client.division:
        return
    row.row_count = list_rows.store(connection, read, now=now)
    if read.cursor is not None:
        row.cursor = max(row.cursor, read.cursor)
    row.problem = _quarantine_sentence(read)
    if read.is_last:
        row.refreshed_at = now
        row.due_at = now + timedelta(seconds=settings.REFERENCE_REFRESH_SECONDS)
    row.save()


def _quarantine_sentence(read: list_rows.Read) -> str:
    if not read.quarantined:
        return ""
    logger.warning("Rows of Exact did not fit", extra={"reasons": read.quarantined[:5]})
    count = len(read.quarantined)
    what = "1 row was" if count == 1 else f"{count} rows were"
    return f"{what} left out, because Exact sent them in a form that is not understood."


def _save_problem(job: LaneJob, due: ReferenceList, error: errors.ExactError) -> None:
    logger.warning("A list was not refreshed", extra={"kind": due.kind}, exc_info=error)
    label = ListKind(due.kind).label
    match error:
        case errors.Forbidden(cause="scope"):
            sentence = (
                f"{label}: the connector's registration at Exact lacks the right to read this list."
            )
        case errors.Forbidden():
            sentence = (
                f"{label}: the Exact user who connected may not read this list. "
                "Ask for the right in Exact, or reconnect as somebody who has it."
            )
        case _:
            sentence = f"{label}: Exact's answer was not understood; it is tried again in an hour."
    with tenant_transaction(job.organization_id):
        ReferenceList.objects.filter(pk=due.pk).update(
            problem=sentence[:400], due_at=job.now() + _AFTER_A_PROBLEM
        )


def _save_division_gone(job: LaneJob) -> None:
    now = job.now()
    with tenant_transaction(job.organization_id):
        connection = ExactConnection.objects.filter(pk=job.connection_id).first()
        if connection is None:
            return
        ReferenceList.objects.filter(connection=connection, due_at__lte=now).update(
            due_at=now + _AFTER_A_PROBLEM
        )
        list_rows.note_division_unusable(
            connection,
            f"{connection.division_name} ({connection.division}) can not be opened in Exact any more: it was "
            "removed or archived, or the Exact user who connected lost the right to it.",
            now=now,
        )
