"""Journals (day books); entries refer to them by code."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import Code, DivisionRow, Flag, OptionalCode, Page, Text, Whole

SALES = 20
BANK = 12
CASH = 10
PAYMENT_SERVICE = 16


class Journal(DivisionRow):
    """A journal. Without ``allows_any_currency`` only ``currency`` can be booked in it."""

    exact_id: UUID = Field(validation_alias="ID")
    code: Code = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    type: Whole = Field(validation_alias="Type")
    currency: OptionalCode = Field(default=None, validation_alias="Currency")
    allows_any_currency: Flag = Field(default=False, validation_alias="AllowVariableCurrency")
    allows_any_rate: Flag = Field(default=False, validation_alias="AllowVariableExchangeRate")
    is_blocked: Flag = Field(default=False, validation_alias="IsBlocked")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialJournals
def list_journals(client: ExactClient, types: tuple[int, ...] = (SALES,)) -> Page[Journal]:
    """Return the journals of the given types (sales only, unless told otherwise), blocked ones as well."""
    chosen = odata.any_of(odata.eq("Type", one) for one in types)
    return client.every(
        endpoints.JOURNALS, Journal, query={"$filter": chosen.text, "$orderby": "Code"}
    )
