"""What the PSA is made of, as far as mappings refer to it: subsidiaries, service types, tax rates."""

from __future__ import annotations

from django.db import models

from connector.tenancy.base import TenantModel


class PsaModel(TenantModel):
    """A row that came from a PSA: known there by (source, source_id)."""

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                "organization", "source", "source_id", name="one_%(class)s_per_source_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Subsidiary(PsaModel):
    """The bill-from entity. Invoices reach Exact through the connection of their subsidiary."""

    country = models.CharField(max_length=2, blank=True)
    vat_number = models.CharField(max_length=40, blank=True)
    coc_number = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, default="EUR")

    class Meta(PsaModel.Meta):
        verbose_name_plural = "subsidiaries"


class ServiceType(PsaModel):
    """The kind of work of an invoice line: the key of the ledger mapping."""


class TaxRate(PsaModel):
    """A tax rate of the PSA: the key of the VAT mapping."""

    percentage = models.DecimalField(max_digits=7, decimal_places=4)
