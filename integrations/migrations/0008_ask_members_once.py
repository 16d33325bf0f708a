from django.db import migrations

# A connection without anything to do was never asked again; keeping its log-in alive is something to do.
ASK = "UPDATE integrations_lanemember SET due_at = now() WHERE due_at IS NULL"


class Migration(migrations.Migration):

    dependencies = [("integrations", "0007_token_custody")]

    operations = [migrations.RunSQL(ASK, migrations.RunSQL.noop)]
