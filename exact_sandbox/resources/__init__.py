"""The table of everything the REST API serves: one entry per endpoint, one module per family.

To add an endpoint: put its properties into `catalogue.json`, add an entry here, and, when it can
be written, name its rules in `rules/table.py`. Endpoints that show the same records (such as
crm/Accounts and sync/CRM/Accounts) share a table.
"""

from __future__ import annotations

from functools import cache

from exact_sandbox.resources import (
    crm,
    documents,
    financial,
    logistics,
    receivables,
    sales_entry,
    sales_invoice,
    system,
    transactions,
)
from exact_sandbox.resources.resource import COMPUTED, Navigation, Resource
from exact_sandbox.switches import Switches

RESOURCES: tuple[Resource, ...] = (
    *system.RESOURCES,
    *crm.RESOURCES,
    *financial.RESOURCES,
    *logistics.RESOURCES,
    *sales_entry.RESOURCES,
    *sales_invoice.RESOURCES,
    *receivables.RESOURCES,
    *transactions.RESOURCES,
    *documents.RESOURCES,
)


@cache
def by_path() -> dict[str, Resource]:
    """Return the resources by path in lower case: Exact's addresses ignore case."""
    return {resource.path.lower(): resource for resource in RESOURCES}


@cache
def table_columns() -> dict[str, dict[str, str]]:
    """Return the columns of each table with their Edm types: what its resources store."""
    tables: dict[str, dict[str, str]] = {}
    for resource in RESOURCES:
        if resource.table == COMPUTED:
            continue
        columns = tables.setdefault(resource.table, {"Division": "Int32"})
        for prop in resource.properties.values():
            if not prop.nested and not (
                prop.name in resource.expressions and prop.name not in _own_columns(resource)
            ):
                columns.setdefault(prop.name, prop.type)
    return tables


@cache
def table_keys() -> dict[str, str]:
    """Return the column that identifies a record of each table: the key of its ordinary endpoint."""
    keys: dict[str, str] = {}
    for resource in RESOURCES:
        if resource.key not in ("Timestamp", "HID"):
            keys.setdefault(resource.table, resource.key)
    return {**{resource.table: "ID" for resource in RESOURCES}, **keys}


def _own_columns(resource: Resource) -> set[str]:
    """Properties that are stored although an expression shows them differently."""
    return {
        name
        for name, expression in resource.expressions.items()
        if f't."{name}"' in (expression if isinstance(expression, str) else expression(Switches()))
        and not resource.path.startswith("read/")
    }


__all__ = ["RESOURCES", "Navigation", "Resource", "by_path", "table_columns", "table_keys"]
