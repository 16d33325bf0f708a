"""Reads what was just booked back, line by line, where a surprise is most likely: one call for many documents.

The answer to a POST brings totals, VAT, customer and number, which are compared at once; its lines are only a link. So the
first documents of a connection, and every one with a foreign currency or more than one VAT code, are read again with their
lines as soon as nothing else presses. All others are compared at night (`reconciling.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Min

from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from invoices import apart, checks
from invoices.document_plan import MadeDocument
from invoices.models import PostedDocument, PostedDocumentState
from invoices.routes import route_of

logger = logging.getLogger(__name__)

AT_A_TIME = 15
_PATIENCE = timedelta(minutes=5)
_SET_ASIDE = timedelta(hours=1)


def next_due_at(connection: ExactConnection) -> datetime | None:
    """This function will return when the connection's next document is to be read back."""
    waiting = PostedDocument.objects.filter(connection=connection, check_due_at__isnull=False)
    due: datetime | None = waiting.aggregate(due=Min("check_due_at"))["due"]
    return due


def due(connection: ExactConnection, *, now: datetime, is_pressed: bool) -> list[PostedDocument]:
    """This function will return the documents of one route to read back; none while few wait and copies press."""
    rows = list(
        PostedDocument.objects.filter(connection=connection, check_due_at__lte=now)
        .select_related("invoice", "copy_request", "connection")
        .order_by("check_due_at", "id")[:AT_A_TIME]
    )
    may_wait = len(rows) < AT_A_TIME and all(
        row.check_due_at is not None and now - row.check_due_at < _PATIENCE for row in rows
    )
    if not rows or (is_pressed and may_wait):
        return []
    return [row for row in rows if row.route == rows[0].route]


def read(job: LaneJob, documents: Sequence[PostedDocument]) -> None:
    """This function will read the documents in one call and compare them; what cannot be read is set aside one by one."""
    try:
        found = {
            made.exact_id: made
            for made in route_of(documents[0].route).read(
                job.client, [document.exact_id for document in documents]
            )
        }
    except (errors.TemporaryProblem, errors.Unauthorized):
        raise
    except errors.ExactError as error:
        logger.warning("Documents could not be read back", exc_info=error)
        if len(documents) > 1 and isinstance(error, errors.UnexpectedAnswer):
            for document in documents:
                read(job, [document])
            return
        with tenant_transaction(job.organization_id):
            PostedDocument.objects.filter(pk__in=[document.pk for document in documents]).update(
                check_due_at=job.now() + _SET_ASIDE
            )
        return
    for document in documents:
        now = job.now()
        compare = partial(_compare, document, found.get(document.exact_id), now)
        with tenant_transaction(job.organization_id):
            if not apart.is_done(compare, "A document was not compared", document=document.pk):
                PostedDocument.objects.filter(pk=document.pk).update(check_due_at=now + _SET_ASIDE)


def _compare(document: PostedDocument, made: MadeDocument | None, now: datetime) -> None:
    if made is not None:
        checks.seen(document, made, now=now)
    elif document.state != PostedDocumentState.DELETED_IN_EXACT:
        checks.not_there(document, now=now)
    else:
        checks.put_off(document)
