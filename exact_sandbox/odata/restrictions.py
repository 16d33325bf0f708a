"""What an endpoint refuses to be asked: open queries, filters on sync and bulk endpoints."""

from __future__ import annotations

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.query import Query
from exact_sandbox.odata.tree import Comparison, Literal, Logical, Name, Node, names_in
from exact_sandbox.resources import RESOURCES, Resource
from exact_sandbox.switches import Switches

OPEN_QUERY_TEXT = "Please add a $select or a $top=1 statement to the query string."
FILTER_TEXT = "Please add a $filter statement to the query string."
# Clients met OPEN_QUERY_TEXT on entries with lines and other wide lists (purchase entries, general
# journal entries, goods deliveries); whether on these too is unsure: switch `open_query_refused`.
WIDE = frozenset(
    [
        "cashflow/Receivables",
        "financialtransaction/BankEntries",
        "financialtransaction/CashEntries",
        "financialtransaction/TransactionLines",
        "salesentry/SalesEntries",
        "salesinvoice/SalesInvoices",
    ],
)


def check_query(resource: Resource, query: Query, switches: Switches) -> None:
    """Raise BadRequest when the endpoint refuses to list what is asked for."""
    if resource.needs_select and "*" in query.select:
        raise BadRequest("The $select=* statement is not supported.")
    refuses_open = resource.needs_select or (
        switches["open_query_refused"] == "many" and resource.path in WIDE
    )
    if refuses_open and not query.select and query.top != 1:
        raise BadRequest(OPEN_QUERY_TEXT)
    if (
        switches["filter_required"] == "twins"
        and query.filter is None
        and query.top != 1
        and query.skip_token is None
        and has_sync_twin(resource)
    ):
        raise BadRequest(FILTER_TEXT)
    if resource.sync and query.order_by:
        raise BadRequest("Bad Request - $orderby is not supported on this endpoint.")


def check_filter(resource: Resource, node: Node) -> None:
    """Raise BadRequest when the endpoint does not filter on what is asked for."""
    if resource.sync:
        allowed = {"Timestamp", "EntityType"} if resource.path == "sync/Deleted" else {"Timestamp"}
        if not _only_timestamp(node, allowed):
            raise BadRequest(
                "Bad Request - Filtering is only allowed on Timestamp with operator gt.",
            )
    if resource.filterable is not None:
        for name in names_in(node):
            if name in resource.properties and name not in resource.filterable:
                raise BadRequest(f"Bad Request - Filtering on {name} is not supported.")


def has_sync_twin(resource: Resource) -> bool:
    """Whether a sync endpoint shows the same records."""
    return not resource.sync and any(
        twin.sync and twin.table == resource.table for twin in RESOURCES
    )


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
