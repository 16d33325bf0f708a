"""Customers (Exact calls them accounts): mirrored by timestamp, created when an invoice needs one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import (
    DivisionRow,
    Draft,
    Flag,
    Long,
    Moment,
    OptionalCode,
    OptionalId,
    Page,
    Text,
)

CUSTOMER = "C"
_READ_ONLY = frozenset({"ID", "Division", "Modified", "Timestamp"})

# Exact keeps names of this length; how much longer ones may be is not documented.
_SURELY_WHOLE = 40


class Account(DivisionRow):
    """A relation in Exact. It can be invoiced when ``status`` is C; ``code`` is without its padding."""

    exact_id: UUID = Field(validation_alias="ID")
    code: OptionalCode = Field(default=None, validation_alias="Code")
    name: Text = Field(validation_alias="Name")
    status: OptionalCode = Field(default=None, validation_alias="Status")
    is_blocked: Flag = Field(default=False, validation_alias="Blocked")
    vat_number: OptionalCode = Field(default=None, validation_alias="VATNumber")
    chamber_of_commerce: OptionalCode = Field(default=None, validation_alias="ChamberOfCommerce")
    email: Text = Field(default="", validation_alias="Email")
    phone: Text = Field(default="", validation_alias="Phone")
    website: Text = Field(default="", validation_alias="Website")
    address_line: Text = Field(default="", validation_alias="AddressLine1")
    postcode: Text = Field(default="", validation_alias="Postcode")
    city: Text = Field(default="", validation_alias="City")
    country: OptionalCode = Field(default=None, validation_alias="Country")
    payment_condition: OptionalCode = Field(default=None, validation_alias="PaymentConditionSales")
    sales_vat_code: OptionalCode = Field(default=None, validation_alias="SalesVATCode")
    sales_currency: OptionalCode = Field(default=None, validation_alias="SalesCurrency")
    gl_account_id: OptionalId = Field(default=None, validation_alias="GLAccountSales")
    invoice_account_id: OptionalId = Field(default=None, validation_alias="InvoiceAccount")
    modified_at: Moment | None = Field(default=None, validation_alias="Modified")

    @property
    def is_customer(self) -> bool:
        """True when sales entries can be booked on it."""
        return self.status == CUSTOMER


class SyncedAccount(Account):
    """An account from the sync service, with its place in the row of changes."""

    timestamp: Long = Field(validation_alias="Timestamp")


class AccountDraft(Draft):
    """A customer to create. Empty values are left out, since Exact refuses "" for codes and ids."""

    name: str = Field(validation_alias="Name", min_length=1)
    status: str = Field(default=CUSTOMER, validation_alias="Status")
    code: str | None = Field(default=None, validation_alias="Code")
    vat_number: str | None = Field(default=None, validation_alias="VATNumber")
    chamber_of_commerce: str | None = Field(default=None, validation_alias="ChamberOfCommerce")
    email: str | None = Field(default=None, validation_alias="Email")
    phone: str | None = Field(default=None, validation_alias="Phone")
    website: str | None = Field(default=None, validation_alias="Website")
    address_line: str | None = Field(default=None, validation_alias="AddressLine1")
    address_line2: str | None = Field(default=None, validation_alias="AddressLine2")
    postcode: str | None = Field(default=None, validation_alias="Postcode")
    city: str | None = Field(default=None, validation_alias="City")
    country: str | None = Field(default=None, validation_alias="Country")
    payment_condition: str | None = Field(default=None, validation_alias="PaymentConditionSales")
    sales_vat_code: str | None = Field(default=None, validation_alias="SalesVATCode")
    sales_currency: str | None = Field(default=None, validation_alias="SalesCurrency")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCRMAccounts
def sync(client: ExactClient, since: int) -> Iterator[Page[SyncedAccount]]:
    """Yield the accounts changed since a timestamp, 1,000 a page; store the highest one after each page."""
    return client.pages(
        endpoints.ACCOUNTS_SYNC,
        SyncedAccount,
        query={"$filter": odata.gt("Timestamp", odata.Int64(since)).text},
    )


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
def find_by_name(client: ExactClient, name: str) -> list[Account]:
    """Return the accounts with this name, or with what Exact may have made of a long one by cutting it.

    This function will raise `UnexpectedAnswer` when an account can not be read.
    """
    sent = name.strip()
    if len(sent) <= _SURELY_WHOLE:
        query = {"$filter": odata.eq("Name", sent).text}
        return client.look_up(endpoints.ACCOUNTS, Account, query=query)
    query = {"$filter": odata.starts("Name", sent[:_SURELY_WHOLE].rstrip()).text}
    found = client.look_up(endpoints.ACCOUNTS, Account, query=query)
    # What goes on otherwise than ours is somebody else.
    return [one for one in found if sent.casefold().startswith(one.name.strip().casefold())]


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
def get(client: ExactClient, account_id: UUID) -> Account:
    """Return one account. Raises `NotFound`, which counts for Exact's error limit: prefer the mirror."""
    return client.get(endpoints.ACCOUNTS, Account, key=account_id)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
def create(client: ExactClient, draft: AccountDraft) -> Account:
    """Create a customer and return what Exact stored. Raises `OutcomeUnknown` when the answer was lost."""
    return client.post(endpoints.ACCOUNTS, draft.to_body(), Account)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
def update(client: ExactClient, account_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change the given properties (Exact's names) of an account, and no others."""
    if _READ_ONLY & changes.keys():
        raise ValueError(f"Not changeable: {sorted(_READ_ONLY & changes.keys())}")
    client.put(endpoints.ACCOUNTS, account_id, changes)
