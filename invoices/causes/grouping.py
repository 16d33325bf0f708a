"""Invoices that stand still for the same reason, together: one cause, one mending, so many invoices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from invoices.causes.parts import Cause
from invoices.causes.words import sentence_of


@dataclass(frozen=True, slots=True)
class Stopped:
    """An invoice that stands still: through which connection (0: none), and all for which it does."""

    invoice_id: int
    connection_id: int
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """One cause in one connection, and the invoices that it stops."""

    cause: Cause
    connection_id: int
    invoice_ids: tuple[int, ...]

    @property
    def key(self) -> str:
        """What tells this group from every other, also tomorrow."""
        return f"{self.connection_id}:{self.cause.key}"

    @property
    def sentence(self) -> str:
        """What is the matter."""
        return sentence_of(self.cause)

    @property
    def count(self) -> int:
        """How many invoices it stops."""
        return len(self.invoice_ids)


def group(stopped: Iterable[Stopped]) -> list[CauseGroup]:
    """This function will put invoices together by cause, the one that stops most first.

    An invoice with two causes is in two groups: it goes on when both are mended.
    """
    causes: dict[tuple[int, str], Cause] = {}
    ids: dict[tuple[int, str], list[int]] = {}
    for one in stopped:
        for cause in one.causes:
            place = (one.connection_id, cause.key)
            causes.setdefault(place, cause)
            ids.setdefault(place, []).append(one.invoice_id)
    groups = [
        CauseGroup(causes[place], place[0], tuple(dict.fromkeys(found)))
        for place, found in ids.items()
    ]
    return sorted(groups, key=lambda one: (-one.count, one.cause.key, one.connection_id))
