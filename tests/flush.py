"""Empties the test database after a test that commits, in a tenth of the time of Django's TRUNCATE of every table.

TRUNCATE makes a new file for each table and each of its indexes, hundreds of them, whatever is in them. The rows of one test are few.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import Error, connection, transaction

# Filled once, by `migrate`; nobody changes them.
_KEPT = ("django_migrations", "django_content_type", "auth_permission")
# Bytes. Many rows are truncated after all, and so are the dead ones of many tests.
_MANY = 6_000_000

_FILLED = """
    SELECT quote_ident(relname), relforcerowsecurity,
        EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal), pg_relation_size(oid)
    FROM pg_class c
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s) AND pg_relation_size(oid) > 0
    ORDER BY relname
"""


def after(flush: Callable[[Any], None]) -> Callable[[Any], None]:
    """This function will return what empties the database; Django's own flush does it where rows are many or in the way."""

    def empty(test_case: Any) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_FILLED, [list(_KEPT)])
                filled = cursor.fetchall()
            if sum(size for *_, size in filled) < _MANY:
                _delete(filled)
                return
        except Error:
            connection.close()
        flush(test_case)

    return empty


def _delete(filled: list[tuple[str, bool, bool, int]]) -> None:
    """Delete the rows of all organizations, guarded ones too: the walls and guards are down within this transaction only."""
    walled = [table for table, is_walled, _, _ in filled if is_walled]
    guarded = [table for table, _, is_guarded, _ in filled if is_guarded]
    statements = [
        *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in walled),
        *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded),
        *(f"DELETE FROM {table}" for table, *_ in filled),  # noqa: S608 - names from the catalog
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded),
        *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in walled),
    ]
    if filled:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(";".join(statements))
