"""Bulk copies know when they ended, and breaks when a mail told of them."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Adds two times, and the indexes by which what is not told yet is found."""

    dependencies = [("invoices", "0020_set_aside")]

    operations = [
        migrations.AddField("bulkcopy", "ended_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "reconciliationbreak", "told_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddIndex(
            "bulkcopy",
            models.Index(
                models.F("started_at"),
                name="bulk_copy_that_runs",
                condition=Q(started_at__isnull=False, ended_at__isnull=True),
            ),
        ),
        migrations.AddIndex(
            "reconciliationbreak",
            models.Index(
                models.F("first_seen_at"),
                name="break_that_is_not_told",
                condition=Q(closed_at__isnull=True, told_at__isnull=True),
            ),
        ),
    ]
