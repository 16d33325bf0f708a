"""When and by whom a payment's booking was deleted in Exact, as Exact tells it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0016_remember_what_a_reading_heard")]

    operations = [
        migrations.AddField(model_name=model, name=name, field=field(null=True, blank=True))
        for model in ("payment", "receivableterm")
        for name, field in (
            ("deleted_in_exact_at", models.DateTimeField),
            ("deleted_by_exact_id", models.UUIDField),
        )
    ]
