"""Mirrors of Exact's lists: what screens offer without ever calling Exact."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from connector.sentences import SentenceField
from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models.connections import ExactConnection, ExactGrant
from integrations.models.match_keys import code_key, name_key, number_key


class ListKind(models.TextChoices):
    """The lists that are mirrored per connection, and the grant's divisions."""

    DIVISIONS = "divisions", _("Divisions")
    JOURNALS = "journals", _("Journals")
    LEDGER_ACCOUNTS = "ledger_accounts", _("Ledger accounts")
    VAT_CODES = "vat_codes", _("VAT codes")
    PAYMENT_CONDITIONS = "payment_conditions", _("Payment conditions")
    ITEMS = "items", _("Items")
    COST_CENTERS = "cost_centers", _("Cost centers")
    COST_UNITS = "cost_units", _("Cost units")
    CUSTOMERS = "customers", _("Customers")
    # Exact tells deletions apart from changes, those of all lists together; this row keeps how far they were read.
    DELETED_CUSTOMERS = "deleted_customers", _("Deletions")
    # One row of what the route writes: whether the Exact user may do that here.
    RIGHTS = "rights", _("Rights")


class ReferenceList(TenantModel):
    """How fresh one mirrored list is, and when it is due again."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="reference_lists"
    )
    kind = models.CharField(max_length=20, choices=ListKind.choices)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    problem = SentenceField(longest=400, blank=True)
    # What Exact itself said to that, word for word, and the id under which our log has it.
    problem_in_exact = models.CharField(max_length=400, blank=True)
    problem_id = models.CharField(max_length=12, blank=True)
    # How far the list was read: Exact's row version for lists that come from a sync endpoint, else the time of the
    # newest change, in milliseconds since 1970. Zero: the whole list is read.
    cursor = models.BigIntegerField(default=0)
    # Exact's address of the page that comes next, while a long list is read page by page.
    next_page = models.TextField(blank=True)
    row_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "kind", name="one_list_per_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()


class ExactDivision(TenantModel):
    """A division that an Exact user may open."""

    grant = TenantForeignKey(ExactGrant, on_delete=models.CASCADE, related_name="divisions")
    code = models.IntegerField()
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True)
    vat_number = models.CharField(max_length=40, blank=True)
    coc_number = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    is_usable = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint("grant", "code", name="one_division_per_code")]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class ReferenceModel(TenantModel):
    """A row of a division's list; `is_gone` marks what Exact no longer has, since mappings may still name it."""

    connection = TenantForeignKey(ExactConnection, on_delete=models.CASCADE, related_name="+")
    exact_id = models.UUIDField()
    code = models.CharField(max_length=20)
    description = models.CharField(max_length=200, blank=True)
    is_blocked = models.BooleanField(default=False)
    is_gone = models.BooleanField(default=False)

    class Meta:
        abstract = True
        ordering = ["code", "id"]
        constraints = [
            models.UniqueConstraint("connection", "exact_id", name="one_%(class)s_per_exact_id")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.description}".strip()

    @property
    def is_usable(self) -> bool:
        """Whether Exact accepts bookings on it."""
        return not (self.is_blocked or self.is_gone)


class Journal(ReferenceModel):
    """A journal; type 20 is a sales journal."""

    SALES = 20

    type = models.IntegerField()
    currency = models.CharField(max_length=3, blank=True)
    allow_variable_currency = models.BooleanField(default=False)


class LedgerAccount(ReferenceModel):
    """A ledger account; type 110 is revenue."""

    REVENUE = 110

    type = models.IntegerField(null=True)
    balance_type = models.CharField(max_length=1, blank=True)
    vat_code = models.CharField(max_length=10, blank=True)
    use_cost_center = models.IntegerField(null=True)
    use_cost_unit = models.IntegerField(null=True)

    @property
    def is_revenue(self) -> bool:
        """Whether sales lines may be booked on it."""
        return self.type == self.REVENUE


class VatCode(ReferenceModel):
    """A VAT code; the percentage is a fraction (0.21)."""

    percentage = models.DecimalField(max_digits=7, decimal_places=6, default=0)
    # E excluding, I including, B base only, N none.
    type = models.CharField(max_length=1, blank=True)
    transaction_type = models.CharField(max_length=1, blank=True)


class PaymentCondition(ReferenceModel):
    """A payment condition, used by code."""

    payment_days = models.IntegerField(null=True)


class CostCenter(ReferenceModel):
    """A cost center, used by code."""


class CostUnit(ReferenceModel):
    """A cost unit, used by code."""


class Item(ReferenceModel):
    """An item that can be sold: what the lines of an invoice that Exact writes are made of."""

    code = models.CharField(max_length=30)
    unit = models.CharField(max_length=20, blank=True)
    vat_code = models.CharField(max_length=10, blank=True)
    is_sales_item = models.BooleanField(default=True)
    # The first and last day on which it can be sold.
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)

    @property
    def is_usable(self) -> bool:
        """Whether it can be sold at all; its days are another question."""
        return self.is_sales_item and not (self.is_blocked or self.is_gone)


class ExactCustomer(TenantModel):
    """A customer account of the division, mirrored for search and matching."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="customers"
    )
    exact_id = models.UUIDField()
    code = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=200)
    vat_number = models.CharField(max_length=40, blank=True)
    coc_number = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=254, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True)
    # C customer, P prospect, S suspect, A none.
    status = models.CharField(max_length=1, blank=True)
    is_blocked = models.BooleanField(default=False)
    is_gone = models.BooleanField(default=False)
    timestamp = models.BigIntegerField(default=0)
    # What candidates for a match are found by; PostgreSQL keeps them (see match_keys.py).
    vat_key = models.GeneratedField(
        expression=number_key("vat_number"), output_field=models.TextField(), db_persist=True
    )
    coc_key = models.GeneratedField(
        expression=number_key("coc_number"), output_field=models.TextField(), db_persist=True
    )
    code_key = models.GeneratedField(
        expression=code_key("code"), output_field=models.TextField(), db_persist=True
    )
    name_key = models.GeneratedField(
        expression=name_key("name"), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("connection", "exact_id", name="one_customer_per_exact_id")
        ]
        indexes = [
            models.Index("connection", "vat_key", name="customer_by_vat_key"),
            models.Index("connection", "coc_key", name="customer_by_coc_key"),
            models.Index("connection", "code_key", name="customer_by_code_key"),
            models.Index("connection", "name_key", name="customer_by_name_key"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})" if self.code else self.name
