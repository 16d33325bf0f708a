"""Reads the query options of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from werkzeug.datastructures import MultiDict

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.filter import Literal, Node, parse_filter, parse_literal

_KNOWN = frozenset(
    [
        "$filter",
        "$select",
        "$orderby",
        "$top",
        "$skip",
        "$skiptoken",
        "$expand",
        "$inlinecount",
        "$format",
    ],
)


@dataclass(slots=True)
class Query:
    """The options of one request; `raw` keeps them as sent, for the link to the next page."""

    raw: dict[str, str]
    filter: Node | None = None
    select: list[str] = field(default_factory=list)
    expand: list[str] = field(default_factory=list)
    order_by: list[tuple[str, bool]] = field(default_factory=list)  # property, descending
    top: int | None = None
    skip: int = 0
    skip_token: list[Literal] | None = None
    inline_count: bool = False

    @classmethod
    def read(cls, arguments: MultiDict[str, str]) -> Self:
        """Return the options; raises BadRequest when one is unknown or cannot be read."""
        raw = {}
        for name, value in arguments.items(multi=True):
            if not name.startswith("$"):
                continue
            if name not in _KNOWN:
                raise BadRequest(
                    f"The query parameter '{name}' begins with a system-reserved '$' character "
                    "but is not recognized.",
                )
            if name in raw:
                raise BadRequest(
                    f"Query parameter '{name}' is specified, but it should be "
                    "specified exactly once."
                )
            raw[name] = value
        query = cls(raw)
        query.filter = parse_filter(raw["$filter"]) if raw.get("$filter", "").strip() else None
        query.select = _names(raw.get("$select", ""))
        query.expand = _names(raw.get("$expand", ""))
        query.order_by = _order(raw.get("$orderby", ""))
        query.top = _count(raw, "$top")
        query.skip = _count(raw, "$skip") or 0
        query.inline_count = _inline_count(raw.get("$inlinecount", "none"))
        if "$skiptoken" in raw:
            query.skip_token = _skip_token(raw["$skiptoken"])
        return query


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _order(text: str) -> list[tuple[str, bool]]:
    terms = []
    for term in _names(text):
        name, _, direction = term.partition(" ")
        if direction.strip() not in ("", "asc", "desc"):
            raise BadRequest("Bad Request - Error in query syntax in $orderby.")
        terms.append((name, direction.strip() == "desc"))
    return terms


def _count(raw: dict[str, str], name: str) -> int | None:
    if name not in raw:
        return None
    if not raw[name].isascii() or not raw[name].isdecimal() or len(raw[name]) > 9:
        raise BadRequest(
            f"Incorrect format for {name} argument '{raw[name]}'.",
        )
    return int(raw[name])


def _inline_count(value: str) -> bool:
    if value not in ("none", "allpages"):
        raise BadRequest(
            f"Unknown $inlinecount option, only 'allpages' and 'none' are supported: {value}"
        )
    return value == "allpages"


def _skip_token(text: str) -> list[Literal]:
    """Split at commas outside quotes; each part is a literal."""
    parts = [""]
    quoted = False
    for character in text:
        quoted ^= character == "'"
        if character == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [parse_literal(part) for part in parts]
