"""A copy to Exact: the wish, each attempt at it, and the document it became."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from connector.sentences import Sentence, SentenceField, sentence
from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from integrations.models import ExactConnection, Route
from invoices.models.invoice import Invoice, money_field


class CopyKind(models.TextChoices):
    """Make a document, change the newest one, let Exact number and send it (route "Exact invoice"), or take one that is there."""

    CREATE = "create", _("Copy")
    UPDATE = "update", _("Update")
    SEND = "send", _("Send")
    LINK = "link", _("Link")


class CopyState(models.TextChoices):
    """Where a copy request stands. Only `copy_states.py` changes it; the database refuses other transitions."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Copying")
    UNKNOWN = "unknown", _("Checking in Exact")
    COPIED = "copied", _("Copied")
    NEEDS_CHOICE = "needs_choice", _("Needs a choice")
    CONFLICT = "conflict", _("Conflict in Exact")
    MISMATCH = "mismatch", _("Copied with a difference")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE_COPY_STATES = (CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN)
# A person has to decide or mend something.
ATTENTION_COPY_STATES = (CopyState.NEEDS_CHOICE, CopyState.CONFLICT, CopyState.MISMATCH)


class CopyRequest(TenantModel):
    """The wish that an invoice be in Exact. The row is the job: messages only ring a bell."""

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="copy_requests")
    connection = TenantForeignKey(
        ExactConnection, on_delete=models.PROTECT, related_name="copy_requests"
    )
    connection_generation = models.PositiveIntegerField(default=0)
    # As the connection was set when the wish was made; changing the setting moves nothing that is under way.
    route = models.CharField(max_length=15, choices=Route.choices, default=Route.BOOKING)
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
    # Steps that a worker began and did not come back from; written before the work (invoices.poison).
    unfinished_steps = models.PositiveSmallIntegerField(default=0)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    settle_until = models.DateTimeField(null=True, blank=True)
    absent_lookups = models.PositiveIntegerField(default=0)
    problem_code = models.CharField(max_length=60, blank=True)
    problem_sentence = SentenceField(longest=600, blank=True)
    problem_remedy = SentenceField(longest=600, blank=True)
    problem_raw = models.TextField(blank=True)
    # What it shares with other invoices: see invoices.causes.Cause.
    problem_causes = models.JSONField(default=list, blank=True)
    # What the person sees while work goes on: "waiting for Exact's minute limit".
    progress = SentenceField(longest=200, blank=True)

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
            # Which of two would get the number that both ask for, only Exact could say.
            models.UniqueConstraint(
                "connection",
                "journal_code",
                "entry_number",
                condition=Q(state__in=ACTIVE_COPY_STATES, entry_number__isnull=False),
                name="one_number_at_a_time",
            ),
        ]
        indexes = [
            models.Index("organization", "state", name="copy_request_by_state"),
            # By both, as row-level security asks: the right one also before PostgreSQL knows its rows.
            models.Index("organization", "invoice", name="copy_request_by_invoice"),
            models.Index(
                "connection",
                "next_at",
                name="copy_request_by_due_time",
                condition=Q(state__in=ACTIVE_COPY_STATES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of invoice {self.invoice_id}: {self.get_state_display()}"

    @property
    def is_active(self) -> bool:
        """Whether work on it goes on without a person."""
        return self.state in ACTIVE_COPY_STATES


class AttemptOutcome(models.TextChoices):
    """What an answer means for the request."""

    NOT_SENT = "not_sent", _("Nothing left this server")
    NOT_EXECUTED = "not_executed", _("Refused before doing anything")
    REFUSED = "refused", _("Refused")
    PROBABLY_REFUSED = "probably_refused", _("Probably refused")
    UNCERTAIN = "uncertain", _("Answer lost")
    EXECUTED = "executed", _("Done")


def newest_that_stands(requests: QuerySet[CopyRequest]) -> QuerySet[CopyRequest]:
    """This function will order wishes the newest first, without those that were given up: Exact is as the one before left it."""
    return requests.exclude(state=CopyState.CANCELLED).order_by("-id")


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

    CURRENT = "current", _("In Exact")
    SUPERSEDED = "superseded", _("Earlier copy")
    DELETED_IN_EXACT = "deleted_in_exact", _("Deleted in Exact")


class DeliveryState(models.TextChoices):
    """Whether Exact has sent the document to the customer; a booking has nothing to send."""

    NOTHING = "", _("Nothing to send")
    WAITING = "waiting", _("Not sent yet")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Booked, but not sent")
    UNSURE = "unsure", _("Booked; whether it was sent is not known")


# Made or booked by Exact, and a person has to see to its being sent.
UNSENT_DELIVERIES = (DeliveryState.WAITING, DeliveryState.FAILED, DeliveryState.UNSURE)


class PostedDocument(TenantModel):
    """A document that exists in Exact because of us: a booked entry, or an invoice that Exact writes."""

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, related_name="posted_documents")
    connection = TenantForeignKey(
        ExactConnection, on_delete=models.PROTECT, related_name="posted_documents"
    )
    copy_request = TenantForeignKey(
        CopyRequest, on_delete=models.PROTECT, related_name="posted_documents"
    )
    route = models.CharField(max_length=15, choices=Route.choices, default=Route.BOOKING)
    exact_id = models.UUIDField()
    # The entry in the books, which payments point to: of a booking the document itself; of an invoice that Exact
    # writes the one that printing makes, learned from its payment terms.
    entry_exact_id = models.UUIDField(null=True, blank=True)
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
    delivery = models.CharField(max_length=10, choices=DeliveryState.choices, blank=True)
    # What Exact said of each way it was to go, or a person: a list of {"way", "succeeded", "text"}.
    delivery_results = models.JSONField(default=list, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Exact numbers the invoice while it prints it, and does not say so: the number is read after this time.
    number_due_at = models.DateTimeField(null=True, blank=True)
    # When it was last compared with Exact, line by line the first time; and when that is due, if sooner than tonight.
    checked_at = models.DateTimeField(null=True, blank=True)
    check_due_at = models.DateTimeField(null=True, blank=True)
    # What Exact had of it when it was last read (UTC), whatever was expected: `booked/remembering.py` writes it. Amounts as
    # above. The number is the one of Exact's that stands for the invoice's; `seen_edits` is the hash of what differs from
    # what was sent besides totals, customer and number; `seen` is all that was read. Empty until it was read back.
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_gross_amount = money_field(null=True, blank=True)
    seen_vat_amount = money_field(null=True, blank=True)
    seen_currency = models.CharField(max_length=3, blank=True)
    seen_customer_exact_id = models.UUIDField(null=True, blank=True)
    seen_number = models.CharField(max_length=120, blank=True)
    seen_edits = models.CharField(max_length=64, blank=True)
    seen = models.JSONField(null=True, blank=True)
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
        indexes = [
            models.Index("connection", "entry_exact_id", name="document_by_entry"),
            models.Index("organization", "invoice", name="document_by_invoice"),
            models.Index(
                "connection",
                "number_due_at",
                name="document_without_number",
                condition=Q(number_due_at__isnull=False),
            ),
            models.Index(
                "connection",
                "check_due_at",
                name="document_to_check",
                condition=Q(check_due_at__isnull=False),
            ),
            models.Index("connection", "route", "created_at", name="document_by_creation"),
        ]

    def __str__(self) -> str:
        return self.called

    @property
    def called(self) -> Sentence:
        """What it is called within a sentence: "entry 26001"."""
        number = self.entry_number or self.invoice_number
        if self.route == Route.EXACT_INVOICE:
            if number is None:
                return sentence("an invoice without a number")
            return sentence("invoice %(number)s", number=number)
        if number is None:
            return sentence("an entry without a number")
        return sentence("entry %(number)s", number=number)
