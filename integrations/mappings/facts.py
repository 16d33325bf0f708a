"""What is known of a connection's journals, ledger accounts and VAT codes, as plain values read once per invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from integrations.models import (
    ExactConnection,
    ExactCustomer,
    Journal,
    LedgerAccount,
    ServiceTypeLedger,
    TaxRateVatCode,
    VatCode,
)

_MANDATORY = 1  # UseCostcenter and UseCostunit: 0 optional, 1 mandatory, 2 no
_PURCHASE_ONLY = "P"


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
class CustomerFacts:
    """A customer account of Exact."""

    exact_id: UUID
    name: str
    code: str = ""
    status: str = "C"
    is_usable: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """A connection's lists, defaults and mappings. The mappings' keys are our ids of service types and tax rates."""

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
    division_currency: str = ""

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


def read_facts(connection: ExactConnection) -> ConnectionFacts:
    """This function will read the lists, defaults and mappings of a connection from our own database."""
    return ConnectionFacts(
        journals={
            row.code: JournalFacts(
                row.code,
                row.description,
                row.type == Journal.SALES,
                row.is_usable,
                row.currency,
                row.allow_variable_currency,
            )
            for row in Journal.objects.filter(connection=connection).order_by(
                "is_gone", "code", "id"
            )
        },
        ledgers={
            row.exact_id: LedgerFacts(
                row.exact_id,
                row.code,
                row.description,
                row.is_revenue,
                row.is_usable,
                row.use_cost_center == _MANDATORY,
                row.use_cost_unit == _MANDATORY,
            )
            for row in LedgerAccount.objects.filter(connection=connection).order_by("code", "id")
        },
        vat_codes={
            row.code: VatFacts(
                row.code,
                row.description,
                row.percentage,
                row.type,
                row.is_usable,
                row.transaction_type != _PURCHASE_ONLY,
            )
            for row in VatCode.objects.filter(connection=connection).order_by(
                "is_gone", "code", "id"
            )
        },
        default_journal_code=connection.default_journal_code,
        default_ledger_id=connection.default_ledger_exact_id,
        default_vat_code=connection.default_vat_code,
        manual_ledger=connection.manual_ledger,
        map_service_types=connection.map_service_types,
        service_type_ledgers=dict(
            ServiceTypeLedger.objects.filter(connection=connection).values_list(
                "service_type_id", "ledger_exact_id"
            )
        ),
        tax_rate_vat_codes=dict(
            TaxRateVatCode.objects.filter(connection=connection).values_list(
                "tax_rate_id", "vat_code"
            )
        ),
        division_currency=connection.division_currency,
    )


def find_customer_facts(connection: ExactConnection, customer_id: UUID) -> CustomerFacts | None:
    """This function will return a customer account of the mirror, or None when the mirror does not have it."""
    row = ExactCustomer.objects.filter(connection=connection, exact_id=customer_id).first()
    if row is None:
        return None
    return CustomerFacts(
        row.exact_id, row.name, row.code, row.status, not (row.is_blocked or row.is_gone)
    )
