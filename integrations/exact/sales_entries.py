"""Sales entries: an invoice made elsewhere, booked in a sales journal the moment it is posted.

The bodies are pydantic models that survive JSON unchanged (``model_dump(mode="json")`` and ``model_validate``), so
that what was decided can be stored, hashed and sent later to the cent. Amounts are in the entry's currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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

CREDIT_NOTE = 21
PROCESSED = 50
INT32_MAX = 2**31 - 1


class SalesEntryLineDraft(Draft):
    """One line. ``amount_fc`` excludes VAT (includes it with a VAT code of type I); negative on a credit note."""

    amount_fc: Amount = Field(validation_alias="AmountFC")
    gl_account_id: UUID = Field(validation_alias="GLAccount")
    vat_code: str | None = Field(default=None, validation_alias="VATCode")
    vat_amount_fc: Amount | None = Field(default=None, validation_alias="VATAmountFC")
    description: str | None = Field(default=None, validation_alias="Description")
    quantity: Amount | None = Field(default=None, validation_alias="Quantity")
    cost_center: str | None = Field(default=None, validation_alias="CostCenter")
    cost_unit: str | None = Field(default=None, validation_alias="CostUnit")
    from_date: date | None = Field(default=None, validation_alias="From")
    to_date: date | None = Field(default=None, validation_alias="To")
    notes: str | None = Field(default=None, validation_alias="Notes")


class SalesEntryDraft(Draft):
    """A sales entry to post. ``entry_number`` and ``invoice_number`` are whole numbers, or Exact gives its own."""

    customer_id: UUID = Field(validation_alias="Customer")
    journal: str = Field(validation_alias="Journal", min_length=1)
    entry_date: date = Field(validation_alias="EntryDate")
    lines: tuple[SalesEntryLineDraft, ...] = Field(validation_alias="SalesEntryLines", min_length=1)
    due_date: date | None = Field(default=None, validation_alias="DueDate")
    entry_number: int | None = Field(
        default=None, validation_alias="EntryNumber", gt=0, le=INT32_MAX
    )
    invoice_number: int | None = Field(
        default=None, validation_alias="InvoiceNumber", gt=0, le=INT32_MAX
    )
    your_ref: str | None = Field(default=None, validation_alias="YourRef")
    description: str | None = Field(default=None, validation_alias="Description")
    currency: str | None = Field(default=None, validation_alias="Currency")
    rate: Amount | None = Field(default=None, validation_alias="Rate")
    payment_condition: str | None = Field(default=None, validation_alias="PaymentCondition")
    payment_reference: str | None = Field(default=None, validation_alias="PaymentReference")
    document_id: UUID | None = Field(default=None, validation_alias="Document")


@dataclass(frozen=True, slots=True)
class SentEntry:
    """What a draft that was sent is known by in Exact.

    Exact may have given a number of its own instead of ours, so the reference counts as well as the number.
    """

    your_ref: str
    journal: str
    entry_number: int | None


class BookedLine(DivisionRow):
    """A line as Exact booked it."""

    exact_id: UUID = Field(validation_alias="ID")
    line_number: Whole | None = Field(default=None, validation_alias="LineNumber")
    amount_fc: Amount = Field(validation_alias="AmountFC")
    vat_amount_fc: Amount | None = Field(default=None, validation_alias="VATAmountFC")
    vat_code: OptionalCode = Field(default=None, validation_alias="VATCode")
    gl_account_id: UUID | None = Field(default=None, validation_alias="GLAccount")
    description: Text = Field(default="", validation_alias="Description")
    quantity: Amount | None = Field(default=None, validation_alias="Quantity")
    cost_center: OptionalCode = Field(default=None, validation_alias="CostCenter")
    cost_unit: OptionalCode = Field(default=None, validation_alias="CostUnit")
    from_date: Day | None = Field(default=None, validation_alias="From")
    to_date: Day | None = Field(default=None, validation_alias="To")


class BookedEntry(DivisionRow):
    """A sales entry as Exact booked it: ``amount_fc`` includes VAT. ``lines`` is None when they were not read."""

    entry_id: UUID = Field(validation_alias="EntryID")
    entry_number: Whole = Field(validation_alias="EntryNumber")
    invoice_number: Whole | None = Field(default=None, validation_alias="InvoiceNumber")
    amount_fc: Amount = Field(validation_alias="AmountFC")
    amount_dc: Amount | None = Field(default=None, validation_alias="AmountDC")
    vat_amount_fc: Amount | None = Field(default=None, validation_alias="VATAmountFC")
    currency: OptionalCode = Field(default=None, validation_alias="Currency")
    rate: Amount | None = Field(default=None, validation_alias="Rate")
    customer_id: UUID = Field(validation_alias="Customer")
    journal: OptionalCode = Field(default=None, validation_alias="Journal")
    your_ref: Text = Field(default="", validation_alias="YourRef")
    description: Text = Field(default="", validation_alias="Description")
    payment_condition: OptionalCode = Field(default=None, validation_alias="PaymentCondition")
    entry_date: Day | None = Field(default=None, validation_alias="EntryDate")
    due_date: Day | None = Field(default=None, validation_alias="DueDate")
    type: Whole | None = Field(default=None, validation_alias="Type")
    status: Whole | None = Field(default=None, validation_alias="Status")
    created_at: Moment | None = Field(default=None, validation_alias="Created")
    document_id: OptionalId = Field(default=None, validation_alias="Document")
    lines: Annotated[tuple[BookedLine, ...] | None, BeforeValidator(lines_if_there)] = Field(
        default=None, validation_alias="SalesEntryLines"
    )

    @property
    def exact_id(self) -> UUID:
        """Its id, named as on every document that the connector makes."""
        return self.entry_id

    @property
    def line_count(self) -> int | None:
        """The number of lines, or None when they were not part of the answer."""
        return None if self.lines is None else len(self.lines)

    @property
    def is_credit_note(self) -> bool:
        """True when Exact made a credit note of it."""
        return self.type == CREDIT_NOTE

    @classmethod
    def select(cls) -> str:
        """Return the ``$select`` list of the header."""
        return ",".join(name for name in super().select().split(",") if name != "SalesEntryLines")


_WITH_LINES = {"$select": f"{BookedEntry.select()},SalesEntryLines", "$expand": "SalesEntryLines"}


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def create(client: ExactClient, draft: SalesEntryDraft) -> BookedEntry:
    """Post a sales entry once and return what Exact booked.

    This function will raise `OutcomeUnknown` when the answer was lost or can not be read, and `ValidationRefused`
    with outcome ``probably_refused`` for a 500 with Exact's own text: look the entry up once in both cases.
    """
    return client.post(endpoints.SALES_ENTRIES, draft.to_body(), BookedEntry)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def get(client: ExactClient, entry_id: UUID) -> BookedEntry:
    """Return one entry with its lines, in one call. Raises `NotFound` when it was deleted in Exact.

    The entry is read with a filter, since every 404 counts for Exact's limit on errors.
    """
    query = {"$filter": odata.eq("EntryID", entry_id).text, **_WITH_LINES}
    found = client.look_up(endpoints.SALES_ENTRIES, BookedEntry, query=query)
    if not found:
        raise NotFound("The sales entry is no longer in Exact", path=endpoints.SALES_ENTRIES)
    return found[0]


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def read(client: ExactClient, entry_ids: Sequence[UUID]) -> list[BookedEntry]:
    """Return these entries with their lines, in one call; those that are gone are left out."""
    chosen = odata.any_of(odata.eq("EntryID", one) for one in entry_ids)
    query = {"$filter": chosen.text, **_WITH_LINES}
    return client.look_up(endpoints.SALES_ENTRIES, BookedEntry, query=query)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def changed_since(
    client: ExactClient, since: datetime, *, start: str = ""
) -> Iterator[Page[BookedEntry]]:
    """Yield the entries with their lines that were made or changed since a time (UTC), 60 a page, whoever made them.

    Exact's clock is not ours: give ``since`` a margin. ``start`` goes on with a next page that was given earlier.
    """
    query = {"$filter": odata.ge("Modified", since).text, **_WITH_LINES}
    return client.pages(
        endpoints.SALES_ENTRIES,
        BookedEntry,
        query=query,
        start=start,
        max_answer_bytes=PAGE_WITH_LINES_BYTES,
    )


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def find_sent(client: ExactClient, sent: Sequence[SentEntry]) -> list[BookedEntry]:
    """Return every entry that these drafts may have become, in one call if they are few."""
    looks = [_look_for(one) for one in sent]
    chosen = looks[0] if len(looks) == 1 else odata.any_of(looks)
    return client.look_up(endpoints.SALES_ENTRIES, BookedEntry, query={"$filter": chosen.text})


def _look_for(sent: SentEntry) -> odata.Filter:
    chosen = odata.eq("YourRef", sent.your_ref)
    if sent.entry_number is None:
        return chosen
    numbered = odata.eq("EntryNumber", sent.entry_number) & odata.eq("Journal", sent.journal)
    return odata.any_of([chosen, odata.any_of([numbered])])


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def find_of_document(client: ExactClient, document_id: UUID) -> list[BookedEntry]:
    """Return the entries that name a document, whoever made them: it must not be deleted then."""
    chosen = odata.eq("Document", document_id)
    return client.look_up(endpoints.SALES_ENTRIES, BookedEntry, query={"$filter": chosen.text})


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def find_printed(client: ExactClient, *, journal: str, invoice_number: int) -> list[BookedEntry]:
    """Return the entries that printing the invoice with this number of this journal made, oldest years as well.

    Printing copies the invoice's number to the entry's; Exact names no other link between the two. Numbers can
    repeat in another financial year, so compare customer and amount.
    """
    chosen = odata.eq("InvoiceNumber", invoice_number) & odata.eq("Journal", journal)
    return client.look_up(endpoints.SALES_ENTRIES, BookedEntry, query={"$filter": chosen.text})


_HEADER_PROPERTIES = SalesEntryDraft.exact_names() - {"SalesEntryLines"}
_LINE_PROPERTIES = SalesEntryLineDraft.exact_names()


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def update_header(client: ExactClient, entry_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change header properties (Exact's names); lines have calls of their own."""
    check_changeable(changes, _HEADER_PROPERTIES)
    client.put(endpoints.SALES_ENTRIES, entry_id, changes)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
def delete(client: ExactClient, entry_id: UUID) -> None:
    """Delete an open entry. Exact refuses processed ones."""
    client.delete(endpoints.SALES_ENTRIES, entry_id)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntryLines
def create_line(client: ExactClient, entry_id: UUID, line: SalesEntryLineDraft) -> BookedLine:
    """Add a line to an entry. Raises `OutcomeUnknown` when the answer was lost: read the entry before repeating."""
    return client.post(
        endpoints.SALES_ENTRY_LINES, {"EntryID": entry_id, **line.to_body()}, BookedLine
    )


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntryLines
def update_line(client: ExactClient, line_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change properties of a line (Exact's names)."""
    check_changeable(changes, _LINE_PROPERTIES)
    client.put(endpoints.SALES_ENTRY_LINES, line_id, changes)


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntryLines
def delete_line(client: ExactClient, line_id: UUID) -> None:
    """Delete a line. Deleting the last line deletes the entry, so add the new lines first."""
    client.delete(endpoints.SALES_ENTRY_LINES, line_id)
