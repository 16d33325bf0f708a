"""Where a page begins and where the next one does: order, skip tokens, links.

A skip token holds the values of the last row of a page, as WCF Data Services writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.literals import stored, written
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.tree import Literal

Order = list[tuple[str, bool]]  # property, descending
Column = Callable[[str], tuple[str, str]]  # property → SQL and Edm type


def full_order(order_by: Order, key: str) -> Order:
    """Return the properties a page is ordered by, the key last so that no two rows tie."""
    order: Order = []
    for name, descending in order_by:
        order.append((name, descending))
        if name == key:
            return order
    return [*order, (key, False)]


def rows_after(
    token: list[Literal] | None, order: Order, column: Column
) -> tuple[str, list[object]]:
    """Return the condition and parameters for rows after a skip token; raises BadRequest."""
    if token is None:
        return "1", []
    if len(order) != len(token):
        raise BadRequest("Bad Request - Error in query syntax.")
    values = [
        stored(column(name)[1], literal) for (name, _), literal in zip(order, token, strict=True)
    ]
    alternatives: list[str] = []
    parameters: list[object] = []
    for position, (name, descending) in enumerate(order):
        parts = [f"{column(earlier)[0]} IS ?" for earlier, _ in order[:position]]
        parameters += values[:position]
        sql, _ = column(name)
        if values[position] is None:
            parts.append("0" if descending else f"{sql} IS NOT NULL")
        else:
            parts.append(f"({sql} < ? OR {sql} IS NULL)" if descending else f"{sql} > ?")
            parameters.append(values[position])
        alternatives.append("(" + " AND ".join(parts) + ")")
    return "(" + " OR ".join(alternatives) + ")", parameters


def next_link(
    address: str,
    query: Query,
    order: Order,
    last: Mapping[str, object],
    types: Callable[[str], str],
    page_size: int,
) -> str:
    """Return the address of the page after a row; the client's other options stay."""
    options = {
        name: value
        for name, value in query.raw.items()
        if name not in ("$skiptoken", "$top", "$skip")
    }
    if query.top is not None:
        options["$top"] = str(query.top - page_size)
    options["$skiptoken"] = ",".join(written(types(name), last[name]) for name, _ in order)
    link = urlencode(options, quote_via=quote, safe="$,'()")
    return f"{address}?{link}"
