"""Who is connected: the cheapest call, and the first one after consent."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints
from integrations.exact.client import ExactClient
from integrations.exact.rows import Row, Text, Whole


class Me(Row):
    """The Exact user behind the token. ``current_division`` is where calls may start."""

    user_id: UUID = Field(validation_alias="UserID")
    current_division: Whole = Field(validation_alias="CurrentDivision")
    full_name: Text = Field(default="", validation_alias="FullName")
    email: Text = Field(default="", validation_alias="Email")
    language_code: Text = Field(default="", validation_alias="LanguageCode")
    division_customer_name: Text = Field(default="", validation_alias="DivisionCustomerName")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SystemSystemMe
def get(client: ExactClient) -> Me:
    """Return the user who gave consent; works without a division."""
    return client.get(endpoints.ME, Me)
