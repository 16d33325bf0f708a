"""Many invoices copied in one go."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import connector.tenancy.base
from connector.tenancy.migration_operations import EnableTenancy

_ORGANIZATION = {
    "on_delete": django.db.models.deletion.CASCADE,
    "related_name": "+",
    "to": "tenancy.organization",
}


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0017_causes_of_problems"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="BulkCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("created_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("organization", models.ForeignKey(**_ORGANIZATION)),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="BulkCopyItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("left_out", models.CharField(blank=True, max_length=300)),
                ("bulk", connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="items", to="invoices.bulkcopy")),
                ("invoice", connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="invoices.invoice")),
                ("organization", models.ForeignKey(**_ORGANIZATION)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(models.F("bulk"), models.F("invoice"), name="one_item_per_bulk_and_invoice")],
            },
        ),
        EnableTenancy(["BulkCopy", "BulkCopyItem"]),
    ]
