from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0015_ask_lines_in_a_run_of_their_own")]

    operations = [
        migrations.AddField(
            model_name="synccursor",
            name="moves_failed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="synccursor",
            name="nudged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="synccursor",
            name="set_aside_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="synccursor",
            name="set_aside_reasons",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
