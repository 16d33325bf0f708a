"""Answers read/sync/Sync/SyncTimestamp: the rowversion to start a sync from for a date.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=ReadSyncSyncTimestamp
How it is asked is unsure, so both forms work: `?modified=datetime'…'&endPoint='PaymentTerms'` and
`$filter=Modified ge datetime'…' and API eq 'PaymentTerms'`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from exact_sandbox.divisions import timestamp_shift
from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.filter import parse_literal
from exact_sandbox.odata.literals import written
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.reader import Reader
from exact_sandbox.odata.shape import Shape
from exact_sandbox.odata.tree import Comparison, Literal, Logical, Name, Node
from exact_sandbox.resources import RESOURCES, Resource, table_columns
from exact_sandbox.values import to_store

_DATE_NAMES = ("modified",)
_ENDPOINT_NAMES = ("endpoint", "api")
_CHANGED_AT = ("Modified", "DeletedDate")


def sync_timestamp_page(reader: Reader, query: Query) -> dict[str, Any]:
    """Return the envelope with the one row, with none when nothing is asked.

    Raises BadRequest when the question is incomplete.
    """
    asked = _asked(query)
    rows = [_row(reader, query, asked)] if asked else []
    return {"d": {"results": rows} if query.top is None else rows[: query.top]}


def _row(reader: Reader, query: Query, asked: dict[str, object]) -> dict[str, Any]:
    since = next((asked[name] for name in _DATE_NAMES if name in asked), None)
    name = next((asked[name] for name in _ENDPOINT_NAMES if name in asked), None)
    if not isinstance(since, datetime) or not isinstance(name, str):
        raise BadRequest("Bad Request - Error in query syntax.")
    endpoint = _sync_endpoint(name)
    stored = {
        "Modified": to_store("DateTime", since),
        "API": endpoint.path.rpartition("/")[2],
        "TimeStampAsBigInt": _start(reader, endpoint, since),
    }
    uri = f"{reader.address}({written('DateTime', stored['Modified'])})"
    return Shape(reader.resource, query).record(stored, uri, {})


def _asked(query: Query) -> dict[str, object]:
    """Return what was asked by name in lower case, from the options or from the filter."""
    if query.filter is not None:
        parts = query.filter.parts if isinstance(query.filter, Logical) else (query.filter,)
        return dict(_equality(part) for part in parts)
    asked: dict[str, object] = {}
    for name, text in query.raw.items():
        if name.lower() in _DATE_NAMES:
            asked[name.lower()] = parse_literal(_quoted(text, "datetime")).value
        if name.lower() in _ENDPOINT_NAMES:
            asked[name.lower()] = parse_literal(_quoted(text, "")).value
    return asked


def _quoted(text: str, prefix: str) -> str:
    """Return an option's value as a literal; some clients leave the quotes out."""
    return text if "'" in text else f"{prefix}'{text}'"


def _equality(node: Node) -> tuple[str, object]:
    match node:
        case Comparison("eq" | "ge" | "gt", Name(name), Literal(_, value)):
            return name.lower(), value
    raise BadRequest("Bad Request - Error in query syntax.")


def _sync_endpoint(name: str) -> Resource:
    for resource in RESOURCES:
        names = (resource.path.lower(), resource.path.rpartition("/")[2].lower())
        if resource.sync and name.strip("/").lower() in names:
            return resource
    raise BadRequest(f"Bad Request - There is no sync endpoint '{name}'.")


def _start(reader: Reader, endpoint: Resource, since: datetime) -> int:
    """Return the rowversion just before the first record that was changed since then."""
    division = reader.viewer.division
    columns = table_columns()[endpoint.table]
    column = next(name for name in _CHANGED_AT if name in columns)
    first = reader.database.execute(
        f'SELECT min("Timestamp") FROM "{endpoint.table}" '  # noqa: S608 - names of the catalogue
        f'WHERE "Division" = ? AND "{column}" >= ?',
        [division, to_store("DateTime", since)],
    )[0][0]
    start = int(first) - 1 if first is not None else reader.database.counter("timestamp")
    return max(start - timestamp_shift(reader.database, division), 0)
