"""A backup of one organization's database and its restore, as `pg_dump` would do it: every row as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

from connector.tenancy.scope import tenant_transaction

# Made by migrations, not by people.
_STAY = {"django_content_type", "auth_permission"}


class Backup:
    """All rows of all tables at one time. For a database with a single organization."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        with self._cursor() as cursor:
            self._rows = {table: self._read(cursor, table) for table in _tables()}

    @staticmethod
    def _read(cursor: Any, table: str) -> str:
        cursor.execute(f"SELECT coalesce(json_agg(t), '[]')::text FROM \"{table}\" t")  # noqa: S608  # our own names
        rows: str = cursor.fetchone()[0]
        return rows

    def restore(self) -> None:
        """Put every row back as it was; what was made since is gone."""
        with self._cursor() as cursor:
            names = ", ".join(f'"{table}"' for table in self._rows)
            cursor.execute(f"TRUNCATE {names} CASCADE")
            for table, rows in self._rows.items():
                columns = self._columns(cursor, table)
                cursor.execute(
                    f'INSERT INTO "{table}" ({columns}) SELECT {columns}'  # noqa: S608  # our own names
                    f' FROM json_populate_recordset(NULL::"{table}", %s::json)',
                    [rows],
                )

    @staticmethod
    def _columns(cursor: Any, table: str) -> str:
        """All but those that PostgreSQL computes itself."""
        cursor.execute(
            """SELECT string_agg('"' || column_name || '"', ', ') FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'""",
            [table],
        )
        columns: str = cursor.fetchone()[0]
        return columns

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with tenant_transaction(self.organization_id), connection.cursor() as cursor:
            yield cursor


def _tables() -> list[str]:
    return sorted(
        {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - _STAY
    )
