"""Takes the address of a REST request apart: division, endpoint, key, and what follows it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from exact_sandbox.errors import BadRequest, NotFound
from exact_sandbox.odata.filter import parse_literal
from exact_sandbox.odata.metadata import endpoints_of
from exact_sandbox.odata.tree import Literal
from exact_sandbox.resources import Resource, by_path

_DIVISION = re.compile(r"/api/v1/(?:beta/)?(?:(?P<division>[0-9]{1,9})/)?(?P<path>.*)", re.DOTALL)
# A name, and a key in brackets in which texts stand in quotes.
_SEGMENT = re.compile(r"(?P<name>[^/()]+)(?:\((?P<key>(?:[^'()]|'[^']*')*)\))?(?:/|\Z)")
_NAMED_KEY = re.compile(r"\s*([A-Za-z_]\w*)\s*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a path; `key` is what stands in brackets, None without any."""

    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """What a request's address names."""

    division: int  # 0 where the address names none
    resource: Resource
    key: str | None = None
    rest: tuple[Segment, ...] = ()  # $count, a property, nested records and so on


def split_division(path: str) -> tuple[int, str]:
    """Return the division (0 for none) and the rest of a path under /api/v1; raises NotFound."""
    match = _DIVISION.fullmatch(path)
    if match is None:
        raise NotFound("Resource not found.")
    return int(match["division"] or 0), match["path"]


def parse_address(path: str) -> Address:
    """Return what an address names; raises NotFound."""
    division, rest = split_division(path)
    segments = _segments(rest)
    name = ""
    for index, segment in enumerate(segments):
        name = f"{name}/{segment.name}" if name else segment.name
        resource = by_path().get(name.lower())
        if resource is not None and resource.without_division == (division == 0):
            key = segment.key if segment.key and segment.key.strip() else None
            return Address(division, resource, key, tuple(segments[index + 1 :]))
        if segment.key is not None:
            break
    raise NotFound(f"Resource not found for the segment '{name}'.")


def parse_service(path: str) -> tuple[int, str, str] | None:
    """Return division, service and `$metadata`, `$batch` or nothing, for an address of a service."""
    try:
        division, rest = split_division(path)
    except NotFound:
        return None
    service, _, last = rest.rstrip("/").rpartition("/")
    if last == "$batch":
        return division, service, last
    if last != "$metadata":
        service, last = rest.rstrip("/"), ""
    return (division, service, last) if endpoints_of(service) else None


def _segments(text: str) -> list[Segment]:
    segments = []
    position = 0
    while position < len(text):
        match = _SEGMENT.match(text, position)
        if match is None:
            raise NotFound("Resource not found.")
        segments.append(Segment(match["name"], match["key"]))
        position = match.end()
    return segments


def read_key(text: str, resource: Resource, *, spaced_guid: bool = False) -> Literal:
    """Return the key of a record, as `guid'…'` or `ID=guid'…'`; raises BadRequest."""
    named = _NAMED_KEY.fullmatch(text)
    if named is not None:
        if named[1] != resource.key:
            raise BadRequest("Bad Request - Error in query syntax.")
        text = named[2]
    return parse_literal(text, spaced_guid=spaced_guid)


def endpoint_of(path: str) -> tuple[int, str]:
    """Return division and endpoint of an address as errors are counted: by endpoint."""
    try:
        address = parse_address(path)
    except NotFound:
        match = _DIVISION.fullmatch(path)
        return int((match and match["division"]) or 0), path.lower()
    return address.division, address.resource.path.lower()
