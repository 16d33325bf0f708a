"""The list of payment states that a program may read instead of being called, or beside it, with a cursor that loses nothing.

Rows come in the order of the transactions that changed them, and only once every earlier transaction has ended: one that is
committed late is never behind a cursor that somebody already has.
https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection as database
from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from connector import database_identity
from integrations.psa.source import BadInput
from invoices.api.base import ApiView, refusal
from invoices.api.paging import MAX_PAGE, not_our_cursor, read_limit, read_since
from invoices.api.representations import ErrorAnswer
from invoices.api.schema import Answer
from payments.psa_reports import answers
from payments.psa_reports.answers import PaymentStateAnswer
from payments.psa_reports.models import PsaPaymentReport

# A change is stamped before its transaction ends; whoever asks by time gets those that ended late as well.
_LATE = timedelta(minutes=5)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC) + _LATE
_LARGEST = 2**63

_DESCRIPTION = (
    "How far each invoice is paid, of those on which anything was ever paid or marked, the longest unchanged first. Each is the "
    "state as it is now, so that reading one again changes nothing. To follow changes, keep the cursor and ask with it from time "
    "to time: it never skips a change, also when many happen at once. Or be called."
)


class PaymentStatePage(Answer):
    """Some payment states, and where to go on."""

    results: list[PaymentStateAnswer]
    next: str | None = Field(
        description="The address of the next page; null when there is nothing more for now."
    )
    cursor: str = Field(
        description="Ask with it later for what has changed since this page. After a restore of our database it begins anew "
        "by itself, and gives everything once more."
    )


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which row to go on: all rows of earlier transactions, and those of this one up to the id, were given."""

    xid: int
    report_id: int

    @classmethod
    def read(cls, text: str) -> Self:
        """This function will read what `write` wrote; raises BadInput for anything else.

        Numbers of transactions mean nothing in another database: after a restore everything is given once more.
        """
        try:
            written = base64.urlsafe_b64decode(text.encode()).decode()
            name, xid, report_id = written.split("|")
            cursor = cls(int(xid), int(report_id))
        except (binascii.Error, ValueError):
            raise not_our_cursor() from None
        if not (0 <= cursor.xid < _LARGEST and 0 <= cursor.report_id < _LARGEST):
            raise not_our_cursor()
        return cursor if name == _database() else cls(0, 0)

    def write(self) -> str:
        """This function will write the cursor as programs keep it."""
        text = f"{_database()}|{self.xid}|{self.report_id}"
        return base64.urlsafe_b64encode(text.encode()).decode()


class PaymentStateListView(ApiView):
    """How far the caller's invoices are paid."""

    @extend_schema(
        operation_id="list_payments",
        tags=["Payments"],
        summary="List payment states",
        description=_DESCRIPTION,
        parameters=[
            OpenApiParameter(
                "changed_since",
                datetime,
                description="With a time zone, e.g. 2026-01-31T12:00:00Z; for the first time you ask. A few older ones may "
                "come along. Does not count beside a cursor.",
            ),
            OpenApiParameter(
                "limit", int, description=f"States on a page, at most {MAX_PAGE}; 50 when left out."
            ),
            OpenApiParameter("cursor", str, description="`cursor` of the page before."),
        ],
        responses={200: PaymentStatePage, 401: ErrorAnswer, 422: ErrorAnswer},
    )
    def get(self, request: Request) -> Response:
        """This function will answer with one page of payment states."""
        try:
            limit = read_limit(request)
            since = read_since(request, "changed_since")
            text = request.query_params.get("cursor")
            cursor = Cursor.read(text) if text else None
        except BadInput as problem:
            return refusal(problem.problems)
        rows, following = _read(cursor, since=None if cursor else since, limit=limit)
        written = following.write()
        page = PaymentStatePage(
            results=_describe(rows[:limit]),
            next=_address(request, written, limit) if len(rows) > limit else None,
            cursor=written,
        )
        return Response(page.model_dump(mode="json"))


def _read(
    cursor: Cursor | None, *, since: datetime | None, limit: int
) -> tuple[list[PsaPaymentReport], Cursor]:
    """The page's rows and one more, if there is one; and the cursor behind the page."""
    # Asked before the rows: whatever transaction is older than this has ended, and its rows are seen.
    horizon = _horizon()
    rows = PsaPaymentReport.objects.filter(changed_xid__lt=horizon).select_related("invoice")
    if cursor is not None:
        same = Q(changed_xid=cursor.xid, pk__gt=cursor.report_id)
        rows = rows.filter(Q(changed_xid__gt=cursor.xid) | same)
    elif since is not None:
        rows = rows.filter(changed_at__gte=max(since, _EARLIEST) - _LATE)
    found = list(rows.order_by("changed_xid", "id")[: limit + 1])
    if len(found) > limit:
        last = found[limit - 1]
        return found, Cursor(last.changed_xid, last.pk)
    return found, max(
        cursor or Cursor(0, 0), Cursor(horizon, 0), key=lambda one: (one.xid, one.report_id)
    )


def _horizon() -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        found: int = cursor.fetchone()[0]
    return found


def _describe(reports: Sequence[PsaPaymentReport]) -> list[PaymentStateAnswer]:
    times = {report.invoice_id: report.changed_at for report in reports}
    return answers.describe([report.invoice for report in reports], changed_at=times)


def _address(request: Request, cursor: str, limit: int) -> str:
    query = urlencode({"limit": limit, "cursor": cursor})
    return f"{settings.PUBLIC_URL}{request.path}?{query}"


def _database() -> str:
    return hashlib.sha256(database_identity.current_history().encode()).hexdigest()[:12]
