"""A copy to Exact: the wish, each attempt at it, the document it became, and the customer it was booked on."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from integrations.models import ExactConnection
from invoices.models.invoice import Client, Invoice, money_field


class CopyKind(models.TextChoices):
    """Make a document, or change the newest one."""

    CREATE = "create", "Copy"
    UPDATE = "update", "Update"


class CopyState(models.TextChoices):
    """Where a copy request stands. Only `copy_states.py` changes it; the database refuses other transitions."""

    QUEUED = "queued", "Waiting"
    SENDING = "sending", "Copying"
    UNKNOWN = "unknown", "Checking in Exact"
    COPIED = "copied", "Copied"
    NEEDS_CHOICE = "needs_choice", "Needs a choice"
    CONFLICT = "conflict", "Conflict in Exact"
    MISMATCH = "mismatch", "Copied with a difference"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_COPY_STATES = (CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN)


class CopyRequest(TenantModel):
    """The wish that an invoice be in Exact. The row is the job: messages only ring a bell."""

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="copy_requests")
    connection = TenantForeignKey(
        ExactConnection, on_delete=models.PROTECT, related_name="copy_requests"
    )
    connection_generation = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=CopyKind.choices)
    generation = models.PositiveIntegerField()
    # A short public mark in the document's description, by which a document whose answer was lost is recognized.
    marker = models.CharField(max_length=12)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField()
    # What the person chose: see invoices.copy_choices.CopyChoices.
    choices = models.JSONField()
    journal_code = models.CharField(max_length=20)
    your_ref = models.CharField(max_length=60, blank=True)
    # Our own number in Exact, when the PSA's number is one that Exact can take: Exact then refuses a second document.
    entry_number = models.IntegerField(null=True, blank=True)
    payload = models.JSONField(null=True, blank=True)
    payload_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=15, choices=CopyState.choices, default=CopyState.QUEUED)
    state_changed_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    attempt_count = models.PositiveIntegerField(default=0)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    settle_until = models.DateTimeField(null=True, blank=True)
    absent_lookups = models.PositiveIntegerField(default=0)
    problem_code = models.CharField(max_length=60, blank=True)
    problem_sentence = models.CharField(max_length=600, blank=True)
    problem_remedy = models.CharField(max_length=600, blank=True)
    problem_raw = models.TextField(blank=True)
    # What the person sees while work goes on: "waiting for Exact's minute limit".
    progress = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "connection", "invoice", "kind", "generation", name="one_wish_per_generation"
            ),
            models.UniqueConstraint(
                "invoice",
                condition=Q(state__in=ACTIVE_COPY_STATES),
                name="one_active_copy_per_invoice",
            ),
            models.UniqueConstraint("marker", "organization", name="one_request_per_marker"),
        ]
        indexes = [
            models.Index(
                "connection",
                "next_at",
                name="copy_request_by_due_time",
                condition=Q(state__in=ACTIVE_COPY_STATES),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of invoice {self.invoice_id}: {self.get_state_display()}"

    @property
    def is_active(self) -> bool:
        """Whether work on it goes on without a person."""
        return self.state in ACTIVE_COPY_STATES


class AttemptOutcome(models.TextChoices):
    """What an answer means for the request."""

    NOT_SENT = "not_sent", "Nothing left this server"
    NOT_EXECUTED = "not_executed", "Refused before doing anything"
    REFUSED = "refused", "Refused"
    PROBABLY_REFUSED = "probably_refused", "Probably refused"
    UNCERTAIN = "uncertain", "Answer lost"
    EXECUTED = "executed", "Done"


class CopyAttempt(TenantModel):
    """One send, noted before the first byte leaves. At most one is open per request."""

    copy_request = TenantForeignKey(CopyRequest, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    fence = models.BigIntegerField()
    worker = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    payload_hash = models.CharField(max_length=64)
    http_status = models.IntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=AttemptOutcome.choices, blank=True)
    evidence = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint("copy_request", "number", name="one_attempt_per_number"),
            models.UniqueConstraint(
                "copy_request", condition=Q(outcome=""), name="one_open_attempt_per_request"
            ),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.get_outcome_display() or 'under way'}"


class PostedDocumentState(models.TextChoices):
    """What became of a document in Exact."""

    CURRENT = "current", "In Exact"
    SUPERSEDED = "superseded", "Earlier copy"
    DELETED_IN_EXACT = "deleted_in_exact", "Deleted in Exact"


class PostedDocument(TenantModel):
    """A document that exists in Exact because of us."""

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="posted_documents")
    connection = TenantForeignKey(
        ExactConnection, on_delete=models.PROTECT, related_name="posted_documents"
    )
    copy_request = TenantForeignKey(
        CopyRequest, on_delete=models.PROTECT, related_name="posted_documents"
    )
    exact_id = models.UUIDField()
    entry_number = models.IntegerField(null=True, blank=True)
    invoice_number = models.IntegerField(null=True, blank=True)
    journal_code = models.CharField(max_length=20)
    customer_exact_id = models.UUIDField()
    your_ref = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3)
    # As Exact booked them, in the document's currency: including VAT, and the VAT. A credit note's are negative.
    gross_amount = money_field()
    vat_amount = money_field(null=True, blank=True)
    # The invoice's content at the time, to see that it has changed since.
    content_hash = models.CharField(max_length=64)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField()
    state = models.CharField(
        max_length=20, choices=PostedDocumentState.choices, default=PostedDocumentState.CURRENT
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-sequence", "-id"]
        constraints = [
            models.UniqueConstraint("connection", "exact_id", name="one_owner_per_exact_document"),
            models.UniqueConstraint("invoice", "sequence", name="one_document_per_sequence"),
        ]

    def __str__(self) -> str:
        return f"Entry {self.entry_number} in journal {self.journal_code}"


class CustomerLinkState(models.TextChoices):
    """Whether a client is known in Exact."""

    SENDING = "sending", "Being created"
    UNKNOWN = "unknown", "Checking in Exact"
    LINKED = "linked", "Linked"
    REFUSED = "refused", "Refused by Exact"


class CustomerLink(TenantModel):
    """A client and its customer account in one division; creating the account is an intent of its own."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="customer_links"
    )
    client = TenantForeignKey(Client, on_delete=models.CASCADE, related_name="customer_links")
    state = models.CharField(max_length=10, choices=CustomerLinkState.choices)
    exact_id = models.UUIDField(null=True, blank=True)
    # How the account was found: remembered, chosen by a person, created, or the rule of D-10.
    matched_by = models.CharField(max_length=30, blank=True)
    fence = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    settle_until = models.DateTimeField(null=True, blank=True)
    absent_lookups = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "client", name="one_customer_per_client"),
            models.CheckConstraint(
                condition=~Q(state=CustomerLinkState.LINKED) | Q(exact_id__isnull=False),
                name="a_linked_client_has_an_account",
            ),
        ]

    def __str__(self) -> str:
        return f"Client {self.client_id}: {self.get_state_display()}"
