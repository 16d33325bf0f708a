"""Receivables of single invoices, for "refresh now" and for checking a sum that does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.rows import (
    Amount,
    Day,
    DivisionRow,
    Flag,
    OptionalCode,
    OptionalId,
    Page,
    Text,
    Whole,
)

MAX_INVOICES_PER_CALL = 15  # longer lists of alternatives have not been seen to work everywhere


class Receivable(DivisionRow):
    """One receivable, with the meanings of `payment_terms.PaymentTerm`."""

    exact_id: UUID = Field(validation_alias="ID")
    status: Whole = Field(validation_alias="Status")
    amount_fc: Amount = Field(validation_alias="AmountFC")
    amount_dc: Amount | None = Field(default=None, validation_alias="AmountDC")
    transaction_amount_fc: Amount | None = Field(
        default=None, validation_alias="TransactionAmountFC"
    )
    currency: OptionalCode = Field(default=None, validation_alias="Currency")
    account_id: OptionalId = Field(default=None, validation_alias="Account")
    transaction_entry_id: OptionalId = Field(default=None, validation_alias="TransactionEntryID")
    entry_number: Whole | None = Field(default=None, validation_alias="EntryNumber")
    invoice_number: Whole | None = Field(default=None, validation_alias="InvoiceNumber")
    journal: OptionalCode = Field(default=None, validation_alias="Journal")
    your_ref: Text = Field(default="", validation_alias="YourRef")
    is_fully_paid: Flag = Field(default=False, validation_alias="IsFullyPaid")
    due_date: Day | None = Field(default=None, validation_alias="DueDate")
    end_date: Day | None = Field(default=None, validation_alias="EndDate")
    last_payment_date: Day | None = Field(default=None, validation_alias="LastPaymentDate")


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
def list_for_entries(client: ExactClient, entry_ids: Sequence[UUID]) -> Page[Receivable]:
    """Return the receivables of at most `MAX_INVOICES_PER_CALL` sales entries."""
    if not 0 < len(entry_ids) <= MAX_INVOICES_PER_CALL:
        raise ValueError(f"Ask for 1 to {MAX_INVOICES_PER_CALL} entries at a time")
    chosen = odata.any_of(odata.eq("TransactionEntryID", one) for one in entry_ids)
    return client.every(endpoints.RECEIVABLES, Receivable, query={"$filter": chosen.text})
