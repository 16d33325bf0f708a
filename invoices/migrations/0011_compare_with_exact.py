"""Documents are compared with Exact after they were made, and what does not agree is kept."""

import connector.tenancy.base
import django.db.models.deletion
from django.db import migrations, models

from connector.tenancy.migration_operations import EnableTenancy


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0006_customer_match_keys'),
        ('invoices', '0010_guard_what_was_sent'),
        ('tenancy', '0002_ask_each_organization'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReconciliationBreak',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('missing', 'No longer in Exact'), ('changed', 'Changed in Exact'), ('twice', 'Twice in Exact'), ('stray', 'In Exact, and not known here')], max_length=10)),
                ('route', models.CharField(choices=[('booking', 'Booking'), ('exact_invoice', 'Exact invoice')], max_length=15)),
                ('exact_id', models.UUIDField()),
                ('sentence', models.CharField(max_length=600)),
                ('remedy', models.CharField(max_length=600)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ReconciliationCursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('route', models.CharField(choices=[('booking', 'Booking'), ('exact_invoice', 'Exact invoice')], max_length=15)),
                ('read_from', models.DateTimeField()),
                ('next_at', models.DateTimeField()),
                ('began_at', models.DateTimeField(blank=True, null=True)),
                ('since', models.DateTimeField(blank=True, null=True)),
                ('is_full', models.BooleanField(default=False)),
                ('next_page', models.TextField(blank=True)),
                ('pages_done', models.BooleanField(default=False)),
                ('full_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name='posteddocument',
            name='check_due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='posteddocument',
            name='checked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='posteddocument',
            index=models.Index(models.F('connection'), models.F('check_due_at'), condition=models.Q(('check_due_at__isnull', False)), name='document_to_check'),
        ),
        migrations.AddIndex(
            model_name='posteddocument',
            index=models.Index(models.F('connection'), models.F('route'), models.F('created_at'), name='document_by_creation'),
        ),
        migrations.AddField(
            model_name='reconciliationbreak',
            name='connection',
            field=connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='breaks', to='integrations.exactconnection'),
        ),
        migrations.AddField(
            model_name='reconciliationbreak',
            name='document',
            field=connector.tenancy.base.TenantForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='breaks', to='invoices.posteddocument'),
        ),
        migrations.AddField(
            model_name='reconciliationbreak',
            name='invoice',
            field=connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='breaks', to='invoices.invoice'),
        ),
        migrations.AddField(
            model_name='reconciliationbreak',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.organization'),
        ),
        migrations.AddField(
            model_name='reconciliationcursor',
            name='connection',
            field=connector.tenancy.base.TenantForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reconciliation_cursors', to='integrations.exactconnection'),
        ),
        migrations.AddField(
            model_name='reconciliationcursor',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.organization'),
        ),
        migrations.AddIndex(
            model_name='reconciliationbreak',
            index=models.Index(models.F('invoice'), condition=models.Q(('closed_at__isnull', True)), name='break_by_invoice'),
        ),
        migrations.AddConstraint(
            model_name='reconciliationbreak',
            constraint=models.UniqueConstraint(models.F('connection'), models.F('kind'), models.F('exact_id'), condition=models.Q(('closed_at__isnull', True)), name='one_open_break_per_document'),
        ),
        migrations.AddConstraint(
            model_name='reconciliationcursor',
            constraint=models.UniqueConstraint(models.F('connection'), models.F('route'), name='one_reconciliation_per_route'),
        ),
        EnableTenancy(["ReconciliationBreak", "ReconciliationCursor"]),
    ]
