"""What the PSA is to be told, where to, and when somebody looks whether there is something to tell."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connector.encrypted_fields import EncryptedField
from connector.sentences import SentenceField
from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from invoices.models import Invoice


class EndpointState(models.TextChoices):
    """Whether callbacks are made."""

    ON = "on", _("On")
    OFF = "off", _("Switched off")
    GIVEN_UP = "given_up", _("Stopped: it does not answer")


class PsaEndpoint(TenantModel):
    """The address of the PSA that wants to be called, one per organization, and how it has been answering."""

    url = models.CharField(max_length=500)
    secret = EncryptedField(
        place="psa_endpoint:{row.organization_id}:{row.pk}:secret", default=b"", editable=False
    )
    # The one before, which signs as well until this time, so that the PSA can change it without a gap.
    previous_secret = EncryptedField(
        place="psa_endpoint:{row.organization_id}:{row.pk}:previous", default=b"", editable=False
    )
    previous_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=EndpointState.choices, default=EndpointState.ON)
    # Why and since when no calls are made; for people.
    state_reason = SentenceField(longest=300, blank=True)
    state_changed_at = models.DateTimeField()
    # Calls in a row that failed, and since when.
    failure_count = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_answer = SentenceField(longest=200, blank=True)
    last_answer_at = models.DateTimeField(null=True, blank=True)
    # A person asked for a test call and has not had its answer yet.
    test_asked_at = models.DateTimeField(null=True, blank=True)
    test_answer = SentenceField(longest=200, blank=True)
    test_worked = models.BooleanField(default=False)
    test_answered_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("organization", name="one_psa_endpoint")]

    def __str__(self) -> str:
        return self.url


class ReportState(models.TextChoices):
    """What became of the newest change."""

    NOT_ASKED = "not_asked", _("Not called")  # nobody wanted to be called when it changed
    WAITING = "waiting", _("Waiting")
    TOLD = "told", _("Told")
    GIVEN_UP = "given_up", _("Given up")


class PsaPaymentReport(TenantModel):
    """That the PSA is to know how far an invoice is paid. What to tell is read from the invoice when it is told.

    A state, no event: one row per invoice, a newer change takes the place of one that is still waiting, and the same state
    again changes nothing here. The row is the job; whoever finds it waiting may tell it.
    """

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="payment_reports")
    # Of what the invoice's payments were when it last changed; empty: not known, after a restore.
    facts_hash = models.CharField(max_length=64, blank=True)
    # Grows with each change of an invoice, so that a receiver can tell the newer of two.
    changed_at = models.DateTimeField()
    # The transaction that changed it: the order in which a list can be read without losing what is committed late.
    changed_xid = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ReportState.choices)
    # The same for every try of one change; new with a change, and when a person has it told again.
    message_id = models.CharField(max_length=40)
    next_at = models.DateTimeField(null=True, blank=True)
    attempt_count = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    last_tried_at = models.DateTimeField(null=True, blank=True)
    last_answer = SentenceField(longest=200, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("invoice", name="one_payment_report_per_invoice")]
        indexes = [
            models.Index("organization", "changed_xid", "id", name="payment_report_by_change"),
            models.Index(
                "organization",
                "next_at",
                name="payment_report_waiting",
                condition=Q(state=ReportState.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return f"Payment report of invoice {self.invoice_id}: {self.get_state_display()}"


class CallbackLine(models.Model):
    """When somebody looks whether an organization's endpoint is to be called, and who is at it.

    Like the lanes it is read across organizations: it says when there may be work, never what it is.
    """

    organization_id = models.BigIntegerField(unique=True)
    due_at = models.DateTimeField()
    # No call before this time, whatever comes in: the endpoint failed.
    resume_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Grows with each lease; an answer that comes after somebody else took the line over is not noted.
    fence = models.BigIntegerField(default=0)
    # Its last answer took long, or did not come: such lines share a part of the places.
    is_slow = models.BooleanField(default=False)
    # After a restore everything is told again, in steps: behind which invoice to go on. Null: there is no such work.
    retell_after_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [models.Index("due_at", name="callback_line_by_due_time")]

    def __str__(self) -> str:
        return f"Callbacks of organization {self.organization_id}"


class CallbackTurn(models.Model):
    """Who is at the callbacks of all lines: one row, so that they take one place among the workers."""

    worker = models.CharField(max_length=80)
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.worker} until {self.lease_until}"
