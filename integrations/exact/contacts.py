"""Contact persons of accounts: who gets an invoice, and at which e-mail address."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import DivisionRow, Draft, Flag, Text


class Contact(DivisionRow):
    """A contact person. Exact keeps two e-mail addresses for one; which of them is filled differs by screen."""

    exact_id: UUID = Field(validation_alias="ID")
    account_id: UUID = Field(validation_alias="Account")
    first_name: Text = Field(default="", validation_alias="FirstName")
    last_name: Text = Field(default="", validation_alias="LastName")
    full_name: Text = Field(default="", validation_alias="FullName")
    email: Text = Field(default="", validation_alias="Email")
    business_email: Text = Field(default="", validation_alias="BusinessEmail")
    is_main: Flag = Field(default=False, validation_alias="IsMainContact")


class ContactDraft(Draft):
    """A contact to create. Exact's table has both names as mandatory, its text asks for at least one: send both."""

    account_id: UUID = Field(validation_alias="Account")
    first_name: str = Field(validation_alias="FirstName", min_length=1)
    last_name: str = Field(validation_alias="LastName", min_length=1)
    email: str | None = Field(default=None, validation_alias="Email")
    phone: str | None = Field(default=None, validation_alias="Phone")
    mobile: str | None = Field(default=None, validation_alias="Mobile")
    job_title: str | None = Field(default=None, validation_alias="JobTitleDescription")
    language: str | None = Field(default=None, validation_alias="Language")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMContacts
def list_of_account(client: ExactClient, account_id: UUID) -> list[Contact]:
    """Return every contact of an account. Raises `UnexpectedAnswer` when one can not be read."""
    chosen = odata.eq("Account", account_id)
    return client.look_up(endpoints.CONTACTS, Contact, query={"$filter": chosen.text})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMContacts
def create(client: ExactClient, draft: ContactDraft) -> Contact:
    """Create a contact and return what Exact stored. Raises `OutcomeUnknown` when the answer was lost."""
    return client.post(endpoints.CONTACTS, draft.to_body(), Contact)
