"""What is known of a connection's journals, ledgers, items and VAT codes, as plain values read once per invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from connector.sentences import sentence
from integrations.mappings.situations import Situation
from integrations.models import CreditSign, Deferral, Route, Sending

# The VAT code that Exact's own templates give the high rate: the last resort when Exact writes the invoice (D-3, H-15).
USUAL_VAT_CODE = "2"


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """A journal."""

    code: str
    description: str = ""
    is_sales: bool = True
    is_usable: bool = True
    currency: str = ""
    any_currency: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.description}".strip()

    def takes(self, currency: str) -> bool:
        """This function will tell whether entries in the currency may be booked in it."""
        return self.any_currency or not self.currency or self.currency == currency


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """A ledger account."""

    exact_id: UUID
    code: str
    description: str = ""
    is_revenue: bool = True
    is_usable: bool = True
    needs_cost_center: bool = False
    needs_cost_unit: bool = False
    # What a ledger account does not use, Exact may refuse or drop without a word; so it is not sent.
    takes_cost_center: bool = True
    takes_cost_unit: bool = True

    def __str__(self) -> str:
        return f"{self.code} {self.description}".strip()


@dataclass(frozen=True, slots=True)
class VatFacts:
    """A VAT code; `fraction` is 0.21 for 21 %.

    `type`: E amounts exclude VAT, I they include it, B base only, N no VAT.
    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=VATVATCodes
    """

    code: str
    description: str = ""
    fraction: Decimal = Decimal(0)
    type: str = "E"
    is_usable: bool = True
    is_for_sales: bool = True

    def __str__(self) -> str:
        return f"{self.code} {self.description}".strip()

    @property
    def charged_fraction(self) -> Decimal:
        """The part of the net amount that is charged as VAT: none with the types B and N."""
        return self.fraction if self.type in {"E", "I", ""} else Decimal(0)

    @property
    def includes_vat(self) -> bool:
        """Whether amounts booked with it include VAT."""
        return self.type == "I"


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """An item; the dates are the first and last day on which it is sold."""

    exact_id: UUID
    code: str
    description: str = ""
    unit: str = ""
    is_usable: bool = True
    start_date: date | None = None
    end_date: date | None = None

    def __str__(self) -> str:
        return f"{self.code} {self.description}".strip()

    def is_sold_on(self, day: date) -> bool:
        """This function will tell whether an invoice of that day may sell it."""
        return not self.why_not_sold(day)

    def why_not_sold(self, day: date | None = None) -> str:
        """This function will say why it can not be sold on that day, after "the item"; empty when it can."""
        if not self.is_usable:
            return sentence("is no longer for sale in Exact")
        if day and self.end_date and day > self.end_date:
            return sentence("is not sold any more after %(day)s", day=self.end_date)
        if day and self.start_date and day < self.start_date:
            return sentence("is not sold before %(day)s", day=self.start_date)
        return ""


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer account of Exact."""

    exact_id: UUID
    name: str
    code: str = ""
    status: str = "C"
    is_usable: bool = True
    email: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    """A cost center and a cost unit by Exact's codes; empty where there is none."""

    center: str = ""
    unit: str = ""


NO_COSTS = Costs()


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """A connection's lists, defaults and mappings. The mappings' keys are our ids of service types and tax rates.

    `country` is the one whose books these are; `situation_vat_codes` are the codes of tax rates for customers abroad.

    `items` holds those that the settings or the invoice name, not the division's whole list. `payment_conditions` are
    the codes that can be used.
    """

    journals: Mapping[str, JournalFacts] = field(default_factory=dict)
    ledgers: Mapping[UUID, LedgerFacts] = field(default_factory=dict)
    vat_codes: Mapping[str, VatFacts] = field(default_factory=dict)
    default_journal_code: str = ""
    default_ledger_id: UUID | None = None
    default_vat_code: str = ""
    manual_ledger: bool = False
    map_service_types: bool = False
    service_type_ledgers: Mapping[int, UUID] = field(default_factory=dict)
    tax_rate_vat_codes: Mapping[int, str] = field(default_factory=dict)
    situation_vat_codes: Mapping[tuple[int, Situation], str] = field(default_factory=dict)
    country: str = ""
    deferral: str = Deferral.OFF
    division_currency: str = ""
    route: str = Route.BOOKING
    items: Mapping[UUID, ItemFacts] = field(default_factory=dict)
    default_item_id: UUID | None = None
    service_type_items: Mapping[int, UUID] = field(default_factory=dict)
    service_type_vat_codes: Mapping[int, str] = field(default_factory=dict)
    payment_condition_code: str = ""
    payment_conditions: frozenset[str] = frozenset()
    sending: str = Sending.EMAIL
    credit_sign: str = CreditSign.NEGATIVE
    # The PSA numbers invoices, so each has to have a number.
    psa_numbers: bool = False
    # Rules for these count only while the connection uses them.
    use_costs: bool = False
    service_type_costs: Mapping[int, Costs] = field(default_factory=dict)
    # Those that can be used, by code; None while the list was never read.
    cost_centers: frozenset[str] | None = None
    cost_units: frozenset[str] | None = None

    @property
    def sales_journals(self) -> list[JournalFacts]:
        """The journals an invoice may be booked in."""
        return [
            journal for journal in self.journals.values() if journal.is_sales and journal.is_usable
        ]

    @property
    def revenue_ledgers(self) -> list[LedgerFacts]:
        """The ledger accounts a line may be booked on."""
        return [
            ledger for ledger in self.ledgers.values() if ledger.is_revenue and ledger.is_usable
        ]

    @property
    def sales_vat_codes(self) -> list[VatFacts]:
        """The VAT codes a line may carry."""
        return [vat for vat in self.vat_codes.values() if vat.is_for_sales and vat.is_usable]

    @property
    def has_usual_vat_code(self) -> bool:
        """Whether the division has Exact's usual VAT code, and sales may carry it."""
        usual = self.vat_codes.get(USUAL_VAT_CODE)
        return usual is not None and usual.is_usable and usual.is_for_sales

    def find_item(self, code: str) -> ItemFacts | None:
        """This function will return the item with a code, whatever its case and outer spaces; one for sale first."""
        wanted = code.strip().casefold()
        found = [item for item in self.items.values() if item.code.strip().casefold() == wanted]
        return max(found, key=lambda item: item.is_usable, default=None)
