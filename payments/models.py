"""Payment terms as Exact has them, and the payments a person sees."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models import ExactConnection
from invoices.models import Invoice
from invoices.models.invoice import money_field
from payments.psa_reports import models as psa_reports  # noqa: F401  # its tables belong to this application

# Raise it when more of a term is mirrored than before; a migration leaves the cursors that are there behind.
SHAPE = 1


class Stage(models.TextChoices):
    """What a reading of payments is at."""

    BEGIN = "begin", _("Asks where the feed stands")
    LOAD = "load", _("Reads all receivables")
    FEEDS = "", _("Reads deletions and changes")
    COMPARE = "compare", _("Reads all open receivables")
    ASK = "ask", _("Asks what became of the others")
    SETTLE = "settle", _("Derives what follows from what was read")
    LINES = "lines", _("Asks for ledger lines that tell what settled something")


class SyncCursor(TenantModel):
    """How far a division's payment terms and deletions were read.

    An organization has one connection to a division at most (`one_connection_per_division`, also over reconnecting), so
    one cursor and one mirror for each connection are one for each division.
    """

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="sync_cursors"
    )
    terms_timestamp = models.BigIntegerField(default=0)
    deleted_timestamp = models.BigIntegerField(default=0)
    # When both were last read to their end.
    read_at = models.DateTimeField(null=True, blank=True)
    # When the next run is due; null: at once. A run that has more pages to read leaves it at now.
    next_at = models.DateTimeField(null=True, blank=True)
    # When something told that there is more to read; null again once feeds that were opened later are read to their end.
    nudged_at = models.DateTimeField(null=True, blank=True)
    # When Exact refused to show payments; null once a reading came to its end. Refusals count: nothing but time asks again.
    refused_at = models.DateTimeField(null=True, blank=True)
    # What this reading has set aside until now, in whatever number of steps; the reasons are the first ones.
    set_aside_count = models.PositiveIntegerField(default=0)
    set_aside_reasons = models.JSONField(default=list, blank=True)
    # Set while everything is read again from the start: what does not come by until the end is gone.
    full_started_at = models.DateTimeField(null=True, blank=True)
    # The division the cursor belongs to; row versions of another division mean nothing here.
    division = models.IntegerField(null=True, blank=True)
    # Exact renumbers all row versions when a division moves; then everything is read again.
    division_moved_at = models.DateTimeField(null=True, blank=True)
    moves_read_at = models.DateTimeField(null=True, blank=True)
    # When Exact did not tell whether it moved; what was known of it stays.
    moves_failed_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=10, choices=Stage.choices, blank=True, default=Stage.FEEDS)
    # Exact's address of the page that comes next in a long list, and the invoice dates of the part that is being read;
    # without a first day from the beginning, without a number of days to the end.
    next_page = models.TextField(blank=True)
    window_from = models.DateField(null=True, blank=True)
    window_days = models.PositiveIntegerField(null=True, blank=True)
    # Of invoices dated from this day on every term is here. Null: of all.
    covers_from = models.DateField(null=True, blank=True)
    # When everything that is open was last compared with Exact, and how many terms the feeds had missed until then.
    compared_at = models.DateTimeField(null=True, blank=True)
    repaired_count = models.PositiveIntegerField(default=0)
    compare_due_at = models.DateTimeField(null=True, blank=True)
    # Set while it is compared.
    compare_started_at = models.DateTimeField(null=True, blank=True)
    # Which shape the mirrored terms have: terms of an earlier one lack what is kept now and are read again.
    shape = models.PositiveSmallIntegerField(default=SHAPE)
    # When Exact was last asked for ledger lines, to tell what settled something.
    lines_asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", name="one_cursor_per_connection")]

    def __str__(self) -> str:
        return f"Cursor of connection {self.connection_id}"


class TermStatus(models.IntegerChoices):
    """Exact's status of a payment term."""

    OPEN = 20, _("Open")
    SELECTED = 30, _("Selected for collection")
    PROCESSED = 40, _("In collection")
    MATCHED = 50, _("Settled")


class ReceivableTerm(TenantModel):
    """One payment term of a receivable, mirrored. A partial payment splits a term in two."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="receivable_terms"
    )
    exact_id = models.UUIDField()
    timestamp = models.BigIntegerField()
    entry_exact_id = models.UUIDField(null=True, blank=True)
    # The ledger line on the customer's account that the term is a part of.
    line_exact_id = models.UUIDField(null=True, blank=True)
    # What Exact calls the booking: 20 sales entry, 40 cash flow, 83 payment difference … (`settlement`).
    transaction_type = models.IntegerField(null=True, blank=True)
    entry_number = models.IntegerField(null=True, blank=True)
    account_exact_id = models.UUIDField(null=True, blank=True)
    your_ref = models.CharField(max_length=60, blank=True)
    # By these a document learns which entry printing made of it.
    invoice_number = models.IntegerField(null=True, blank=True)
    journal_code = models.CharField(max_length=20, blank=True)
    invoice_date = models.DateField(null=True, blank=True)
    status = models.IntegerField(choices=TermStatus.choices)
    # Absolute amounts in the document's currency: Exact's own sign is not certain.
    amount = money_field()
    discount_amount = money_field(default=0)
    # The whole document's, as given with this term; null when Exact does not say.
    document_amount = money_field(null=True, blank=True)
    document_amount_dc = money_field(null=True, blank=True)
    # Whether Exact gives that total as negative. What settles a document has the other sign than the document.
    is_negative = models.BooleanField(default=False)
    currency = models.CharField(max_length=3, blank=True)
    due_date = models.DateField(null=True, blank=True)
    # Until when the payment discount may be taken.
    discount_due_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    last_payment_date = models.DateField(null=True, blank=True)
    payment_reference = models.CharField(max_length=120, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # When and by whom by Exact's own account; not known of one that was only found missing.
    deleted_in_exact_at = models.DateTimeField(null=True, blank=True)
    deleted_by_exact_id = models.UUIDField(null=True, blank=True)
    # When it was changed in Exact, as far as Exact says.
    modified_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # When comparing found it otherwise in Exact; null again once a feed brings it.
    repaired_at = models.DateTimeField(null=True, blank=True)
    # Up to when it was settled before it changed: what was settled with it is derived anew as well.
    earlier_end_date = models.DateField(null=True, blank=True)
    # Changed since its invoice's payment status was last derived.
    needs_settling = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "exact_id", name="one_term_per_exact_id")
        ]
        indexes = [
            models.Index("connection", "entry_exact_id", name="term_by_entry"),
            models.Index("connection", "account_exact_id", "your_ref", name="term_by_your_ref"),
            models.Index("connection", "account_exact_id", "end_date", name="term_by_end_date"),
            models.Index("connection", "line_exact_id", name="term_by_line"),
            models.Index("connection", "invoice_number", name="term_by_invoice_number"),
            models.Index("connection", name="term_to_settle", condition=Q(needs_settling=True)),
            models.Index(
                "connection",
                "read_at",
                name="open_term_by_reading",
                condition=Q(status__lt=50, deleted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Term {self.exact_id}: {self.get_status_display()}"


class LedgerLine(TenantModel):
    """Which line in Exact's ledger another was matched with, asked where the terms do not tell what settled something."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="ledger_lines"
    )
    exact_id = models.UUIDField()
    offset_exact_id = models.UUIDField(null=True, blank=True)
    # The newest timestamp of the line's settled terms when it was asked: with another one it says nothing any more.
    terms_timestamp = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "exact_id", name="one_ledger_line_per_exact_id")
        ]

    def __str__(self) -> str:
        return f"Line {self.exact_id}"


class PaymentKind(models.TextChoices):
    """What settled a part of an invoice."""

    PAYMENT = "payment", _("Payment")
    DISCOUNT = "discount", _("Discount taken")
    CREDIT_NOTE = "credit_note", _("Credit note")
    INVOICE = "invoice", _("Set off against an invoice")
    WRITE_OFF = "write_off", _("Written off")
    JOURNAL = "journal", _("Journal entry")
    CURRENCY_DIFFERENCE = "currency_difference", _("Currency difference")
    UNKNOWN = "unknown", _("Settled in Exact")


class Removal(models.TextChoices):
    """Why Exact no longer has a payment."""

    EDITED = "edited", _("Edited in Exact")
    DELETED = "deleted", _("Deleted in Exact")
    UNMATCHED = "unmatched", _("Unmatched in Exact")
    # Exact has it as before: a person here took the invoice off the entry that it settles.
    UNLINKED = "unlinked", _("Unlinked here")
    UNKNOWN = "", _("Removed in Exact")


class Payment(TenantModel):
    """What a person sees: a part of an invoice that Exact calls settled. It keeps its identity when it is edited."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="payments")
    term = TenantForeignKey(ReceivableTerm, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=20, choices=PaymentKind.choices, default=PaymentKind.UNKNOWN)
    # Null when Exact only tells the sum of several payments.
    amount = money_field(null=True, blank=True)
    currency = models.CharField(max_length=3)
    # What came in beyond that and is open on the customer's account; only for a payment of this invoice alone.
    excess_amount = money_field(null=True, blank=True)
    # In the division's currency, for a currency difference: in the invoice's it is nothing.
    division_amount = money_field(null=True, blank=True)
    # How many invoices the same booking settled, this one among them; null when that is not known.
    matched_count = models.PositiveIntegerField(null=True, blank=True)
    # The booking that settled it, in Exact, and its line on the customer's account; empty when it is not known.
    counter_line_exact_id = models.UUIDField(null=True, blank=True)
    counter_entry_exact_id = models.UUIDField(null=True, blank=True)
    counter_journal = models.CharField(max_length=20, blank=True)
    counter_entry_number = models.IntegerField(null=True, blank=True)
    # The number of the credit note or invoice it was set off against.
    counter_document = models.CharField(max_length=120, blank=True)
    paid_date = models.DateField(null=True, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    # Whether Exact can be asked for more about what settled it.
    is_in_question = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    # Set when Exact no longer has it; the row stays as history.
    removed_at = models.DateTimeField(null=True, blank=True)
    removal = models.CharField(max_length=10, choices=Removal.choices, blank=True)
    # When its booking was deleted by Exact's own clock, and by which of Exact's users; null where Exact does not tell.
    deleted_in_exact_at = models.DateTimeField(null=True, blank=True)
    deleted_by_exact_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["paid_date", "id"]
        constraints = [
            models.UniqueConstraint(
                "term",
                "kind",
                "counter_line_exact_id",
                condition=Q(removed_at__isnull=True),
                nulls_distinct=False,
                name="one_live_payment_per_booking",
            )
        ]
        indexes = [
            models.Index("id", name="payment_in_question", condition=Q(is_in_question=True)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.paid_date}"

    @property
    def how(self) -> str:
        """What settled it, in words: “Direct payment”, “Matched with 3 invoices”, “Credit note 27000004”."""
        if self.kind == PaymentKind.PAYMENT:
            if self.matched_count is None:
                return gettext("Payment")
            if self.matched_count == 1:
                return gettext("Direct payment")
            return gettext("Matched with %(n)s invoices") % {"n": self.matched_count}
        label = str(PaymentKind(self.kind).label)
        if self.kind == PaymentKind.INVOICE and self.counter_document:
            return gettext("Set off against %(number)s") % {"number": self.counter_document}
        return f"{label} {self.counter_document}".strip()

    @property
    def exact_entry(self) -> str:
        """The booking in Exact as a bookkeeper names it: journal and entry number. Empty when it is not known."""
        if self.counter_entry_number is None:
            return ""
        return f"{self.counter_journal} / {self.counter_entry_number}".removeprefix(" / ")

    @property
    def signed_amount(self) -> Decimal | None:
        """What came in; what a credit note paid out is negative."""
        return None if self.amount is None else self.amount * self.invoice.sign

    @property
    def is_removed(self) -> bool:
        """Whether Exact no longer has it."""
        return self.removed_at is not None
