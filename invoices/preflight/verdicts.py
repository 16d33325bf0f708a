"""What would become of one invoice: ready, a choice is needed, blocked, or left out. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from invoices.causes.parts import Cause
from invoices.problems import Problem


class Kind(StrEnum):
    """The groups of the page before a bulk copy."""

    READY = "ready"
    NEEDS_CHOICE = "needs_choice"
    BLOCKED = "blocked"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands in an invoice's way, if anything; `left_out` says why no copy of it can be asked for at all.

    `amount` includes VAT and has the sign that it has in the books. `connection_id` is 0 where there is none.
    """

    invoice_id: int
    connection_id: int
    currency: str
    amount: Decimal
    problem: Problem | None = None
    left_out: str = ""

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What stands in its way and may stand in the way of others."""
        return self.problem.causes if self.problem else ()

    @property
    def kind(self) -> Kind:
        """The group: a choice is what a person makes in the copy dialog, everything else is mended elsewhere."""
        if self.left_out:
            return Kind.LEFT_OUT
        if not self.causes:
            return Kind.READY
        return Kind.BLOCKED if any(cause.where for cause in self.causes) else Kind.NEEDS_CHOICE
