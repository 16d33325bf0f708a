"""What an endpoint refuses to be asked: open queries, filters on sync and bulk endpoints."""

from __future__ import annotations

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.filter import Call, Comparison, Literal, Logical, Name, Negation, Node
from exact_sandbox.odata.query import Query
from exact_sandbox.resources import Resource

OPEN_QUERY_TEXT = "Please add a $select or a $top=1 statement to the query string."


def check_query(resource: Resource, query: Query, *, nested: bool) -> None:
    """Raise BadRequest when the endpoint refuses the query as it stands."""
    if resource.needs_select and not nested:
        if "*" in query.select:
            raise BadRequest("The $select=* statement is not supported.")
        if not query.select and query.top != 1:
            raise BadRequest(OPEN_QUERY_TEXT)
    if resource.sync:
        allowed = {"Timestamp", "EntityType"} if resource.path == "sync/Deleted" else {"Timestamp"}
        if query.filter is not None and not _only_timestamp(query.filter, allowed):
            raise BadRequest(
                "Bad Request - Filtering is only allowed on Timestamp with operator gt.",
            )
        if query.order_by:
            raise BadRequest("Bad Request - $orderby is not supported on this endpoint.")
    if resource.filterable is not None and query.filter is not None:
        for name in _names(query.filter):
            if name in resource.properties and name not in resource.filterable:
                raise BadRequest(f"Bad Request - Filtering on {name} is not supported.")


def _names(node: Node) -> list[str]:
    match node:
        case Name(name):
            return [name]
        case Call(_, arguments) | Logical(_, arguments):
            return [name for argument in arguments for name in _names(argument)]
        case Comparison(_, left, right):
            return _names(left) + _names(right)
        case Negation(operand):
            return _names(operand)
    return []


def _only_timestamp(node: Node, allowed: set[str]) -> bool:
    """Whether the filter is `Timestamp gt N`, with `EntityType eq N` where that is allowed."""
    if isinstance(node, Logical) and node.operator == "and":
        return all(_only_timestamp(part, allowed) for part in node.parts)
    if not isinstance(node, Comparison) or not isinstance(node.left, Name):
        return False
    wanted = {"Timestamp": "gt", "EntityType": "eq"}.get(node.left.name)
    return (
        node.left.name in allowed
        and node.operator == wanted
        and isinstance(node.right, Literal)
        and node.right.type in ("Int32", "Int64")
    )
