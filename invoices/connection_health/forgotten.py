"""Documents in Exact that a restore has forgotten and no invoice claims: shown by connection, and dismissed by an admin.

Whoever runs the connector does the same for all organizations with `manage.py forgotten` (`invoices/forgotten_unclaimed.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.sentences import sentence
from connector.tenancy.models import User
from integrations import history
from integrations.models import ExactConnection, Route
from invoices.connection_health import retrying
from invoices.copied.address import entry_address
from invoices.copy_refusals import CopyRefused
from invoices.forgotten_matches import may_be
from invoices.models import CopyKind, CopyRequest, CopyState, ForgottenDocument

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """One of them, with its address in Exact's own screens; empty when none can be told."""

    document: ForgottenDocument
    address: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many documents of a connection no invoice claims, and the first of them."""

    count: int
    rows: Sequence[Shown]


def list_forgotten(connection: ExactConnection) -> Forgotten:
    """This function will return what Exact has with our mark and nobody here claims, the oldest first."""
    waiting = ForgottenDocument.objects.filter(connection=connection, settled_at=None)
    rows = list(waiting.order_by("document_date", "id")[:_SHOWN])
    count = len(rows) if len(rows) < _SHOWN else waiting.count()
    return Forgotten(count, [Shown(row, _address(row, connection)) for row in rows])


def _address(row: ForgottenDocument, connection: ExactConnection) -> str:
    """An invoice that Exact wrote is known by its own id, not by that of its entry."""
    return entry_address(connection, row.exact_id) if row.route == Route.BOOKING else ""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """What came of a dismissal: the copies that waited for it, or why none of them can be asked for again now."""

    retried: retrying.Retried
    refused: CopyRefused | None = None


def dismiss(
    document: ForgottenDocument, connection: ExactConnection, *, user: User | None, now: datetime
) -> Dismissed | None:
    """This function will note that a document is no invoice's here, and ask again for the copies that were held because of it.

    None when somebody was faster, or an invoice claims it by now. Copies look at it no more.
    """
    # Invoices are locked before forgotten documents: as linking and the lane do it.
    dismissed = _ask_again(document, connection, user, now)
    waiting = ForgottenDocument.objects.filter(pk=document.pk, settled_at=None)
    if not waiting.update(settled_at=now):
        return None
    history.note(
        connection=connection,
        kind="forgotten_dismissed",
        sentence=sentence(
            "“%(document)s” in Exact, which a restore of the database forgot, was dismissed: it is no invoice's here.",
            document=document.your_ref or document.description or document.marker,
        ),
        user=user,
        now=now,
        details={"exact_id": str(document.exact_id)},
    )
    return dismissed


def _ask_again(
    document: ForgottenDocument, connection: ExactConnection, user: User | None, now: datetime
) -> Dismissed:
    held = CopyRequest.objects.filter(
        connection=connection,
        kind=CopyKind.CREATE,
        route=document.route,
        state=CopyState.NEEDS_CHOICE,
        problem_code="forgotten_by_restore",
    ).select_related("invoice__client")
    ids = [request.pk for request in held if may_be(document, request.invoice)]
    try:
        return Dismissed(
            retrying.retry_all(request_ids=ids, connection=connection, user=user, now=now)
        )
    except CopyRefused as refused:
        return Dismissed(retrying.Retried(), refused if ids else None)
