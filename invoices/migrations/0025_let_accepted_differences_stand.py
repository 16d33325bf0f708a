"""A difference that was accepted closes what was told of it; the same is not told again."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import connector.tenancy.base
from connector.tenancy.migration_operations import AddTenantForeignKey


class Migration(migrations.Migration):
    dependencies = [("invoices", "0024_costs_of_clients")]
    operations = [
        migrations.AddField("accepteddifference", "difference", models.CharField(blank=True, default="", max_length=600), preserve_default=False),
        migrations.AddField(
            "reconciliationbreak",
            "accepted",
            connector.tenancy.base.TenantForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="breaks", to="invoices.accepteddifference"),
        ),
        AddTenantForeignKey("reconciliationbreak", "accepted"),
    ]
