"""What people decided where Exact says something else of a payment than they or the PSA do."""

from __future__ import annotations

from django.db import models

from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from invoices.models.invoice import HandPayment, Invoice, PaymentStatus, money_field


class PaymentDecision(TenantModel):
    """A person looked at two facts that contradict each other and let both stand.

    It holds as long as both are as they were then: a change in Exact, another mark or another day in the PSA asks anew.
    """

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="payment_decisions")
    # The word against Exact: a mark by hand, or else the day on which the PSA calls it paid.
    hand_payment = TenantForeignKey(
        HandPayment, on_delete=models.CASCADE, null=True, blank=True, related_name="decisions"
    )
    psa_paid_date = models.DateField(null=True, blank=True)
    # What Exact said then.
    exact_status = models.CharField(max_length=20, choices=PaymentStatus.choices)
    exact_paid_amount = money_field()
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index("invoice", name="decision_by_invoice")]

    def __str__(self) -> str:
        return f"Exact's {self.get_exact_status_display().lower()} was let stand"
