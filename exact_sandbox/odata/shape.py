"""Which properties a record shows, and how Exact writes it in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.query import Query
from exact_sandbox.resources import Resource
from exact_sandbox.values import JSON_WRITERS

Json = dict[str, Any]


class Shape:
    """What `$select` and `$expand` make of the records of an endpoint."""

    def __init__(self, resource: Resource, query: Query) -> None:
        self.resource = resource
        self.select = query.select
        self.expand = query.expand

    @cached_property
    def shown(self) -> list[str]:
        """Return the names of the values a record shows; raises BadRequest for unknown ones."""
        properties = self.resource.properties
        chosen = set()
        for path in self.select:
            name, _, below = path.partition("/")
            if name != "*" and name not in properties:
                raise _not_found(name, self.resource.type_name)
            if below and not (name in properties and properties[name].nested):
                raise _not_found(below, self.resource.type_name)
            chosen.add(name)
        return [
            name
            for name, prop in properties.items()
            if not prop.nested and (self.shows_all or name in chosen)
        ]

    @property
    def shows_all(self) -> bool:
        """Whether every property is shown."""
        return not self.select or "*" in self.select

    @cached_property
    def expanded(self) -> list[str]:
        """Return the nested collections shown in full; raises BadRequest for unknown ones."""
        names = []
        for path in self.expand:
            name = path.partition("/")[0]
            prop = self.resource.properties.get(name)
            if prop is None:
                raise _not_found(name, self.resource.type_name)
            if not prop.nested or name not in self.resource.navigations:
                raise BadRequest(
                    "Only navigation properties can be specified in the $expand option. The "
                    f"property '{name}' on type '{self.resource.type_name}' is not one.",
                )
            names.append(name)
        return list(dict.fromkeys(names))

    def shows_nested(self, name: str) -> bool:
        """Whether a nested collection is shown, in full or as a link."""
        return self.shows_all or any(path.partition("/")[0] == name for path in self.select)

    @cached_property
    def _writers(self) -> list[tuple[str, Callable[[Any], Any]]]:
        types = [(name, self.resource.properties[name].type) for name in self.shown]
        return [
            (name, JSON_WRITERS[edm_type]) for name, edm_type in types if edm_type in JSON_WRITERS
        ]

    @cached_property
    def _type_name(self) -> str:
        return self.resource.type_name

    @cached_property
    def _links(self) -> list[str]:
        return [name for name in self.resource.navigations if self.shows_nested(name)]

    def record(self, row: Mapping[str, Any], uri: str, nested: Mapping[str, list[Json]]) -> Json:
        """Return one record: its address and type, its values, its nested records or their links."""
        record: Json = {"__metadata": {"uri": uri, "type": self._type_name}}
        for name in self.shown:
            record[name] = row[name]
        for name, write in self._writers:
            if row[name] is not None:
                record[name] = write(row[name])
        for name in self.resource.addresses:
            if record.get(name) is not None:
                record[name] = uri.partition("/api/")[0] + record[name]
        for name in self._links:
            if name in nested:
                record[name] = {"results": nested[name]}
            else:
                record[name] = {"__deferred": {"uri": f"{uri}/{name}"}}
        return record


def nested_properties(resource: Resource, name: str, below: Query) -> None:
    """Check what is asked of nested records that the sandbox never has; raises BadRequest."""
    if below.expand:
        raise _not_found(below.expand[0], resource.properties[name].type)


def _not_found(name: str, type_name: str) -> BadRequest:
    return BadRequest(f"Could not find a property named '{name}' on type '{type_name}'.")
