"""What stands still, together by cause: one sentence, one place where it is mended, and what can be tried again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from integrations.exact.explain import where_to_mend
from integrations.exact.phrases.parts import Where
from integrations.models import ExactConnection
from invoices.mending import MendingPlace, find_place
from invoices.models import CopyRequest, CopyState

_HELD = (CopyState.NEEDS_CHOICE, CopyState.CONFLICT, CopyState.MISMATCH)
# Where a gap that was found before anything was sent is mended, by what its code begins with; the rest Exact has said.
_MENDED_IN: Mapping[str, Where] = {
    "vat_": "tax_categories",
    "ledger_": "mapping",
    "item_": "mapping",
    "payment_condition_": "mapping",
    "journal_": "connection_settings",
}
_OF_A_LINE = re.compile(r"\bLine \d+(:\s*|\s+)")


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
    found: dict[tuple[str, str], list[CopyRequest]] = {}
    for row in _held(connection):
        found.setdefault(_cause_of(row), []).append(row)
    troubles = [
        Trouble(
            key=hashlib.sha256("\n".join(cause).encode()).hexdigest()[:16],
            sentence=cause[1],
            remedy=rows[0].problem_remedy,
            place=find_place(_where(cause[0]), invoice=None, connection=connection),
            requests=rows,
        )
        for cause, rows in found.items()
    ]
    return sorted(troubles, key=lambda one: (-one.count, one.sentence))


def find_trouble(connection: ExactConnection, key: str) -> Trouble | None:
    """This function will return the trouble with this key, or None when nothing stands still for it any more."""
    return next((one for one in list_troubles(connection) if one.key == key), None)


def _held(connection: ExactConnection) -> list[CopyRequest]:
    later = CopyRequest.objects.filter(invoice=OuterRef("invoice_id"), pk__gt=OuterRef("pk"))
    held = CopyRequest.objects.filter(connection=connection, state__in=_HELD).exclude(
        Exists(later.exclude(state=CopyState.CANCELLED).order_by())
    )
    return list(
        held.select_related("invoice__client").defer("payload", "problem_raw").order_by("-pk")
    )


def _cause_of(row: CopyRequest) -> tuple[str, str]:
    """The code and the sentence; which line it was about does not tell two invoices apart."""
    sentence = _OF_A_LINE.sub("", row.problem_sentence).strip()
    return row.problem_code, sentence[:1].upper() + sentence[1:]


def _where(code: str) -> Where:
    said = where_to_mend(code)
    if said:
        return said
    return next((place for begin, place in _MENDED_IN.items() if code.startswith(begin)), "")
