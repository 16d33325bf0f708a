"""Builds the sales entry that Exact gets from an invoice whose ledger accounts and VAT codes are decided.

Pure functions. Before: `integrations.mappings.resolve`. After: `posting.py` sends the draft, and compares what was
booked with the totals expected here.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from integrations.exact.sales_entries import INT32_MAX, SalesEntryDraft, SalesEntryLineDraft
from integrations.mappings.facts import JournalFacts, LedgerFacts, VatFacts
from integrations.mappings.resolve import Resolution
from invoices.vat_check import LineVat, VatCheck, VatLine, check_vat

DESCRIPTION_LENGTH = 60
YOUR_REF_LENGTH = 30
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class LineContent:
    """A line of the invoice as it counts for the books. Amounts are in the invoice's currency, excluding VAT."""

    line_id: int
    position: int
    net: Decimal
    description: str = ""
    notes: str = ""
    percentage: Decimal | None = None
    own_vat: Decimal | None = None
    quantity: Decimal | None = None
    period_from: date | None = None
    period_to: date | None = None
    cost_center: str = ""
    cost_unit: str = ""
    service_type_id: int | None = None
    service_type_name: str = ""
    tax_rate_id: int | None = None
    item_code: str = ""
    vat_code: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """An invoice as it counts for the books; `sign` is -1 for a credit note, whose amounts are positive here."""

    number: str
    subject: str
    client_name: str
    sign: int
    invoice_date: date
    due_date: date | None
    currency: str
    exchange_rate: Decimal | None
    net: Decimal
    vat: Decimal
    gross: Decimal
    lines: tuple[LineContent, ...]


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What a line is expected to be booked as, with the sign of the books. `line_id` is ours."""

    line_id: int
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class SalesEntryPlan:
    """A sales entry ready to be sent, and what Exact is expected to book: totals with the sign of the books."""

    draft: SalesEntryDraft
    lines: tuple[PlannedLine, ...]
    check: VatCheck

    @property
    def gross(self) -> Decimal:
        """The expected total including VAT, in the entry's currency."""
        return sum((line.net + line.vat for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """The expected VAT, in the entry's currency."""
        return sum((line.vat for line in self.lines), Decimal(0))

    @property
    def payload(self) -> dict[str, Any]:
        """The plan in values that JSON has, amounts as text; `draft` can be read back without loss."""
        return {
            "draft": self.draft.model_dump(mode="json"),
            "gross": format(self.gross, "f"),
            "vat": format(self.vat, "f"),
            "line_ids": [line.line_id for line in self.lines],
            "line_nets": [format(line.net, "f") for line in self.lines],
        }

    @property
    def payload_hash(self) -> str:
        """The SHA-256 of the payload; equal plans have equal hashes."""
        text = json.dumps(self.payload, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class NotDecided(ValueError):
    """A plan was asked for although a gap is left; the gaps say what is missing."""


def plan_entry(
    *,
    invoice: InvoiceContent,
    resolution: Resolution,
    customer_id: UUID,
    marker: str,
    psa_numbers: bool,
    use_guard: bool = False,
) -> SalesEntryPlan:
    """This function will build the sales entry of an invoice.

    `marker` goes into the description, so that the entry is recognized when the answer is lost. With `psa_numbers` the
    invoice's number is the reference, and with `use_guard` (the first copy) also the entry's own number: Exact then
    refuses a second entry with it. Without, the marker is the reference. Raises NotDecided when the resolution has gaps.
    """
    if resolution.gaps or resolution.journal is None:
        raise NotDecided(" ".join(gap.sentence for gap in resolution.gaps) or "No journal.")
    check = check_invoice_vat(invoice=invoice, resolution=resolution)
    if check is None:
        raise NotDecided("A line has no VAT code.")
    placed = {line.line.line_id: line for line in resolution.lines}
    vats = {line.line_id: line for line in check.lines}
    lines = [
        _line_draft(
            line, placed[line.line_id].ledger, vats[line.line_id], invoice.sign, invoice.currency
        )
        for line in invoice.lines
    ]
    draft = _draft(invoice, resolution.journal, customer_id, marker, lines, psa_numbers, use_guard)
    planned = tuple(
        PlannedLine(
            line.line_id,
            _signed(line.net, invoice.sign),
            _signed(vats[line.line_id].amount, invoice.sign),
        )
        for line in invoice.lines
    )
    return SalesEntryPlan(draft, planned, check)


def check_invoice_vat(*, invoice: InvoiceContent, resolution: Resolution) -> VatCheck | None:
    """This function will compare the invoice's VAT with what Exact will book; None while a line has no VAT code."""
    codes: dict[int, VatFacts] = {
        line.line.line_id: line.vat for line in resolution.lines if line.vat is not None
    }
    if not invoice.lines or any(line.line_id not in codes for line in invoice.lines):
        return None
    return check_vat(
        lines=[
            VatLine(
                line.line_id,
                line.position,
                line.net,
                codes[line.line_id],
                line.percentage,
                line.own_vat,
            )
            for line in invoice.lines
        ],
        total_vat=invoice.vat,
        currency=invoice.currency,
    )


def numeric_number(number: str) -> int | None:
    """This function will return an invoice number as Exact can take it (Int32, above 0), or None."""
    if not (number.isascii() and number.isdigit()):
        return None
    value = int(number)
    return value if 0 < value <= INT32_MAX else None


def _draft(
    invoice: InvoiceContent,
    journal: JournalFacts,
    customer_id: UUID,
    marker: str,
    lines: Sequence[SalesEntryLineDraft],
    psa_numbers: bool,
    use_guard: bool,
) -> SalesEntryDraft:
    # A second document cannot have the number of the first: Exact refuses a number that is in use.
    number = numeric_number(invoice.number) if psa_numbers and use_guard else None
    return SalesEntryDraft(
        customer_id=customer_id,
        journal=journal.code,
        entry_date=invoice.invoice_date,
        due_date=invoice.due_date,
        lines=tuple(lines),
        invoice_number=number,
        entry_number=number,
        your_ref=your_ref(invoice.number, marker, psa_numbers=psa_numbers),
        description=entry_description(invoice, marker),
        currency=invoice.currency,
        rate=None if invoice.exchange_rate is None else _plain(invoice.exchange_rate),
    )


def your_ref(number: str, marker: str, *, psa_numbers: bool) -> str:
    """This function will return the reference the entry is looked up by: the printed number, or the marker.

    Exact keeps 30 characters; the number is cut here, so that a look-up asks for what Exact has.
    """
    cleaned = " ".join(clean(number).split())
    return cleaned[:YOUR_REF_LENGTH].strip() if psa_numbers and cleaned else marker


def entry_description(invoice: InvoiceContent, marker: str) -> str:
    """This function will return the entry's description: the subject, cut so that the marker always fits."""
    mark = f"[{marker}]"
    room = DESCRIPTION_LENGTH - len(mark) - 1
    text = one_line(invoice.subject) or one_line(invoice.client_name)
    return f"{shorten(text, room)} {mark}".strip()


def _line_draft(
    line: LineContent, ledger: LedgerFacts | None, vat: LineVat, sign: int, currency: str
) -> SalesEntryLineDraft:
    if ledger is None:
        raise NotDecided(f"Line {line.position} has no ledger account.")
    description, notes = split_text(line.description, line.notes)
    amount = line.net + vat.amount if vat.vat.includes_vat else line.net
    has_period = line.period_from is not None and line.period_to is not None
    return SalesEntryLineDraft(
        amount_fc=_signed(amount, sign),
        gl_account_id=ledger.exact_id,
        vat_code=vat.vat.code,
        # Exact computes per line; the amount that was spread over the lines makes the totals agree.
        vat_amount_fc=_signed(vat.amount, sign) if vat.vat.charged_fraction else None,
        description=description or None,
        notes=notes or None,
        quantity=None if line.quantity is None else _signed(_plain(line.quantity), sign),
        from_date=line.period_from if has_period else None,
        to_date=line.period_to if has_period else None,
        cost_center=line.cost_center or None,
        cost_unit=line.cost_unit or None,
    )


# --- Values ---------------------------------------------------------------------------------------------------------


def _signed(amount: Decimal, sign: int) -> Decimal:
    # Zero has no sign, and equal amounts are written alike: their text is hashed and compared.
    return amount * sign if amount else abs(amount)


def _plain(number: Decimal) -> Decimal:
    """The number without trailing zeros and without an exponent."""
    return Decimal(format(number.normalize(), "f"))


_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")


def clean(text: str) -> str:
    """This function will normalize text (NFC) and drop control characters and lone surrogates, except line breaks."""
    text = unicodedata.normalize("NFC", _LINE_BREAKS.sub("\n", text)).replace("\t", " ")
    return "".join(
        letter
        for letter in text
        if letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cs"}
    ).strip()


def one_line(text: str) -> str:
    """This function will clean the text and put it on one line."""
    return " ".join(clean(text).split())


def shorten(text: str, length: int) -> str:
    """This function will cut the text to the length, with an ellipsis when something is lost."""
    return text if len(text) <= length else text[: length - 1].rstrip() + _ELLIPSIS


def split_text(description: str, notes: str) -> tuple[str, str]:
    """This function will return a line's description as Exact takes it and its notes, which hold what did not fit."""
    whole, extra = clean(description), clean(notes)
    flat = " ".join(whole.split())
    if len(flat) <= DESCRIPTION_LENGTH and "\n" not in whole:
        return flat, extra
    return shorten(flat, DESCRIPTION_LENGTH), "\n\n".join(part for part in (whole, extra) if part)
