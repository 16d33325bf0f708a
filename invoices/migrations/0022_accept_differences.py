"""A person's word that Exact is right to differ, and the wish that everything be compared now."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import connector.tenancy.base
from connector.tenancy.migration_operations import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0021_tell_of_ends_and_breaks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("reconciliationcursor", "asked_at", models.DateTimeField(blank=True, null=True)),
        migrations.CreateModel(
            name="AcceptedDifference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_exact_id", models.UUIDField(blank=True, null=True)),
                ("facts", models.CharField(max_length=32)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("connection", connector.tenancy.base.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="accepted", to="integrations.exactconnection")),
                ("invoice", connector.tenancy.base.TenantForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="accepted", to="invoices.invoice")),
                ("organization", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenancy.organization")),
                ("undone_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("connection", None), ("entry_exact_id", None), ("invoice__isnull", False)) | models.Q(("connection__isnull", False), ("entry_exact_id__isnull", False), ("invoice", None)),
                        name="accepted_of_an_invoice_or_an_entry",
                    ),
                    models.UniqueConstraint(models.F("invoice"), condition=models.Q(("invoice__isnull", False), ("undone_at", None)), name="one_accepted_difference_per_invoice"),
                    models.UniqueConstraint(models.F("connection"), models.F("entry_exact_id"), condition=models.Q(("invoice", None), ("undone_at", None)), name="one_accepted_difference_per_entry"),
                ],
            },
        ),
        EnableTenancy(["AcceptedDifference"]),
    ]
