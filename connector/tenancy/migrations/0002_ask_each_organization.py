"""One round trip that asks every organization the same question, each behind its own wall.

The function has no rights of its own: it opens one organization after the other, as `tenant_transaction` does, and what
the caller may not read there it may not read here.
"""

from __future__ import annotations

from django.db import migrations

CREATE = """
CREATE FUNCTION ask_each_organization(organizations bigint[], question text)
RETURNS TABLE (figure text, label text, value double precision) LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE
  one bigint;
BEGIN
  FOREACH one IN ARRAY organizations LOOP
    PERFORM set_config('app.organization', one::text, true);
    RETURN QUERY EXECUTE
      'SELECT asked.a::text, asked.b::text, asked.c::float8 FROM (' || question || ') AS asked (a, b, c)';
  END LOOP;
  PERFORM set_config('app.organization', '', true);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]
    operations = [
        migrations.RunSQL(
            CREATE, "DROP FUNCTION ask_each_organization(bigint[], text)"
        )
    ]
