"""Why invoices stand still, told once for all that stand still for the same: before a copy and after it.

A gap of the mapping, a question for a person, and a refusal of Exact all become a `Cause`. `finding` names them, `words` says
what they are and where they are mended, `grouping` puts invoices with the same cause together.
"""

from __future__ import annotations

from invoices.causes.finding import causes_of_gaps, stored_causes
from invoices.causes.grouping import CauseGroup, Stopped, group, list_stopped
from invoices.causes.parts import About, Cause
from invoices.causes.words import sentence_of

__all__ = [
    "About",
    "Cause",
    "CauseGroup",
    "Stopped",
    "causes_of_gaps",
    "group",
    "list_stopped",
    "sentence_of",
    "stored_causes",
]
