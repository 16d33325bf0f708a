"""Where a feed of changes stands at a moment, so that it can be read from there instead of from its beginning."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from integrations.exact import endpoints, errors, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import Long, Row, fit

Feed = Literal["PaymentTerms", "Deleted"]


class _FeedPosition(Row):
    timestamp: Long = Field(validation_alias="TimeStampAsBigInt", ge=0)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=ReadSyncSyncTimestamp
def read_position(client: ExactClient, feed: Feed, *, at: datetime) -> int | None:
    """Return the row version before the first change since ``at`` (UTC); None when Exact does not tell.

    How it is to be asked is not certain in every country, so an answer that is not understood says nothing.
    """
    try:
        document = client.request(
            "GET",
            endpoints.SYNC_TIMESTAMP,
            query={"modified": odata.literal(at), "endPoint": odata.literal(feed)},
        )
        rows, _ = odata.unwrap_page(document)
    except (errors.Refused, errors.UnexpectedAnswer, odata.NotUnderstood):
        return None
    found = fit(_FeedPosition, rows[0], division=None) if len(rows) == 1 else None
    return found.timestamp if isinstance(found, _FeedPosition) else None
