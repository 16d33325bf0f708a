"""Lays a sales invoice out on pages: parties, lines, VAT by code, totals, how to pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exact_sandbox.invoice_words import (
    invoice_word,
    shown_amount,
    shown_date,
    shown_number,
    shown_quantity,
)
from exact_sandbox.pdf import HEIGHT, WIDTH, Page, pdf_file, wrapped

_LEFT, _RIGHT, _BOTTOM = 50, WIDTH - 50, HEIGHT - 90
_QUANTITY, _PRICE, _VAT = 340, 415, 465  # right edges of the columns before the amount
_LEADING = 13


@dataclass(frozen=True, slots=True)
class Party:
    """A name with its address, a line each, and its VAT and registration numbers."""

    name: str
    address: Sequence[str]
    vat_number: str = ""
    chamber_of_commerce: str = ""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line as printed; `vat` is a percentage such as 21."""

    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    vat: Decimal
    amount: Decimal
    notes: str = ""


@dataclass(frozen=True, slots=True)
class VATRow:
    """What one VAT code comes to."""

    description: str
    base: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class PrintedInvoice:
    """Everything on a printed invoice; amounts are in its currency."""

    language: str
    is_credit_note: bool
    number: int
    date: datetime
    due: datetime
    sender: Party
    customer: Party
    contact: str
    your_ref: str
    description: str
    lines: Sequence[PrintedLine]
    discount: Decimal
    vat_rows: Sequence[VATRow]
    excluding: Decimal
    total: Decimal
    currency: str
    decimals: int
    iban: str
    payment_reference: str
    extra_text: str

    @property
    def kind(self) -> str:
        """What the document is called."""
        return self.word("credit_note" if self.is_credit_note else "invoice")

    def word(self, name: str, /, **values: str) -> str:
        """Return a word in the invoice's language."""
        return invoice_word(self.language, name, **values)

    def money(self, value: Decimal) -> str:
        """Return an amount without its currency."""
        return shown_number(self.language, value, self.decimals)

    def money_with_currency(self, value: Decimal) -> str:
        """Return an amount with its currency."""
        return shown_amount(self.language, value, self.currency, self.decimals)

    def day(self, moment: datetime) -> str:
        """Return a date."""
        return shown_date(self.language, moment)


class _Layout:
    """Where the next text goes; a new page begins where there is no more room."""

    def __init__(self, invoice: PrintedInvoice) -> None:
        self.invoice = invoice
        self.pages = [Page()]
        self.y = 0.0

    @property
    def page(self) -> Page:
        return self.pages[-1]

    def room(self, height: float, *, in_table: bool = False) -> None:
        """Make sure that so much fits below; the table's head stands on each of its pages."""
        if self.y + height > _BOTTOM:
            self.pages.append(Page())
            self.y = 60
            if in_table:
                self.table_head()

    def table_head(self) -> None:
        invoice = self.invoice
        self.page.text(_LEFT, self.y, invoice.word("description"), bold=True)
        for x, name in (
            (_QUANTITY, "quantity"),
            (_PRICE, "price"),
            (_VAT, "vat"),
            (_RIGHT, "amount"),
        ):
            self.page.right(x, self.y, invoice.word(name), bold=True)
        self.page.line(_LEFT, self.y + 4, _RIGHT)
        self.y += _LEADING + 4

    def pair(self, label: str, value: str, *, bold: bool = False) -> None:
        """Write a label and an amount at the right edge."""
        self.page.text(_QUANTITY - 40, self.y, label, bold=bold)
        self.page.right(_RIGHT, self.y, value, bold=bold)
        self.y += _LEADING


def invoice_pdf(invoice: PrintedInvoice) -> bytes:
    """Return the invoice as a PDF file of one or more pages."""
    layout = _Layout(invoice)
    _head(layout)
    layout.table_head()
    for line in invoice.lines:
        _line(layout, line)
    _totals(layout)
    _payment(layout)
    _foot(layout)
    return pdf_file(layout.pages, f"{invoice.kind} {invoice.number}")


def _head(layout: _Layout) -> None:
    invoice, page = layout.invoice, layout.page
    page.text(_LEFT, 70, invoice.sender.name, size=16, bold=True)
    y = 88.0
    for text in invoice.sender.address:
        page.text(_LEFT, y, text)
        y += 12
    page.text(_LEFT, 160, invoice.customer.name, size=11, bold=True)
    y = 175
    attention = f"{invoice.word('attention')} {invoice.contact}" if invoice.contact else ""
    number = invoice.customer.vat_number
    vat_number = f"{invoice.word('vat_number')} {number}" if number else ""
    for text in filter(None, (attention, *invoice.customer.address, vat_number)):
        page.text(_LEFT, y, text, size=10)
        y += _LEADING
    facts = (
        ("number", str(invoice.number)),
        ("date", invoice.day(invoice.date)),
        ("due", invoice.day(invoice.due)),
        ("your_ref", invoice.your_ref),
    )
    page.right(_RIGHT, 70, invoice.kind, size=20, bold=True)
    fact_y = 160.0
    for name, value in facts:
        if value:
            page.text(_QUANTITY, fact_y, invoice.word(name), bold=True)
            page.right(_RIGHT, fact_y, value)
            fact_y += _LEADING
    layout.y = max(y, fact_y, 240) + 20
    for text in wrapped(invoice.description, 10, _RIGHT - _LEFT) if invoice.description else []:
        page.text(_LEFT, layout.y, text, size=10)
        layout.y += _LEADING
    layout.y += 8


def _line(layout: _Layout, line: PrintedLine) -> None:
    invoice = layout.invoice
    texts = wrapped(line.description, 9, _QUANTITY - 60 - _LEFT)
    notes = wrapped(line.notes, 8, _QUANTITY - 60 - _LEFT) if line.notes else []
    # A line that fits on a page is not torn apart.
    layout.room(min(_LEADING * (len(texts) + len(notes)), _BOTTOM / 2), in_table=True)
    page, y = layout.page, layout.y
    quantity = f"{shown_quantity(invoice.language, line.quantity)} {line.unit}".strip()
    page.right(_QUANTITY, y, quantity)
    price_decimals = max(invoice.decimals, len(f"{line.price:.6f}".rstrip("0").partition(".")[2]))
    page.right(_PRICE, y, shown_number(invoice.language, line.price, price_decimals))
    page.right(_VAT, y, f"{shown_quantity(invoice.language, line.vat)}%")
    page.right(_RIGHT, y, invoice.money(line.amount))
    for text, size in [(text, 9) for text in texts] + [(text, 8) for text in notes]:
        layout.room(_LEADING, in_table=True)
        layout.page.text(_LEFT, layout.y, text, size=size)
        layout.y += _LEADING
    layout.y += 2


def _totals(layout: _Layout) -> None:
    invoice = layout.invoice
    layout.room(_LEADING * (5 + len(invoice.vat_rows)))
    layout.page.line(_LEFT, layout.y - 6, _RIGHT)
    layout.y += 8
    if invoice.discount:
        layout.pair(invoice.word("discount"), invoice.money(-invoice.discount))
    layout.pair(invoice.word("excluding"), invoice.money(invoice.excluding))
    for row in invoice.vat_rows:
        layout.page.text(
            _LEFT, layout.y, f"{invoice.word('base')} {invoice.money(row.base)}", size=8
        )
        layout.pair(row.description, invoice.money(row.vat))
    layout.page.line(_QUANTITY - 40, layout.y - 8, _RIGHT)
    layout.y += 4
    layout.pair(invoice.word("total"), invoice.money_with_currency(invoice.total), bold=True)


def _payment(layout: _Layout) -> None:
    invoice = layout.invoice
    texts = [
        invoice.word(
            "pay",
            amount=invoice.money_with_currency(invoice.total),
            due=invoice.day(invoice.due),
            iban=invoice.iban,
            sender=invoice.sender.name,
        )
        if invoice.total > 0 and not invoice.is_credit_note
        else invoice.word("nothing_to_pay")
    ]
    if invoice.payment_reference:
        texts.append(f"{invoice.word('payment_reference')}: {invoice.payment_reference}")
    if invoice.extra_text:
        texts += ["", *invoice.extra_text.splitlines()]
    layout.y += 24
    for text in texts:
        for line in wrapped(text, 9, _RIGHT - _LEFT):
            layout.room(_LEADING)
            layout.page.text(_LEFT, layout.y, line)
            layout.y += _LEADING


def _foot(layout: _Layout) -> None:
    """Write the sender's numbers and the page's at the bottom of each page."""
    invoice = layout.invoice
    sender = invoice.sender
    parts = [
        sender.name,
        f"{invoice.word('chamber')} {sender.chamber_of_commerce}",
        f"{invoice.word('vat_number')} {sender.vat_number}",
        f"IBAN {invoice.iban}",
    ]
    for number, page in enumerate(layout.pages, 1):
        page.line(_LEFT, HEIGHT - 56, _RIGHT)
        page.text(_LEFT, HEIGHT - 44, "  ·  ".join(parts), size=7)
        count = f"{invoice.word('page')} {number} / {len(layout.pages)}"
        page.right(_RIGHT, HEIGHT - 44, count, size=7)
