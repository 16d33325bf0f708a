"""Reads the body of a write: JSON, known properties, right types, read-only ones left out."""

from __future__ import annotations

import json
from decimal import Decimal

from exact_sandbox.errors import BadRequest
from exact_sandbox.resources import Resource, by_path
from exact_sandbox.values import Record, Value, from_payload

MAX_BYTES = 48 * 1024 * 1024  # an attachment in base64 among the rest


def read_body(body: bytes, resource: Resource, verb: str) -> Record:
    """Return the settable values of a POST or PUT body; raises BadRequest with WCF's texts."""
    if len(body) > MAX_BYTES:
        raise BadRequest("Error processing request stream. The request is too large.")
    try:
        raw = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            "Error processing request stream. JSON text specified is not valid."
        ) from error
    if not isinstance(raw, dict):
        raise BadRequest(
            "Error processing request stream. The request should be a valid top-level resource object.",
        )
    return _record(raw, resource, verb)


def _no_constant(name: str) -> Value:
    raise ValueError(name)


def _record(raw: dict[str, Value], resource: Resource, verb: str) -> Record:
    record: Record = {}
    for name, value in raw.items():
        if name in ("__metadata", "__deferred"):
            continue
        prop = resource.properties.get(name)
        if prop is None:
            raise BadRequest(
                f"Error processing request stream. The property name '{name}' specified for type "
                f"'{resource.type_name}' is not valid.",
            )
        if prop.nested:
            record[name] = _nested(name, value, resource, verb)
            continue
        converted = from_payload(name, prop.type, value)
        if prop.post if verb == "POST" else prop.put:
            record[name] = converted
    return {name: value for name, value in record.items() if value is not _IGNORED}


_IGNORED = object()


def _nested(name: str, value: Value, resource: Resource, verb: str) -> Value:
    """Return nested records; on PUT Exact refuses them: lines have their own endpoint."""
    if isinstance(value, dict) and "__deferred" in value:
        return _IGNORED
    if verb == "PUT":
        raise BadRequest(
            "Error processing request stream. Binding to new entities is not supported on update.",
        )
    rows = value.get("results") if isinstance(value, dict) else value
    navigation = resource.navigations.get(name)
    if rows is None:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRequest(
            "Error processing request stream. The request should be a valid top-level resource object.",
        )
    if navigation is None or navigation.path is None:
        return _IGNORED
    child = by_path()[navigation.path.lower()]
    return [_record(row, child, verb) for row in rows]
