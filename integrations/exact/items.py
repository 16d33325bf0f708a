"""Items: what the lines of a sales invoice sell. Lines refer to them by id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import Code, Day, DivisionRow, Flag, Moment, OptionalCode, Page, Text


class Item(DivisionRow):
    """An item. Exact sells it from ``start_date`` to ``end_date``, both included, when ``is_sales_item``."""

    exact_id: UUID = Field(validation_alias="ID")
    code: Code = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    unit: OptionalCode = Field(default=None, validation_alias="Unit")
    sales_vat_code: OptionalCode = Field(default=None, validation_alias="SalesVatCode")
    is_sales_item: Flag = Field(default=False, validation_alias="IsSalesItem")
    start_date: Day | None = Field(default=None, validation_alias="StartDate")
    end_date: Day | None = Field(default=None, validation_alias="EndDate")
    modified_at: Moment | None = Field(default=None, validation_alias="Modified")

    def is_sold_on(self, day: date) -> bool:
        """True when Exact takes it on the line of a sales invoice of that date."""
        started = self.start_date is None or self.start_date <= day
        ended = self.end_date is not None and self.end_date < day
        return self.is_sales_item and started and not ended


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=LogisticsItems
def list_items(
    client: ExactClient, *, modified_since: datetime | None = None, start: str = ""
) -> Iterator[Page[Item]]:
    """Yield the items, 60 a page, oldest change first: all of them, or those changed since a time.

    Whoever stops halfway goes on with ``start``, the address of the page that comes next, or else with the highest
    ``modified_at`` that was stored; rows of that very moment come again, so that none is missed. Deleted items are
    told by `deleted.sync` alone.
    """
    query = {"$orderby": "Modified,ID"}
    if modified_since is not None:
        query["$filter"] = odata.ge("Modified", modified_since).text
    return client.pages(endpoints.ITEMS, Item, query=query, start=start)
