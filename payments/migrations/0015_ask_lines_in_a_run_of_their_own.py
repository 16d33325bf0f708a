from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_keep_answers")]

    operations = [
        migrations.AlterField(
            model_name="synccursor",
            name="stage",
            field=models.CharField(
                blank=True,
                choices=[
                    ("begin", "Asks where the feed stands"),
                    ("load", "Reads all receivables"),
                    ("", "Reads deletions and changes"),
                    ("compare", "Reads all open receivables"),
                    ("ask", "Asks what became of the others"),
                    ("settle", "Derives what follows from what was read"),
                    ("lines", "Asks for ledger lines that tell what settled something"),
                ],
                default="",
                max_length=10,
            ),
        ),
    ]
