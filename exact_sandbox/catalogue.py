"""What each endpoint knows: its properties, verbs and scope, read from `catalogue.json`.

A property is written there as its Edm type and flags: `k` key, `m` mandatory on POST, `p` may be
set on POST, `u` may be changed on PUT. The list follows Exact's reference,
https://start.exactonline.nl/docs/HlpRestAPIResources.aspx
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

EDM_TYPES = frozenset(
    [
        "Binary",
        "Boolean",
        "Byte",
        "DateTime",
        "Double",
        "Guid",
        "Int16",
        "Int32",
        "Int64",
        "String",
    ],
)


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an endpoint; `type` is an Edm type without its prefix, or a nested one."""

    name: str
    type: str
    key: bool = False
    mandatory: bool = False
    post: bool = False
    put: bool = False

    @property
    def nested(self) -> bool:
        """Whether the property holds other records instead of a value."""
        return self.type not in EDM_TYPES


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint as Exact's reference lists it."""

    path: str
    methods: tuple[str, ...]
    scope: str | None
    properties: dict[str, Property]


def _property(name: str, text: str) -> Property:
    type_name, _, flags = text.partition(" ")
    return Property(
        name,
        type_name,
        key="k" in flags,
        mandatory="m" in flags,
        post="p" in flags,
        put="u" in flags,
    )


@cache
def endpoints() -> dict[str, Endpoint]:
    """Return every endpoint of the catalogue by its path."""
    raw = json.loads((Path(__file__).parent / "catalogue.json").read_text("utf-8"))
    return {
        path: Endpoint(
            path,
            tuple(entry["methods"]),
            entry["scope"] if entry["scope"] not in ("-", "None") else None,
            {name: _property(name, text) for name, text in entry["properties"].items()},
        )
        for path, entry in raw.items()
    }
