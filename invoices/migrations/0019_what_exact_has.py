"""What Exact had of a document when it was last read. Documents from before are empty until they are read again."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoices", "0018_bulk_copies")]
    operations = [
        migrations.AddField("posteddocument", "seen", models.JSONField(blank=True, null=True)),
        migrations.AddField("posteddocument", "seen_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("posteddocument", "seen_currency", models.CharField(blank=True, default="", max_length=3), preserve_default=False),
        migrations.AddField("posteddocument", "seen_customer_exact_id", models.UUIDField(blank=True, null=True)),
        migrations.AddField("posteddocument", "seen_edits", models.CharField(blank=True, default="", max_length=64), preserve_default=False),
        migrations.AddField("posteddocument", "seen_gross_amount", models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True)),
        migrations.AddField("posteddocument", "seen_number", models.CharField(blank=True, default="", max_length=120), preserve_default=False),
        migrations.AddField("posteddocument", "seen_vat_amount", models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True)),
    ]
