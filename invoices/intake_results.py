"""What becomes of an invoice on its way in, for whoever sent it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.psa.source import Problem


class IntakeStatus(StrEnum):
    """What became of one invoice."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True)
class IntakeResult:
    """The outcome for one invoice, in the order of the input. `problems` says why it was not taken in."""

    source_id: str
    status: IntakeStatus
    invoice_id: int | None = None
    problems: tuple[Problem, ...] = ()
