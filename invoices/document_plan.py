"""An invoice as it counts for the books, and the document that is made of it: what both routes have in common.

Pure values. `sales_entry.py` and `sales_invoice.py` build the plans; `posting.py` sends the draft, and compares what Exact
made of it with the totals expected here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from connector.sentences import sentence, together
from integrations.mappings.facts import VatFacts
from integrations.mappings.lines import Period
from integrations.mappings.resolve import Resolution
from integrations.mappings.situations import Buyer, buyer_of
from invoices.vat_check import VatCheck, VatLine, check_vat


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
    period: Period | None = None
    cost_center: str = ""
    cost_unit: str = ""
    unit: str = ""
    unit_price: Decimal | None = None
    service_type_id: int | None = None
    service_type_name: str = ""
    tax_rate_id: int | None = None
    tax_rate_name: str = ""
    item_code: str = ""
    vat_code: str = ""


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice that a credit note credits, and what other credit notes take off it. Amounts include VAT."""

    number: str
    gross: Decimal
    by_others: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """An invoice as it counts for the books; `sign` is -1 for a credit note, whose amounts are positive here.

    `credited` is known of a credit note whose invoice is here, in the same currency.
    """

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
    reference: str = ""
    credited: Credited | None = None
    client_country: str = ""
    client_vat_number: str = ""

    def buyer(self, home: str) -> Buyer:
        """This function will return the client's situation for VAT, seen from the country of the books."""
        return buyer_of(home=home, country=self.client_country, vat_number=self.client_vat_number)


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What a line is expected to become, with the sign of the document. `line_id` is ours."""

    line_id: int
    net: Decimal
    vat: Decimal


class DocumentDraft(Protocol):
    """What is sent, whatever the route: a pydantic model of `integrations.exact` that survives JSON unchanged."""

    @property
    def customer_id(self) -> UUID: ...
    @property
    def journal(self) -> str: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def your_ref(self) -> str | None: ...
    @property
    def lines(self) -> Sequence[Any]: ...
    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


class MadeDocument(Protocol):
    """What Exact made of a draft, whatever the route. Amounts are in the document's currency, the first with VAT."""

    @property
    def exact_id(self) -> UUID: ...
    @property
    def entry_number(self) -> int | None: ...
    @property
    def invoice_number(self) -> int | None: ...
    @property
    def amount_fc(self) -> Decimal: ...
    @property
    def vat_amount_fc(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def customer_id(self) -> UUID: ...
    @property
    def journal(self) -> str | None: ...
    @property
    def your_ref(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def line_count(self) -> int | None: ...
    @property
    def lines(self) -> Sequence[Any] | None: ...
    def model_dump(self, *, mode: str, exclude: Any = None) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Records:
    """The records in Exact that a document refers to; they are made before it."""

    customer_id: UUID
    contact_id: UUID | None = None
    document_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What a document depends on besides the invoice and its mapping.

    `marker` goes into the description, so that the document is recognized when the answer is lost. With `psa_numbers` the
    invoice's number is the reference; with `use_guard` (the first copy) it is also the entry's own number, which Exact
    then takes only once. `credit_sign` is 1 where this division wants positive amounts on a sales credit note.
    """

    marker: str
    psa_numbers: bool = False
    use_guard: bool = False
    payment_condition: str = ""
    credit_sign: int = -1


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """A document ready to be sent, and what Exact is expected to make of it: totals with the sign of the document."""

    draft: DocumentDraft
    lines: tuple[PlannedLine, ...]
    check: VatCheck

    @property
    def gross(self) -> Decimal:
        """The expected total including VAT, in the document's currency."""
        return sum((line.net + line.vat for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """The expected VAT, in the document's currency."""
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
        return hash_of(self.payload)


def hash_of(payload: Mapping[str, Any]) -> str:
    """This function will return the SHA-256 of what is sent; equal payloads have equal hashes."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class NotDecided(ValueError):
    """A plan was asked for although a gap is left; the gaps say what is missing."""


def check_invoice_vat(
    *, invoice: InvoiceContent, resolution: Resolution, exact_computes: bool = False
) -> VatCheck | None:
    """This function will compare the invoice's VAT with what Exact will book; None while a line has no VAT code.

    `exact_computes`: VAT is left to Exact (H-37), which rounds each line by itself.
    """
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
        exact_computes=exact_computes,
    )


def decided(
    *, invoice: InvoiceContent, resolution: Resolution, exact_computes: bool = False
) -> VatCheck:
    """This function will return the VAT of an invoice about which nothing is left to decide, or raise NotDecided."""
    if resolution.gaps or resolution.journal is None:
        raise NotDecided(
            together(*(gap.sentence for gap in resolution.gaps)) or sentence("No journal.")
        )
    check = check_invoice_vat(invoice=invoice, resolution=resolution, exact_computes=exact_computes)
    if check is None:
        raise NotDecided(sentence("A line has no VAT code."))
    return check


def signed(amount: Decimal, sign: int) -> Decimal:
    """This function will give the amount the sign; zero has none, since what is hashed and compared is its text."""
    return amount * sign if amount else abs(amount)


def plain(number: Decimal) -> Decimal:
    """This function will return the number without trailing zeros and without an exponent."""
    return Decimal(format(number.normalize(), "f"))
