"""Helps SQLite to pages of large divisions: few rows are sorted, many are read in their order.

SQLite cannot know how many rows a filter leaves. With few it must go by the index of the filter and
sort; with many it must walk in the order of the page and stop when the page is full. The wrong
choice costs a walk over the whole division, so a look at the first thousand rows decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from exact_sandbox.resources import Resource, table_keys

FEW = 1_000
Rows = list[dict[str, object]]
Run = Callable[[str, list[object]], Rows]  # SQL and parameters → rows


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: a condition with its parameters, and how SQLite is to walk."""

    condition: str
    parameters: list[object]
    hint: str = ""
    sort_first: bool = False  # sort row numbers, then read only the rows of the page


def table_of(resource: Resource, hint: str = "") -> str:
    """Return what stands after FROM: the records, named t, and what is joined to each."""
    return f'"{resource.table}" t {hint} {resource.join}'


def page_sql(resource: Resource, source: Source, columns: str, ordering: str) -> str:
    """Return SQL for the rows of a page; its last two parameters are limit and offset."""
    # All names are those of the catalogue.
    rest = f"WHERE {source.condition} ORDER BY {ordering} LIMIT ? OFFSET ?"
    table = table_of(resource, source.hint)
    if source.sort_first:
        rest = f"WHERE t.rowid IN (SELECT t.rowid FROM {table} {rest}) ORDER BY {ordering}"  # noqa: S608
        table = table_of(resource)
    return f"SELECT {columns} FROM {table} {rest}"  # noqa: S608


def planned(resource: Resource, source: Source, run: Run, *, ordered: bool) -> Source:
    """Return the same rows by the better way; `ordered` says whether the client asked for an order."""
    found = run(
        f"SELECT t.rowid AS number FROM {table_of(resource)} "  # noqa: S608 - names of the catalogue
        f"WHERE {source.condition} LIMIT ?",
        [*source.parameters, FEW + 1],
    )
    if len(found) <= FEW:
        return Source(
            "t.rowid IN (SELECT value FROM json_each(?))",
            [json.dumps([row["number"] for row in found])],
            sort_first=True,
        )
    by_page = not ordered and not resource.everywhere
    if by_page and resource.key == table_keys()[resource.table]:
        return replace(source, hint=f'INDEXED BY "{resource.table}_page"')
    return replace(source, sort_first=ordered)
