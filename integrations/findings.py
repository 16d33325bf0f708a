"""A line of the check of a connection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check: ``kind`` is good, attention or failed; ``step`` is the page where it is mended, or "exact".

    ``in_exact`` is Exact's own message and ``support_id`` stands in our log beside it, when a list could not be read.
    """

    kind: str
    sentence: str
    step: str = ""
    in_exact: str = ""
    support_id: str = ""
