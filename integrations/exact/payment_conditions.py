"""Payment conditions; customers and entries refer to them by code."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import Code, DivisionRow, OptionalCode, Page, Text, Whole


class PaymentCondition(DivisionRow):
    """When an invoice is due: ``days`` after its date, after ``end_of_months`` month endings."""

    exact_id: UUID = Field(validation_alias="ID")
    code: Code = Field(validation_alias="Code")
    description: Text = Field(default="", validation_alias="Description")
    days: Whole | None = Field(default=None, validation_alias="PaymentDays")
    end_of_months: Whole | None = Field(default=None, validation_alias="PaymentEndOfMonths")
    method: OptionalCode = Field(default=None, validation_alias="PaymentMethod")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowPaymentConditions
def list_payment_conditions(client: ExactClient) -> Page[PaymentCondition]:
    """Return all payment conditions."""
    return client.every(endpoints.PAYMENT_CONDITIONS, PaymentCondition, query={"$orderby": "Code"})
