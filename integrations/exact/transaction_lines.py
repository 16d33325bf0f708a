"""Lines of the ledger: which other line each was matched with."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import DivisionRow, OptionalId, Page

# One address holds this many ids with room to spare, and one page all the answers.
IDS_A_CALL = 30


class TransactionLine(DivisionRow):
    """A line. ``offset_id`` is the line it was matched with; of several matched with one, all name that one."""

    exact_id: UUID = Field(validation_alias="ID")
    offset_id: OptionalId = Field(default=None, validation_alias="OffsetID")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionTransactionLines
def list_by_id(client: ExactClient, ids: Sequence[UUID]) -> Page[TransactionLine]:
    """Return those of up to `IDS_A_CALL` lines that Exact has. Needs scope Financial accounting."""
    wanted = odata.any_of(odata.eq("ID", one) for one in ids)
    return client.every(
        endpoints.TRANSACTION_LINES, TransactionLine, query={"$filter": wanted.text}
    )
