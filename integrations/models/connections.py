"""Connections to Exact Online and the consents they live by."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connector.encrypted_fields import EncryptedField
from connector.sentences import SentenceField
from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from integrations.models.psa import Subsidiary


class GrantState(models.TextChoices):
    """Whether Exact still accepts our tokens."""

    ACTIVE = "active", _("Active")
    NEEDS_CONSENT = "needs_consent", _("Needs a new log-in at Exact")


class ExactGrant(TenantModel):
    """One consent of one Exact user in one country. Several connections may live by it."""

    country = models.CharField(max_length=2)
    exact_user_id = models.UUIDField()
    exact_user_name = models.CharField(max_length=200)
    exact_user_email = models.CharField(max_length=254, blank=True)
    access_token_encrypted = EncryptedField(
        default=b"", place="grant:{row.organization_id}:{row.pk}:access", noted_in="key_id"
    )
    refresh_token_encrypted = EncryptedField(
        default=b"", place="grant:{row.organization_id}:{row.pk}:refresh", noted_in="key_id"
    )
    key_id = models.CharField(max_length=16, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # The app that Exact gave these tokens to; empty for tokens that were stored before this was noted.
    client_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    # Grows with each token set that is stored: who waited for the lock sees that somebody else was faster.
    version = models.PositiveIntegerField(default=0)
    # When a worker last began a refresh, and of which version: noted before the call (token_store/refreshing.py).
    asked_at = models.DateTimeField(null=True, blank=True)
    asked_version = models.PositiveIntegerField(default=0, db_default=0)
    # The version whose access token Exact answered 401 to, and how many versions in a row that were.
    rejected_version = models.PositiveIntegerField(null=True, blank=True)
    rejections = models.PositiveSmallIntegerField(default=0, db_default=0)
    cooldown_until = models.DateTimeField(null=True, blank=True)
    refresh_failures = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=20, choices=GrantState.choices, default=GrantState.ACTIVE)
    state_reason = SentenceField(longest=300, blank=True)
    state_changed_at = models.DateTimeField(null=True, blank=True)
    connected_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", "country", "exact_user_id", name="one_grant_per_exact_user"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exact_user_name} ({self.country})"


class Numbering(models.TextChoices):
    """Which system generates invoice numbers."""

    PSA = "psa", _("The PSA")
    EXACT = "exact", "Exact"


class Route(models.TextChoices):
    """How invoices get into Exact: D-1 of docs/requirements.md."""

    BOOKING = "booking", _("Booking")
    EXACT_INVOICE = "exact_invoice", _("Exact invoice")


class Sending(models.TextChoices):
    """How Exact sends an invoice that it wrote itself to the customer."""

    EMAIL = "email", _("By e-mail")
    ACCOUNT = "account", _("As the customer prefers in Exact")
    PEPPOL = "peppol", _("By Peppol")
    POSTBOX = "postbox", _("To the digital postbox")
    NONE = "none", _("Not: number and book it only")


class CreditSign(models.TextChoices):
    """Which sign the amounts of a sales credit note carry in this division; sources about Exact disagree."""

    NEGATIVE = "negative", _("Negative")
    POSITIVE = "positive", _("Positive")


class Deferral(models.TextChoices):
    """Which lines tell Exact their period, over which it then spreads their revenue (B-13)."""

    OFF = "off", _("No line: revenue counts on the invoice's date")
    LATER = "later", _("Lines whose period goes on after the month of the invoice")
    EVERY = "every", _("Every line that has a period")


class ConnectionState(models.TextChoices):
    """Where a connection stands."""

    SETUP_INCOMPLETE = "setup_incomplete", _("Setup incomplete")
    READY = "ready", _("Connected")
    NEEDS_ATTENTION = "needs_attention", _("Needs attention")
    NEEDS_CONSENT = "needs_consent", _("Reconnect needed")
    DISCONNECTED = "disconnected", _("Disconnected")


class ExactConnection(TenantModel):
    """One division of Exact, linked to one subsidiary. Disconnecting keeps the row, its mappings and its links."""

    name = models.CharField(max_length=80)
    subsidiary = TenantForeignKey(Subsidiary, on_delete=models.PROTECT, related_name="connections")
    country = models.CharField(max_length=2)
    grant = TenantForeignKey(
        ExactGrant, on_delete=models.PROTECT, null=True, blank=True, related_name="connections"
    )
    division = models.IntegerField(null=True, blank=True)
    division_name = models.CharField(max_length=200, blank=True)
    division_currency = models.CharField(max_length=3, blank=True)
    route = models.CharField(max_length=15, choices=Route.choices, default=Route.BOOKING)
    numbering = models.CharField(max_length=10, choices=Numbering.choices, blank=True)
    default_journal_code = models.CharField(max_length=20, blank=True)
    default_ledger_exact_id = models.UUIDField(null=True, blank=True)
    default_vat_code = models.CharField(max_length=10, blank=True)
    # Empty: Exact takes the customer's own, or the division's default.
    payment_condition_code = models.CharField(max_length=10, blank=True)
    # These three count on the route "Exact invoice".
    default_item_exact_id = models.UUIDField(null=True, blank=True)
    sending = models.CharField(max_length=10, choices=Sending.choices, default=Sending.EMAIL)
    credit_sign = models.CharField(
        max_length=10, choices=CreditSign.choices, default=CreditSign.NEGATIVE
    )
    manual_ledger = models.BooleanField(default=False)
    map_service_types = models.BooleanField(default=False)
    # Counts on the route "Booking": a document that Exact writes shows the period, and it moves no revenue.
    deferral = models.CharField(
        max_length=10, choices=Deferral.choices, default=Deferral.OFF, db_default=Deferral.OFF
    )
    # Whether rules give lines a cost center and a cost unit; only then are the lists of these read from Exact (B-14).
    use_costs = models.BooleanField(default=False, db_default=False)
    sync_payments = models.BooleanField(default=False)
    # Of invoices dated before this day nothing is read, but for those that were copied. Null: everything is read.
    payments_from = models.DateField(null=True, blank=True)
    state = models.CharField(
        max_length=20, choices=ConnectionState.choices, default=ConnectionState.SETUP_INCOMPLETE
    )
    state_reason = SentenceField(longest=300, blank=True)
    # Counts disconnections: work that was queued for an earlier life of the connection is not done in a later one.
    generation = models.PositiveIntegerField(default=0)
    connected_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    connected_at = models.DateTimeField(null=True, blank=True)
    disconnected_at = models.DateTimeField(null=True, blank=True)
    payments_synced_at = models.DateTimeField(null=True, blank=True)
    payments_sync_requested_at = models.DateTimeField(null=True, blank=True)
    payments_sync_problem = SentenceField(longest=400, blank=True)
    # Since when reading them does not succeed.
    payments_problem_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                "organization",
                "country",
                "division",
                condition=Q(division__isnull=False),
                name="one_connection_per_division",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[ConnectionState.SETUP_INCOMPLETE, ConnectionState.DISCONNECTED]
                )
                | (Q(division__isnull=False) & ~Q(numbering="")),
                name="a_working_connection_is_set_up",
            ),
            models.CheckConstraint(
                condition=~Q(route=Route.EXACT_INVOICE) | ~Q(numbering=Numbering.PSA),
                name="exact_numbers_what_it_writes",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether work may be sent through this connection."""
        return self.state in {ConnectionState.READY, ConnectionState.NEEDS_ATTENTION}


class ConsentRequest(TenantModel):
    """One journey to Exact's log-in page and back: the one-time OAuth state."""

    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    country = models.CharField(max_length=2)
    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="consent_requests"
    )
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"Consent request of {self.created_at:%Y-%m-%d %H:%M}"


class ConnectionEvent(TenantModel):
    """Something that happened to a connection: shown under its activity. Rows are only ever added."""

    connection = TenantForeignKey(ExactConnection, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    sentence = SentenceField(longest=400)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.sentence
