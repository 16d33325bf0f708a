"""Rows about other people's systems. It knows no invoice."""

from __future__ import annotations

from integrations.models.connections import (
    ConnectionEvent,
    ConnectionState,
    ConsentRequest,
    ExactConnection,
    ExactGrant,
    GrantState,
    Numbering,
)
from integrations.models.lanes import DivisionLane, LaneMember
from integrations.models.mappings import ServiceTypeLedger, TaxRateVatCode
from integrations.models.psa import ServiceType, Subsidiary, TaxRate
from integrations.models.reference import (
    ExactCustomer,
    ExactDivision,
    Journal,
    LedgerAccount,
    ListKind,
    PaymentCondition,
    ReferenceList,
    VatCode,
)

__all__ = [
    "ConnectionEvent",
    "ConnectionState",
    "ConsentRequest",
    "DivisionLane",
    "ExactConnection",
    "ExactCustomer",
    "ExactDivision",
    "ExactGrant",
    "GrantState",
    "Journal",
    "LaneMember",
    "LedgerAccount",
    "ListKind",
    "Numbering",
    "PaymentCondition",
    "ReferenceList",
    "ServiceType",
    "ServiceTypeLedger",
    "Subsidiary",
    "TaxRate",
    "TaxRateVatCode",
    "VatCode",
]
