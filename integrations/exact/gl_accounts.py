"""Ledger accounts; entry lines refer to them by id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import Code, DivisionRow, Flag, Moment, OptionalCode, Page, Text, Whole

REVENUE = 110
COSTS_MANDATORY = 1


class GLAccount(DivisionRow):
    """A ledger account. ``use_cost_center`` and ``use_cost_unit``: 0 optional, 1 mandatory, 2 not used."""

    exact_id: UUID = Field(validation_alias="ID")
    code: Code = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    type: Whole = Field(validation_alias="Type")
    type_description: Text = Field(default="", validation_alias="TypeDescription")
    balance_type: OptionalCode = Field(default=None, validation_alias="BalanceType")
    vat_code: OptionalCode = Field(default=None, validation_alias="VATCode")
    use_cost_center: Whole | None = Field(default=None, validation_alias="UseCostcenter")
    use_cost_unit: Whole | None = Field(default=None, validation_alias="UseCostunit")
    is_blocked: Flag = Field(default=False, validation_alias="IsBlocked")
    modified_at: Moment | None = Field(default=None, validation_alias="Modified")

    @property
    def is_revenue(self) -> bool:
        """True when Exact takes it on the line of a sales entry."""
        return self.type == REVENUE


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialGLAccounts
def list_gl_accounts(
    client: ExactClient, *, modified_since: datetime | None = None
) -> Page[GLAccount]:
    """Return the ledger accounts with their type, blocked ones as well, 60 a call: all, or those changed since.

    ``modified_since`` is reckoned by Exact's clock: give the highest ``modified_at`` of the last reading.
    """
    query = {"$orderby": "Code"}
    if modified_since is not None:
        query["$filter"] = odata.ge("Modified", modified_since).text
    return client.every(endpoints.GL_ACCOUNTS, GLAccount, query=query)
