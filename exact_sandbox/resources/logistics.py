"""Items and units."""

from __future__ import annotations

from exact_sandbox.expressions import gl_account_columns, lookup, padded
from exact_sandbox.resources.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "logistics/Items",
        "Logistics.Item",
        "items",
        expressions={
            **gl_account_columns("GLRevenue"),
            **gl_account_columns("GLCosts"),
            **gl_account_columns("GLStock"),
            "SalesVatCode": padded("SalesVatCode"),
            "SalesVatCodeDescription": lookup("vatcodes", "Description", "SalesVatCode", by="Code"),
            "UnitDescription": lookup("units", "Description", "Unit", by="Code"),
            "UnitType": lookup("units", "Type", "Unit", by="Code"),
        },
    ),
    Resource("logistics/Units", "Logistics.Unit", "units"),
)
