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

    code: Whole = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    status: Whole = Field(validation_alias="Status")
    blocking_status: Whole = Field(default=0, validation_alias="BlockingStatus")
    customer_name: Text = Field(default="", validation_alias="CustomerName")
    country: OptionalCode = Field(default=None, validation_alias="Country")
    currency: OptionalCode = Field(default=None, validation_alias="Currency")
    legislation: OptionalCode = Field(default=None, validation_alias="Legislation")
    vat_number: OptionalCode = Field(default=None, validation_alias="VATNumber")
    chamber_of_commerce_number: OptionalCode = Field(
        default=None, validation_alias="ChamberOfCommerceNumber"
    )
    is_current: Flag = Field(default=False, validation_alias="Current")
    is_main: Flag = Field(default=False, validation_alias="IsMainDivision")
    moved_at: Moment | None = Field(default=None, validation_alias="DivisionMoveDate")
    hr_link_changed_at: Moment | None = Field(
        default=None, validation_alias="DivisionHRLinkUnlinkDate"
    )

    @property
    def is_usable(self) -> bool:
        """True when entries can be booked in it now."""
        return self.status == 1 and self.blocking_status == 0


class PermittedDivision(Row):
    """A division as hrm/Divisions tells it: ``status`` 0 regular, 1 archived; other codes than `Division`."""

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


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemDivisions
def list_divisions(client: ExactClient) -> Page[Division]:
    """Return all divisions of the customer, archived ones as well. Needs scope Organization administration."""
    return client.every(endpoints.SYSTEM_DIVISIONS, Division, query={})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=HRMDivisions
def list_permitted(client: ExactClient) -> Page[PermittedDivision]:
    """Return the divisions this user may open; needs no scope."""
    return client.every(endpoints.HRM_DIVISIONS, PermittedDivision, query={})
