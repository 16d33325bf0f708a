"""A client's lines get a cost center and a cost unit."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import connector.tenancy.base
from connector.tenancy.migration_operations import EnableTenancy


class Migration(migrations.Migration):
    """Adds one table."""

    dependencies = [
        ('integrations', '0015_cost_rules'),
        ('invoices', '0023_unlink'),
        ('tenancy', '0003_choose_mails'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClientCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cost_center', models.CharField(blank=True, max_length=20)),
                ('cost_unit', models.CharField(blank=True, max_length=20)),
                ('client', connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='invoices.client')),
                ('connection', connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='client_costs', to='integrations.exactconnection')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.organization')),
            ],
            options={
                'ordering': ['client__name', 'id'],
                'constraints': [models.UniqueConstraint(models.F('connection'), models.F('client'), name='one_cost_per_client')],
            },
        ),
        EnableTenancy(["ClientCost"]),
    ]
