from django.db import migrations

# Without it the first sweep after the upgrade would take the database for a restored one, and stop all sends for a while.
_IN_FULL = """
    UPDATE connector_heartbeat
    SET name = concat_ws(
        '/',
        name,
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        'connector_heartbeat'::regclass::oid
    )
    WHERE name ~ '^database:[0-9]+/[0-9A-F]{8}$'
"""


class Migration(migrations.Migration):
    """The note of which database this is names database and table too."""

    dependencies = [
        ("connector", "0002_count_worker_slots"),
    ]

    operations = [
        migrations.RunSQL(_IN_FULL, migrations.RunSQL.noop),
    ]
