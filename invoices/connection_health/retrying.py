"""Asks again for many copies that were refused, as far as they lack nothing now: a few statements, whatever their number.

The rules are those of `copy_requests.retry`, which does it for one: the same choices, a new wish, built from what the invoice
and the settings say now. What Exact may have, or holds of somebody else, is never asked for again like this. What would be
held once more stays as it is (`invoices.preflight`), with what it lacks now written down.
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
from invoices.causes.finding import stored_causes
from invoices.causes.grouping import Stopped, group
from invoices.copy_choices import CopyChoices
from invoices.locking import in_portions
from invoices.models import CopyKind, CopyRequest, CopyState, Invoice
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.preflight.looking import look
from invoices.preflight.verdicts import Verdict
from invoices.problems import NO_PROBLEM

_WHY_NOT = {
    CopyState.CONFLICT: _("Exact holds something that is not ours; open the invoice and decide"),
    CopyState.MISMATCH: _("it is in Exact already, with a difference; open the invoice and decide"),
}
_TAKEN_UP = _("it was taken up or given up meanwhile")
_ELSEWHERE = _("it belongs to another subsidiary now")


@dataclass
class Retried:
    """How many copies were asked for again, how many were not, and why: a copy may lack several things."""

    count: int = 0
    stay: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def refuse(self, reason: str, count: int = 1) -> None:
        """Count copies that are not asked for again."""
        self.stay += count
        self.refused[reason] += count


def retry_all(
    *,
    request_ids: Iterable[int],
    connection: ExactConnection,
    user: User | None,
    now: datetime,
) -> Retried:
    """This function will ask again for each refused wish of the connection that lacks nothing now, in the transaction.

    Raises CopyRefused when the connection cannot be used; then nothing was changed.
    """
    copy_requests.require_working(connection)
    retried = Retried()
    wanted = CopyRequest.objects.filter(pk__in=list(request_ids), connection=connection)
    # In one order, so that two people who retry the same never wait for each other.
    for part in in_portions(wanted.values_list("invoice_id", flat=True).order_by()):
        rows = _complete(list(_choose(part, wanted, connection, retried)), connection, retried)
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
            retried.refuse(str(_WHY_NOT.get(row.state, _TAKEN_UP)))
        elif (
            row.kind == CopyKind.CREATE and subsidiaries[row.invoice_id] != connection.subsidiary_id
        ):
            retried.refuse(str(_ELSEWHERE))
        else:
            active.add(row.invoice_id)
            yield row


def _complete(
    rows: Sequence[CopyRequest], connection: ExactConnection, retried: Retried
) -> list[CopyRequest]:
    """Those that would not be held at once. A change of what is in Exact is judged when it is made."""
    made = {row.invoice_id: row for row in rows if row.kind == CopyKind.CREATE}
    choices = {pk: CopyChoices.from_json(row.choices) for pk, row in made.items()}
    lacking = {one.invoice_id: one for one in look(connection, choices) if one.causes}
    stopped = (Stopped(pk, connection.pk, one.causes) for pk, one in lacking.items())
    retried.stay += len(lacking)
    for one in group(stopped):
        retried.refused[one.sentence] += one.count
    _note([(made[pk], verdict) for pk, verdict in lacking.items()])
    return [
        row for row in rows if made.get(row.invoice_id) is not row or row.invoice_id not in lacking
    ]


def _note(lacking: Iterable[tuple[CopyRequest, Verdict]]) -> None:
    """Keep what is lacking now with those copies that were held for something else; their invoices are locked."""
    changed = []
    for row, verdict in lacking:
        if verdict.problem is not None and stored_causes(row) != verdict.causes:
            for name, value in verdict.problem.columns().items():
                setattr(row, name, value)
            changed.append(row)
    CopyRequest.objects.bulk_update(changed, list(NO_PROBLEM.columns()), batch_size=500)


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
