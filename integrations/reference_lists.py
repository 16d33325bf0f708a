"""Keeps our copies of a division's lists fresh: journals, ledger accounts, VAT codes, conditions, items, customers.

The lane asks this work what is due; one step refreshes one list, or one page of a long one. Screens read the copies
only, so they open when Exact is slow or away.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Q

from connector.database_clock import not_after_now
from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, list_problems, list_rows, own_division
from integrations.exact import deleted, errors
from integrations.lanes import LaneJob
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ListKind,
    ReferenceList,
    Route,
)

logger = logging.getLogger(__name__)

# In the order in which a newly connected division is read: what the setup window shows comes first.
ORDER = (
    ListKind.JOURNALS,
    ListKind.LEDGER_ACCOUNTS,
    ListKind.VAT_CODES,
    ListKind.PAYMENT_CONDITIONS,
    ListKind.RIGHTS,
    ListKind.COST_CENTERS,
    ListKind.COST_UNITS,
    ListKind.ITEMS,
    ListKind.CUSTOMERS,
    ListKind.DELETED_CUSTOMERS,
    ListKind.DIVISIONS,
)
_ONE_ROUTE_ONLY = {ListKind.ITEMS: Route.EXACT_INVOICE}
COST_LISTS = (ListKind.COST_CENTERS, ListKind.COST_UNITS)
_NOT_SHOWN = {ListKind.DELETED_CUSTOMERS, ListKind.DIVISIONS, ListKind.RIGHTS}
# Lists of which only the changes are read; what was removed is told by the list of deletions.
_BY_CHANGES = {ListKind.LEDGER_ACCOUNTS, ListKind.ITEMS}
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
# How Exact's `Reason` header begins when it is not the list but the division that may not be opened:
# https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-respcodeserrorhandling
_DIVISION_REASONS = ("NoDivisionAccess", "DivisionBlocked")
_NEVER = datetime.min.replace(tzinfo=UTC)


def kinds_for(connection: ExactConnection) -> list[ListKind]:
    """This function will return the lists that the connection's route and rules need, in the order in which they are read."""
    return [
        kind
        for kind in ORDER
        if _ONE_ROUTE_ONLY.get(kind, connection.route) == connection.route
        and (connection.use_costs or kind not in COST_LISTS)
    ]


def shown_kinds(connection: ExactConnection) -> list[ListKind]:
    """This function will return the lists that people know by name."""
    return [kind for kind in kinds_for(connection) if kind not in _NOT_SHOWN]


def request_refresh(
    connection: ExactConnection, *, kinds: Iterable[str] | None = None, now: datetime
) -> None:
    """This function will ask the lane to read the lists again now: all of them, or the kinds that are named."""
    due_at = not_after_now(now)
    for kind in kinds if kinds is not None else kinds_for(connection):
        ReferenceList.objects.update_or_create(
            connection=connection, kind=kind, defaults={"requested_at": now, "due_at": due_at}
        )
    lanes.ring(connection, at=now)


def refresh_for_person(
    connection: ExactConnection, *, kinds: Iterable[str] | None = None, now: datetime
) -> bool:
    """This function will ask for the lists again, all or some; False when they were asked for a moment ago."""
    wanted = list(kinds if kinds is not None else kinds_for(connection))
    asked = {
        row.kind
        for row in ReferenceList.objects.filter(
            connection=connection, kind__in=wanted, requested_at__gt=now - _COOLDOWN
        )
    }
    if asked.issuperset(wanted):
        return False
    request_refresh(connection, kinds=wanted, now=now)
    return True


def freshness(connection: ExactConnection) -> dict[str, ReferenceList]:
    """This function will return the state of each list by its kind; a list never asked for is absent."""
    return {row.kind: row for row in ReferenceList.objects.filter(connection=connection)}


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the reading of some lists is. ``asked_at`` is when a person or the setup asked for it, UTC.

    ``waiting`` still wait for the lane, out of ``total``; ``missing``: one of them was never read, nor refused. ``read_at``
    is when the oldest of those that were read was read.
    """

    total: int
    waiting: int
    missing: bool
    asked_at: datetime | None
    read_at: datetime | None
    problems: list[ReferenceList]


def reading(connection: ExactConnection, kinds: Iterable[str], *, now: datetime) -> Reading:
    """This function will tell how far the lists are that were asked for."""
    known, wanted = freshness(connection), list(kinds)
    rows = [known[kind] for kind in wanted if kind in known]
    due = [row for row in rows if row.due_at is not None and row.due_at <= now]
    asked = [
        row for row in due if row.requested_at and row.requested_at > (row.refreshed_at or _NEVER)
    ]
    unread = [row for row in rows if row.refreshed_at is None and (row in due or not row.problem)]
    return Reading(
        total=len(wanted),
        waiting=len(asked),
        missing=bool(unread) or len(rows) < len(wanted),
        asked_at=min((row.requested_at for row in asked if row.requested_at), default=None),
        read_at=min((row.refreshed_at for row in rows if row.refreshed_at), default=None),
        problems=[row for row in rows if row.problem],
    )


class ListsWork:
    """Refreshes the lists through the lane."""

    name = "lists"
    priority = 30

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the next list is due, or None for a connection that does not work."""
        if connection.state not in _REFRESHED_IN:
            return None
        return (
            ReferenceList.objects.filter(
                connection=connection, kind__in=kinds_for(connection), due_at__isnull=False
            )
            .order_by("due_at", "id")
            .values_list("due_at", flat=True)
            .first()
        )

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return None: nothing is sent here whose outcome could be unknown."""
        return None

    def step(self, job: LaneJob) -> None:
        """This function will read one due list, or one page of it, and store it with its place in one transaction."""
        with tenant_transaction(job.organization_id):
            due = _find_due(job.connection_id, job.now())
        if due is not None:
            _read_on(job, *due)


def catch_up(job: LaneJob, kind: ListKind) -> bool:
    """This function will read the list's next page, for work in the lane that must not miss what is new; True: up to date.

    Called outside any transaction. Raises the errors of `integrations.exact.errors`; the list says them as well.
    """
    now = job.now()
    with tenant_transaction(job.organization_id):
        connection = ExactConnection.objects.get(pk=job.connection_id)
        row, _ = ReferenceList.objects.get_or_create(connection=connection, kind=kind)
        start = _start(connection, row, freshness(connection), now)
    if (refusal := _read_on(job, row, start)) is not None:
        raise refusal
    with tenant_transaction(job.organization_id):
        return ReferenceList.objects.filter(pk=row.pk, refreshed_at__gte=now).exists()


def _read_on(job: LaneJob, row: ReferenceList, start: list_rows.Start) -> errors.ExactError | None:
    """Read and store a page; a refusal is kept with the list, and returned."""
    try:
        read = list_rows.read(job.client, start)
    except (errors.Refused, errors.UnexpectedAnswer) as error:
        is_shut_out = isinstance(error, errors.Forbidden) and _is_about_division(row, error)
        if is_shut_out or isinstance(error, errors.DivisionGone):
            _save_division_gone(job)
        else:
            _save_problem(job, row, error)
        return error
    with tenant_transaction(job.organization_id):
        if job.still_ours():
            _save(job, row, read)
    return None


def _is_about_division(row: ReferenceList, error: errors.Forbidden) -> bool:
    """Whether the user may not open the division at all; the list of divisions needs no other right."""
    return row.kind == ListKind.DIVISIONS or error.reason_header.startswith(_DIVISION_REASONS)


def _find_due(connection_id: int, now: datetime) -> tuple[ReferenceList, list_rows.Start] | None:
    connection = ExactConnection.objects.filter(pk=connection_id).first()
    if connection is None:
        return None
    rows = freshness(connection)
    due = [
        rows[kind]
        for kind in kinds_for(connection)
        if kind in rows and (due_at := rows[kind].due_at) is not None and due_at <= now
    ]
    return (due[0], _start(connection, due[0], rows, now)) if due else None


def _start(
    connection: ExactConnection,
    row: ReferenceList,
    rows: dict[str, ReferenceList],
    now: datetime,
) -> list_rows.Start:
    kind = ListKind(row.kind)
    since = row.cursor
    if kind in _BY_CHANGES and not row.next_page:
        deletions = rows.get(ListKind.DELETED_CUSTOMERS)
        read_at = deletions.refreshed_at if deletions and not deletions.problem else None
        if read_at is None or now - read_at > deleted.KEPT_FOR:
            # What was removed meanwhile would not be told.
            since = 0
    return list_rows.Start(kind, connection.route, since, row.next_page)


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
        # A list that is read anew is resumed from where that got to, not from where it had been before.
        row.cursor = read.cursor if read.begins_anew else max(row.cursor, read.cursor)
    row.next_page = read.next_page
    row.problem = list_problems.note_set_aside(connection, read.kind, read.quarantined, now=now)
    row.problem_in_exact = row.problem_id = ""
    if read.is_last:
        row.refreshed_at = now
        row.due_at = now + timedelta(seconds=settings.REFERENCE_REFRESH_SECONDS)
    row.save()


def _save_problem(job: LaneJob, due: ReferenceList, error: errors.ExactError) -> None:
    problem = list_problems.describe(ListKind(due.kind), error)
    logger.warning(
        "A list was not refreshed",
        extra={"kind": due.kind, "problem_id": problem.log_id},
        exc_info=error,
    )
    with tenant_transaction(job.organization_id):
        ReferenceList.objects.filter(pk=due.pk).update(
            problem=problem.sentence,
            problem_in_exact=problem.in_exact[:400],
            problem_id=problem.log_id,
            # An address of Exact's that it does not take any more is not asked again: the list is read from its cursor.
            next_page="",
            due_at=job.now() + _AFTER_A_PROBLEM,
        )


def _save_division_gone(job: LaneJob) -> None:
    now = job.now()
    with tenant_transaction(job.organization_id):
        connection = ExactConnection.objects.filter(pk=job.connection_id).first()
        if connection is None:
            return
        due = Q(due_at__lte=now) | Q(kind=ListKind.DIVISIONS)
        ReferenceList.objects.filter(due, connection=connection).update(
            due_at=now + _AFTER_A_PROBLEM
        )
        own_division.note_division_unusable(
            connection,
            sentence(
                "%(division)s (%(code)s) can not be opened in Exact any more: it was removed or archived, or the Exact user who "
                "connected lost the right to it.",
                division=connection.division_name,
                code=str(connection.division),
            ),
            now=now,
        )
