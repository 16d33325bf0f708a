"""The shape of a seeded division; the countries fill it in."""

from __future__ import annotations

from dataclasses import dataclass

from exact_sandbox.gl_types import balance_type

GROUP, PRACTICE = "Studio Noord Groep", "Cijferkantoor"  # the customers who own the divisions


@dataclass(frozen=True, slots=True)
class GLAccount:
    """A ledger account: code, name, Exact's type number and its default VAT code."""

    code: str
    description: str
    type: int
    vat_code: str | None = None
    blocked: bool = False
    cost_center: int = 0  # 0 optional, 1 mandatory, 2 not used

    @property
    def balance_type(self) -> str:
        """W for profit and loss, B for the balance sheet."""
        return balance_type(self.type)


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal: code, name, Exact's type number and its own ledger account."""

    code: str
    description: str
    type: int
    gl_account: str
    variable_currency: bool = False
    blocked: bool = False
    iban: str | None = None


@dataclass(frozen=True, slots=True)
class VATCode:
    """A VAT code: `percent` is a percentage, `type` one of E, I, B, N."""

    code: str
    description: str
    percent: str
    type: str = "E"
    transaction_type: str = "B"
    blocked: bool = False
    charged: bool = False
    listing: str = "N"


@dataclass(frozen=True, slots=True)
class Condition:
    """A payment condition: due after the end of so many months and so many days."""

    code: str
    description: str
    days: int
    months: int = 0
    discount_percent: str = "0"
    discount_days: int = 0
    method: str = "B"


@dataclass(frozen=True, slots=True)
class DivisionPlan:
    """Everything a division starts with."""

    code: int
    hid: int
    name: str
    country: str
    address: str
    postcode: str
    city: str
    vat_number: str
    chamber_of_commerce: str
    gl_accounts: tuple[GLAccount, ...]
    journals: tuple[Journal, ...]
    vat_codes: tuple[VATCode, ...]
    conditions: tuple[Condition, ...]
    default_condition: str
    receivable: str
    payable: str
    write_off: str
    discount: str  # payment discounts given
    exchange_difference: str
    vat_payable: str
    vat_claim: str
    bank_journal: str
    memorial_journal: str
    purchase_journal: str
    cities: tuple[tuple[str, str], ...]  # postcode, city
    streets: tuple[str, ...]
    firm_words: tuple[str, ...]
    firm_kinds: tuple[str, ...]
    legal_forms: tuple[str, ...]
    vat_number_pattern: str  # {n} stands for nine digits, {c} for two check digits
    archived: bool = False
    customer: str = GROUP  # who owns the division
    practice: bool = False  # an accountant's own
