"""Items and units."""

from __future__ import annotations

from exact_sandbox.resources.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    Resource("logistics/Items", "Logistics.Item", "items"),
    Resource("logistics/Units", "Logistics.Unit", "units"),
)
