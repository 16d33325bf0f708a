"""Reads the query options of a request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from werkzeug.datastructures import MultiDict

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.filter import parse_filter, parse_literals
from exact_sandbox.odata.tree import Literal, Node

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
    """The options of one request; `raw` keeps all as sent, for the link to the next page."""

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
    def read(cls, arguments: MultiDict[str, str], *, spaced_guid: bool = False) -> Self:
        """Return the options; raises BadRequest when one is unknown or cannot be read.

        `spaced_guid` accepts `guid '…'` for `guid'…'`.
        """
        raw = _once(arguments)
        query = cls(raw)
        text = raw.get("$filter", "")
        query.filter = parse_filter(text, spaced_guid=spaced_guid) if text.strip() else None
        query.select = _names(raw.get("$select", ""))
        query.expand = _names(raw.get("$expand", ""))
        query.order_by = _order(raw.get("$orderby", ""))
        query.top = _count(raw, "$top")
        query.skip = _count(raw, "$skip") or 0
        query.inline_count = _inline_count(raw.get("$inlinecount", "none"))
        if "$skiptoken" in raw:
            query.skip_token = parse_literals(raw["$skiptoken"], spaced_guid=spaced_guid)
        return query

    def under(self, name: str) -> Query:
        """Return the part of $select and $expand that is about the records under a property."""
        return Query(
            {},
            select=_below(self.select, name),
            expand=_below(self.expand, name),
        )

    def for_one_record(self) -> Query:
        """Return the options that a single record takes; raises BadRequest for the others."""
        if self.raw.keys() & {"$orderby", "$inlinecount", "$skip", "$top"}:
            raise BadRequest(
                "Query options $orderby, $inlinecount, $skip and $top cannot be applied to the "
                "requested resource.",
            )
        if "$filter" in self.raw:
            raise BadRequest("Query option $filter cannot be applied to the requested resource.")
        if "$skiptoken" in self.raw:
            raise BadRequest(
                "Skip tokens can only be provided for requests that return collections of entities.",
            )
        return replace(self)


def _once(arguments: MultiDict[str, str]) -> dict[str, str]:
    raw: dict[str, str] = {}
    for name, value in arguments.items(multi=True):
        if name.startswith("$"):
            if name not in _KNOWN:
                raise BadRequest(
                    f"The query parameter '{name}' begins with a system-reserved '$' character "
                    "but is not recognized.",
                )
            if name in raw:
                raise BadRequest(
                    f"Query parameter '{name}' is specified, but it should be "
                    "specified exactly once.",
                )
        raw[name] = value
    # As in WCF Data Services an option without a value is none; n8n's node sends an empty $filter.
    return {name: value for name, value in raw.items() if value or not name.startswith("$")}


def _below(paths: list[str], name: str) -> list[str]:
    return [path.partition("/")[2] for path in paths if path.startswith(f"{name}/")]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _order(text: str) -> list[tuple[str, bool]]:
    terms: dict[str, bool] = {}
    position = 0
    for term in text.split(","):
        name, *direction = term.split() or [""]
        if name and not _is_path(name):
            # WCF would sort by an expression; Exact's endpoints sort by properties.
            raise BadRequest(f"Syntax error at position {position} in '{text}'.")
        if direction not in ([], ["asc"], ["desc"]):
            raise BadRequest(f"Syntax error at position {position + len(name) + 1} in '{text}'.")
        if name:
            terms.setdefault(name, direction == ["desc"])
        position += len(term) + 1
    return list(terms.items())


def _is_path(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("/"))


def _count(raw: dict[str, str], name: str) -> int | None:
    if name not in raw:
        return None
    text = raw[name].strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise BadRequest(
            f"Incorrect format for {name} argument '{raw[name]}'.",
        )
    return int(text)


def _inline_count(value: str) -> bool:
    if value not in ("none", "allpages"):
        raise BadRequest(
            f"Unknown $inlinecount option, only 'allpages' and 'none' are supported: {value}"
        )
    return value == "allpages"
