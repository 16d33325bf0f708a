"""Sales invoices: documents that Exact itself numbers, prints and sends; they reach the ledger when printed.

As with sales entries, the bodies survive JSON unchanged and amounts are in the invoice's currency. `printing` has
the call that makes an invoice final.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.errors import NotFound
from integrations.exact.rows import (
    PAGE_WITH_LINES_BYTES,
    Amount,
    Day,
    DivisionRow,
    Draft,
    Moment,
    OptionalCode,
    OptionalId,
    Page,
    Text,
    Whole,
    check_changeable,
    lines_if_there,
)

SALES_INVOICE = 8020
SALES_CREDIT_NOTE = 8021
DRAFT = 10
OPEN = 20
PROCESSED = 50
MAX_INVOICES_PER_CALL = 15  # longer lists of alternatives have not been seen to work everywhere


class SalesInvoiceLineDraft(Draft):
    """One line: ``quantity`` of an item, each at ``net_price`` excluding VAT; Exact reckons the VAT by itself."""

    item_id: UUID = Field(validation_alias="Item")
    quantity: Amount = Field(validation_alias="Quantity")
    net_price: Amount = Field(validation_alias="NetPrice")
    vat_code: str | None = Field(default=None, validation_alias="VATCode")
    description: str | None = Field(default=None, validation_alias="Description")
    notes: str | None = Field(default=None, validation_alias="Notes")
    unit_code: str | None = Field(default=None, validation_alias="UnitCode")
    from_date: date | None = Field(default=None, validation_alias="StartTime")
    to_date: date | None = Field(default=None, validation_alias="EndTime")
    cost_center: str | None = Field(default=None, validation_alias="CostCenter")
    cost_unit: str | None = Field(default=None, validation_alias="CostUnit")


class SalesInvoiceDraft(Draft):
    """A sales invoice to make. Number, date and status are Exact's own: none of them can be sent.

    ``customer_id`` ordered it; ``invoice_to_id`` only when another account pays. Exact takes these two and the
    journal when the invoice is made, and never afterwards.
    """

    customer_id: UUID = Field(validation_alias="OrderedBy")
    journal: str = Field(validation_alias="Journal", min_length=1)
    lines: tuple[SalesInvoiceLineDraft, ...] = Field(
        validation_alias="SalesInvoiceLines", min_length=1
    )
    type: int = Field(default=SALES_INVOICE, validation_alias="Type")
    invoice_to_id: UUID | None = Field(default=None, validation_alias="InvoiceTo")
    contact_id: UUID | None = Field(default=None, validation_alias="InvoiceToContactPerson")
    ordered_by_contact_id: UUID | None = Field(
        default=None, validation_alias="OrderedByContactPerson"
    )
    due_date: date | None = Field(default=None, validation_alias="DueDate")
    your_ref: str | None = Field(default=None, validation_alias="YourRef")
    description: str | None = Field(default=None, validation_alias="Description")
    currency: str | None = Field(default=None, validation_alias="Currency")
    payment_condition: str | None = Field(default=None, validation_alias="PaymentCondition")
    payment_reference: str | None = Field(default=None, validation_alias="PaymentReference")


class MadeLine(DivisionRow):
    """A line as Exact made it: ``amount_fc`` and ``net_price`` exclude VAT."""

    exact_id: UUID = Field(validation_alias="ID")
    line_number: Whole | None = Field(default=None, validation_alias="LineNumber")
    item_id: OptionalId = Field(default=None, validation_alias="Item")
    quantity: Amount | None = Field(default=None, validation_alias="Quantity")
    net_price: Amount | None = Field(default=None, validation_alias="NetPrice")
    amount_fc: Amount = Field(validation_alias="AmountFC")
    vat_amount_fc: Amount | None = Field(default=None, validation_alias="VATAmountFC")
    vat_code: OptionalCode = Field(default=None, validation_alias="VATCode")
    gl_account_id: OptionalId = Field(default=None, validation_alias="GLAccount")
    description: Text = Field(default="", validation_alias="Description")
    notes: Text = Field(default="", validation_alias="Notes")
    unit_code: OptionalCode = Field(default=None, validation_alias="UnitCode")
    from_date: Day | None = Field(default=None, validation_alias="StartTime")
    to_date: Day | None = Field(default=None, validation_alias="EndTime")
    cost_center: OptionalCode = Field(default=None, validation_alias="CostCenter")
    cost_unit: OptionalCode = Field(default=None, validation_alias="CostUnit")


class MadeInvoice(DivisionRow):
    """A sales invoice as Exact has it: ``amount_fc`` includes VAT, ``net_amount_fc`` does not.

    ``invoice_number`` is None until Exact gave one, which it does at entry or at printing depending on its settings.
    ``lines`` is None when they were not read.
    """

    exact_id: UUID = Field(validation_alias="InvoiceID")
    invoice_number: Whole | None = Field(default=None, validation_alias="InvoiceNumber")
    amount_fc: Amount = Field(validation_alias="AmountFC")
    amount_dc: Amount | None = Field(default=None, validation_alias="AmountDC")
    net_amount_fc: Amount | None = Field(default=None, validation_alias="AmountFCExclVat")
    vat_amount_fc: Amount | None = Field(default=None, validation_alias="VATAmountFC")
    currency: OptionalCode = Field(default=None, validation_alias="Currency")
    customer_id: UUID = Field(validation_alias="InvoiceTo")
    ordered_by_id: OptionalId = Field(default=None, validation_alias="OrderedBy")
    contact_id: OptionalId = Field(default=None, validation_alias="InvoiceToContactPerson")
    ordered_by_contact_id: OptionalId = Field(
        default=None, validation_alias="OrderedByContactPerson"
    )
    journal: OptionalCode = Field(default=None, validation_alias="Journal")
    your_ref: Text = Field(default="", validation_alias="YourRef")
    description: Text = Field(default="", validation_alias="Description")
    payment_condition: OptionalCode = Field(default=None, validation_alias="PaymentCondition")
    payment_reference: Text = Field(default="", validation_alias="PaymentReference")
    invoice_date: Day | None = Field(default=None, validation_alias="InvoiceDate")
    due_date: Day | None = Field(default=None, validation_alias="DueDate")
    type: Whole | None = Field(default=None, validation_alias="Type")
    status: Whole | None = Field(default=None, validation_alias="Status")
    created_at: Moment | None = Field(default=None, validation_alias="Created")
    lines: Annotated[tuple[MadeLine, ...] | None, BeforeValidator(lines_if_there)] = Field(
        default=None, validation_alias="SalesInvoiceLines"
    )

    @property
    def entry_number(self) -> int | None:
        """The invoice number: printing gives the entry in the books the same one."""
        return self.invoice_number

    @property
    def line_count(self) -> int | None:
        """The number of lines, or None when they were not part of the answer."""
        return None if self.lines is None else len(self.lines)

    @property
    def is_credit_note(self) -> bool:
        """True for a credit note."""
        return self.type == SALES_CREDIT_NOTE

    @property
    def is_printed(self) -> bool:
        """True when it is booked and can no longer be changed."""
        return self.status == PROCESSED

    @classmethod
    def select(cls) -> str:
        """Return the ``$select`` list of the header."""
        return ",".join(name for name in super().select().split(",") if name != "SalesInvoiceLines")


_WITH_LINES = {
    "$select": f"{MadeInvoice.select()},SalesInvoiceLines",
    "$expand": "SalesInvoiceLines",
}


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def create(client: ExactClient, draft: SalesInvoiceDraft) -> MadeInvoice:
    """Make a sales invoice, not yet printed, and return what Exact stored.

    This function will raise `OutcomeUnknown` when the answer was lost or can not be read, and `ValidationRefused`
    with outcome ``probably_refused`` for a 500 with Exact's own text: look the invoice up once in both cases.
    """
    return client.post(endpoints.SALES_INVOICES, draft.to_body(), MadeInvoice)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def get(client: ExactClient, invoice_id: UUID) -> MadeInvoice:
    """Return one invoice with its lines, in one call. Raises `NotFound` when it was deleted in Exact.

    The invoice is read with a filter, since every 404 counts for Exact's limit on errors.
    """
    query = {"$filter": odata.eq("InvoiceID", invoice_id).text, **_WITH_LINES}
    found = client.look_up(endpoints.SALES_INVOICES, MadeInvoice, query=query)
    if not found:
        raise NotFound("The sales invoice is no longer in Exact", path=endpoints.SALES_INVOICES)
    return found[0]


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def find_made(
    client: ExactClient, *, customer_id: UUID, created_after: datetime
) -> list[MadeInvoice]:
    """Return the headers of every invoice that this account ordered and that was made since a time (UTC).

    Exact's clock is not ours: give ``created_after`` a margin of an hour or more, since an invoice that is missed
    here would be made twice. There is no number yet to look for, so what is found must be compared with the draft.
    """
    chosen = odata.eq("OrderedBy", customer_id) & odata.ge("Created", created_after)
    return client.look_up(endpoints.SALES_INVOICES, MadeInvoice, query={"$filter": chosen.text})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def read_headers(client: ExactClient, invoice_ids: Sequence[UUID]) -> list[MadeInvoice]:
    """Return the headers of at most `MAX_INVOICES_PER_CALL` invoices, in one call; those that are gone are left out."""
    if not 0 < len(invoice_ids) <= MAX_INVOICES_PER_CALL:
        raise ValueError(f"Ask for 1 to {MAX_INVOICES_PER_CALL} invoices at a time")
    chosen = odata.any_of(odata.eq("InvoiceID", one) for one in invoice_ids)
    return client.look_up(endpoints.SALES_INVOICES, MadeInvoice, query={"$filter": chosen.text})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def read(client: ExactClient, invoice_ids: Sequence[UUID]) -> list[MadeInvoice]:
    """Return these invoices with their lines, in one call; those that are gone are left out."""
    chosen = odata.any_of(odata.eq("InvoiceID", one) for one in invoice_ids)
    query = {"$filter": chosen.text, **_WITH_LINES}
    return client.look_up(endpoints.SALES_INVOICES, MadeInvoice, query=query)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def changed_since(
    client: ExactClient, since: datetime, *, start: str = ""
) -> Iterator[Page[MadeInvoice]]:
    """Yield the invoices with their lines that were made or changed since a time (UTC), 60 a page, whoever made them.

    Exact's clock is not ours: give ``since`` a margin. ``start`` goes on with a next page that was given earlier.
    """
    query = {"$filter": odata.ge("Modified", since).text, **_WITH_LINES}
    return client.pages(
        endpoints.SALES_INVOICES,
        MadeInvoice,
        query=query,
        start=start,
        max_answer_bytes=PAGE_WITH_LINES_BYTES,
    )


_ONLY_AT_FIRST = frozenset({"OrderedBy", "InvoiceTo", "Journal"})
_HEADER_PROPERTIES = SalesInvoiceDraft.exact_names() - {"SalesInvoiceLines"} - _ONLY_AT_FIRST
_LINE_PROPERTIES = SalesInvoiceLineDraft.exact_names()


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def update_header(client: ExactClient, invoice_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change header properties (Exact's names) of an invoice that is not printed.

    This function will raise `ValueError` for lines, which have calls of their own, and for the account and journal,
    which Exact never changes.
    """
    check_changeable(changes, _HEADER_PROPERTIES)
    client.put(endpoints.SALES_INVOICES, invoice_id, changes)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def delete(client: ExactClient, invoice_id: UUID) -> None:
    """Delete an invoice that is not printed. Exact refuses printed ones."""
    client.delete(endpoints.SALES_INVOICES, invoice_id)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoiceLines
def create_line(client: ExactClient, invoice_id: UUID, line: SalesInvoiceLineDraft) -> MadeLine:
    """Add a line to an invoice. Raises `OutcomeUnknown` when the answer was lost: read the invoice before repeating."""
    body = {"InvoiceID": invoice_id, **line.to_body()}
    return client.post(endpoints.SALES_INVOICE_LINES, body, MadeLine)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoiceLines
def update_line(client: ExactClient, line_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change properties of a line (Exact's names)."""
    check_changeable(changes, _LINE_PROPERTIES)
    client.put(endpoints.SALES_INVOICE_LINES, line_id, changes)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoiceLines
def delete_line(client: ExactClient, line_id: UUID) -> None:
    """Delete a line. Deleting the last line deletes the invoice, so add the new lines first."""
    client.delete(endpoints.SALES_INVOICE_LINES, line_id)
