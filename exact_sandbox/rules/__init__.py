"""What may be written where: the rules of each endpoint, by its path.

An endpoint without an entry can only be read. See `resources.py` for adding one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


@dataclass(frozen=True, slots=True)
class Rules:
    """Create returns the key of the new record; each raises Refused when the books say no."""

    create: Callable[[Context, Record], str] | None = None
    update: Callable[[Context, str, Record], None] | None = None
    delete: Callable[[Context, str], None] | None = None


RULES: dict[str, Rules] = {}
