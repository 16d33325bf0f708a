"""What a callback was answered, kept so that each reader gets it in their language."""

from __future__ import annotations

from django.db import migrations

from connector.sentences import SentenceField


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_keep_sentences")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name=name,
            field=SentenceField(blank=True, longest=200),
        )
        for model, name in (
            ("psaendpoint", "last_answer"),
            ("psaendpoint", "test_answer"),
            ("psapaymentreport", "last_answer"),
        )
    ]
