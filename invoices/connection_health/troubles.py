"""What stands still, together by cause: one sentence, one place where it is mended, and what can be tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations.exact.phrases.parts import Where
from integrations.models import ExactConnection
from invoices.causes.finding import stored_causes
from invoices.causes.parts import Cause
from invoices.causes.words import sentence_of
from invoices.connection_health.standings import unanswered
from invoices.mending import MendingPlace, find_place
from invoices.models import CopyRequest, CopyState

# Where a gap that was found before anything was sent is mended, by what its code begins with; the rest Exact has said.
_MENDED_IN: Mapping[str, Where] = {
    "vat_": "tax_categories",
    "ledger_": "mapping",
    "item_": "mapping",
    "payment_condition_": "mapping",
    "journal_": "connection_settings",
}


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
    causes: dict[str, Cause] = {}
    found: dict[str, list[CopyRequest]] = {}
    for row in _held(connection):
        for cause in stored_causes(row) or (Cause(""),):
            causes.setdefault(cause.key, cause)
            found.setdefault(cause.key, []).append(row)
    troubles = [
        Trouble(
            key=hashlib.sha256(key.encode()).hexdigest()[:16],
            sentence=sentence_of(causes[key]),
            remedy=rows[0].problem_remedy,
            place=find_place(_where(causes[key]), invoice=None, connection=connection),
            requests=rows,
        )
        for key, rows in found.items()
    ]
    return sorted(troubles, key=lambda one: (-one.count, one.sentence))


def find_trouble(connection: ExactConnection, key: str) -> Trouble | None:
    """This function will return the trouble with this key, or None when nothing stands still for it any more."""
    return next((one for one in list_troubles(connection) if one.key == key), None)


def _held(connection: ExactConnection) -> list[CopyRequest]:
    held = unanswered(CopyRequest.objects.filter(connection=connection))
    return list(
        held.select_related("invoice__client").defer("payload", "problem_raw").order_by("-pk")
    )


def _where(cause: Cause) -> Where:
    if cause.where:
        return cause.where
    code = cause.code
    return next((place for begin, place in _MENDED_IN.items() if code.startswith(begin)), "")
