"""Noting a wish of a person: the row that is the job. What can be wished for, and when, is in `copy_requests.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max

from connector.crash_points import crash_point
from connector.database_clock import not_after_now
from connector.tenancy.models import User
from integrations import lanes
from integrations.models import ExactConnection
from invoices import copy_states, copy_words, history
from invoices.markers import new_marker
from invoices.models import CopyKind, CopyRequest, CopyState, Invoice


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; without a route it goes the connection's."""

    invoice: Invoice
    connection: ExactConnection
    kind: CopyKind
    choices: dict[str, Any]
    journal_code: str
    route: str = ""


def queue(wish: Wish, *, user: User | None, now: datetime) -> CopyRequest:
    """This function will note a wish, in place of what was refused before, and ring the lane's bell."""
    invoice, connection, kind = wish.invoice, wish.connection, wish.kind
    # What was refused before is answered by this new wish.
    for old in CopyRequest.objects.filter(
        invoice=invoice, state__in=(CopyState.NEEDS_CHOICE, CopyState.CONFLICT)
    ).order_by("id"):
        copy_states.move(
            old,
            (CopyState.NEEDS_CHOICE, CopyState.CONFLICT),
            CopyState.CANCELLED,
            now=now,
            next_at=None,
        )
    last = CopyRequest.objects.filter(invoice=invoice, connection=connection, kind=kind).aggregate(
        last=Max("generation")
    )
    generation = 0 if last["last"] is None else last["last"] + 1
    request = CopyRequest.objects.create(
        organization_id=invoice.organization_id,
        invoice=invoice,
        connection=connection,
        connection_generation=connection.generation,
        route=wish.route or connection.route,
        kind=kind,
        generation=generation,
        marker=new_marker(),
        requested_by=user,
        requested_at=now,
        choices=wish.choices,
        journal_code=wish.journal_code,
        state_changed_at=now,
        next_at=not_after_now(now),
    )
    # A link ends in the same transaction, which then says what became of it.
    if kind != CopyKind.LINK:
        history.note(
            invoice=invoice,
            kind="copy_requested",
            sentence=copy_words.started(kind, connection),
            user=user,
            now=now,
            details={"copy_request": request.pk},
        )
    crash_point("before_intent_commit", invoice.pk)
    # Before the bell, which rings after the commit too: the row alone must be enough.
    transaction.on_commit(partial(crash_point, "after_intent_commit", invoice.pk))
    lanes.ring(connection, at=now)
    return request
