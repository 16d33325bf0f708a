"""The same agency on the other route: Exact writes its invoices, prints them, and so makes the entry that is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from integrations.exact import items, printing, sales_invoices
from integrations.models import Route
from invoices.models import (
    CopyKind,
    CopyState,
    DeliveryState,
    Invoice,
    InvoiceKind,
    PostedDocument,
)
from tests import factories
from tests.payments.books import Books


@dataclass
class WrittenBooks(Books):
    """Books whose invoices Exact writes; everything else is as it is for entries."""

    @cached_property
    def item_id(self) -> UUID:
        """An item that may be sold."""
        return next(
            row.exact_id
            for page in items.list_items(self.division.client)
            for row in page.rows
            if row.code == "SERVICE"
        )

    def written(self, net: str = "100.00", *, journal: str = "70", **fields: Any) -> Invoice:
        """An invoice of net + 21 % that Exact wrote, not printed yet: the other route."""
        invoice = factories.make_invoice(
            organization=self.organization,
            subsidiary=self.connection.subsidiary,
            lines=[{"net_amount": net, "rate": "21"}],
            **fields,
        )
        self.write(invoice, journal=journal)
        return invoice

    def write(self, invoice: Invoice, *, journal: str = "70") -> PostedDocument:
        """Let Exact write the invoice and remember the document."""
        switches = self.division.sandbox.sandbox.switches
        # A credit note's own sign is not certain; what matters is what it books.
        sign = invoice.sign if switches["sales_credit_note_sign"] == "negative" else 1
        is_credit_note = invoice.kind == InvoiceKind.CREDIT_NOTE
        made = sales_invoices.create(
            self.division.client,
            sales_invoices.SalesInvoiceDraft(
                customer_id=self.division.customer_id,
                journal=journal,
                type=(
                    sales_invoices.SALES_CREDIT_NOTE
                    if is_credit_note
                    else sales_invoices.SALES_INVOICE
                ),
                lines=(
                    sales_invoices.SalesInvoiceLineDraft(
                        item_id=self.item_id,
                        quantity=Decimal(1),
                        net_price=invoice.net_amount * sign,
                        vat_code="2",
                    ),
                ),
                your_ref=invoice.number,
                currency=invoice.currency,
            ),
        )
        assert abs(made.amount_fc) == invoice.gross_amount
        return factories.make_posted_document(
            invoice=invoice,
            connection=self.connection,
            route=Route.EXACT_INVOICE,
            exact_id=made.exact_id,
            entry_exact_id=None,
            entry_number=None,
            invoice_number=made.invoice_number,
            journal_code=journal,
            customer_exact_id=made.customer_id,
            your_ref=made.your_ref,
            gross_amount=invoice.gross_amount * invoice.sign,
            delivery=DeliveryState.WAITING,
            created_at=self.now,
            updated_at=self.now,
        )

    def print(self, invoice: Invoice) -> None:
        """Let Exact number and book the invoice; its number is not read yet where Exact does not tell it before."""
        document = self.document(invoice)
        draft = printing.PrintDraft(
            invoice_id=document.exact_id, invoice_date=datetime.now(UTC).date()
        )
        factories.make_copy_request(
            invoice=invoice,
            connection=self.connection,
            state=CopyState.COPIED,
            kind=CopyKind.SEND,
            payload={"print": draft.model_dump(mode="json")},
        )
        printing.print_invoice(self.division.client, draft)
        with self.rows():
            PostedDocument.objects.filter(pk=document.pk).update(
                sent_at=self.now, updated_at=self.now, delivery=DeliveryState.NOTHING
            )

    def read_number(self, invoice: Invoice) -> int:
        """Take the number of a printed invoice over."""
        document = self.document(invoice)
        [made] = sales_invoices.read_headers(self.division.client, [document.exact_id])
        with self.rows():
            PostedDocument.objects.filter(pk=document.pk).update(
                invoice_number=made.invoice_number, entry_number=made.invoice_number
            )
        assert made.invoice_number is not None
        return made.invoice_number

    def sold(self, net: str = "100.00", **fields: Any) -> Invoice:
        """An invoice that Exact wrote, printed and numbered."""
        invoice = self.written(net, **fields)
        self.print(invoice)
        self.read_number(invoice)
        return invoice

    def document(self, invoice: Invoice) -> PostedDocument:
        """The invoice's newest document."""
        with self.rows():
            return PostedDocument.objects.filter(invoice=invoice).order_by("-sequence")[0]

    def entry_id(self, invoice: Invoice) -> str:
        """The id of the invoice's newest entry in Exact, also when printing made it of an invoice."""
        document = self.document(invoice)
        if document.route == Route.BOOKING:
            return str(document.exact_id)
        made = self.division.control("GET", f"books/{self.division.code}/sales-invoices")
        [entry_id] = [
            one["entry_id"]
            for one in made["sales_invoices"]
            if one["invoice_id"] == str(document.exact_id)
        ]
        return str(entry_id)
