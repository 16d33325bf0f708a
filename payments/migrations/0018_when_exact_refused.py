from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0017_when_deleted_in_exact")]

    operations = [
        migrations.AddField(
            model_name="synccursor",
            name="refused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
