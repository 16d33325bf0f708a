"""The divisions (administrations) that the connected user can reach."""

from __future__ import annotations

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import Flag, OptionalCode, Page, Row, Text, Whole


class PermittedDivision(Row):
    """A division as hrm/Divisions tells it: ``status`` 0 regular, 1 archived."""

    code: Whole = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    status: Whole = Field(validation_alias="Status")
    blocking_status: Whole = Field(default=0, validation_alias="BlockingStatus")
    customer_name: Text = Field(default="", validation_alias="CustomerName")
    country: OptionalCode = Field(default=None, validation_alias="Country")
    currency: OptionalCode = Field(default=None, validation_alias="Currency")
    vat_number: OptionalCode = Field(default=None, validation_alias="VATNumber")
    is_main: Flag = Field(default=False, validation_alias="Main")

    @property
    def is_usable(self) -> bool:
        """True when entries can be booked in it now."""
        return self.status == 0 and self.blocking_status == 0


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=HRMDivisions
def list_permitted(client: ExactClient) -> Page[PermittedDivision]:
    """Return the divisions this user may open; needs no scope."""
    return client.every(endpoints.HRM_DIVISIONS, PermittedDivision, query={})
