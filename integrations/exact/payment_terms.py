"""Payment terms since a cursor: one row per part of an invoice that is owed or settled.

A partial payment splits a term: one row with status 50 for the part that was paid, one with status 20 for the
rest. Undoing a match brings the row back with a new timestamp, or in `deleted` when it vanished.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import (
    Amount,
    Day,
    DivisionRow,
    Flag,
    Long,
    Moment,
    OptionalCode,
    OptionalId,
    Page,
    Text,
    Whole,
)

RECEIPT = 20
PAYMENT = 22

OPEN = 20
SELECTED = 30
COLLECTED = 40
MATCHED = 50


class Term(DivisionRow):
    """What every list of terms tells. Which sign an amount has is not settled between sources: use absolute values.

    ``status`` 20 open, 30 selected, 40 collected, 50 matched. FC amounts are in ``currency``, DC amounts in the
    division's. ``transaction_entry_id`` is the sales entry it came from.
    """

    exact_id: UUID = Field(validation_alias="ID")
    status: Whole = Field(validation_alias="Status")
    amount_fc: Amount = Field(validation_alias="AmountFC")
    amount_dc: Amount | None = Field(default=None, validation_alias="AmountDC")
    discount_fc: Amount | None = Field(default=None, validation_alias="AmountDiscountFC")
    transaction_amount_fc: Amount | None = Field(
        default=None, validation_alias="TransactionAmountFC"
    )
    transaction_amount_dc: Amount | None = Field(
        default=None, validation_alias="TransactionAmountDC"
    )
    currency: OptionalCode = Field(default=None, validation_alias="Currency")
    rate_fc: Amount | None = Field(default=None, validation_alias="RateFC")
    account_id: OptionalId = Field(default=None, validation_alias="Account")
    account_name: Text = Field(default="", validation_alias="AccountName")
    transaction_entry_id: OptionalId = Field(default=None, validation_alias="TransactionEntryID")
    transaction_id: OptionalId = Field(default=None, validation_alias="TransactionID")
    transaction_type: Whole | None = Field(default=None, validation_alias="TransactionType")
    transaction_status: Whole | None = Field(default=None, validation_alias="TransactionStatus")
    entry_id: OptionalId = Field(default=None, validation_alias="EntryID")
    entry_number: Long | None = Field(default=None, validation_alias="EntryNumber")
    invoice_number: Long | None = Field(default=None, validation_alias="InvoiceNumber")
    journal: OptionalCode = Field(default=None, validation_alias="Journal")
    your_ref: Text = Field(default="", validation_alias="YourRef")
    description: Text = Field(default="", validation_alias="Description")
    payment_method: OptionalCode = Field(default=None, validation_alias="PaymentMethod")
    payment_reference: Text = Field(default="", validation_alias="PaymentReference")
    bank_account_number: Text = Field(default="", validation_alias="BankAccountNumber")
    account_bank_account_number: Text = Field(
        default="", validation_alias="AccountBankAccountNumber"
    )
    is_fully_paid: Flag = Field(default=False, validation_alias="IsFullyPaid")
    entry_date: Day | None = Field(default=None, validation_alias="EntryDate")
    invoice_date: Day | None = Field(default=None, validation_alias="InvoiceDate")
    due_date: Day | None = Field(default=None, validation_alias="DueDate")
    discount_due_date: Day | None = Field(default=None, validation_alias="DiscountDueDate")
    end_date: Day | None = Field(default=None, validation_alias="EndDate")
    last_payment_date: Day | None = Field(default=None, validation_alias="LastPaymentDate")
    modified_at: Moment | None = Field(default=None, validation_alias="Modified")


class PaymentTerm(Term):
    """A term as the feed of changes tells it; ``line_type`` 20 receipt, 22 payment."""

    timestamp: Long = Field(validation_alias="Timestamp")
    line_type: Whole = Field(validation_alias="LineType")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
def sync(client: ExactClient, since: int) -> Iterator[Page[PaymentTerm]]:
    """Yield the terms changed since a timestamp, oldest first, 1,000 a page.

    Terms of purchases come along (the service filters on the timestamp only); drop those whose ``line_type`` is not
    `RECEIPT`. Store the highest timestamp after each page was stored.
    """
    return client.pages(
        endpoints.PAYMENT_TERMS_SYNC,
        PaymentTerm,
        query={"$filter": odata.gt("Timestamp", odata.Int64(since)).text},
    )
