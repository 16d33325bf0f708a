"""What stands still, together by cause: one sentence, one place where it is mended, and what can be tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from integrations.models import ExactConnection
from invoices.causes.finding import stored_causes
from invoices.causes.grouping import Stopped, group
from invoices.causes.parts import Cause
from invoices.connection_health.standings import unanswered
from invoices.mending import MendingPlace, find_place
from invoices.models import CopyRequest, CopyState


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause in one connection. ``requests`` are the copies that it stops, the newest first."""

    key: str
    sentence: str
    remedy: str
    place: MendingPlace | None
    requests: Sequence[CopyRequest]

    @property
    def count(self) -> int:
        """How many invoices it stops."""
        return len(self.requests)

    @property
    def retriable(self) -> list[CopyRequest]:
        """What may be tried again without looking at each: it was refused, so Exact has nothing of it."""
        return [one for one in self.requests if one.state == CopyState.NEEDS_CHOICE]

    @property
    def to_decide(self) -> int:
        """How many of them a person has to look at one by one."""
        return self.count - len(self.retriable)


def list_troubles(connection: ExactConnection) -> list[Trouble]:
    """This function will return why copies through the connection stand still, what stops most first; in one query."""
    # Of an invoice's wishes one is unanswered: any later one answers it.
    held = {row.invoice_id: row for row in _held(connection)}
    groups = group(
        Stopped(invoice_id, connection.pk, stored_causes(row) or (Cause(""),))
        for invoice_id, row in held.items()
    )
    return [
        Trouble(
            key=hashlib.sha256(one.cause.key.encode()).hexdigest()[:16],
            sentence=one.sentence,
            remedy=held[one.invoice_ids[0]].problem_remedy,
            place=find_place(one.cause.where, invoice=None, connection=connection),
            requests=[held[invoice_id] for invoice_id in one.invoice_ids],
        )
        for one in groups
    ]


def find_trouble(connection: ExactConnection, key: str) -> Trouble | None:
    """This function will return the trouble with this key, or None when nothing stands still for it any more."""
    return next((one for one in list_troubles(connection) if one.key == key), None)


def _held(connection: ExactConnection) -> list[CopyRequest]:
    held = unanswered(CopyRequest.objects.filter(connection=connection))
    return list(
        held.select_related("invoice__client").defer("payload", "problem_raw").order_by("-pk")
    )
