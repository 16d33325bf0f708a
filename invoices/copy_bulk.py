"""Asks for many copies at once, and gives many up: a few statements whatever their number (RELIABILITY A18).

The rules are those of `copy_requests.py`, which does it for one; what stands in the way of an invoice is told with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max
from django.utils.translation import gettext_lazy

from connector.database_clock import not_after_now
from connector.sentences import Words, together
from connector.tenancy.models import User
from integrations import lanes
from integrations.models import ExactConnection
from invoices import copy_refusals, copy_requests, copy_words
from invoices.copy_choices import CopyChoices
from invoices.locking import in_portions, lock_invoices
from invoices.markers import new_marker
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    InvoiceEvent,
    PostedDocument,
    PostedDocumentState,
)
from invoices.models.copying import ACTIVE_COPY_STATES

_UNDER_WAY = gettext_lazy("A copy of this invoice is under way.")
_IN_EXACT = gettext_lazy("It is in Exact already. Use Create new for a second copy.")
_ELSEWHERE = gettext_lazy("It belongs to another subsidiary than the connection.")


@dataclass
class Asked:
    """How many invoices are copied now, and why the others are not, by invoice."""

    count: int = 0
    refused: dict[int, str] = field(default_factory=dict)


def request_copies(
    *,
    invoice_ids: Sequence[int],
    connection: ExactConnection,
    choices: CopyChoices,
    user: User | None,
    now: datetime,
) -> Asked:
    """This function will queue a copy of each invoice that has none, in the organization's transaction.

    Raises CopyRefused when the connection cannot be used.
    """
    copy_requests.require_working(connection)
    asked = Asked()
    # In one order, so that two selections never wait for each other.
    for ids in in_portions(invoice_ids):
        _request(ids, connection, choices, user, now, asked)
    if asked.count:
        lanes.ring(connection, at=now)
    return asked


def _request(
    ids: Sequence[int],
    connection: ExactConnection,
    choices: CopyChoices,
    user: User | None,
    now: datetime,
    asked: Asked,
) -> None:
    wanted = _wanted(ids, connection, asked)
    # What was refused before is answered by the new wish.
    CopyRequest.objects.filter(
        invoice_id__in=wanted, state__in=(CopyState.NEEDS_CHOICE, CopyState.CONFLICT)
    ).update(state=CopyState.CANCELLED, state_changed_at=now, next_at=None)
    earlier = CopyRequest.objects.filter(
        invoice_id__in=wanted, connection=connection, kind=CopyKind.CREATE
    ).order_by()
    generations = dict(earlier.values_list("invoice_id").annotate(last=Max("generation")))
    stored = choices.to_json()
    queue(
        [
            CopyRequest(
                invoice_id=invoice_id,
                route=connection.route,
                kind=CopyKind.CREATE,
                generation=generations.get(invoice_id, -1) + 1,
                choices=stored,
                journal_code=choices.journal_code,
            )
            for invoice_id in wanted
        ],
        connection=connection,
        user=user,
        now=now,
    )
    asked.count += len(wanted)


def queue(
    wishes: Sequence[CopyRequest], *, connection: ExactConnection, user: User | None, now: datetime
) -> None:
    """This function will store new wishes of the connection, due at once, and note on each invoice who asked.

    What of which invoice is wanted, and how, each wish says already.
    """
    due_at = not_after_now(now)
    for wish in wishes:
        wish.organization_id = connection.organization_id
        wish.connection = connection
        wish.connection_generation = connection.generation
        wish.marker = new_marker()
        wish.requested_by = user
        wish.requested_at = wish.state_changed_at = now
        wish.next_at = due_at
    CopyRequest.objects.bulk_create(wishes)
    for kind in CopyKind:
        ids = [wish.invoice_id for wish in wishes if wish.kind == kind]
        if ids:
            sentence = copy_words.started(kind, connection)
            _tell(ids, "copy_requested", sentence, connection.organization_id, user, now)


def _wanted(ids: Sequence[int], connection: ExactConnection, asked: Asked) -> list[int]:
    locked = Invoice.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    rows = [Standing(*row) for row in locked.values_list("pk", "subsidiary_id", "set_aside")]
    refused = find_refusals(rows, connection)
    asked.refused |= refused
    return [row.invoice_id for row in rows if row.invoice_id not in refused]


class Standing(NamedTuple):
    """What is read of an invoice to know whether a copy may be asked for."""

    invoice_id: int
    subsidiary_id: int
    set_aside: str


def find_refusals(rows: Sequence[Standing], connection: ExactConnection) -> dict[int, str]:
    """This function will say of which of the invoices no copy can be asked for now, and why; with two queries."""
    ids = [row.invoice_id for row in rows]
    active = CopyRequest.objects.filter(invoice_id__in=ids, state__in=ACTIVE_COPY_STATES)
    in_exact = PostedDocument.objects.filter(invoice_id__in=ids).exclude(
        state=PostedDocumentState.DELETED_IN_EXACT
    )
    reasons: dict[int, str] = dict.fromkeys(
        in_exact.values_list("invoice_id", flat=True), together(_IN_EXACT)
    )
    reasons |= dict.fromkeys(active.values_list("invoice_id", flat=True), together(_UNDER_WAY))
    for row in rows:
        if refusal := copy_refusals.why_set_aside(row.set_aside):
            reasons[row.invoice_id] = refusal.sentence
        if row.subsidiary_id != connection.subsidiary_id:
            reasons[row.invoice_id] = together(_ELSEWHERE)
    return reasons


def cancel_copies(*, invoice_ids: Sequence[int], user: User | None, now: datetime) -> int:
    """This function will give up the copies of these invoices that still wait, and return how many those were.

    What Exact is getting at this moment, or has got, is left alone.
    """
    waiting = CopyRequest.objects.filter(invoice_id__in=invoice_ids, state=CopyState.QUEUED)
    lock_invoices(waiting.order_by().values_list("invoice_id", flat=True))
    rows = list(
        waiting.select_for_update(no_key=True)
        .order_by("pk")
        .values_list("pk", "invoice_id", "kind", "organization_id")
    )
    CopyRequest.objects.filter(pk__in=[row[0] for row in rows]).update(
        state=CopyState.CANCELLED, state_changed_at=now, next_at=None
    )
    for kind in CopyKind:
        ids = [invoice_id for _, invoice_id, of, _ in rows if of == kind]
        if ids:
            _tell(ids, "copy_cancelled", copy_words.CANCELLED[kind], rows[0][3], user, now)
    return len(rows)


def _tell(
    invoice_ids: Sequence[int],
    kind: str,
    sentence: Words,
    organization_id: int,
    user: User | None,
    now: datetime,
) -> None:
    InvoiceEvent.objects.bulk_create(
        InvoiceEvent(
            organization_id=organization_id,
            invoice_id=invoice_id,
            kind=kind,
            sentence=sentence,
            at=now,
            user=user,
            details={},
        )
        for invoice_id in invoice_ids
    )
