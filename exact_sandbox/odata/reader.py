"""Reads records for a request: filter, order, page, nested records and envelopes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from exact_sandbox.database import Database
from exact_sandbox.errors import BadRequest, NotFound
from exact_sandbox.odata import paging
from exact_sandbox.odata.filter import recursion_limit
from exact_sandbox.odata.literals import stored, written
from exact_sandbox.odata.planning import Source, page_sql, planned, table_of
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.restrictions import check_filter, check_query
from exact_sandbox.odata.shape import Shape, nested_properties
from exact_sandbox.odata.sql import condition as sql_condition
from exact_sandbox.odata.tree import Literal
from exact_sandbox.odata.viewer import Viewer
from exact_sandbox.resources import Resource, by_path
from exact_sandbox.resources.resource import BULK_PAGE
from exact_sandbox.switches import Switches
from exact_sandbox.values import to_store

Json = dict[str, Any]
Row = dict[str, Any]
_PARENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Under:
    """The record whose nested records are read: their column that holds its key, and the address."""

    column: str
    key: str
    address: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Answers reads on one endpoint in one division; `base` is the address of the division."""

    database: Database
    switches: Switches
    base: str
    resource: Resource
    viewer: Viewer

    @property
    def address(self) -> str:
        """Return the address of the endpoint."""
        return f"{self.base}/{self.resource.path}"

    def column(self, name: str, position: int = 0) -> tuple[str, str]:
        """Return SQL and Edm type of a property; raises BadRequest for an unknown one."""
        prop = self.resource.properties.get(name)
        if prop is None or prop.nested:
            raise _no_such_property(self.resource, name, position)
        expression = self.resource.expressions.get(name)
        if expression is None:
            return self.viewer.column(name), prop.type
        sql = expression if isinstance(expression, str) else expression(self.switches)
        return self.viewer.fill(sql), prop.type

    def _plain_column(self, name: str) -> tuple[str, str]:
        return self.column(name)

    # What a request asks for.

    def collection(self, query: Query, under: Under | None = None) -> Json:
        """Return the envelope of a page; `under` limits it to the records of a parent."""
        if under is None:
            check_query(self.resource, query, self.switches)
        condition, parameters = self._condition(query, under)
        page_size = self.resource.page_size
        wanted = page_size if query.top is None else min(query.top, page_size)
        order = paging.full_order(query.order_by, self.resource.key)
        source = Source(condition, parameters, sort_first=bool(query.order_by))
        if query.filter is not None and not self.resource.sync:
            source = planned(self.resource, source, self._run, ordered=bool(query.order_by))
        after, after_parameters = paging.rows_after(query.skip_token, order, self._plain_column)
        rows = self._rows(
            query,
            replace(
                source,
                condition=f"{source.condition} AND {after}",
                parameters=[*source.parameters, *after_parameters],
            ),
            limit=wanted + 1,
            skip=0 if page_size == BULK_PAGE else query.skip,
        )
        more = len(rows) > wanted and (query.top is None or query.top > wanted)
        rows = rows[:wanted]
        results = self._records(rows, query)
        count = query.inline_count and not (
            query.top is not None and self.switches["top_ignores_inlinecount"]
        )
        bare = query.top is not None and query.top <= page_size and query.skip_token is None
        if bare and not count:
            return {"d": results}
        body: Json = {"results": results}
        if count:
            body = {"__count": str(self._count(condition, parameters)), **body}
        if more and rows:
            address = under.address if under else self.address
            body["__next"] = paging.next_link(
                address, query, order, rows[-1], self._type, page_size
            )
        return {"d": body}

    def count(self, query: Query, under: Under | None = None) -> int:
        """Return the number of records for `/$count`; raises BadRequest."""
        if query.inline_count:
            raise BadRequest("$inlinecount cannot be applied to the resource segment $count.")
        condition, parameters = self._condition(query, under)
        return self._count(condition, parameters)

    def single(self, key: Literal, query: Query, under: Under | None = None) -> Json:
        """Return one record by its key; raises NotFound."""
        return self._records([self._row(key, query, under)], query)[0]

    def uri(self, key: object) -> str:
        """Return the address of a record."""
        return f"{self.address}({written(self._type(self.resource.key), key)})"

    def exists(self, key: Literal) -> None:
        """Raise NotFound unless the record exists."""
        self._row(key, Query({}, select=[self.resource.key]), None)

    def child(self, name: str) -> tuple[Reader, str]:
        """Return the reader of a nested collection and the column that points to the parent."""
        navigation = self.resource.navigations.get(name)
        if navigation is None or navigation.path is None:
            raise NotFound(f"Resource not found for the segment '{name}'.")
        child = Reader(
            self.database,
            self.switches,
            self.base,
            by_path()[navigation.path.lower()],
            self.viewer,
        )
        return child, navigation.column

    def nested_order(self) -> list[tuple[str, bool]]:
        """Return the natural order of records shown inside their parent."""
        return [("LineNumber", False)] if "LineNumber" in self.resource.properties else []

    # SQL.

    def _type(self, name: str) -> str:
        return self.resource.properties[name].type

    def _filter_column(self, path: str, position: int) -> tuple[str, str]:
        """Return SQL and Edm type of a property in a filter; raises BadRequest for a path."""
        name, _, below = path.partition("/")
        if not below:
            return self.column(name, position)
        if name in self.resource.navigations:
            raise BadRequest(
                f"The parent value for a property access of a property '{below}' is not a single "
                "value. Property access can only be applied to a single value.",
            )
        _, edm_type = self.column(name, position)
        raise BadRequest(
            f"No property '{below}' exists in type 'System.{edm_type}' at position {position}."
        )

    def _row(self, key: Literal, query: Query, under: Under | None) -> Row:
        column, edm_type = self.column(self.resource.key)
        condition, parameters = self._scope(under)
        value = stored(edm_type, key)
        if value is None:
            raise BadRequest("Bad Request - Error in query syntax.")
        source = Source(f"{condition} AND {column} = ?", [*parameters, value])
        rows = self._rows(query, source, limit=1)
        if not rows:
            raise NotFound("Resource not found.")
        return rows[0]

    def _scope(self, under: Under | None = None) -> tuple[str, list[object]]:
        resource = self.resource
        where = resource.where
        condition = where if isinstance(where, str) else where(self.switches)
        parts = [self.viewer.fill(condition)] if condition else []
        parameters: list[object] = []
        if not resource.everywhere:
            parts.append('t."Division" = ?')
            parameters.append(self.viewer.division)
        if resource.kept_days is not None:
            parts.append('t."DeletedDate" > ?')
            oldest = self.database.clock.naive_now() - timedelta(days=resource.kept_days)
            parameters.append(to_store("DateTime", oldest))
        if under is not None:
            parts.append(f't."{under.column}" = ?')
            parameters.append(under.key)
        return " AND ".join(parts) or "1", parameters

    def _condition(self, query: Query, under: Under | None) -> tuple[str, list[object]]:
        condition, parameters = self._scope(under)
        if query.filter is not None:
            check_filter(self.resource, query.filter)
            piece = sql_condition(query.filter, self._filter_column)
            condition += f" AND {piece.sql}"
            parameters.extend(piece.parameters)
        return condition, parameters

    def _rows(
        self,
        query: Query,
        source: Source,
        *,
        limit: int,
        skip: int = 0,
        also: str | None = None,
    ) -> list[Row]:
        """Return rows with what the query shows, the key, what they are ordered by, and `also`."""
        order = paging.full_order(query.order_by, self.resource.key)
        shown = Shape(self.resource, query).shown
        names = {*shown, self.resource.key, *(name for name, _ in order)}
        columns = [f'{self.column(name)[0]} AS "{name}"' for name in sorted(names)]
        if also:
            columns.append(f't."{also}" AS "parent key"')
        ordering = ", ".join(
            self.column(name)[0] + (" DESC" if descending else "") for name, descending in order
        )
        sql = page_sql(self.resource, source, ", ".join(columns), ordering)
        return self._run(sql, [*source.parameters, limit, skip])

    def _count(self, condition: str, parameters: list[object]) -> int:
        sql = f"SELECT count(*) AS number FROM {table_of(self.resource)} WHERE {condition}"  # noqa: S608 - names of the catalogue
        return int(self._run(sql, parameters)[0]["number"])

    def _run(self, sql: str, parameters: list[object]) -> list[Row]:
        try:
            rows = self.database.execute(sql, parameters)
            names = rows[0].keys() if rows else []
            return [dict(zip(names, row, strict=True)) for row in rows]  # quicker than dict(row)
        except (sqlite3.OperationalError, sqlite3.DataError) as error:
            # SQLite gives up on what is nested too deeply or grows too large.
            if any(word in str(error) for word in ("too large", "too big", "overflow", "too many")):
                raise recursion_limit() from error
            raise

    # JSON.

    def _records(self, rows: list[Row], query: Query) -> list[Json]:
        """Return records as Exact writes them, nested ones among them."""
        shape = Shape(self.resource, query)
        key = self.resource.key
        nested = {
            name: self._nested(name, [row[key] for row in rows], query)
            for name in shape.expanded
            if shape.shows_nested(name)
        }
        address, key_type = self.address, self._type(key)
        return [
            shape.record(
                row,
                f"{address}({written(key_type, row[key])})",
                {name: found.get(row[key], []) for name, found in nested.items()},
            )
            for row in rows
        ]

    def _nested(self, name: str, keys: list[Any], query: Query) -> dict[Any, list[Json]]:
        """Return the nested records of several parents, by the parent's key."""
        found: dict[Any, list[Json]] = {}
        below = query.under(name)
        if self.resource.navigations[name].path is None:
            nested_properties(self.resource, name, below)
            return found
        child, column = self.child(name)
        below.order_by = child.nested_order()
        scope, parameters = child._scope()  # noqa: SLF001 - another reader of the same class
        for start in range(0, len(keys), _PARENTS_AT_ONCE):
            some = keys[start : start + _PARENTS_AT_ONCE]
            rows = child._rows(  # noqa: SLF001 - as above
                below,
                Source(
                    f't."{column}" IN ({", ".join("?" * len(some))}) AND {scope}',
                    [*some, *parameters],
                ),
                limit=-1,
                also=column,
            )
            records = child._records(rows, below)  # noqa: SLF001 - as above
            for row, record in zip(rows, records, strict=True):
                found.setdefault(row["parent key"], []).append(record)
        return found


def _no_such_property(resource: Resource, name: str, position: int) -> BadRequest:
    return BadRequest(
        f"No property '{name}' exists in type '{resource.type_name}' at position {position}.",
    )
