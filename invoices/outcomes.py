"""What an answer of Exact means, as it is stored with an attempt."""

from __future__ import annotations

from integrations.exact.errors import Outcome
from invoices.models import AttemptOutcome

OUTCOMES: dict[Outcome, AttemptOutcome] = {
    Outcome.NOT_SENT: AttemptOutcome.NOT_SENT,
    Outcome.REFUSED_UNEXECUTED: AttemptOutcome.NOT_EXECUTED,
    Outcome.REFUSED: AttemptOutcome.REFUSED,
    Outcome.PROBABLY_REFUSED: AttemptOutcome.PROBABLY_REFUSED,
    Outcome.UNCERTAIN: AttemptOutcome.UNCERTAIN,
    Outcome.EXECUTED: AttemptOutcome.EXECUTED,
}

# Of these it is certain that Exact did nothing: the same may be asked again.
NOTHING_HAPPENED = frozenset({Outcome.NOT_SENT, Outcome.REFUSED_UNEXECUTED})
