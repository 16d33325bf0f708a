"""What a held copy shares with others is stored with its problem, so that one mending can be told for all of them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoices", "0016_refused_is_not_sent_again")]
    operations = [
        migrations.AddField(
            "copyrequest", "problem_causes", models.JSONField(blank=True, default=list)
        )
    ]
