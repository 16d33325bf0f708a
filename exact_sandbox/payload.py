"""Reads the body of a write: JSON, known properties, right types, read-only ones left out.

The texts are those of WCF Data Services, which Exact runs on.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from exact_sandbox.errors import BadRequest, UnsupportedMediaType
from exact_sandbox.resources import Resource, by_path
from exact_sandbox.values import Record, Value, clean_text, from_payload

MAX_BYTES = 48 * 1024 * 1024  # an attachment in base64 among the rest
_STREAM = "Error processing request stream."


def read_body(
    body: bytes,
    resource: Resource,
    verb: str,
    *,
    charset: str = "utf-8",
    zone_shift: timedelta = timedelta(0),
) -> Record:
    """Return the settable values of a POST or PUT body.

    `zone_shift` is added to dates sent with a zone. Raises BadRequest with WCF's texts.
    """
    if len(body) > MAX_BYTES:
        raise BadRequest(f"{_STREAM} The request is too large.")
    text = _decoded(body, charset)
    try:
        raw = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_without_duplicates,
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise BadRequest(f"{_STREAM} JSON text specified is not valid.") from error
    if not isinstance(raw, dict):
        raise _not_an_object()
    return _Reading(verb, zone_shift).record(raw, resource)


def _decoded(body: bytes, charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError) as error:
        raise UnsupportedMediaType(f"Character set '{charset[:40]}' is not supported.") from error
    try:
        return body.decode("utf-8-sig" if name == "utf-8" else name)
    except (ValueError, LookupError) as error:  # LookupError: not a character set, such as "hex"
        raise BadRequest(f"{_STREAM} JSON text specified is not valid.") from error


def _no_constant(name: str) -> Value:
    raise ValueError(name)


def _without_duplicates(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    record: dict[str, Value] = {}
    for name, value in pairs:
        if name in record:
            raise BadRequest(
                f"{_STREAM} Duplicate property named '{clean_text(name)}' is detected."
            )
        record[name] = value
    return record


def _not_an_object() -> BadRequest:
    return BadRequest(f"{_STREAM} The request should be a valid top-level resource object.")


@dataclass(frozen=True, slots=True)
class _Reading:
    verb: str
    zone_shift: timedelta

    def record(self, raw: dict[str, Value], resource: Resource) -> Record:
        record: Record = {}
        for name, value in raw.items():
            if name in ("__metadata", "__deferred"):
                continue
            prop = resource.properties.get(name)
            if prop is None:
                raise BadRequest(
                    f"{_STREAM} The property name '{clean_text(name)}' specified for type "
                    f"'{resource.type_name}' is not valid.",
                )
            if prop.nested:
                rows = self._nested(name, value, resource)
                if rows is not None:
                    record[name] = rows
                continue
            converted = from_payload(name, prop.type, value, zone_shift=self.zone_shift)
            if prop.post if self.verb == "POST" else prop.put:
                record[name] = converted
        return record

    def _nested(self, name: str, value: Value, resource: Resource) -> list[Record] | None:
        """Return nested records, None to leave them out.

        On PUT Exact refuses them, picqer/exact-php-client issue 538: lines have their own endpoint.
        """
        if value is None or (isinstance(value, dict) and "__deferred" in value):
            return None
        if self.verb == "PUT":
            raise BadRequest(
                f"{_STREAM} Binding to new entities is not supported on update.",
            )
        rows = value.get("results") if isinstance(value, dict) else value
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _not_an_object()
        navigation = resource.navigations.get(name)
        if navigation is None or navigation.path is None:
            return None
        child = by_path()[navigation.path.lower()]
        return [self.record(row, child) for row in rows]
