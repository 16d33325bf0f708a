"""Which cost center and cost unit a client's lines get."""

from __future__ import annotations

from django.db import models

from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models import ExactConnection
from invoices.models.invoice import Client


class ClientCost(TenantModel):
    """Lines of this client get this cost center and cost unit, by Exact's codes; either may be empty (B-14)."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="client_costs"
    )
    client = TenantForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    cost_center = models.CharField(max_length=20, blank=True)
    cost_unit = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["client__name", "id"]
        constraints = [models.UniqueConstraint("connection", "client", name="one_cost_per_client")]

    def __str__(self) -> str:
        return f"{self.client_id} on {self.cost_center} {self.cost_unit}".strip()
