"""A connection can be paused: its place in the lane says since when."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds one column to a table that is read across organizations."""

    dependencies = [("integrations", "0013_vat_by_situation_and_deferral")]

    operations = [
        migrations.AddField(
            model_name="lanemember",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
