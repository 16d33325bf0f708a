"""Reads records for a request: columns, filter, order, page, nested records and envelopes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from exact_sandbox.database import Database
from exact_sandbox.errors import BadRequest, NotFound
from exact_sandbox.odata.filter import Literal
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.restrictions import check_query
from exact_sandbox.odata.sql import Translation
from exact_sandbox.resources import Resource, by_path
from exact_sandbox.switches import Switches
from exact_sandbox.values import CONVERTED_TYPES, from_store, stored_to_json, to_store

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Answers reads on one endpoint in one division; `base` is the address of the division."""

    database: Database
    switches: Switches
    base: str
    division: int
    resource: Resource
    visible_divisions: tuple[int, ...] = ()

    def column(self, name: str) -> tuple[str, str]:
        """Return SQL and Edm type of a property; raises BadRequest for an unknown one."""
        prop = self.resource.properties.get(name)
        if prop is None or prop.nested:
            raise BadRequest(
                f"No property '{name}' exists in type '{self.resource.type_name}' at position 0.",
            )
        expression = self.resource.expressions.get(name)
        if expression is None:
            return f't."{name}"', prop.type
        return (expression if isinstance(expression, str) else expression(self.switches)), prop.type

    def collection(self, query: Query, under: tuple[str, str] | None = None) -> Json:
        """Return the envelope of a page; `under` limits it to a parent's (column, key)."""
        check_query(self.resource, query, nested=under is not None)
        condition, parameters = self._condition(query, under)
        page_size = self.resource.page_size
        wanted = page_size if query.top is None else min(query.top, page_size)
        after, after_parameters = self._after(query)
        rows = self._rows(
            query,
            f"{condition} AND {after}",
            [*parameters, *after_parameters],
            limit=wanted + 1,
            skip=0 if self.resource.page_size == 1000 else query.skip,
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
            body["__next"] = self._next_link(query, rows[-1], under)
        return {"d": body}

    def count(self, query: Query) -> int:
        """Return the number of records for `/$count`."""
        check_query(self.resource, query, nested=True)
        condition, parameters = self._condition(query, None)
        return self._count(condition, parameters)

    def single(self, key: Literal, query: Query) -> Json:
        """Return one record by its key; raises NotFound."""
        return self._records([self._row(key, query)], query)[0]

    def exists(self, key: Literal) -> None:
        """Raise NotFound unless the record exists."""
        self._row(key, Query({}))

    def _row(self, key: Literal, query: Query) -> dict[str, Any]:
        column, edm_type = self.column(self.resource.key)
        if key.type != edm_type and not (edm_type.startswith("Int") and key.type.startswith("Int")):
            raise BadRequest("Bad Request - Error in query syntax.")
        condition, parameters = self._scope()
        rows = self._rows(
            query,
            f"{condition} AND {column} = ?",
            [*parameters, to_store(edm_type, key.value)],
            limit=1,
        )
        if not rows:
            raise NotFound("Resource not found.")
        return rows[0]

    # SQL.

    def _scope(self) -> tuple[str, list[object]]:
        resource = self.resource
        parts = [resource.where] if resource.where else []
        parameters: list[object] = []
        if resource.table == "divisions":
            parts.append(f't."Code" IN ({", ".join("?" * len(self.visible_divisions))})')
            parameters.extend(self.visible_divisions)
        elif not resource.everywhere:
            parts.append('t."Division" = ?')
            parameters.append(self.division)
        if resource.kept_days is not None:
            parts.append('t."DeletedDate" > ?')
            oldest = self.database.clock.naive_now() - timedelta(days=resource.kept_days)
            parameters.append(to_store("DateTime", oldest))
        return " AND ".join(parts) or "1", parameters

    def _condition(self, query: Query, under: tuple[str, str] | None) -> tuple[str, list[object]]:
        condition, parameters = self._scope()
        if under is not None:
            condition += f' AND t."{under[0]}" = ?'
            parameters.append(under[1])
        if query.filter is not None:
            translation = Translation(self.column)
            condition += f" AND {translation.condition(query.filter)}"
            parameters.extend(translation.parameters)
        return condition, parameters

    def _order(self, query: Query) -> list[tuple[str, bool]]:
        """Return the properties a page is ordered by, the key last so that no two rows tie."""
        order = [term for term in query.order_by if term[0] != self.resource.key]
        descending = dict(query.order_by).get(self.resource.key, False)
        if self.resource.key in dict(query.order_by):
            order = query.order_by[: [name for name, _ in query.order_by].index(self.resource.key)]
        return [*order, (self.resource.key, descending)]

    def _after(self, query: Query) -> tuple[str, list[object]]:
        """Return the condition for rows after the skip token."""
        if query.skip_token is None:
            return "1", []
        order = self._order(query)
        if len(order) != len(query.skip_token):
            raise BadRequest("Bad Request - Error in $skiptoken.")
        alternatives: list[str] = []
        parameters: list[object] = []
        for position, (name, descending) in enumerate(order):
            parts = []
            for earlier, token in zip(order[:position], query.skip_token, strict=False):
                column, edm_type = self.column(earlier[0])
                parts.append(f"{column} IS ?")
                parameters.append(to_store(edm_type, token.value))
            column, edm_type = self.column(name)
            value = to_store(edm_type, query.skip_token[position].value)
            if value is None:
                parts.append("0" if descending else f"{column} IS NOT NULL")
            else:
                parts.append(
                    f"({column} < ? OR {column} IS NULL)" if descending else f"{column} > ?"
                )
                parameters.append(value)
            alternatives.append("(" + " AND ".join(parts) + ")")
        return "(" + " OR ".join(alternatives) + ")", parameters

    def _shown(self, query: Query) -> list[str]:
        """Return the names of the values a record shows."""
        nested = {name.partition("/")[0] for name in query.select if "/" in name}
        chosen = [name for name in query.select if "/" not in name]
        for name in [*chosen, *nested]:
            if name != "*" and name not in self.resource.properties:
                raise BadRequest(
                    f"Could not find a property named '{name}' on type "
                    f"'{self.resource.type_name}'.",
                )
        values = [name for name, prop in self.resource.properties.items() if not prop.nested]
        if query.select and "*" not in query.select:
            return [name for name in values if name in chosen]
        return values

    def _rows(
        self,
        query: Query,
        condition: str,
        parameters: list[object],
        *,
        limit: int,
        skip: int = 0,
    ) -> list[dict[str, Any]]:
        order = self._order(query)
        names = {*self._shown(query), self.resource.key, *(name for name, _ in order)}
        columns = ", ".join(f'{self.column(name)[0]} AS "{name}"' for name in sorted(names))
        ordering = ", ".join(
            self.column(name)[0] + (" DESC" if descending else "") for name, descending in order
        )
        rows = self.database.execute(
            f'SELECT {columns} FROM "{self.resource.table}" t '  # noqa: S608 - names of the catalogue
            f"WHERE {condition} ORDER BY {ordering} LIMIT ? OFFSET ?",
            [*parameters, limit, skip],
        )
        return [dict(row) for row in rows]

    def _count(self, condition: str, parameters: list[object]) -> int:
        rows = self.database.execute(
            f'SELECT count(*) FROM "{self.resource.table}" t WHERE {condition}',  # noqa: S608
            parameters,
        )
        return int(rows[0][0])

    # JSON.

    def _records(self, rows: list[dict[str, Any]], query: Query) -> list[Json]:
        """Return records as Exact writes them."""
        shown = self._shown(query)
        types = [(name, self.resource.properties[name].type) for name in shown]
        converted = [(name, edm_type) for name, edm_type in types if edm_type in CONVERTED_TYPES]
        return [self._record(row, query, shown, converted) for row in rows]

    def _record(
        self,
        row: dict[str, Any],
        query: Query,
        shown: list[str],
        converted: list[tuple[str, str]],
    ) -> Json:
        resource = self.resource
        uri = self.uri(row[resource.key])
        record: Json = {"__metadata": {"uri": uri, "type": resource.type_name}}
        record |= {name: row[name] for name in shown}
        for name, edm_type in converted:
            if row[name] is not None:
                record[name] = stored_to_json(edm_type, row[name])
        for name in resource.addresses:
            if record.get(name) is not None:
                record[name] = self.base.partition("/api/")[0] + record[name]
        everything = not query.select or "*" in query.select
        for name, navigation in resource.navigations.items():
            nested = [
                item.partition("/")[2] for item in query.select if item.startswith(f"{name}/")
            ]
            if not (everything or name in query.select or nested):
                continue
            if name not in query.expand:
                record[name] = {"__deferred": {"uri": f"{uri}/{name}"}}
            elif navigation.path is None:
                record[name] = {"results": []}
            else:
                record[name] = {"results": self._nested(name, row[resource.key], nested)}
        return record

    def _nested(self, name: str, key: str, select: list[str]) -> list[Json]:
        child, column = self.child(name)
        rows = child._rows(  # noqa: SLF001 - another reader of the same class
            Query({}, order_by=child.nested_order()),
            f't."{column}" = ? AND t."Division" = ?',
            [key, self.division],
            limit=10_000,
        )
        return child._records(rows, Query({}, select=select))  # noqa: SLF001 - as above

    def nested_order(self) -> list[tuple[str, bool]]:
        """Return the natural order of records shown inside their parent."""
        return [("LineNumber", False)] if "LineNumber" in self.resource.properties else []

    def child(self, name: str) -> tuple[Reader, str]:
        """Return the reader of a nested collection and the column that points to the parent."""
        navigation = self.resource.navigations.get(name)
        if navigation is None or navigation.path is None:
            raise NotFound(f"Resource not found for the segment '{name}'.")
        child = Reader(
            self.database,
            self.switches,
            self.base,
            self.division,
            by_path()[navigation.path.lower()],
        )
        return child, navigation.column

    def uri(self, key: object) -> str:
        """Return the address of a record."""
        return f"{self.base}/{self.resource.path}({self._literal(self.resource.key, key)})"

    def _literal(self, name: str, stored: object) -> str:
        if stored is None:
            return "null"
        edm_type = self.resource.properties[name].type
        if edm_type == "Guid":
            return f"guid'{stored}'"
        if edm_type == "String":
            return "'" + str(stored).replace("'", "''") + "'"
        if edm_type == "Int64":
            return f"{stored}L"
        if edm_type == "DateTime":
            return "datetime'" + _iso(int(str(stored))) + "'"
        if edm_type == "Double":
            return f"{stored_to_json(edm_type, int(str(stored)))}d"
        return {"True": "true", "False": "false"}.get(str(stored), str(stored))

    def _next_link(self, query: Query, last: dict[str, Any], under: tuple[str, str] | None) -> str:
        options = {
            name: value
            for name, value in query.raw.items()
            if name not in ("$skiptoken", "$top", "$skip")
        }
        if query.top is not None:
            options["$top"] = str(query.top - self.resource.page_size)
        options["$skiptoken"] = ",".join(
            self._literal(name, last[name]) for name, _ in self._order(query)
        )
        path = f"{self.base}/{self.resource.path}"
        if under is not None:
            # A page of lines under one entry is read on by their own endpoint.
            options["$filter"] = f"{under[0]} eq guid'{under[1]}'"
        link = urlencode(options, quote_via=quote, safe="$,'()")
        return f"{path}?{link}"


def _iso(milliseconds: int) -> str:
    return str(from_store("DateTime", milliseconds).isoformat())
