from __future__ import annotations

from django.db import migrations, models


_CHOICES = [
    ("off", "No line: revenue counts on the invoice's date"),
    ("later", "Lines whose period goes on after the month of the invoice"),
    ("every", "Every line that has a period"),
]


class Migration(migrations.Migration):
    dependencies = [("integrations", "0012_payments_from")]

    operations = [
        # Connections of before sent the period of every line, which their books rely on; new ones begin with "off".
        migrations.AddField(
            model_name="exactconnection",
            name="deferral",
            field=models.CharField(
                choices=_CHOICES, db_default="every", default="every", max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="exactconnection",
            name="deferral",
            field=models.CharField(
                choices=_CHOICES, db_default="off", default="off", max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="taxratevatcode",
            name="vat_code",
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name="taxratevatcode",
            name="reverse_charge_vat_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
        migrations.AddField(
            model_name="taxratevatcode",
            name="export_vat_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
    ]
