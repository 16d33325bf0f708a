"""Turns property values between JSON as Exact writes it, Python, and what the store keeps.

Doubles are Decimals in Python and whole millionths in the store, so no sum ever meets a float;
only the last step to JSON writes a double, because Edm.Double is what Exact declares.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from exact_sandbox.errors import BadRequest

Value = Any  # a JSON-like value: None, bool, int, str, Decimal or a naive datetime
Record = dict[str, Value]

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - stored times carry no zone; they are UTC
# Types that look different in the store, in Python or in JSON; the others are passed on.
CONVERTED_TYPES = frozenset({"Boolean", "DateTime", "Double", "Int64"})
_MILLIONTHS = 1_000_000
_LARGEST_DOUBLE = Decimal(10) ** 12
# The forms .NET reads: dashes or none, braces or none.
_GUID = re.compile(
    r"([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})"
    r"|([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})",
    re.IGNORECASE | re.ASCII,
)
_DATE_IN_JSON = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
_ISO_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_ZONE_AT_END = re.compile(r"\d(?:Z|[+-]\d\d:\d\d)\Z")
_NUMBER_IN_TEXT = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
INTEGER_RANGES = {
    "Byte": (0, 255),
    "Int16": (-(2**15), 2**15 - 1),
    "Int32": (-(2**31), 2**31 - 1),
    "Int64": (-(2**63), 2**63 - 1),
}
# The .NET names WCF puts in its messages.
DOTNET_NAMES = {"Binary": "Byte[]"}


def milliseconds(moment: datetime) -> int:
    """Return a naive UTC moment as milliseconds since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def to_store(edm_type: str, value: Value) -> int | str | None:
    """Return the value as the database keeps it."""
    if value is None:
        return None
    if edm_type == "Double":
        return int((Decimal(value) * _MILLIONTHS).to_integral_value())
    if edm_type == "DateTime":
        return milliseconds(value)
    if edm_type == "Boolean":
        return int(value)
    return value  # type: ignore[no-any-return]  # integers and texts are kept as they are


def from_store(edm_type: str, value: int | str | None) -> Value:
    """Return a stored value as Python works with it."""
    if value is None:
        return None
    if edm_type == "Double":
        return Decimal(value) / _MILLIONTHS
    if edm_type == "DateTime":
        return EPOCH + timedelta(milliseconds=int(value))
    if edm_type == "Boolean":
        return bool(value)
    return value


def _double_to_json(value: int) -> int | float:
    whole, rest = divmod(value, _MILLIONTHS)
    return whole if rest == 0 else value / _MILLIONTHS


# How stored values of a type are written in JSON, where that differs: /Date(ms)/, Int64 as text.
JSON_WRITERS: dict[str, Callable[[Any], Value]] = {
    "Double": _double_to_json,
    "DateTime": "/Date({})/".format,
    "Boolean": bool,
    "Int64": str,
}


def stored_to_json(edm_type: str, value: int | str | None) -> Value:
    """Return a stored value as Exact writes it in JSON."""
    write = JSON_WRITERS.get(edm_type)
    return value if value is None or write is None else write(value)


def read_guid(text: str) -> str:
    """Return a guid as the store keeps it; raises ValueError."""
    bare = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else text
    match = _GUID.fullmatch(bare)
    if match is None:
        raise ValueError(text)
    return "-".join(part for part in match.groups() if part).lower()


def read_moment(text: str) -> datetime:
    """Return an ISO date or moment as naive UTC; raises ValueError or OverflowError."""
    match = _ISO_MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    date, time, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{date}T{time or '00:00'}")
    moment += timedelta(microseconds=int((fraction or ".0")[1:7].ljust(6, "0")))
    if zone not in (None, "Z"):
        hours, minutes = int(zone[1:3]), int(zone[4:])
        ahead = timedelta(hours=hours, minutes=minutes)
        moment += ahead if zone[0] == "-" else -ahead
    return moment


def from_payload(
    name: str, edm_type: str, value: Value, *, zone_shift: timedelta = timedelta(0)
) -> Value:
    """Return a value of a request body as Python works with it.

    `zone_shift` is added to moments that were sent with a zone. Raises BadRequest with WCF's text
    when the value does not fit the type.
    """
    if value is None:
        return None
    try:
        read: Value = _READERS[edm_type](edm_type, value)
        if edm_type == "DateTime" and _ZONE_AT_END.search(value):
            read += zone_shift
    except (ValueError, TypeError, OverflowError, InvalidOperation) as error:
        dotnet = DOTNET_NAMES.get(edm_type, edm_type)
        raise BadRequest(
            "Error encountered in converting the value from request payload for property "
            f"'{name}' to type '{dotnet}', which is the property's expected type.",
        ) from error
    return read


def clean_text(text: str) -> str:
    """Return a text with what no encoding can hold (halves of a pair) replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read_guid(_: str, value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return read_guid(value)


def _read_string(_: str, value: Value) -> str:
    """Numbers do for codes: `exactonline` sends Journal and PaymentConditionSales as numbers."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError(value)
    return clean_text(str(value))


def _read_integer(edm_type: str, value: Value) -> int:
    number = _number(value)
    lowest, highest = INTEGER_RANGES[edm_type]
    if not lowest <= number <= highest or number != number.to_integral_value():
        raise ValueError(value)
    return int(number)


def _read_double(_: str, value: Value) -> Decimal:
    number = _number(value)
    if abs(number) >= _LARGEST_DOUBLE:
        raise ValueError(value)
    return number


def _number(value: Value) -> Decimal:
    """Return a number that was sent as one or as text."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError(value)
    if isinstance(value, str) and not _NUMBER_IN_TEXT.fullmatch(value):
        raise ValueError(value)
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(value)
    return number


def _read_boolean(_: str, value: Value) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _read_datetime(_: str, value: Value) -> datetime:
    if not isinstance(value, str):
        raise TypeError(value)
    if match := _DATE_IN_JSON.fullmatch(value):
        return EPOCH + timedelta(milliseconds=int(match[1]))
    return read_moment(value)


def _read_binary(_: str, value: Value) -> str:
    """Base64 may be wrapped in lines, as many a library writes it; .NET reads it so too."""
    if not isinstance(value, str):
        raise TypeError(value)
    unwrapped = "".join(value.split())
    try:
        base64.b64decode(unwrapped, validate=True)
    except binascii.Error as error:
        raise ValueError(value) from error
    return unwrapped


_READERS = {
    "Guid": _read_guid,
    "String": _read_string,
    "Byte": _read_integer,
    "Int16": _read_integer,
    "Int32": _read_integer,
    "Int64": _read_integer,
    "Double": _read_double,
    "Boolean": _read_boolean,
    "DateTime": _read_datetime,
    "Binary": _read_binary,
}
