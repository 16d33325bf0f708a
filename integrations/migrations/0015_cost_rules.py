"""Rules give lines a cost center and a cost unit; the lists of these are mirrored."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import connector.tenancy.base
from connector.tenancy.migration_operations import EnableTenancy


class Migration(migrations.Migration):
    """Adds one column and three tables."""

    dependencies = [
        ('integrations', '0014_pause_connections'),
        ('tenancy', '0003_choose_mails'),
    ]

    operations = [
        migrations.AddField(
            model_name='exactconnection',
            name='use_costs',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name='referencelist',
            name='kind',
            field=models.CharField(choices=[('divisions', 'Divisions'), ('journals', 'Journals'), ('ledger_accounts', 'Ledger accounts'), ('vat_codes', 'VAT codes'), ('payment_conditions', 'Payment conditions'), ('items', 'Items'), ('cost_centers', 'Cost centers'), ('cost_units', 'Cost units'), ('customers', 'Customers'), ('deleted_customers', 'Deletions'), ('rights', 'Rights')], max_length=20),
        ),
        migrations.CreateModel(
            name='CostCenter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exact_id', models.UUIDField()),
                ('code', models.CharField(max_length=20)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('is_blocked', models.BooleanField(default=False)),
                ('is_gone', models.BooleanField(default=False)),
                ('connection', connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='integrations.exactconnection')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.organization')),
            ],
            options={
                'ordering': ['code', 'id'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(models.F('connection'), models.F('exact_id'), name='one_costcenter_per_exact_id')],
            },
        ),
        migrations.CreateModel(
            name='CostUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exact_id', models.UUIDField()),
                ('code', models.CharField(max_length=20)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('is_blocked', models.BooleanField(default=False)),
                ('is_gone', models.BooleanField(default=False)),
                ('connection', connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='integrations.exactconnection')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.organization')),
            ],
            options={
                'ordering': ['code', 'id'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(models.F('connection'), models.F('exact_id'), name='one_costunit_per_exact_id')],
            },
        ),
        migrations.CreateModel(
            name='ServiceTypeCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cost_center', models.CharField(blank=True, max_length=20)),
                ('cost_unit', models.CharField(blank=True, max_length=20)),
                ('connection', connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='service_type_costs', to='integrations.exactconnection')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.organization')),
                ('service_type', connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='integrations.servicetype')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('connection'), models.F('service_type'), name='one_cost_per_service_type')],
            },
        ),
        EnableTenancy(["CostCenter", "CostUnit", "ServiceTypeCost"]),
    ]
