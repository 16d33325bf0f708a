"""The invoice as the PSA made it, its lines, its client and its history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connector.sentences import SentenceField, sentence
from connector.tenancy.base import TenantForeignKey, TenantModel
from connector.tenancy.models import User
from integrations.models import ServiceType, Subsidiary, TaxRate
from invoices.models.list_indexes import LIST_INDEXES
from invoices.models.set_aside import SetAside


def money_field(**options: Any) -> models.DecimalField[Any, Any]:
    """This function will make a column for an amount in the invoice's currency, fit for currencies of up to 4 decimals."""
    return models.DecimalField(max_digits=19, decimal_places=4, **options)


class Client(TenantModel):
    """The customer as the PSA knows it."""

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    vat_number = models.CharField(max_length=40, blank=True)
    coc_number = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    website = models.CharField(max_length=200, blank=True)
    address_line1 = models.CharField(max_length=200, blank=True)
    address_line2 = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                "organization", "source", "source_id", name="one_client_per_source_id"
            )
        ]
        indexes = [models.Index("organization", "name", "id", name="client_by_name")]

    def __str__(self) -> str:
        return self.name


class Contact(TenantModel):
    """A person of the client, who receives its invoices."""

    client = TenantForeignKey(Client, on_delete=models.CASCADE, related_name="contacts")
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        constraints = [
            models.UniqueConstraint(
                "organization", "source", "source_id", name="one_contact_per_source_id"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def name(self) -> str:
        """First and last name, as far as they are known."""
        return f"{self.first_name} {self.last_name}".strip()


class InvoiceKind(models.TextChoices):
    """What the document is."""

    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


class InvoiceState(models.TextChoices):
    """Whether the invoice may still change in the PSA."""

    DRAFT = "draft", _("Draft")
    FINALIZED = "finalized", _("Finalized")


class PaymentStatus(models.TextChoices):
    """How far the invoice is paid, by what Exact says or by hand. Only `payment_status.py` writes it."""

    OPEN = "open", _("Open")
    IN_COLLECTION = "in_collection", _("In collection")
    PARTLY_PAID = "partly_paid", _("Partly paid")
    # From here on nothing is open any more; each says what is worth knowing about how that came.
    PAID = "paid", _("Paid")
    OVERPAID = "overpaid", _("Overpaid")
    DISCOUNT_TAKEN = "discount_taken", _("Paid, discount taken")
    CURRENCY_DIFFERENCE = "currency_difference", _("Paid, currency difference")
    CREDITED = "credited", _("Settled by credit note")
    WRITTEN_OFF = "written_off", _("Written off")
    SETTLED = "settled", _("Settled in Exact")

    @property
    def is_settled(self) -> bool:
        """Whether nothing is open any more, however that came."""
        return self not in _WITH_SOMETHING_OPEN


_WITH_SOMETHING_OPEN = frozenset(
    [PaymentStatus.OPEN, PaymentStatus.IN_COLLECTION, PaymentStatus.PARTLY_PAID]
)
# What has nothing open any more, for queries.
SETTLED_STATUSES = frozenset(status for status in PaymentStatus if status.is_settled)


class Invoice(TenantModel):
    """An invoice or credit note. Amounts of a credit note are positive; its kind carries the sign."""

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    subsidiary = TenantForeignKey(Subsidiary, on_delete=models.PROTECT, related_name="invoices")
    client = TenantForeignKey(Client, on_delete=models.PROTECT, related_name="invoices")
    # Who receives the invoice at the client; empty when the PSA does not say.
    contact = TenantForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="invoices"
    )
    kind = models.CharField(max_length=12, choices=InvoiceKind.choices, default=InvoiceKind.INVOICE)
    state = models.CharField(
        max_length=10, choices=InvoiceState.choices, default=InvoiceState.DRAFT
    )
    number = models.CharField(max_length=60, blank=True)
    # What the PSA calls it, when Exact gave it another number.
    psa_number = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=400, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    invoice_date = models.DateField()
    due_date = models.DateField(null=True, blank=True)
    delivery_date = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    exchange_rate = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    net_amount = money_field()
    vat_amount = money_field()
    gross_amount = money_field()
    original = TenantForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="credit_notes"
    )
    # What the PSA said about the original; the link itself is made when the original is here.
    original_number = models.CharField(max_length=60, blank=True)
    original_source_id = models.CharField(max_length=120, blank=True)
    source_url = models.CharField(max_length=500, blank=True)
    # The day on which the PSA itself calls the invoice paid. Shown; it changes nothing in Exact.
    psa_paid_date = models.DateField(null=True, blank=True)
    content_hash = models.CharField(max_length=64)
    content_changed_at = models.DateTimeField(null=True, blank=True)
    payment_status = models.CharField(
        max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.OPEN
    )
    paid_amount = money_field(default=Decimal(0))
    paid_date = models.DateField(null=True, blank=True)
    # The same as Exact says it, which a mark by hand may outdo (`HandPayment`).
    exact_payment_status = models.CharField(
        max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.OPEN
    )
    exact_paid_amount = money_field(default=Decimal(0))
    exact_paid_date = models.DateField(null=True, blank=True)
    payments_read_at = models.DateTimeField(null=True, blank=True)
    set_aside = models.CharField(max_length=20, choices=SetAside.choices, blank=True)
    set_aside_reason = models.CharField(max_length=200, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)
    set_aside_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Where it stands, for lists. PostgreSQL alone writes these (migration 0026); what the program writes changes nothing.
    copy_standing = models.CharField(max_length=20, default="", editable=False)
    payment_standing = models.CharField(max_length=20, default="", editable=False)
    sync_standing = models.CharField(max_length=20, default="", editable=False)
    needs_look = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-invoice_date", "-id"]
        constraints = [
            models.UniqueConstraint(
                "organization", "source", "source_id", name="one_invoice_per_source_id"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="currency_is_an_iso_code"
            ),
            models.CheckConstraint(
                condition=Q(set_aside="", set_aside_at__isnull=True)
                | (~Q(set_aside="") & Q(set_aside_at__isnull=False)),
                name="set_aside_has_a_time",
            ),
        ]
        indexes = [
            *LIST_INDEXES,
            models.Index("organization", "subsidiary", "number", name="invoice_by_number"),
        ]

    def __str__(self) -> str:
        if self.number:
            return self.number
        if self.kind == InvoiceKind.CREDIT_NOTE:
            return sentence("Credit note without a number")
        return sentence("Invoice without a number")

    @property
    def noun(self) -> str:
        """What it is called within a sentence."""
        is_credit_note = self.kind == InvoiceKind.CREDIT_NOTE
        return sentence("credit note") if is_credit_note else sentence("invoice")

    @property
    def sign(self) -> int:
        """1 for an invoice, -1 for a credit note: what its amounts are multiplied by in the books."""
        return -1 if self.kind == InvoiceKind.CREDIT_NOTE else 1

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid, in the invoice's currency."""
        open_amount: Decimal = self.gross_amount - self.paid_amount
        return open_amount


class InvoiceLine(TenantModel):
    """One line. `net_amount` counts; quantity and unit price are information."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    source_id = models.CharField(max_length=120, blank=True)
    position = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    quantity = models.DecimalField(max_digits=19, decimal_places=6, null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    unit_price = models.DecimalField(max_digits=19, decimal_places=6, null=True, blank=True)
    discount_percentage = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    net_amount = money_field()
    # Only when the PSA rounds VAT per line; otherwise it is computed per rate over the invoice.
    vat_amount = money_field(null=True, blank=True)
    tax_rate = TenantForeignKey(
        TaxRate, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    service_type = TenantForeignKey(
        ServiceType, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    period_from_date = models.DateField(null=True, blank=True)
    period_to_date = models.DateField(null=True, blank=True)
    cost_center = models.CharField(max_length=20, blank=True)
    cost_unit = models.CharField(max_length=20, blank=True)
    # The line's own accounting details, in Exact's codes: they win over mappings and defaults (H-35).
    item_code = models.CharField(max_length=30, blank=True)
    vat_code = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint("invoice", "position", name="one_line_per_position")]

    def __str__(self) -> str:
        return f"{self.position}. {self.description[:60]}"


class FileKind(models.TextChoices):
    """What a file of an invoice is."""

    PDF = "pdf", "PDF"
    UBL = "ubl", "UBL"


class InvoiceFile(TenantModel):
    """The invoice as a file, as it came with the invoice: it is put beside the booking in Exact (B-9)."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=3, choices=FileKind.choices)
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        ordering = ["kind", "id"]
        constraints = [models.UniqueConstraint("invoice", "kind", name="one_file_per_kind")]

    def __str__(self) -> str:
        return self.name


class HandPayment(TenantModel):
    """A person's word that the invoice is paid (D-12). Taking it back keeps the row; at most one counts."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="hand_payments")
    paid_date = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "invoice", condition=Q(undone_at__isnull=True), name="one_hand_payment_per_invoice"
            )
        ]

    def __str__(self) -> str:
        return f"Paid by hand on {self.paid_date}"


class InvoiceEvent(TenantModel):
    """Something that happened to an invoice: shown under its activity. Rows are only ever added."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    sentence = SentenceField(longest=600)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index("organization", "at", name="invoice_event_by_time")]

    def __str__(self) -> str:
        return self.sentence
