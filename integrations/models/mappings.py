"""Which ledger account and VAT code the lines of an invoice get in Exact."""

from __future__ import annotations

from django.db import models

from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models.connections import ExactConnection
from integrations.models.psa import ServiceType, TaxRate


class ServiceTypeLedger(TenantModel):
    """Lines of this service type are booked on this ledger account."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="service_type_ledgers"
    )
    service_type = TenantForeignKey(ServiceType, on_delete=models.CASCADE, related_name="+")
    ledger_exact_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "connection", "service_type", name="one_ledger_per_service_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_type_id} on {self.ledger_exact_id}"


class ServiceTypeItem(TenantModel):
    """Lines of this service type sell this item and carry this VAT code; either may be left to the defaults (H-35)."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="service_type_items"
    )
    service_type = TenantForeignKey(ServiceType, on_delete=models.CASCADE, related_name="+")
    item_exact_id = models.UUIDField(null=True, blank=True)
    vat_code = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "service_type", name="one_item_per_service_type")
        ]

    def __str__(self) -> str:
        return f"{self.service_type_id} as {self.item_exact_id or 'the default item'}"


class ServiceTypeCost(TenantModel):
    """Lines of this service type get this cost center and cost unit, by Exact's codes; either may be empty (B-14)."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="service_type_costs"
    )
    service_type = TenantForeignKey(ServiceType, on_delete=models.CASCADE, related_name="+")
    cost_center = models.CharField(max_length=20, blank=True)
    cost_unit = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "service_type", name="one_cost_per_service_type")
        ]

    def __str__(self) -> str:
        return f"{self.service_type_id} on {self.cost_center} {self.cost_unit}".strip()


class TaxRateVatCode(TenantModel):
    """Lines of this tax rate carry this VAT code, or the one of the customer's situation where there is one (B-12).

    Any of them may be empty: a situation without a code takes the plain one, and without that the default counts.
    """

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="tax_rate_vat_codes"
    )
    tax_rate = TenantForeignKey(TaxRate, on_delete=models.CASCADE, related_name="+")
    vat_code = models.CharField(max_length=10, blank=True)
    reverse_charge_vat_code = models.CharField(max_length=10, blank=True, default="", db_default="")
    export_vat_code = models.CharField(max_length=10, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "tax_rate", name="one_vat_code_per_tax_rate")
        ]

    def __str__(self) -> str:
        return f"{self.tax_rate_id} as {self.vat_code}"
