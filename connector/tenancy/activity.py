"""What happened in the organization, newest first, from every part of the product that keeps a history.

Higher layers add their own rows with `register_source`, because this one may not import them.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from django.utils.translation import gettext as _

from connector.tenancy.models import AuditEvent


@dataclass(frozen=True)
class ActivityRow:
    """One thing that happened; `address` leads to what it happened to, empty when there is no page for it."""

    at: datetime
    user: str
    sentence: str
    subject: str = ""
    address: str = ""


class Source(Protocol):
    """Finds one part's rows in the open tenant transaction."""

    def __call__(self, *, until: datetime | None, limit: int) -> Sequence[ActivityRow]:
        """This function will return the newest rows at or before `until`, newest first, at most `limit`."""
        ...


@dataclass(frozen=True)
class Position:
    """Where a page of rows begins: at this moment, after as many rows of that moment as were shown already."""

    until: datetime
    skip: int


_sources: list[Source] = []


def register_source(source: Source) -> None:
    """This function will add a part's rows to the page; registering twice changes nothing."""
    if source not in _sources:
        _sources.append(source)


def list_activity(
    *, limit: int, position: Position | None = None
) -> tuple[list[ActivityRow], Position | None]:
    """This function will return a page of rows and where the next page begins, None after the last."""
    until = position.until if position else None
    skip = position.skip if position else 0
    # Each source may hold all the rows of the page, so each is asked for that many.
    wanted = skip + limit + 1
    found = [source(until=until, limit=wanted) for source in _sources]
    merged = heapq.merge(*found, key=lambda row: row.at, reverse=True)
    rows = list(islice(merged, skip, wanted))
    page = rows[:limit]
    if len(rows) <= limit:
        return page, None
    last = page[-1].at
    shown = sum(row.at == last for row in page)
    # The whole page may share one moment with the page before: then those count as well.
    return page, Position(until=last, skip=shown + (skip if last == until else 0))


def _settings_changes(*, until: datetime | None, limit: int) -> list[ActivityRow]:
    events = AuditEvent.objects.select_related("user").order_by("-at", "-id")
    if until is not None:
        events = events.filter(at__lte=until)
    return [
        ActivityRow(
            at=event.at,
            user=str(event.user) if event.user else "",
            sentence=event.sentence,
            subject=_("Settings"),
        )
        for event in events[:limit]
    ]


register_source(_settings_changes)
