"""The dialect Exact speaks (OData version 2 in JSON): literals, filters, envelopes, dates, exact numbers.

https://www.odata.org/documentation/odata-version-2-0/uri-conventions/ and
https://www.odata.org/documentation/odata-version-2-0/json-format/

The only place where ``$filter`` text is made: everything a person or a PSA typed passes `literal`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# What no address holds: some readers of addresses leave it out without a word, others stumble.
_NO_ADDRESS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_ADDRESS = 8192  # characters
_JSON_DATE = re.compile(r"/Date\((-?\d{1,17})(?:[+-]\d{4})?\)/")


class NotUnderstood(ValueError):
    """An answer is not what the format promises."""


# --- going out -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Int64:
    """A 64-bit number, such as a sync timestamp, which OData marks with an L."""

    value: int


Value = UUID | str | Int64 | bool | int | Decimal | datetime | date


def literal(value: Value) -> str:
    """Write one value as an OData literal.

    This function will raise `TypeError` for floats, which have no exact text, and `ValueError` for numbers that
    are not finite.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case UUID():
            return f"guid'{value}'"
        case str():
            doubled = value.replace("'", "''")
            return f"'{doubled}'"
        case Int64():
            return f"{value.value}L"
        case int():
            return str(value)
        case Decimal():
            return _plain(value)
        case date():
            return f"datetime'{moment(value)}'"
    raise TypeError(f"No OData literal for {type(value).__name__}")


def moment(value: date | datetime) -> str:
    """Write a date or a time the way Exact takes it: ISO without a zone, since one with Z can move a day."""
    if isinstance(value, datetime):
        in_utc = value.astimezone(UTC) if value.tzinfo else value
        return in_utc.replace(tzinfo=None, microsecond=0).isoformat()
    return f"{value.isoformat()}T00:00:00"


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError("Only finite numbers can be sent.")
    return format(number, "f")


@dataclass(frozen=True, slots=True)
class Filter:
    """A ``$filter`` expression; combine with ``&`` and `any_of`."""

    text: str

    def __and__(self, other: Filter) -> Filter:
        return Filter(f"{self.text} and {other.text}")

    def __str__(self) -> str:
        return self.text


def _compare(name: str, operator: str, value: Value) -> Filter:
    if not _NAME.fullmatch(name):
        raise ValueError(f"Not a property name: {name!r}")
    return Filter(f"{name} {operator} {literal(value)}")


def eq(name: str, value: Value) -> Filter:
    """Property equals value."""
    return _compare(name, "eq", value)


def ge(name: str, value: Value) -> Filter:
    """Property is at least value."""
    return _compare(name, "ge", value)


def gt(name: str, value: Value) -> Filter:
    """Property is greater than value."""
    return _compare(name, "gt", value)


def lt(name: str, value: Value) -> Filter:
    """Property is less than value."""
    return _compare(name, "lt", value)


def starts(name: str, text: str) -> Filter:
    """Text property begins with the text."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"Not a property name: {name!r}")
    return Filter(f"startswith({name},{literal(text)}) eq true")


def any_of(filters: Iterable[Filter]) -> Filter:
    """Any of the filters holds; written in brackets, so that it can be combined further."""
    texts = [one.text for one in filters]
    if not texts:
        raise ValueError("any_of needs at least one filter")
    return Filter(f"({' or '.join(texts)})")


def query_string(options: Mapping[str, str]) -> str:
    """Encode ``$``-options for an address; spaces as %20, so that no server reads a plus sign."""
    return urlencode(options, quote_via=quote, safe="$(),'")


def to_json(value: Any) -> str:
    """Write a request body as JSON with decimals as numbers in their exact text ("12.50" stays 12.50).

    Exact takes amounts as numbers and as strings. Numbers are what its reference describes; the standard encoder
    could only write them by way of a float. Raises `TypeError` for floats and other values without an exact form.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value)
        case int():
            return str(value)
        case Decimal():
            return _plain(value)
        case UUID():
            return json.dumps(str(value))
        case date():
            return json.dumps(moment(value))
        case Mapping():
            return (
                "{" + ",".join(f"{json.dumps(str(k))}:{to_json(v)}" for k, v in value.items()) + "}"
            )
        case list() | tuple():
            return "[" + ",".join(to_json(item) for item in value) + "]"
    raise TypeError(f"Not sent to Exact: {type(value).__name__}")


# --- coming in -----------------------------------------------------------------------------------------------------


def from_json(body: bytes) -> Any:
    """Read JSON with decimal numbers as `Decimal`. Raises `NotUnderstood`."""
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_each_once,
        )
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"Not readable as JSON: {error}") from error


def storable(text: str) -> str:
    """Return text that a database column and a log line can hold: without NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", errors="replace").decode()


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    properties = dict(pairs)
    if len(properties) != len(pairs):
        raise ValueError("a property comes twice")
    return properties


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def unwrap_page(document: Any) -> tuple[list[Any], str | None]:
    """Return the rows of a collection and the address of the next page, from either envelope.

    Exact answers ``{"d": {"results": [...], "__next": "..."}}``, or ``{"d": [...]}`` when ``$top`` fits a page.
    Raises `NotUnderstood` for anything else: a short list that looks whole is a wrong set of books.
    """
    inner = _inside(document)
    if isinstance(inner, list):
        return inner, None
    if isinstance(inner, dict) and isinstance(inner.get("results"), list):
        following = inner.get("__next")
        if following is not None and not isinstance(following, str):
            raise NotUnderstood("__next is not an address")
        return inner["results"], following or None
    raise NotUnderstood("Not a collection")


def unwrap_one(document: Any) -> dict[str, Any]:
    """Return a single record, also where Exact wraps one record as a collection. Raises `NotUnderstood`."""
    inner = _inside(document)
    if isinstance(inner, dict) and "results" in inner:
        inner = inner["results"]
    if isinstance(inner, list):
        if len(inner) != 1:
            raise NotUnderstood(f"Expected one record and got {len(inner)}")
        inner = inner[0]
    if not isinstance(inner, dict):
        raise NotUnderstood("Not a record")
    return inner


def _inside(document: Any) -> Any:
    if not isinstance(document, dict) or "d" not in document:
        raise NotUnderstood('No "d" envelope')
    return document["d"]


def nested_rows(value: Any) -> list[Any]:
    """Return the rows of an expanded collection. Raises `ValueError` when it was not expanded."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        return list(value["results"])
    raise ValueError("The collection is not in the answer")


def belongs_to(url: str, base_url: str, division: int) -> bool:
    """Tell whether an address Exact gave us lies on our host and in our division (RELIABILITY B8).

    The token is sent along with the request, so nothing is followed elsewhere, and no dot segments are accepted
    that would lead out of the division when the address is normalized.
    """
    if len(url) > _LONGEST_ADDRESS or _NO_ADDRESS.search(url):
        return False
    try:
        there, here = urlsplit(url), urlsplit(base_url)
    except ValueError:
        return False
    if (there.scheme, there.netloc) != (here.scheme, here.netloc) or "\\" in url:
        return False
    if not there.path.startswith(f"{here.path.rstrip('/')}/api/v1/{division}/"):
        return False
    return not any(
        unquote(part) in {".", ".."} or "/" in unquote(part) for part in there.path.split("/")
    )


def parse_moment(value: object) -> datetime:
    """Read ``/Date(1704067200000)/`` (or ISO text without a zone) as a time in UTC. Raises `ValueError`."""
    if not isinstance(value, str | datetime):
        raise ValueError("Not a date")  # noqa: TRY004  # pydantic reports ValueError as a field's problem
    try:
        return _in_utc(value)
    except OverflowError as error:
        raise ValueError("The date lies outside the calendar") from error


def _in_utc(value: str | datetime) -> datetime:
    if isinstance(value, str):
        found = _JSON_DATE.fullmatch(value.strip())
        if found:
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        value = datetime.fromisoformat(value.strip())
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def parse_day(value: object) -> date:
    """Read a date-only field; Exact gives those as midnight UTC. Raises `ValueError`."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return parse_moment(value).date()
