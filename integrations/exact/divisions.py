"""The divisions (administrations) that the connected user can reach."""

from __future__ import annotations

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import Flag, Moment, OptionalCode, Page, Row, Text, Whole


class Division(Row):
    """A division as system/Divisions tells it: ``status`` 0 inactive, 1 active, 2 archived.

    ``blocking_status`` 0 means usable. When ``moved_at`` or ``hr_link_changed_at`` changes, all sync timestamps
    are new and every mirror has to be read again.
    """

    code: Whole = Field(alias="Code")
    description: Text = Field("", alias="Description")
    status: Whole = Field(alias="Status")
    blocking_status: Whole = Field(0, alias="BlockingStatus")
    customer_name: Text = Field("", alias="CustomerName")
    country: OptionalCode = Field(None, alias="Country")
    currency: OptionalCode = Field(None, alias="Currency")
    legislation: OptionalCode = Field(None, alias="Legislation")
    vat_number: OptionalCode = Field(None, alias="VATNumber")
    chamber_of_commerce_number: OptionalCode = Field(None, alias="ChamberOfCommerceNumber")
    is_current: Flag = Field(False, alias="Current")
    is_main: Flag = Field(False, alias="IsMainDivision")
    moved_at: Moment | None = Field(None, alias="DivisionMoveDate")
    hr_link_changed_at: Moment | None = Field(None, alias="DivisionHRLinkUnlinkDate")

    @property
    def is_usable(self) -> bool:
        """True when entries can be booked in it now."""
        return self.status == 1 and self.blocking_status == 0


class PermittedDivision(Row):
    """A division as hrm/Divisions tells it: ``status`` 0 regular, 1 archived; other codes than `Division`."""

    code: Whole = Field(alias="Code")
    description: Text = Field("", alias="Description")
    status: Whole = Field(alias="Status")
    blocking_status: Whole = Field(0, alias="BlockingStatus")
    customer_name: Text = Field("", alias="CustomerName")
    country: OptionalCode = Field(None, alias="Country")
    currency: OptionalCode = Field(None, alias="Currency")
    vat_number: OptionalCode = Field(None, alias="VATNumber")
    is_main: Flag = Field(False, alias="Main")

    @property
    def is_usable(self) -> bool:
        """True when entries can be booked in it now."""
        return self.status == 0 and self.blocking_status == 0


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemDivisions
def list_divisions(client: ExactClient) -> Page[Division]:
    """Return all divisions of the customer, archived ones as well. Needs scope Organization administration."""
    return client.every(endpoints.SYSTEM_DIVISIONS, Division, query={})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=HRMDivisions
def list_permitted(client: ExactClient) -> Page[PermittedDivision]:
    """Return the divisions this user may open; needs no scope."""
    return client.every(endpoints.HRM_DIVISIONS, PermittedDivision, query={})
