"""The divisions (administrations) that the connected user can reach."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import Flag, Moment, OptionalCode, Page, Row, Text, Whole


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


class DivisionMoves(Row):
    """When a division was last moved, and linked to or unlinked from Exact Online HR.

    Exact numbers all row versions anew each time, so that whatever was read by them has to be read again.
    """

    code: Whole = Field(validation_alias="Code")
    moved_at: Moment | None = Field(default=None, validation_alias="DivisionMoveDate")
    linked_at: Moment | None = Field(default=None, validation_alias="DivisionHRLinkUnlinkDate")

    @property
    def renumbered_at(self) -> datetime | None:
        """The later of the two; None when neither happened."""
        return max((at for at in (self.moved_at, self.linked_at) if at), default=None)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemDivisions
def read_moves(client: ExactClient) -> DivisionMoves | None:
    """Return when the client's division was moved; None when Exact does not list it. Needs scope Organization administration."""
    assert client.division is not None  # noqa: S101  # for the type checker; there is no address without one
    page = client.every(
        endpoints.SYSTEM_DIVISIONS,
        DivisionMoves,
        query={"$filter": odata.eq("Code", client.division).text},
    )
    return next((row for row in page.rows if row.code == client.division), None)
