"""What people decided where Exact says something else of a payment than they or the PSA do."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from connector.sentences import SentenceField
from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from integrations.models import ExactConnection
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


class AcceptedDifference(TenantModel):
    """A person's word that Exact is right to differ from here (B-5): about an invoice, or about an entry that has none here.

    It holds as long as both sides are as they were then: `facts` is the hash of what was compared (`payments.drift.facts`).
    """

    invoice = TenantForeignKey(
        Invoice, on_delete=models.CASCADE, null=True, blank=True, related_name="accepted"
    )
    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, null=True, blank=True, related_name="accepted"
    )
    entry_exact_id = models.UUIDField(null=True, blank=True)
    facts = models.CharField(max_length=32)
    reason = models.CharField(max_length=300)
    # What was said of the copy itself ("copied with a difference"), to say it again when this is taken back.
    difference = SentenceField(longest=600, blank=True)
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, connection=None, entry_exact_id=None)
                | Q(invoice=None, connection__isnull=False, entry_exact_id__isnull=False),
                name="accepted_of_an_invoice_or_an_entry",
            ),
            models.UniqueConstraint(
                "invoice",
                condition=Q(undone_at=None, invoice__isnull=False),
                name="one_accepted_difference_per_invoice",
            ),
            models.UniqueConstraint(
                "connection",
                "entry_exact_id",
                condition=Q(undone_at=None, invoice=None),
                name="one_accepted_difference_per_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"Accepted: {self.reason}"
