"""Answers GET: lists, records by key, nested records, single properties, counts and links."""

from __future__ import annotations

from dataclasses import dataclass, replace

from werkzeug import Response

from exact_sandbox.address import Segment, read_key
from exact_sandbox.answers import Answers, plain
from exact_sandbox.errors import BadRequest, NotFound
from exact_sandbox.odata.atom import value_text
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.reader import Json, Reader, Under
from exact_sandbox.odata.tree import Literal
from exact_sandbox.resources.resource import COMPUTED
from exact_sandbox.sync_timestamp import sync_timestamp_page


@dataclass(frozen=True, slots=True)
class Reading:
    """A read under way: on which endpoint, below which record, and how it is written."""

    reader: Reader
    query: Query
    answers: Answers
    spaced_guid: bool = False
    under: Under | None = None

    def answer(self, key: str | None, rest: tuple[Segment, ...]) -> Response:
        """Return what an address names; raises NotFound and BadRequest."""
        if key is None or self.reader.resource.table == COMPUTED:
            return self._list(rest)
        literal = read_key(key, self.reader.resource, spaced_guid=self.spaced_guid)
        if not rest:
            record = self.reader.single(literal, self.query.for_one_record(), self.under)
            return self.answers.record(record)
        return self._below(literal, rest)

    def _list(self, rest: tuple[Segment, ...]) -> Response:
        resource = self.reader.resource
        if resource.table == COMPUTED and not rest:
            page = sync_timestamp_page(self.reader, self.query)
            return self.answers.collection(page, self.reader.address)
        if resource.table == COMPUTED:
            raise NotFound(f"Resource not found for the segment '{rest[0].name}'.")
        if not rest:
            address = self.under.address if self.under else self.reader.address
            return self.answers.collection(self._page(), address)
        if rest == (Segment("$count"),):
            return plain(str(self.reader.count(self.query, self.under)))
        if rest[0].name in resource.properties or rest[0].name.startswith("$"):
            name = resource.path.rpartition("/")[2]
            raise BadRequest(
                f"The request URI is not valid. Since the segment '{name}' refers to a collection, "
                "this must be the last segment in the request URI. All intermediate segments must "
                "refer to a single resource.",
            )
        raise NotFound(f"Resource not found for the segment '{rest[0].name}'.")

    def _page(self) -> Json:
        query = self.query
        if self.under is not None and not query.order_by:
            query = replace(query, order_by=self.reader.nested_order())
        return self.reader.collection(query, self.under)

    def _below(self, key: Literal, rest: tuple[Segment, ...]) -> Response:
        """Return what stands after a record: nested records, a property or links."""
        first, *others = rest
        prop = self.reader.resource.properties.get(first.name)
        if first.name == "$links" and len(others) == 1:
            return self._links(key, others[0].name)
        if prop is None or (not prop.nested and first.key is not None):
            raise NotFound(f"Resource not found for the segment '{first.name}'.")
        if prop.nested:
            return self._nested(key, first, tuple(others))
        record = self.reader.single(
            key, Query({}, select=[first.name]) if self._is_bare() else self.query, self.under
        )
        value = record[first.name]
        if not others:
            return self.answers.property(first.name, value)
        if others != [Segment("$value")] or value is None:
            raise NotFound(f"Resource not found for the segment '{others[0].name}'.")
        return plain(value_text(prop.type, value))

    def _is_bare(self) -> bool:
        """Whether no option was sent that a single property does not take; raises BadRequest."""
        self.query.for_one_record()
        if self.query.select or self.query.expand:
            raise BadRequest(
                "Query options $expand and $select cannot be applied to the requested resource."
            )
        return True

    def _nested(self, key: Literal, segment: Segment, rest: tuple[Segment, ...]) -> Response:
        self.reader.exists(key)
        navigation = self.reader.resource.navigations.get(segment.name)
        address = f"{self.reader.uri(key.value)}/{segment.name}"
        if navigation is not None and navigation.path is None:
            if rest or segment.key:
                raise NotFound(f"Resource not found for the segment '{segment.name}'.")
            return self.answers.collection({"d": {"results": []}}, address)
        child, column = self.reader.child(segment.name)
        below = replace(
            self,
            reader=child,
            answers=replace(self.answers, resource=child.resource),
            under=Under(column, str(key.value), address),
        )
        return below.answer(segment.key, rest)

    def _links(self, key: Literal, name: str) -> Response:
        self.query.for_one_record()
        record = self.reader.single(
            key, Query({}, select=[self.reader.resource.key, name], expand=[name]), self.under
        )
        links = [{"uri": row["__metadata"]["uri"]} for row in record[name]["results"]]
        return self.answers.links({"d": {"results": links}})
