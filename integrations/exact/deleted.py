"""What was deleted since a cursor. Exact keeps this for two months, so an older cursor needs a full new read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import DivisionRow, Long, Moment, OptionalId, Page, Whole

TRANSACTION_LINES = 1
ACCOUNTS = 2
CONTACTS = 5
GL_ACCOUNTS = 7
ITEMS = 9
PAYMENT_TERMS = 10
SALES_INVOICES = 13

KEPT_FOR = timedelta(days=60)


class DeletedRow(DivisionRow):
    """One deletion: ``entity_type`` as listed above, ``entity_key`` the id of what is gone."""

    timestamp: Long = Field(validation_alias="Timestamp")
    entity_type: Whole = Field(validation_alias="EntityType")
    entity_key: UUID = Field(validation_alias="EntityKey")
    deleted_at: Moment | None = Field(default=None, validation_alias="DeletedDate")
    # The user's id: names are in system/Users, which is another right.
    deleted_by: OptionalId = Field(default=None, validation_alias="DeletedBy")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncDeleted
def sync(client: ExactClient, since: int) -> Iterator[Page[DeletedRow]]:
    """Yield the deletions since a timestamp, oldest first, 1,000 a page. Needs scope Organization administration."""
    return client.pages(
        endpoints.DELETED_SYNC,
        DeletedRow,
        query={"$filter": odata.gt("Timestamp", odata.Int64(since)).text},
    )
