"""VAT codes; entry lines refer to them by code."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import Amount, Code, DivisionRow, Flag, OptionalCode, Page, Text

PURCHASE_ONLY = "P"
INCLUDING = "I"

_HIGHEST = 9  # times the amount; no VAT comes near it


class VatCode(DivisionRow):
    """A VAT code. ``percentage`` is a fraction (0.21); ``type`` B base only, E excluding, I including, N none.

    ``transaction_type``: B both, P purchase, S sales.
    """

    exact_id: UUID = Field(validation_alias="ID")
    code: Code = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    percentage: Amount | None = Field(
        default=None, validation_alias="Percentage", ge=-_HIGHEST, le=_HIGHEST
    )
    type: OptionalCode = Field(default=None, validation_alias="Type")
    transaction_type: OptionalCode = Field(default=None, validation_alias="VATTransactionType")
    oss_country: OptionalCode = Field(default=None, validation_alias="OssCountry")
    is_blocked: Flag = Field(default=False, validation_alias="IsBlocked")

    @property
    def is_for_sales(self) -> bool:
        """True when sales may use it."""
        return self.transaction_type != PURCHASE_ONLY


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=VATVATCodes
def list_vat_codes(client: ExactClient) -> Page[VatCode]:
    """Return all VAT codes, those for purchases and blocked ones as well."""
    return client.every(endpoints.VAT_CODES, VatCode, query={"$orderby": "Code"})
