"""Compares at night what this database believes to be in Exact with what is there: the lane's work "checks".

A pass reads what Exact changed since the pass before, 60 documents with their lines a call; once a week everything of the
last year. What should have been in it and was not is asked for by its id. Nothing is ever written to Exact: what does not
agree becomes a `ReconciliationBreak`, which closes by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet

from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from invoices import apart, break_finding, checks
from invoices.check_times import CLOCK_MARGIN, next_night
from invoices.document_plan import MadeDocument
from invoices.locking import lock_invoices, lock_invoices_of
from invoices.models import (
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    ReconciliationCursor,
)
from invoices.routes import DocumentRoute, route_of

logger = logging.getLogger(__name__)

_PAGES_A_STEP = 3
_IDS_A_CALL = 15
_FULL_EVERY = timedelta(days=7)
_FULL_REACH = timedelta(days=400)
_AFTER_A_REFUSAL = timedelta(days=1)


class CheckWork:
    """The kind of work that may wait for all others."""

    name = "checks"
    priority = 40

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the connection's next pass begins, or goes on."""
        del now
        if not connection.is_working:
            return None
        times = ReconciliationCursor.objects.filter(connection=connection)
        return times.order_by("next_at").values_list("next_at", flat=True).first()

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return None: nothing is sent here, so nothing can be lost."""
        del connection, now
        return None

    def step(self, job: LaneJob) -> None:
        """This function will read a few pages, or ask for what was not in them."""
        now = job.now()
        with tenant_transaction(job.organization_id):
            connection = ExactConnection.objects.get(pk=job.connection_id)
            cursor = _begin(connection, now)
        if cursor is None:
            return
        try:
            if cursor.pages_done:
                _ask_for_the_rest(job, cursor)
            else:
                _read_pages(job, cursor)
        except (errors.TemporaryProblem, errors.Unauthorized):
            raise
        except errors.ExactError as error:
            logger.warning("Documents could not be compared with Exact", exc_info=error)
            with tenant_transaction(job.organization_id):
                _change(cursor, next_at=job.now() + _AFTER_A_REFUSAL, next_page="")


def _begin(connection: ExactConnection, now: datetime) -> ReconciliationCursor | None:
    """The due cursor; a new pass is fixed here, so that one that was broken off goes on where it was."""
    cursor = (
        ReconciliationCursor.objects.select_for_update()
        .filter(connection=connection, next_at__lte=now)
        .order_by("next_at")
        .first()
    )
    if cursor is not None and cursor.began_at is None:
        cursor.is_full = (
            cursor.asked_at is not None
            or cursor.full_at is None
            or now - cursor.full_at >= _FULL_EVERY
        )
        cursor.since = _full_since(cursor, now) if cursor.is_full else cursor.read_from
        cursor.since -= CLOCK_MARGIN
        cursor.began_at, cursor.pages_done, cursor.next_page = now, False, ""
        cursor.save()
    return cursor


def _full_since(cursor: ReconciliationCursor, now: datetime) -> datetime:
    """A year and a bit, but not from before the first document: the division's other entries are not ours to read."""
    recent = _documents(cursor).filter(created_at__gte=now - _FULL_REACH)
    first: datetime | None = recent.aggregate(first=Min("created_at"))["first"]
    return first or cursor.read_from


def _change(cursor: ReconciliationCursor, **columns: object) -> None:
    """Only while it stands where this worker found it: another one's pass is never set back."""
    ReconciliationCursor.objects.filter(pk=cursor.pk, began_at=cursor.began_at).update(**columns)


def _read_pages(job: LaneJob, cursor: ReconciliationCursor) -> None:
    assert cursor.since is not None  # noqa: S101  # for the type checker: a pass that began has it
    route = route_of(cursor.route)
    pages = route.changed_since(job.client, cursor.since, start=cursor.next_page)
    for page in islice(pages, _PAGES_A_STEP):
        if not job.still_ours():
            return
        now = job.now()
        with tenant_transaction(job.organization_id):
            lock_invoices_of(cursor.connection, page.rows)
            known = {
                document.exact_id: document
                for document in _documents(cursor).filter(
                    exact_id__in=[made.exact_id for made in page.rows]
                )
            }
            for made in page.rows:
                if made.exact_id in known:
                    _compare(known[made.exact_id], made, now)
            break_finding.note_unknown(
                cursor, [made for made in page.rows if made.exact_id not in known], now=now
            )
            _change(cursor, next_page=page.next or "", pages_done=page.next is None, next_at=now)


def _documents(cursor: ReconciliationCursor) -> QuerySet[PostedDocument]:
    return PostedDocument.objects.filter(
        connection=cursor.connection_id, route=cursor.route
    ).select_related("invoice", "copy_request", "connection")


def _ask_for_the_rest(job: LaneJob, cursor: ReconciliationCursor) -> None:
    with tenant_transaction(job.organization_id):
        rest = _unseen(cursor)
        open_breaks = [] if rest else _unseen_breaks(cursor)
    if not rest and not open_breaks:
        _finish(job, cursor)
        return
    ids = [one.exact_id for one in rest or open_breaks]
    found, unreadable = _read(job, route_of(cursor.route), ids)
    with tenant_transaction(job.organization_id):
        now = job.now()
        lock_invoices({one.invoice_id for one in rest} | {one.invoice_id for one in open_breaks})
        for document in rest:
            made = found.get(document.exact_id)
            if made is not None:
                _compare(document, made, now)
            elif document.exact_id not in unreadable:
                checks.not_there(document, now=now)
            # Whatever became of it: it is not asked for again in this pass.
            PostedDocument.objects.filter(pk=document.pk).update(checked_at=now)
        readable = [one for one in open_breaks if one.exact_id not in unreadable]
        break_finding.look_again(readable, found, now=now)
        ReconciliationBreak.objects.filter(pk__in=[one.pk for one in open_breaks]).update(
            last_seen_at=now
        )


def _compare(document: PostedDocument, made: MadeDocument, now: datetime) -> None:
    """One that cannot be compared does not end the pass: the others are, and it is tried again the next night."""
    compare = partial(checks.seen, document, made, now=now)
    apart.is_done(compare, "A document was not compared", document=document.pk)


def _read(
    job: LaneJob, route: DocumentRoute, ids: Sequence[UUID]
) -> tuple[dict[UUID, MadeDocument], set[UUID]]:
    """Read documents by their ids; an odd one is named apart, so that it never hides the others nor looks gone."""
    try:
        return {made.exact_id: made for made in route.read(job.client, ids)}, set()
    except errors.UnexpectedAnswer as error:
        logger.warning("A document in Exact cannot be read", exc_info=error)
        if len(ids) == 1:
            return {}, set(ids)
    found: dict[UUID, MadeDocument] = {}
    unreadable: set[UUID] = set()
    for one in ids:
        more, odd = _read(job, route, [one])
        found |= more
        unreadable |= odd
    return found, unreadable


def _unseen(cursor: ReconciliationCursor) -> Sequence[PostedDocument]:
    """Documents that were made in the time that the pass read, and that it did not come across."""
    return list(
        _documents(cursor)
        .filter(
            Q(checked_at=None) | Q(checked_at__lt=cursor.began_at),
            created_at__range=(cursor.since, cursor.began_at),
        )
        # Earlier copies are ours as well: one that still stands beside a newer one is booked twice.
        .exclude(state=PostedDocumentState.DELETED_IN_EXACT)
        .order_by("id")[:_IDS_A_CALL]
    )


def _unseen_breaks(cursor: ReconciliationCursor) -> Sequence[ReconciliationBreak]:
    return list(
        ReconciliationBreak.objects.filter(
            connection=cursor.connection_id,
            route=cursor.route,
            closed_at=None,
            last_seen_at__lt=cursor.began_at,
        )
        .select_related("invoice", "document__invoice", "document__copy_request")
        .order_by("id")[:_IDS_A_CALL]
    )


def _finish(job: LaneJob, cursor: ReconciliationCursor) -> None:
    now = job.now()
    with tenant_transaction(job.organization_id):
        asked_at = ReconciliationCursor.objects.select_for_update().get(pk=cursor.pk).asked_at
        # Somebody asked while the pass was under way: what it had read by then may be from before.
        is_asked = asked_at is not None and not (
            cursor.is_full and cursor.began_at is not None and asked_at <= cursor.began_at
        )
        _change(
            cursor,
            read_from=F("began_at"),
            **({"full_at": F("began_at")} if cursor.is_full else {}),
            began_at=None,
            since=None,
            pages_done=False,
            next_page="",
            asked_at=asked_at if is_asked else None,
            next_at=now if is_asked else next_night(cursor.connection, now=now),
        )
