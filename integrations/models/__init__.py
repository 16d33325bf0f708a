"""Rows about other people's systems. It knows no invoice."""

from __future__ import annotations

from integrations.models.call_history import (
    Direction,
    ExactCall,
    ExactCallBody,
    RecordOutcome,
    RunRecord,
    WorkRun,
)
from integrations.models.connections import (
    ConnectionEvent,
    ConnectionState,
    ConsentRequest,
    CreditSign,
    Deferral,
    ExactConnection,
    ExactGrant,
    GrantState,
    Numbering,
    Route,
    Sending,
)
from integrations.models.lanes import DivisionLane, LaneMember
from integrations.models.mappings import (
    ServiceTypeCost,
    ServiceTypeItem,
    ServiceTypeLedger,
    TaxRateVatCode,
)
from integrations.models.psa import ServiceType, Subsidiary, TaxRate
from integrations.models.reference import (
    CostCenter,
    CostUnit,
    ExactCustomer,
    ExactDivision,
    Item,
    Journal,
    LedgerAccount,
    ListKind,
    PaymentCondition,
    ReferenceList,
    VatCode,
)
from integrations.models.tokens import TokenCalls, TokenEvent
from integrations.models.webhooks import (
    SetAsideReason,
    SetAsideWebhook,
    WebhookListener,
    WebhookSubscription,
)

__all__ = [
    "ConnectionEvent",
    "ConnectionState",
    "ConsentRequest",
    "CostCenter",
    "CostUnit",
    "CreditSign",
    "Deferral",
    "Direction",
    "DivisionLane",
    "ExactCall",
    "ExactCallBody",
    "ExactConnection",
    "ExactCustomer",
    "ExactDivision",
    "ExactGrant",
    "GrantState",
    "Item",
    "Journal",
    "LaneMember",
    "LedgerAccount",
    "ListKind",
    "Numbering",
    "PaymentCondition",
    "RecordOutcome",
    "ReferenceList",
    "Route",
    "RunRecord",
    "Sending",
    "ServiceType",
    "ServiceTypeCost",
    "ServiceTypeItem",
    "ServiceTypeLedger",
    "SetAsideReason",
    "SetAsideWebhook",
    "Subsidiary",
    "TaxRate",
    "TaxRateVatCode",
    "TokenCalls",
    "TokenEvent",
    "VatCode",
    "WebhookListener",
    "WebhookSubscription",
    "WorkRun",
]
