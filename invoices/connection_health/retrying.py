"""Asks again for everything that was refused for one cause: a few statements, whatever the number of invoices.

The rules are those of `copy_requests.retry`, which does it for one: the same choices, a new wish, built from what the invoice
and the settings say now. What Exact may have, or holds of somebody else, is never asked for again like this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from connector.tenancy.models import User
from integrations import lanes
from integrations.models import ExactConnection
from invoices import copy_bulk, copy_requests
from invoices.locking import in_portions
from invoices.models import CopyKind, CopyRequest, CopyState, Invoice
from invoices.models.copying import ACTIVE_COPY_STATES

_WHY_NOT = {
    CopyState.CONFLICT: _("Exact holds something that is not ours; open the invoice and decide"),
    CopyState.MISMATCH: _("it is in Exact already, with a difference; open the invoice and decide"),
}
_TAKEN_UP = _("it was taken up or given up meanwhile")
_ELSEWHERE = _("it belongs to another subsidiary now")


@dataclass
class Retried:
    """How many copies were asked for again, and how many were not, by the reason."""

    count: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def retry_all(
    *,
    request_ids: Iterable[int],
    connection: ExactConnection,
    user: User | None,
    now: datetime,
) -> Retried:
    """This function will ask again for each refused wish of the connection, in the organization's transaction.

    Raises CopyRefused when the connection cannot be used; then nothing was changed.
    """
    copy_requests.require_working(connection)
    retried = Retried()
    wanted = CopyRequest.objects.filter(pk__in=list(request_ids), connection=connection)
    # In one order, so that two people who retry the same never wait for each other.
    for part in in_portions(wanted.values_list("invoice_id", flat=True).order_by()):
        rows = list(_choose(part, wanted, connection, retried))
        _replace(rows, connection, user, now)
        retried.count += len(rows)
    if retried.count:
        lanes.ring(connection, at=now)
    return retried


def _choose(
    invoice_ids: Sequence[int], wanted: Any, connection: ExactConnection, retried: Retried
) -> Iterable[CopyRequest]:
    locked = Invoice.objects.select_for_update(no_key=True).filter(pk__in=invoice_ids)
    subsidiaries = dict(locked.order_by("pk").values_list("pk", "subsidiary_id"))
    active = set(
        CopyRequest.objects.filter(
            invoice_id__in=invoice_ids, state__in=ACTIVE_COPY_STATES
        ).values_list("invoice_id", flat=True)
    )
    for row in wanted.filter(invoice_id__in=invoice_ids).order_by("pk"):
        if row.state != CopyState.NEEDS_CHOICE or row.invoice_id in active:
            retried.refused[str(_WHY_NOT.get(row.state, _TAKEN_UP))] += 1
        elif (
            row.kind == CopyKind.CREATE and subsidiaries[row.invoice_id] != connection.subsidiary_id
        ):
            retried.refused[str(_ELSEWHERE)] += 1
        else:
            active.add(row.invoice_id)
            yield row


def _replace(
    rows: Sequence[CopyRequest], connection: ExactConnection, user: User | None, now: datetime
) -> None:
    """Put new wishes in the place of what was refused."""
    ids = [row.invoice_id for row in rows]
    CopyRequest.objects.filter(
        pk__in=[row.pk for row in rows], state=CopyState.NEEDS_CHOICE
    ).update(state=CopyState.CANCELLED, state_changed_at=now, next_at=None)
    earlier = CopyRequest.objects.filter(invoice_id__in=ids, connection=connection).order_by()
    last = {
        (invoice_id, kind): generation
        for invoice_id, kind, generation in earlier.values_list("invoice_id", "kind").annotate(
            last=Max("generation")
        )
    }
    copy_bulk.queue(
        [
            CopyRequest(
                invoice_id=row.invoice_id,
                # A new copy goes the way that is set now; what is in Exact already keeps its own.
                route=connection.route if row.kind == CopyKind.CREATE else row.route,
                kind=row.kind,
                generation=last[row.invoice_id, row.kind] + 1,
                choices=row.choices,
                journal_code=row.journal_code,
            )
            for row in rows
        ],
        connection=connection,
        user=user,
        now=now,
    )
