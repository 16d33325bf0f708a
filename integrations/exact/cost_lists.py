"""Cost centers and cost units; entry lines refer to them by code."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import Code, DivisionRow, Flag, Page, Text


class CostCenter(DivisionRow):
    """A cost center; one that is not active takes no bookings."""

    exact_id: UUID = Field(validation_alias="ID")
    code: Code = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    is_active: Flag = Field(default=True, validation_alias="Active")


class CostUnit(DivisionRow):
    """A cost unit."""

    exact_id: UUID = Field(validation_alias="ID")
    code: Code = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=HRMCostcenters
def list_cost_centers(client: ExactClient) -> Page[CostCenter]:
    """Return all cost centers, inactive ones as well."""
    return client.every(endpoints.COST_CENTERS, CostCenter, query={"$orderby": "Code"})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=HRMCostunits
def list_cost_units(client: ExactClient) -> Page[CostUnit]:
    """Return all cost units."""
    return client.every(endpoints.COST_UNITS, CostUnit, query={"$orderby": "Code"})
